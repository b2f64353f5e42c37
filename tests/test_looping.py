"""Loop marks: found wherever programs put them, and kept by all that follows."""

from pathlib import Path

import mido
import pytest

from chipgen.arrange import ArrangeConfig, arrange
from chipgen.errors import ChipgenError
from chipgen.looping import find_loop, with_loop
from chipgen.music.midi import read_midi
from chipgen.music.score import Control, Marker, Score, Tempo, Track
from synth.chip.hardware import NTSC
from synth.instrument.driver import drive
from synth.instrument.preset import load_preset
from synth.instrument.voices import ChipNote, ChipScore


@pytest.mark.parametrize(
    ("markers", "controls", "expected"),
    [
        ((), (), None),
        ((Marker(1.0, "Verse"),), (Control(2.0, 7, 100),), None),
        ((Marker(4.0, "loopStart"),), (), (4.0, 16.0)),
        ((Marker(4.0, " LOOP_START "), Marker(12.0, "loopEnd")), (), (4.0, 12.0)),
        ((), (Control(8.0, 111, 0),), (8.0, 16.0)),
        ((Marker(12.0, "Loop End"),), (Control(8.0, 111, 0),), (8.0, 12.0)),
        ((Marker(4.0, "loop"),), (Control(8.0, 111, 0),), (4.0, 16.0)),
    ],
)
def test_marks_are_found(
    markers: tuple[Marker, ...],
    controls: tuple[Control, ...],
    expected: tuple[float, float] | None,
) -> None:
    """Markers win over the control change; the end of the piece is the default end."""
    score = Score(tracks=(Track(), Track(controls=controls)), markers=markers, end_beats=16.0)
    assert find_loop(score) == expected


def test_a_loop_that_ends_before_it_begins_is_refused() -> None:
    """The message names both beats."""
    markers = (Marker(2.0, "loopEnd"), Marker(4.0, "loopStart"))
    with pytest.raises(ChipgenError, match="begin at beat 4 and to end at 2; move the markers"):
        find_loop(Score(markers=markers, end_beats=16.0))


def test_the_voices_loop_where_marked_and_end_there() -> None:
    """Beats become seconds over the tempo map; what lies beyond the end is cut."""
    voices = ChipScore(
        pulse1=(ChipNote(0.0, 1.0, 60), ChipNote(2.5, 3.5, 62), ChipNote(3.5, 4.0, 64)),
        triangle=(ChipNote(0.0, 2.0, 40),),
        end_s=4.0,
    )
    score = Score(
        tempos=(Tempo(0.0, 120.0), Tempo(2.0, 60.0)),
        markers=(Marker(2.0, "loopStart"), Marker(4.0, "loopEnd")),
        end_beats=5.0,
    )
    looping = with_loop(voices, score)
    assert (looping.loop_s, looping.end_s) == (1.0, 3.0)
    assert [(note.start_s, note.end_s) for note in looping.pulse1] == [(0.0, 1.0), (2.5, 3.0)]
    assert looping.triangle == voices.triangle
    assert with_loop(voices, Score(end_beats=5.0)) is voices


def test_marks_in_a_file_reach_the_register_log(tmp_path: Path) -> None:
    """From a MIDI file's markers to the cycle at which the chip goes on."""
    song = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=500_000))
    track.append(mido.MetaMessage("marker", text="loopStart", time=0))
    for beat in range(8):
        if beat == 4:
            track[1].text = "intro"
            track.append(mido.MetaMessage("marker", text="loopStart"))
        track.append(mido.Message("note_on", note=60 + beat, velocity=100))
        track.append(mido.Message("note_off", note=60 + beat, time=480))
    song.tracks.append(track)
    song.save(tmp_path / "song.mid")
    score = read_midi(tmp_path / "song.mid")
    preset = load_preset("plain")
    arrangement = arrange(score, ArrangeConfig(), preset)
    log = drive(with_loop(arrangement.chip_score, score), preset, NTSC)
    assert log.loop_cycle is not None
    assert log.loop_cycle / NTSC.clock_hz == pytest.approx(2.0, abs=0.017)
    assert log.duration_s == pytest.approx(4.0, abs=0.017)
