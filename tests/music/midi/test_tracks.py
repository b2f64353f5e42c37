"""A player's notes, programs, bends and controls become a track."""

from chipgen.music.midi import score_from_midi
from chipgen.music.score import Bend, Note
from tests import midi_files as smf


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


def test_the_program_in_force_at_the_first_note() -> None:
    """A later program change does not rename the player, an earlier one is overruled."""
    body = smf.event(0, 0xC0, 5) + smf.event(480, 0xC0, 73) + smf.note(60, 480)
    body += smf.event(0, 0xC0, 12) + smf.note(62, 480)
    assert score_from_midi(smf.midi(body)).tracks[0].program == 73


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
