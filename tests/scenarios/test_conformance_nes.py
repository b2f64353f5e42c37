"""Our cartridges, played by Nestopia, sound the notes of our own chip and show their titles."""

import functools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.chip.audio_stream import CHANNELS
from synth.chip.hardware import NTSC, PAL, Region, region_named
from synth.chip.render_log import render
from synth.formats.chipfile import Titles
from synth.formats.font import screen_rows, tiles
from synth.formats.nes_write import write_nes
from tests.chip_notes import heard_onset_s, heard_pitch_hz, note_log
from tests.chip_players import GME_VOICES, nestopia

RATE_HZ = 48_000
PITCH_CENTS = 0.1


@functools.cache
def our_voices(region_name: str) -> NDArray[np.float64]:
    """Render every voice of the note log alone, shape (n, 5)."""
    log, _ = note_log(region_named(region_name))
    return render(log, RATE_HZ, "none", outputs="isolated").astype(np.float64)


@pytest.mark.parametrize("region", [NTSC, PAL], ids=["ntsc", "pal"])
@pytest.mark.parametrize("voice", GME_VOICES)
def test_nestopia_hears_the_notes_of_our_chip(voice: str, region: Region, tmp_path: Path) -> None:
    """Each note agrees in pitch to 0.1 cent and, after the start-up, in onset to one frame."""
    log, notes = note_log(region)
    data, warnings = write_nes(log, Titles("Conformance"))
    assert warnings == ()
    n_frames = round(log.duration_s * region.frame_hz) + 10
    with nestopia(data, tmp_path, voice) as console:
        theirs = console.run(n_frames)
        stated_hz = console.stated_rate_hz
        assert round(console.fps) == round(region.frame_hz)
    # The core makes the same whole number of samples for every frame, as if there were 60 or 50 a
    # second. Its oscillators count in samples, its frames and its DMC in the console's cycles.
    time_hz = len(theirs) / n_frames * region.frame_hz
    pitch_hz = time_hz if voice == "dmc" else stated_hz
    ours = our_voices(region.name)[:, CHANNELS.index(voice)]
    mine = [note for note in notes if note.voice == voice]
    assert len(mine) == 14
    starts = []
    for note in mine:
        said = f"{voice}, {region.name}, the note of {note.hz:.2f} Hz at frame {note.on_frame}"
        hz = heard_pitch_hz(theirs, pitch_hz, note, region.frame_hz * pitch_hz / time_hz)
        own_hz = heard_pitch_hz(ours, RATE_HZ, note, region.frame_hz)
        assert abs(1200 * np.log2(hz / own_hz)) <= PITCH_CENTS, said
        onset = heard_onset_s(theirs, time_hz, note, region.frame_hz)
        own_onset = heard_onset_s(ours, RATE_HZ, note, region.frame_hz)
        starts.append((onset - own_onset) * region.frame_hz)
        assert abs(starts[-1] - starts[0]) <= 1, said
    # The console takes some frames to warm up and to draw before the song begins.
    assert 2 < np.median(starts) < 8


def test_the_screen_shows_the_titles(tmp_path: Path) -> None:
    """The picture is one plain colour but for the glyphs of the titles, pixel by pixel."""
    log, _ = note_log()
    data, _ = write_nes(log, Titles("Title", "Artist", copyright="1987"))
    with nestopia(data, tmp_path) as console:
        console.run(20)
        picture = console.picture
    backdrop = picture[0, 0]
    assert picture.shape == (240, 256)
    assert len(np.unique(picture)) == 2
    glyphs = np.unpackbits(np.frombuffer(tiles(), dtype=np.uint8)).reshape(64, 8, 8)
    rows = np.frombuffer(screen_rows(("Title", "Artist", "1987"), 8), dtype=np.uint8).reshape(8, 32)
    expected = np.zeros((240, 256), dtype=np.uint8)
    for row, codes in enumerate(rows.tolist()):
        for column, code in enumerate(codes):
            y, x = 64 + 8 * row, 8 * column
            expected[y : y + 8, x : x + 8] = glyphs[code]
    assert np.array_equal(picture != backdrop, expected.astype(bool))


def test_a_looping_cartridge_goes_round(tmp_path: Path) -> None:
    """After its end a song with a loop point sounds the same notes again, a song's length later."""
    log, notes = note_log(loops=True)
    data, _ = write_nes(log)
    n_song = round(log.duration_s * NTSC.frame_hz)
    with nestopia(data, tmp_path, "pulse2") as console:
        theirs = console.run(n_song + 260)
    time_hz = len(theirs) / (n_song + 260) * NTSC.frame_hz
    again = theirs[round(log.duration_s * time_hz) :]
    for note in [note for note in notes if note.voice == "pulse2"][:3]:
        first = heard_onset_s(theirs, time_hz, note, NTSC.frame_hz)
        second = heard_onset_s(again, time_hz, note, NTSC.frame_hz)
        assert abs(second - first) <= 1 / NTSC.frame_hz
