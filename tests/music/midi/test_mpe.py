"""Bends of single notes come back from channels of their own."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.music.midi import midi_bytes, score_from_midi
from chipgen.music.midi.smf_parser import parse_events
from chipgen.music.played_notes import perform_score
from chipgen.music.score import Bend, Note, Score, Track

TUNE = tuple(Note(float(k), 1.0, 60 + k % 7) for k in range(16))


def sounding_cents(score: Score) -> list[tuple[float, int, list[float]]]:
    """Return onset, pitch and pitch in cents at four times of each note, as it is played."""
    found = []
    for note in perform_score(score, range(len(score.tracks))):
        steps = []
        for share in (0.125, 0.375, 0.625, 0.875):
            at = share * (note.end_s - note.start_s)
            before = [cents for time_s, cents in note.bend if time_s <= at]
            steps.append(round(before[-1] if before else 0.0, -1))
        found.append((round(note.start_s, 6), note.pitch, steps))
    return sorted(found)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(48, 72),
            st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]), min_size=1, max_size=4),
        ),
        min_size=6, max_size=12,
    ),
    st.integers(1, 3),
)  # fmt: skip
def test_single_notes_bends_come_back(
    fingers: list[tuple[int, list[float]]], together: int
) -> None:
    """Chords whose notes bend singly sound the same after writing and reading."""
    notes = sorted(
        Note(
            float(k // together), 1.0, pitch + 13 * (k % together), 90,
            tuple((step / 4, semitones) for step, semitones in enumerate(bends)),
        )
        for k, (pitch, bends) in enumerate(fingers)
    )  # fmt: skip
    score = Score((Track("Lead", 0, 80, tuple(notes)),), end_beats=16.0)
    assert sounding_cents(score_from_midi(midi_bytes(score))) == sounding_cents(score)


def test_fingers_take_channels_that_nobody_uses() -> None:
    """And never channel 10."""
    chord = tuple(Note(0.0, 4.0, 60 + k, bends=((0.0, float(k)),)) for k in range(5))
    bass = Track("Bass", 1, 33, TUNE, bends=(Bend(1.0, 1.0),))
    score = Score((Track("Lead", 0, 80, chord), bass), end_beats=16.0)
    events = parse_events(midi_bytes(score))
    used = [{status & 0xF for _, status, _, _ in track.channel} for track in events.tracks]
    assert used[1] == {0, 2, 3, 4, 5}
    assert used[2] == {1}
