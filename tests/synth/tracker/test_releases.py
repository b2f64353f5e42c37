"""Notes that are shorter than a row end as they should, without a row for it."""

import numpy as np

from synth.instrument.macro_sequence import NOT_RELEASED, Sequence
from synth.tracker.contours import Contour, Model
from synth.tracker.releases import release_in_rows
from synth.tracker.song import FAMITRACKER

VOLUME = Sequence((15, 12, 10, 3, 2, 0), release=3)
KEYS = Model("pulse", "keys", VOLUME, Sequence((2,)))
ROWS = np.arange(0, 800, 8)


def note(start: int, held: int) -> Contour:
    """Return a note that is released after some frames and fades for two."""
    level = np.array([15, 12, *[10] * (held - 2), 3, 2])
    count = len(level)
    return Contour(
        KEYS, start, start + count, held, 40, 15, "pulse1", None, level, np.full(count, 2),
        np.zeros(count, dtype=np.int64), 200,
    )  # fmt: skip


def test_a_release_in_a_row_of_its_own_stays() -> None:
    """A note over several rows is released where it was."""
    notes = [note(0, 12), note(24, 12)]
    release_in_rows([notes], ROWS, FAMITRACKER.longest, 4.0)
    assert [one.held for one in notes] == [12, 12]
    assert all(one.model is KEYS for one in notes)


def test_a_few_short_notes_are_cut() -> None:
    """What is too rare for an instrument stops where it was released."""
    notes = [note(0, 4), note(24, 12)]
    release_in_rows([notes], ROWS, FAMITRACKER.longest, 4.0)
    assert (notes[0].held, notes[0].stop) == (NOT_RELEASED, 4)
    assert notes[0].level.tolist() == [15, 12, 10, 10]
    assert notes[0].model is KEYS


def test_many_short_notes_have_an_instrument_that_ends_by_itself() -> None:
    """Its envelope is the held part and the release, as long as the notes are."""
    notes = [note(8 * k, 4) for k in range(8)]
    release_in_rows([notes], ROWS, FAMITRACKER.longest, 4.0)
    models = {one.model for one in notes}
    assert [str(model.volume) for model in models] == ["15 12 10 10 3 2 0"]
    assert {model.name for model in models} == {"keys 4f"}
    assert all((one.held, one.stop - one.start) == (NOT_RELEASED, 6) for one in notes)
