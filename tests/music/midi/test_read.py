"""A MIDI file's notes, times and controls come out as the file says them."""

import subprocess
import sys
from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.music.midi import read_midi, score_from_midi
from chipgen.music.score import Marker, Note
from tests import midi_files as smf
from tests.work import count_lines


def test_a_note_has_its_onset_length_pitch_and_velocity(tmp_path: Path) -> None:
    """Ticks become quarter notes."""
    path = tmp_path / "one.mid"
    path.write_bytes(smf.midi(smf.note(60, 240, delta=480, velocity=77)))
    (track,) = read_midi(path).tracks
    assert track.notes == (Note(1.0, 0.5, 60, 77),)


def test_a_note_on_of_velocity_0_is_a_note_off() -> None:
    """Running status files end notes so."""
    body = smf.event(0, 0x90, 60, 90) + smf.event(480, 60, 0) + smf.event(0, 62, 90)
    body += smf.event(240, 62, 0)
    (track,) = score_from_midi(smf.midi(body)).tracks
    assert track.notes == (Note(0.0, 1.0, 60, 90), Note(1.0, 0.5, 62, 90))


def test_a_note_never_ended_that_is_all_there_is_lasts_until_its_track_ends() -> None:
    """A stuck note neither vanishes nor sounds on for ever."""
    body = smf.event(0, 0x90, 60, 90) + smf.meta(960, 1, b"")
    (track,) = score_from_midi(smf.midi(body)).tracks
    assert track.notes[0] == Note(0.0, 2.0, 60, 90)


@pytest.mark.parametrize("number", [120, 123, 124, 127])
def test_all_notes_off_ends_what_sounds(number: int) -> None:
    """Channel mode messages release the keys."""
    body = smf.event(0, 0x90, 60, 90) + smf.event(480, 0xB0, number, 0) + smf.note(64, 480)
    (track,) = score_from_midi(smf.midi(body)).tracks
    assert track.notes[0] == Note(0.0, 1.0, 60, 90)
    assert track.controls == ()


def test_the_score_ends_where_the_file_does() -> None:
    """Silence after the last note belongs to the piece."""
    body = smf.note(60, 480) + smf.meta(1440, 1, b"")
    assert score_from_midi(smf.midi(body)).end_beats == 4.0


@pytest.mark.parametrize(
    "loop",
    [
        smf.meta(480, 6, b"LoopStart"),
        smf.meta(480, 1, b"loopstart"),
        smf.event(480, 0xB0, 111, 0),
    ],
)
def test_a_loop_s_start_is_found_however_it_is_written(loop: bytes) -> None:
    """As a marker, a text or controller 111 it becomes the one marker, and no control."""
    score = score_from_midi(smf.midi(loop + smf.note(60, 480)))
    assert score.markers == (Marker(1.0, "loopStart"),)
    assert score.tracks[0].controls == ()


def test_smpte_time_is_seconds() -> None:
    """25 frames of 40 ticks are a second, whatever tempo the file names."""
    division = (256 - 25) << 8 | 40
    body = smf.tempo(0, 100_000) + smf.note(60, 1000, delta=500)
    score = score_from_midi(smf.midi(body, division=division))
    (note,) = score.tracks[0].notes
    assert score.beats_to_seconds([note.onset_beats, note.end_beats]).tolist() == [0.5, 1.5]


def test_a_riff_wrapper_is_looked_through() -> None:
    """An .rmi file is a MIDI file in a RIFF chunk, possibly after others."""
    inner = smf.midi(smf.note(60, 480))
    other = b"DISP" + (3).to_bytes(4, "little") + b"abc\0"
    data = b"data" + len(inner).to_bytes(4, "little") + inner
    body = b"RMID" + other + data
    riff = b"RIFF" + len(body).to_bytes(4, "little") + body
    assert score_from_midi(riff) == score_from_midi(inner)


def test_an_unknown_dialect_is_refused() -> None:
    """The allowed names are in the message."""
    with pytest.raises(ChipgenError, match="auto, gm or nesmdb"):
        score_from_midi(smf.midi(), dialect="xg")


def test_reading_takes_work_in_proportion_to_the_notes() -> None:
    """Four times the notes are four times the work, and a note is no more than 250 lines of it."""

    def file_of(n_notes: int) -> bytes:
        return smf.midi(b"".join(smf.note(40 + i % 48, 60, delta=20) for i in range(n_notes)))

    some, more = file_of(1000), file_of(4000)
    assert len(score_from_midi(more).tracks[0].notes) == 4000
    lines = count_lines(lambda: score_from_midi(some))
    assert lines < 250 * 1000
    assert count_lines(lambda: score_from_midi(more)) < 4.2 * lines


def test_reading_loads_no_midi_library() -> None:
    """A command that only reads starts without mido and pretty_midi."""
    code = "import sys, chipgen.music.midi; print({'mido', 'pretty_midi'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "set()"
