"""Loop marks: found wherever programs put them, and kept by all that follows."""

from pathlib import Path

import mido
import pytest

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.arranging.loop_points import detect_loop, find_loop, with_loop
from chipgen.errors import ChipgenError
from chipgen.music.midi import read_midi
from chipgen.music.score import Control, Marker, Meter, Note, Score, Tempo, Track
from synth.chip.hardware import NTSC
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset


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


@pytest.mark.parametrize(
    ("meter", "last_end", "end", "expected"),
    [
        (Meter(0.0, 4, 4), 15.9, 15.9, 16.0),  # cut off at the last note off
        (Meter(0.0, 7, 8), 13.9, 13.9, 14.0),  # an eighth is the beat here
        (Meter(0.0, 7, 8), 10.5, 10.5, 10.5),  # three bars of it
        (Meter(0.0, 4, 4), 12.0, 15.5, 15.5),  # a rest written out is meant
    ],
)
def test_a_loop_without_an_end_keeps_time(
    meter: Meter, last_end: float, end: float, expected: float
) -> None:
    """Where the file stops at the last note off, the loop ends with that note's beat."""
    track = Track(notes=(Note(0.0, last_end, 60),), controls=(Control(4.0, 111, 0),))
    assert find_loop(Score(tracks=(track,), meters=(meter,), end_beats=end)) == (4.0, expected)


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


def melody(pitches: list[int], beats: float = 1.0) -> Score:
    """Return a score of one line at 120 bpm, a note every `beats`."""
    notes = tuple(Note(beats * k, 0.9 * beats, pitch) for k, pitch in enumerate(pitches))
    return Score(tracks=(Track(notes=notes),), end_beats=beats * len(pitches))


INTRO = [40, 41, 43]
TUNE = [60, 64, 67, 62, 65, 69, 64, 67, 71, 72, 60, 55]
OTHER = [50, 57, 53, 52, 59, 55, 48, 49, 54, 51]


@pytest.mark.parametrize(
    ("pitches", "expected"),
    [
        (TUNE + TUNE, (0.0, 12.0)),
        (INTRO + TUNE + TUNE, (3.0, 15.0)),
        (INTRO + TUNE + TUNE + TUNE, (3.0, 15.0)),
        (INTRO + (TUNE + TUNE + OTHER) * 2, (3.0, 37.0)),
        (INTRO + TUNE + OTHER, None),
        (INTRO + TUNE + TUNE + OTHER, None),
        (INTRO + TUNE + TUNE[:6], None),
        ([60, 62] * 2, None),
        ([], None),
    ],
)
def test_a_repeated_end_is_found(pitches: list[int], expected: tuple[float, float] | None) -> None:
    """The loop is what the piece repeats at its end, whole, from where the repeating begins."""
    assert detect_loop(melody(pitches)) == expected


def test_a_few_notes_may_differ() -> None:
    """One note in twelve that was played differently does not hide the loop."""
    again = [*TUNE[:5], 30, *TUNE[6:]]
    assert detect_loop(melody(INTRO + TUNE * 2 + again)) is not None


def test_detection_is_asked_for_and_marks_come_first() -> None:
    """Without being asked the voices do not loop; marks win over what is found."""
    score = melody(INTRO + TUNE + TUNE)
    voices = arrange(score, ArrangeConfig(), load_preset("plain")).chip_score
    assert with_loop(voices, score).loop_s is None
    assert with_loop(voices, score, detect=True).loop_s == pytest.approx(1.5)
    marked = melody(INTRO + TUNE + TUNE)
    marked = Score(
        tracks=marked.tracks, end_beats=marked.end_beats, markers=(Marker(1.0, "loopStart"),)
    )
    assert with_loop(voices, marked, detect=True).loop_s == pytest.approx(0.5)
