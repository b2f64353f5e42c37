"""A MIDI file's notes, times and controls come out as the file says them."""

import subprocess
import sys
from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.music.midi import read_midi, score_from_midi
from chipgen.music.score import Marker, Meter, Note
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


def nes_pulse(*events: bytes) -> bytes:
    """Return a song of the chip's dialect: one pulse with a note of velocity 9, and some events."""
    body = smf.nes_note(60, 11_025, velocity=9, channel=0) + b"".join(events)
    return smf.nesmdb([("p1", 0, 80, body)])


@pytest.mark.parametrize(
    ("event", "velocity"),
    [
        (smf.event(0, 0x90, 61, 15), 76), (smf.event(0, 0x90, 61, 16), 9),
        (smf.event(0, 0xB0, 11, 15), 76), (smf.event(0, 0xB0, 11, 16), 9),
        (smf.event(0, 0xB0, 12, 16), 76), (smf.event(0, 0x80, 60, 64), 76),
        (smf.event(0, 0x80, 11, 64), 76), (smf.event(0, 0xA0, 11, 64), 76),
        (smf.event(0, 0xE0, 11, 64), 76), (smf.meta(0, 1, b"levels 1-15"), 76),
        (smf.meta(0, 1, b"levels 1-127"), 9), (smf.meta(0, 6, b"levels 1-127"), 76),
    ],
)  # fmt: skip
def test_the_chip_s_levels_end_at_15(event: bytes, velocity: int) -> None:
    """A louder note or expression says that the levels are MIDI's own, and so does our text."""
    (track,) = score_from_midi(nes_pulse(event)).tracks
    assert track.notes[0].velocity == velocity


def test_a_voice_goes_by_its_name_or_else_by_its_channel() -> None:
    """No voice comes twice, and the channel is named as MIDI counts it."""
    swapped = smf.nesmdb([("tr", 0, 80, smf.NES_VOICES[0][3]), ("p1", 2, 80, smf.NES_VOICES[2][3])])
    score = score_from_midi(swapped)
    assert [(track.role, track.channel) for track in score.tracks] == [("tr", 0), ("p1", 2)]
    twice = smf.midi(smf.note(60, 9, channel=1), smf.note(62, 9, channel=1))
    with pytest.raises(ChipgenError, match="track '' on channel 2 is not one of"):
        score_from_midi(twice, dialect="nesmdb")


def test_a_song_of_one_bar_of_1_1_has_that_meter() -> None:
    """A meter of 1/1 is a song's end in the chip's dialect only, and only behind another."""
    body = smf.meter(0, 1, 0) + smf.nes_note(60, 480, velocity=9, channel=0)
    assert score_from_midi(smf.midi(body), dialect="nesmdb").meters == (Meter(0.0, 1, 1),)
    late = smf.note(60, 480) + smf.meter(480, 1, 0) + smf.meta(1920, 1, b"")
    score = score_from_midi(smf.midi(late))
    assert (score.meters, score.end_beats) == ((Meter(0.0, 4, 4), Meter(2.0, 1, 1)), 6.0)


def test_whole_bars_of_a_wait_are_left_out_in_the_meter_that_holds() -> None:
    """The meter counts that begins with the last note before the wait, and none after it."""
    notes = b"".join(smf.note(60 + k % 12, 240) for k in range(20))
    body = notes + smf.meter(0, 6, 3) + smf.note(50, 240) + smf.note(51, 240, delta=7_000_000 - 240)
    score = score_from_midi(smf.midi(body + smf.meter(0, 2, 2) + notes))
    onsets = [note.onset_beats for note in score.tracks[0].notes]
    bar = 480 * 4 * 6 // 8
    left = 7_000_000 - (7_000_000 - bar) // bar * bar
    assert onsets[20:22] == [10.0, 10.0 + left / 480]


def test_damage_is_told_by_the_track(caplog: pytest.LogCaptureFixture) -> None:
    """The first damaged track is named, with what could be read or as the reason of an error."""
    whole, cut = smf.track(smf.note(60, 480)), smf.chunk(b"MTrk", b"\x00\x90")
    stray = smf.chunk(b"MTrk", b"\x00\x3c\x40")
    score = score_from_midi(smf.header(1, 3) + whole + cut + stray, name="a.mid")
    assert len(score.tracks) == 1
    told = "a.mid is damaged (track 2: cut short in an event); what could be read is used"
    assert caplog.messages == [told]
    with pytest.raises(
        ChipgenError,
        match=r"^b\.mid is damaged \(track 1: a data byte .*\) and has no notes that can be read$",
    ):
        score_from_midi(smf.header(1, 2) + stray + cut, name="b.mid")


@pytest.mark.parametrize(
    ("microseconds", "beats", "told"),
    [
        (1_000_000, 21_600, ""), (1_000_000, 21_601, "lasts 6.0 hours; at most 6"),
        (16_000_000, 200_000, "lasts 888.9 hours; at most 6"), (50_000, 250_000, ""),
        (50_000, 250_001, "lasts 250,001 beats; at most 250,000"),
    ],
)  # fmt: skip
def test_the_longest_files(microseconds: int, beats: int, told: str) -> None:
    """Six hours and 250,000 quarter notes go; a second or a beat more is told with the limit."""
    last = smf.note(60, 480, delta=(beats - 1) * 480)
    data = smf.midi(smf.tempo(0, microseconds) + last)
    if told:
        with pytest.raises(ChipgenError, match=told):
            score_from_midi(data, keep_silence=True)
    else:
        assert score_from_midi(data, keep_silence=True).end_beats == beats


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
