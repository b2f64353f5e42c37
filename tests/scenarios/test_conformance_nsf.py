"""Our NSF files, played by libgme, sound the notes that our own chip sounds, voice by voice."""

import functools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.chip.audio_stream import CHANNELS
from synth.chip.hardware import NTSC, PAL, Region, region_named
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.formats.chipfile import Titles
from synth.formats.nsf_header import read_header
from synth.formats.nsf_write import write_nsf
from tests.chip_notes import heard_onset_s, heard_pitch_hz, note_log
from tests.chip_players import GME_VOICES, play_nsf

# libgme steps through its output by a factor with 16 bits after the point, which puts all pitches
# off by up to 0.5 cents. At these rates the factor is a whole number within a millionth.
RATES_HZ = {
    region.name: min(
        range(44_000, 50_000),
        key=lambda rate, hz=region.clock_hz: abs(rate * 65_536 / hz - round(rate * 65_536 / hz)),
    )
    for region in (NTSC, PAL)
}
PITCH_CENTS = 0.1


@functools.cache
def our_voices(region_name: str) -> NDArray[np.float64]:
    """Render every voice of the note log alone, shape (n, 5)."""
    log, _ = note_log(region_named(region_name))
    return render(log, RATES_HZ[region_name], "none", outputs="isolated").astype(np.float64)


@pytest.mark.parametrize(
    ("voice", "region"),
    [
        pytest.param(voice, region, id=f"{voice}-{region.name}")
        for voice in GME_VOICES
        for region in (NTSC, PAL)
        # libgme plays PAL's noise with NTSC's periods; Nestopia is the reference there.
        if (voice, region) != ("noise", PAL)
    ],
)
def test_libgme_hears_the_notes_of_our_chip(voice: str, region: Region) -> None:
    """Each note of each voice agrees in pitch to 0.1 cent and in onset to one video frame."""
    log, notes = note_log(region)
    data, warnings = write_nsf(log, Titles("Conformance"))
    assert warnings == ()
    rate_hz = RATES_HZ[region.name]
    theirs = play_nsf(data, log.duration_s, rate_hz, voice)
    ours = our_voices(region.name)[:, CHANNELS.index(voice)]
    mine = [note for note in notes if note.voice == voice]
    assert len(mine) == 14
    for note in mine:
        said = f"{voice}, {region.name}, the note of {note.hz:.2f} Hz at frame {note.on_frame}"
        hz = heard_pitch_hz(theirs, rate_hz, note, region.frame_hz)
        own_hz = heard_pitch_hz(ours, rate_hz, note, region.frame_hz)
        assert abs(1200 * np.log2(hz / own_hz)) <= PITCH_CENTS, said
        assert abs(1200 * np.log2(own_hz / note.hz)) <= PITCH_CENTS, said
        onset = heard_onset_s(theirs, rate_hz, note, region.frame_hz)
        own_onset = heard_onset_s(ours, rate_hz, note, region.frame_hz)
        assert abs(onset - own_onset) <= 1 / region.frame_hz, said


@pytest.mark.parametrize("voice", ["pulse1", "pulse2", "triangle", "noise"])
def test_libgme_hears_the_notes_of_a_song_in_columns(voice: str) -> None:
    """Without samples a song is written for the small player, and sounds the same."""
    log, notes = note_log(NTSC)
    keep = (log.address < 0x4010) | (log.address > 0x4013)
    columns = [getattr(log, name)[keep] for name in ("cycle", "address", "value")]
    value = np.where(columns[1] == 0x4015, columns[2] & 0x0F, columns[2])
    small = RegisterLog(columns[0], columns[1], value, log.end_cycle)
    data, _ = write_nsf(small)
    assert not read_header(data, "x").banked
    theirs = play_nsf(data, small.duration_s, RATES_HZ["ntsc"], voice)
    for note in (note for note in notes if note.voice == voice):
        hz = heard_pitch_hz(theirs, RATES_HZ["ntsc"], note, NTSC.frame_hz)
        assert abs(1200 * np.log2(hz / note.hz)) <= PITCH_CENTS
        onset = heard_onset_s(theirs, RATES_HZ["ntsc"], note, NTSC.frame_hz)
        ours = our_voices("ntsc")[:, CHANNELS.index(voice)]
        own_onset = heard_onset_s(ours, RATES_HZ["ntsc"], note, NTSC.frame_hz)
        assert abs(onset - own_onset) <= 1 / NTSC.frame_hz


def test_a_looping_nsf_goes_round_in_libgme() -> None:
    """After its end a song with a loop point sounds the same notes again, a song's length later."""
    log, notes = note_log(loops=True)
    data, _ = write_nsf(log)
    theirs = play_nsf(data, 1.3 * log.duration_s, RATES_HZ["ntsc"], "pulse1")
    again = theirs[round(log.duration_s * RATES_HZ["ntsc"]) :]
    for note in [note for note in notes if note.voice == "pulse1"][:3]:
        hz = heard_pitch_hz(again, RATES_HZ["ntsc"], note, NTSC.frame_hz)
        assert abs(1200 * np.log2(hz / note.hz)) <= PITCH_CENTS
        onset = heard_onset_s(again, RATES_HZ["ntsc"], note, NTSC.frame_hz)
        first = heard_onset_s(theirs, RATES_HZ["ntsc"], note, NTSC.frame_hz)
        assert abs(onset - first) <= 1 / NTSC.frame_hz


def test_a_finished_nsf_is_silent_in_libgme() -> None:
    """A song without a loop point ends, even if a tone still sounded."""
    log, _ = note_log()
    data, _ = write_nsf(log)
    theirs = play_nsf(data, log.duration_s + 3, RATES_HZ["ntsc"])
    end = round((log.duration_s + 1) * RATES_HZ["ntsc"])
    assert np.ptp(theirs[end:]) < 1e-3
    assert np.ptp(theirs[:end]) > 0.1


def test_ffmpeg_reads_our_nsf(tmp_path: Path) -> None:
    """Ffmpeg's libgme demuxer makes sound of the file and shows its title."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.skip("ffmpeg is not installed")
    known = subprocess.run([ffmpeg, "-hide_banner", "-demuxers"], capture_output=True, check=True)
    if b" libgme " not in known.stdout:
        pytest.skip("this ffmpeg is built without libgme")
    log, _ = note_log()
    path = tmp_path / "song.nsf"
    path.write_bytes(write_nsf(log, Titles("Smoke", "Test"))[0])
    result = subprocess.run(
        [ffmpeg, *f"-hide_banner -f libgme -t 2 -i {path} -ac 1 -f s16le -".split()],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr.decode()
    samples = np.frombuffer(result.stdout, dtype=np.int16)
    assert samples.size > 60_000
    assert np.ptp(samples.astype(int)) > 1000
    assert b"Smoke" in result.stderr
