"""Songs made by rules, whose labels are known."""

from chipgen.training.evaluate_labelled import score_kinds
from chipgen.training.synthetic_scores import KINDS, make_cases


def test_cases_are_the_same_each_time_and_differ_by_number() -> None:
    """A number makes one song of every kind, and another number other ones."""
    first, again, other = make_cases([1]), make_cases([1]), make_cases([2])
    assert [case.kind for case in first] == list(KINDS)
    assert all(
        a.score == b.score and a.labels == b.labels for a, b in zip(first, again, strict=True)
    )
    assert all(a.score != b.score for a, b in zip(first, other, strict=True))


def test_labels_stand_by_the_notes_they_are_of() -> None:
    """In every kind there is a tune, and a bass that lies below it."""
    for case in make_cases([3]):
        pitches: dict[str, list[int]] = {"tune": [], "bass": []}
        for (track, index), label in case.labels.items():
            if label in pitches:
                pitches[label].append(case.score.tracks[track].notes[index].pitch)
        assert pitches["tune"], case.kind
        assert max(pitches["bass"]) <= min(pitches["tune"]) + 6, case.kind


def test_labels_of_a_piano_are_its_outer_notes() -> None:
    """Notes that begin together on one track keep their own labels through MIDI."""
    (case,) = (case for case in make_cases([0]) if case.kind == "one piano")
    notes = case.score.tracks[0].notes
    for (_, index), label in case.labels.items():
        together = [n.pitch for n in notes if n.onset_beats == notes[index].onset_beats]
        if label == "bass":
            assert notes[index].pitch == min(together)


def test_the_arranger_keeps_what_cannot_be_mistaken() -> None:
    """Tune, bass and drums of a plain band are whole; drums are found on another channel too."""
    rows = {row.name: row for row in score_kinds(make_cases([0, 1]))}
    for kind in ("plain", "drums on channel 4", "drums by name"):
        assert rows[kind].tune == rows[kind].bass == 1.0, kind
        assert rows[kind].as_drums == 0.0, kind
