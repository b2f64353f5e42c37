"""Bends, vibrato and portamento reach each note, and pedals hold what they should."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.music import pitch_bends
from chipgen.music.midi import score_from_midi
from chipgen.music.played_notes import PlayedNote, perform_score
from chipgen.music.score import Bend, Control, Note, Score, Track
from tests import midi_files as smf


def played(track: Track, end_beats: float = 16.0) -> list[PlayedNote]:
    """Play one track at 120 beats a minute, in order of onset."""
    return perform_score(Score((track,), end_beats=end_beats), [0])


def line(*pitches: int) -> tuple[Note, ...]:
    """Return notes of a beat each."""
    return tuple(Note(float(k), 1.0, pitch) for k, pitch in enumerate(pitches))


def cents_at(note: PlayedNote, seconds: float) -> float:
    """Return a note's bend at a time after its onset, as the driver draws it."""
    if not note.bend:
        return 0.0
    before = [point for point in note.bend if point[0] <= seconds]
    after = [point for point in note.bend if point[0] > seconds]
    if not before or not after:
        return (before or after)[-1 if before else 0][1]
    (t0, c0), (t1, c1) = before[-1], after[0]
    return c0 + (c1 - c0) * (seconds - t0) / (t1 - t0)


def test_portamento_glides_from_the_note_before() -> None:
    """As long as the SC-55 takes: a fortieth of 2.06 s a semitone at 64."""
    on = (Control(0.0, 65, 127), Control(0.0, 5, 64))
    first, second, third = played(Track(notes=line(60, 64, 64), controls=on))
    assert first.bend == ()
    assert third.bend == ()
    seconds = 4 * 2.06 / 40
    assert second.bend[0] == (0.0, -400.0)
    assert cents_at(second, seconds / 2) == pytest.approx(-200.0, abs=1.0)
    assert cents_at(second, seconds) == 0.0
    assert all(after[0] - before[0] <= 1 / 50 for before, after in pairwise(second.bend))


@pytest.mark.parametrize(
    "controls",
    [(), (Control(0.0, 5, 64),), (Control(0.0, 65, 0), Control(0.0, 5, 64)),
     (Control(0.0, 65, 127), Control(0.0, 5, 0)),
     (Control(0.0, 65, 127), Control(0.0, 5, 64), Control(0.5, 65, 0))],
)  # fmt: skip
def test_without_portamento_nothing_glides(controls: tuple[Control, ...]) -> None:
    """Off, in no time, or switched off again."""
    assert [note.bend for note in played(Track(notes=line(60, 64), controls=controls))] == [(), ()]


def test_portamento_control_names_the_key_of_one_glide() -> None:
    """Controller 84 counts for the next note alone, whether portamento is on or not."""
    controls = (Control(0.0, 5, 32), Control(1.0, 84, 48))
    notes = played(Track(notes=line(60, 60, 60), controls=controls))
    assert [note.bend[:1] for note in notes] == [(), ((0.0, -1200.0),), ()]


def test_chords_glide_note_by_note_from_the_nearest() -> None:
    """The lowest from the lowest, the highest from the highest."""
    chords = tuple(Note(beat, 1.0, pitch) for beat, pitches in ((0.0, (48, 72)), (1.0, (50, 70)))
                   for pitch in pitches)  # fmt: skip
    controls = (Control(0.0, 65, 127), Control(0.0, 5, 64))
    bends = {note.pitch: note.bend[0][1] for note in played(Track(notes=chords, controls=controls))
             if note.bend}  # fmt: skip
    assert bends == {50: -200.0, 70: 200.0}


@given(
    st.integers(1, 127), st.integers(30, 90), st.integers(30, 90),
    st.sampled_from([(), (Bend(0.0, 1.5),), (Bend(1.25, -2.0), Bend(1.5, 3.0))]),
)  # fmt: skip
def test_a_glide_begins_at_the_old_pitch_and_arrives_at_the_new(
    time: int, source: int, target: int, bends: tuple[Bend, ...]
) -> None:
    """Whatever the wheel does meanwhile; points are in order and inside the note."""
    controls = (Control(0.0, 65, 127), Control(0.0, 5, time))
    with_it = played(Track(notes=line(source, target), controls=controls, bends=bends))[1]
    plain = played(Track(notes=line(source, target), bends=bends))[1]
    times = [time_s for time_s, _ in with_it.bend]
    assert times == sorted(set(times))
    assert all(0.0 <= time_s <= 0.5 for time_s in times)
    glide_s = float(pitch_bends._glide_s(time, abs(target - source)))
    if glide_s >= 1 / 60:
        start = cents_at(with_it, 0.0) - cents_at(plain, 0.0)
        assert start == pytest.approx(100.0 * (source - target), abs=0.01)
    if glide_s < 0.4:
        assert cents_at(with_it, 0.5) == pytest.approx(cents_at(plain, 0.5), abs=0.01)


@pytest.mark.parametrize("semitones", [12.0, -12.0, 24.0, 7.0])
def test_a_bend_held_over_a_note_is_its_pitch(semitones: float) -> None:
    """It is heard an octave away, so that is where it belongs in lines and ranges."""
    (note,) = played(Track(notes=line(60), bends=(Bend(0.0, semitones + 0.25),)))
    assert note.pitch == 60 + semitones
    assert note.bend == ((0.0, 25.0),)


def test_a_dive_of_two_octaves_is_drawn_whole() -> None:
    """The wheel at ±24 semitones moves a note all the way."""
    rpn = b"".join(smf.event(0, 0xB0, n, v) for n, v in ((101, 0), (100, 0), (6, 24)))
    dive = b"".join(smf.event(24, 0xE0, 0, 64 - k * 3) for k in range(1, 21))
    body = rpn + smf.event(0, 0x90, 72, 100) + dive + smf.event(0, 0x80, 72, 0)
    (note,) = perform_score(score_from_midi(smf.midi(body)), [0])
    assert note.pitch == 72
    assert min(cents for _, cents in note.bend) == pytest.approx(-2137.5)


def test_a_note_s_own_bends_add_to_its_track_s() -> None:
    """Fingers of MPE under the whole player's wheel; the chord's other note stays."""
    notes = (Note(0.0, 1.0, 60, bends=((0.0, 0.0), (0.5, 1.0))), Note(0.0, 1.0, 64))
    low, high = sorted(
        played(Track(notes=notes, bends=(Bend(0.25, 2.0),))), key=lambda note: note.pitch
    )
    assert [cents_at(low, s) for s in (0.05, 0.2, 0.45)] == [0.0, 200.0, 300.0]
    assert {cents for _, cents in high.bend} == {0.0, 200.0}
