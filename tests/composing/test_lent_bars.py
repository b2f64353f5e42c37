"""Bars to come are modelled on bars of the seed."""

from chipgen.composing.lent_bars import LentBars, notes_within
from chipgen.music.score import Note
from tests.composing.accompanied import planned
from tests.seeds import band


def test_bars_are_found_by_their_rows() -> None:
    """A row is in the bar that begins before it."""
    prompt, plan, _ = planned(band(), 6)
    bars = LentBars(prompt, plan)
    for bar in range(6):
        assert bars.bar_of(bars.row_at(bar)) == bar
        assert bars.bar_of(bars.row_at(bar + 1) - 1) == bar


def test_a_bar_that_comes_again_leads_back_to_the_seed() -> None:
    """What repeats the seed, or repeats what repeats it, names the seed's bar."""
    prompt, plan, _ = planned(band(), 8)
    bars = LentBars(prompt, plan)
    row = len(prompt.carried_rows)
    plan.reference[row + bars.row_at(2)] = bars.row_at(1)  # the second bar of the seed
    plan.reference[row + bars.row_at(5)] = row + bars.row_at(2)
    assert bars.source(2) == bars.source(5) == 4.0
    plan.reference[row + bars.row_at(3)] = -1
    assert bars.source(3) is None


def test_chords_and_phrases_are_read_off_the_plan() -> None:
    """The chords that were asked for are those of the bars, and the last bar closes."""
    prompt, plan, _ = planned(band(), 4, "F G Am C", cadence=True)
    bars = LentBars(prompt, plan)
    roots = [(bars.chord_to_come(4.0 * bar) - 1) // 5 for bar in range(4)]
    assert roots == [5, 7, 9, 0]
    assert [bars.closes(bar) for bar in range(4)] == [False, False, False, True]
    assert bars.ends_phrase(3)
    assert bars.chord_in_seed(0.0) >= 1


def test_a_section_is_where_its_phrase_was_first_heard() -> None:
    """A phrase that comes again is the section that it repeats; the seed's own is none."""
    prompt, plan, _ = planned(band(), 16, form="B A B C")
    bars = LentBars(prompt, plan)
    assert [bars.section(bar) for bar in (0, 3, 4, 7, 8, 11, 12, 15)] == [
        0, 0, None, None, 0, 0, 12, 12,
    ]  # fmt: skip


def test_what_is_held_into_a_bar_begins_it() -> None:
    """A note from the bar before is struck again, a short overhang is not."""
    notes = (Note(0.0, 6.0, 60), Note(1.0, 3.1, 64), Note(4.5, 9.0, 67))
    found = notes_within(notes, 4.0, 4.0)
    assert [(n.onset_beats, n.duration_beats, n.pitch) for n in found] == [
        (0.0, 2.0, 60),
        (0.5, 3.5, 67),
    ]


def test_what_is_played_a_little_early_is_of_the_next_bar() -> None:
    """Chords that a player strikes just before the bar line are not heard twice."""
    notes = (Note(3.92, 2.0, 60), Note(7.75, 2.0, 62), Note(7.875, 0.2, 64), Note(7.9375, 2.0, 65))
    found = [[(n.onset_beats, n.pitch) for n in notes_within(notes, at, 4.0)] for at in (4.0, 8.0)]
    assert found == [[(0.0, 60), (3.75, 62), (3.875, 64)], [(0.0, 62), (0.0, 65)]]
