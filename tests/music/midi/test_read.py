"""A MIDI file's notes, times and controls come out as the file says them."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.music import dialect, score_edit
from chipgen.music.midi import read_midi, score_from_midi
from chipgen.music.midi import write as midi_write
from chipgen.music.score import Bend, Control, Marker, Meter, Note, Tempo
from tests import midi_files as smf
from tests.work import count_lines


@pytest.mark.parametrize("module", [dialect, midi_write, score_edit], ids=lambda m: m.__name__)
def test_what_the_docstrings_show_is_true(module: object) -> None:
    """Examples in the docstrings run."""
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


def test_a_note_has_its_onset_length_pitch_and_velocity(tmp_path: Path) -> None:
    """Ticks become quarter notes."""
    path = tmp_path / "one.mid"
    path.write_bytes(smf.midi(smf.note(60, 240, delta=480, velocity=77)))
    (track,) = read_midi(path).tracks
    assert track.notes == (Note(1.0, 0.5, 60, 77),)


def test_each_channel_of_each_track_is_a_player() -> None:
    """Two channels in one track, and one channel in two tracks, are three players in file order."""
    first = smf.note(60, 10, channel=3) + smf.note(40, 10, channel=1)
    second = smf.meta(0, 3, b"second") + smf.note(70, 10, channel=3)
    score = score_from_midi(smf.midi(first, second))
    found = [(track.name, track.channel, track.notes[0].pitch) for track in score.tracks]
    assert found == [("", 1, 40), ("", 3, 60), ("second", 3, 70)]


def test_a_note_on_of_velocity_0_is_a_note_off() -> None:
    """Running status files end notes so."""
    body = smf.event(0, 0x90, 60, 90) + smf.event(480, 60, 0) + smf.event(0, 62, 90)
    body += smf.event(240, 62, 0)
    (track,) = score_from_midi(smf.midi(body)).tracks
    assert track.notes == (Note(0.0, 1.0, 60, 90), Note(1.0, 0.5, 62, 90))


def test_overlapping_notes_of_one_pitch_end_in_the_order_they_began() -> None:
    """The first note off ends the first note."""
    on, off = (0x90, 60), (0x80, 60, 0)
    body = smf.event(0, *on, 10) + smf.event(480, *on, 20) + smf.event(480, *off)
    body += smf.event(480, *off)
    (track,) = score_from_midi(smf.midi(body)).tracks
    assert track.notes == (Note(0.0, 2.0, 60, 10), Note(1.0, 2.0, 60, 20))


def test_a_note_struck_and_released_at_one_tick_lasts_a_tick() -> None:
    """Drum machines write strokes without length; they are not lost."""
    (track,) = score_from_midi(smf.midi(smf.note(36, 0, channel=9))).tracks
    assert track.notes == (Note(0.0, 1 / 480, 36, 90),)
    assert track.is_drums


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


def test_tempo_map_meter_key_and_markers() -> None:
    """The conductor's track is kept: every tempo and meter, the key, the named places."""
    body = smf.tempo(0, 500_000) + smf.meter(0, 3, 2) + smf.meta(0, 0x59, b"\xfd\x01")
    body += smf.meta(480, 6, b"verse") + smf.tempo(960, 428_571) + smf.meter(0, 6, 3)
    score = score_from_midi(smf.midi(body, smf.note(60, 4 * 480)))
    assert score.tempos == (Tempo(0.0, 120.0), Tempo(3.0, 140.0))
    assert score.meters == (Meter(0.0, 3, 4), Meter(3.0, 6, 8))
    assert score.key == "Cm"
    assert score.markers == (Marker(1.0, "verse"),)


def test_without_tempo_and_meter_midi_s_own_defaults_hold() -> None:
    """120 quarter notes a minute and 4/4, until the file says otherwise."""
    score = score_from_midi(smf.midi(smf.tempo(480, 1_000_000), smf.note(60, 960)))
    assert score.tempos == (Tempo(0.0, 120.0), Tempo(1.0, 60.0))
    assert score.meters == (Meter(0.0, 4, 4),)
    assert score.duration_s == pytest.approx(1.5)


def test_a_meter_said_again_on_a_bar_line_changes_nothing() -> None:
    """Said again inside a bar it begins a new one."""
    again = score_from_midi(smf.midi(smf.meter(0, 4, 2) + smf.meter(1920, 4, 2)))
    moved = score_from_midi(smf.midi(smf.meter(0, 4, 2) + smf.meter(960, 4, 2)))
    assert len(again.meters) == 1
    assert moved.meters == (Meter(0.0, 4, 4), Meter(2.0, 4, 4))


@pytest.mark.parametrize(
    ("fifths", "minor", "key"),
    [(0, 0, "C"), (0, 1, "Am"), (249, 0, "Cb"), (7, 1, "A#m"), (255, 0, "F"), (6, 0, "F#")],
)
def test_key_signatures(fifths: int, minor: int, key: str) -> None:
    """Sharps and flats, major and minor."""
    assert score_from_midi(smf.midi(smf.meta(0, 0x59, bytes((fifths, minor))))).key == key


def test_the_score_ends_where_the_file_does() -> None:
    """Silence after the last note belongs to the piece."""
    body = smf.note(60, 480) + smf.meta(1440, 1, b"")
    assert score_from_midi(smf.midi(body)).end_beats == 4.0


def test_the_program_in_force_at_the_first_note() -> None:
    """A later program change does not rename the player, an earlier one is overruled."""
    body = smf.event(0, 0xC0, 5) + smf.event(480, 0xC0, 73) + smf.note(60, 480)
    body += smf.event(0, 0xC0, 12) + smf.note(62, 480)
    assert score_from_midi(smf.midi(body)).tracks[0].program == 73


def test_controls_in_a_track_of_their_own_reach_the_channel_s_players() -> None:
    """Sequencers put set-up in a first track without notes."""
    setup = smf.event(0, 0xC2, 40) + smf.event(0, 0xB2, 7, 101) + smf.event(0, 0xB3, 7, 1)
    (track,) = score_from_midi(smf.midi(setup, smf.note(60, 480, channel=2))).tracks
    assert track.program == 40
    assert track.controls == (Control(0.0, 7, 101),)


def test_controls_of_another_port_do_not() -> None:
    """More than sixteen channels are had by ports; each has its own channel 1."""
    setup = smf.meta(0, 0x21, b"\x01") + smf.event(0, 0xB0, 7, 101)
    (track,) = score_from_midi(smf.midi(setup, smf.note(60, 480))).tracks
    assert track.controls == ()


def test_bends_are_semitones_of_the_channel_s_range() -> None:
    """Two semitones by default; registered parameter 0 sets another range, cents included."""
    body = smf.event(0, 0xE0, 0, 96) + smf.note(60, 480)
    body += b"".join(smf.event(0, 0xB0, n, v) for n, v in ((101, 0), (100, 0), (6, 12), (38, 50)))
    body += smf.event(480, 0xE0, 0, 32) + smf.event(0, 0xB0, 6, 7) + smf.event(480, 0xE0, 0, 64)
    (track,) = score_from_midi(smf.midi(body)).tracks
    assert track.bends == (Bend(0.0, 1.0), Bend(1.0, 6.25), Bend(2.0, -3.5), Bend(3.0, 0.0))
    assert track.controls == ()


def test_the_ends_of_the_wheel_mean_the_whole_range() -> None:
    """16383 is as far up as 0 is down, although there is one step less."""
    body = smf.event(0, 0xE0, 127, 127) + smf.event(480, 0xE0, 0, 0) + smf.note(60, 480)
    (track,) = score_from_midi(smf.midi(body)).tracks
    assert [bend.semitones for bend in track.bends] == [2.0, -2.0]


def test_data_entry_of_another_parameter_is_a_control() -> None:
    """Only the bend's range is taken out of the controls."""
    body = smf.event(0, 0xB0, 99, 1) + smf.event(0, 0xB0, 98, 8) + smf.event(0, 0xB0, 6, 64)
    (track,) = score_from_midi(smf.midi(body + smf.note(60, 480))).tracks
    assert [control.number for control in track.controls] == [99, 98, 6]
    assert track.bends == ()


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
