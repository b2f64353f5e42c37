"""Notes and files end where their music does, and what was mended is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.music.midi import score_from_midi
from chipgen.music.midi.hanging_notes import TickNote, end_hanging
from tests import midi_files as smf


def on(delta: int, key: int) -> bytes:
    """Return a note on."""
    return smf.event(delta, 0x90, key, 90)


def test_a_hanging_note_of_a_tune_ends_where_the_next_begins() -> None:
    """One note off was lost: the part's other notes say how it is played."""
    body = smf.note(60, 240) + smf.note(62, 240, delta=240) + on(240, 64)
    body += b"".join(smf.note(65 + k, 240, delta=480 if not k else 240) for k in range(8))
    score = score_from_midi(smf.midi(body))
    ends = {note.pitch: note.duration_beats for note in score.tracks[0].notes}
    assert ends[64] <= 1.0
    assert ends[60] == 0.5
    assert "1 note that the file never ends" in score.remarks[0]


def test_hanging_chords_last_as_long_as_the_others() -> None:
    """Where notes sound together the next one ends nothing."""
    chord = b"".join(on(0, key) for key in (48, 52, 55))
    ends = smf.event(960, 0x80, 48, 0) + smf.event(0, 0x80, 52, 0)
    body = (chord + ends + smf.event(0, 0x80, 55, 0)) * 6 + chord + ends + smf.meta(9600, 1, b"")
    score = score_from_midi(smf.midi(body))
    last = [note for note in score.tracks[0].notes if note.onset_beats == 12.0]
    assert [note.duration_beats for note in last] == [2.0, 2.0, 2.0]


def test_a_file_without_note_offs_is_played_note_by_note() -> None:
    """Every note lasts until the next."""
    body = b"".join(on(480 * (k > 0), 60 + k) for k in range(8)) + smf.meta(960, 1, b"")
    notes = score_from_midi(smf.midi(body)).tracks[0].notes
    assert [note.duration_beats for note in notes[:-1]] == [1.0] * 7
    assert notes[-1].duration_beats <= 4.0


def test_an_endless_note_gives_way() -> None:
    """One that is held over 66 of its part's notes is ended, with a word about it."""
    body = on(0, 40) + b"".join(smf.note(60 + k % 12, 480) for k in range(66))
    score = score_from_midi(smf.midi(body + smf.event(0, 0x80, 40, 0)))
    held = next(note for note in score.tracks[0].notes if note.pitch == 40)
    assert held.duration_beats <= 1.0
    assert "far too late" in score.remarks[0]


def test_a_pedal_point_of_a_few_bars_is_music() -> None:
    """It is long, but not beyond all others."""
    body = on(0, 40) + b"".join(smf.note(60 + k % 12, 240) for k in range(48))
    score = score_from_midi(smf.midi(body + smf.event(0, 0x80, 40, 0)))
    held = next(note for note in score.tracks[0].notes if note.pitch == 40)
    assert held.duration_beats == 24.0
    assert score.remarks == ()


@given(
    st.lists(
        st.tuples(st.integers(0, 2000), st.integers(0, 127), st.integers(1, 4000), st.booleans()),
        max_size=40,
    )
)
def test_ends_only_come_earlier(played: list[tuple[int, int, int, bool]]) -> None:
    """Starts, keys and velocities stay, every note lasts, and what is in order stays as it is."""
    notes = sorted(TickNote(start, key, start + n, 64, ended) for start, key, n, ended in played)
    mended, hanging, endless = end_hanging(notes, 480)
    assert len(mended) == len(notes)
    before = sorted((note.start, note.key) for note in notes)
    assert sorted((note.start, note.key) for note in mended) == before
    assert all(note.end > note.start for note in mended)
    assert sum(n.end for n in mended) <= sum(n.end for n in notes)
    if not hanging and not endless:
        assert mended == notes


@settings(max_examples=30, deadline=None)
@given(st.integers(6, 3000), st.integers(1, 30))
def test_dead_air_is_left_out(silence_s: int, beats: int) -> None:
    """The piece ends with the bar of its last note; on request the silence stays."""
    body = b"".join(smf.note(60 + k, 480) for k in range(beats))
    data = smf.midi(body + smf.meta(silence_s * 960, 1, b""))
    score = score_from_midi(data)
    assert beats <= score.end_beats < beats + 4
    assert "silence" in score.remarks[0]
    kept = score_from_midi(data, keep_silence=True)
    assert kept.duration_s == pytest.approx(beats / 2 + silence_s)
    assert kept.remarks == ()


def test_a_rest_at_the_end_is_music() -> None:
    """A few seconds belong to the piece, and so does silence inside a marked loop."""
    score = score_from_midi(smf.midi(smf.note(60, 480) + smf.meta(8 * 480, 1, b"")))
    assert score.end_beats == 9.0
    marks = smf.meta(0, 6, b"loopStart") + smf.note(60, 480) + smf.meta(60 * 480, 6, b"loopEnd")
    assert score_from_midi(smf.midi(marks)).end_beats == 61.0


def test_one_absurd_wait_is_left_out() -> None:
    """A damaged time in the middle of a song: whole bars go, and the remark names the tick."""
    half = b"".join(smf.note(60 + k % 12, 240) for k in range(40))
    rest = smf.note(72, 240, delta=7_000_000) + half
    score = score_from_midi(smf.midi(half + rest))
    onsets = [note.onset_beats for note in score.tracks[0].notes]
    assert score.duration_s < 60
    assert "after tick 9,360" in score.remarks[0]
    assert (onsets[40] * 480 - (9600 + 7_000_000)) % 1920 == 0  # the bars stay where they were
    assert onsets[41:] == pytest.approx([onsets[40] + 0.5 * k for k in range(1, 41)])
    kept = score_from_midi(smf.midi(half + rest), keep_silence=True)
    assert kept.duration_s > 7000


def test_a_wait_before_the_first_note_goes_too() -> None:
    """Eight minutes before a song of ten seconds are no upbeat."""
    tune = b"".join(smf.note(60 + k % 12, 240) for k in range(40))
    score = score_from_midi(smf.midi(smf.meta(480 * 960, 1, b"") + tune))
    assert score.duration_s < 20
