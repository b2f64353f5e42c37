"""Labels of rows: bars, chords, keys, phrases and voices of pieces where they are known."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.labels import (
    CHORD_NAMES,
    CHORDS,
    BarLines,
    RowLabels,
    label_prompt,
    label_rows,
)
from chipgen.music.score import Meter, Note, Score, Track
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import Rows
from tests.labels.progression import progression


def named(labels: RowLabels) -> list[str]:
    """Return the likeliest chord of each half bar by name."""
    return [CHORD_NAMES[number] for number in labels.chord.tolist()]


def test_a_scores_own_bars_chords_and_key_are_told() -> None:
    """Bars are those of its meter, for sure; each bar's chord is found, and C major."""
    names = ["C", "Am", "F", "G"] * 4
    labels = label_prompt(Prompt.of(progression(names)))
    assert labels.lines.downbeat_confidence == 1.0
    assert len(labels.lines) == 16
    assert set(np.diff(labels.lines.starts)) == {labels.bar_rows[0]}
    assert named(labels) == [name for name in names for _ in range(2)]
    assert (labels.key == 0).all()
    assert (labels.chord_confidence > 0.5).all()


def test_more_bars_than_any_piece_has_are_refused() -> None:
    """Meters of 1/32 make hundreds of thousands of bars of a short file."""
    notes = tuple(Note(float(beat), 1.0, 60) for beat in range(8))
    score = Score((Track(notes=notes),), end_beats=2100.0, meters=(Meter(0.0, 1, 32),))
    with pytest.raises(ChipgenError, match="16,800 bars; at most 16,384"):
        label_prompt(Prompt.of(score))


def test_bars_of_three_have_halves_of_two_beats_and_one() -> None:
    """In 3/4 the second half of a bar is its third beat."""
    lines = label_prompt(Prompt.of(progression(["C", "G", "F", "C"] * 2, 3.0))).lines
    assert set(lines.beats) == {3}
    assert ((lines.middles - lines.starts[:-1]) * 3 == 2 * np.diff(lines.starts)).all()


def test_a_seed_of_drums_alone_has_no_labels() -> None:
    """What has no pitched notes cannot be put on rows; the error is the user's to mend."""
    drums = Track("drums", 9, 0, tuple(Note(float(k), 0.5, 36) for k in range(8)))
    with pytest.raises(ChipgenError, match="pitched"):
        label_prompt(Prompt.of(Score((drums,))))


@given(
    rows=st.integers(1, 90),
    bar=st.integers(1, 40),
    first=st.integers(0, 40),
    seed=st.integers(0, 2**16),
)
def test_any_rows_have_labels(rows: int, bar: int, first: int, seed: int) -> None:
    """Every row has its bar; chords and keys are distributions, the same each time."""
    rng = np.random.default_rng(seed)
    states = rng.choice([0, 1, 1, 60, 64, 67], (rows, 4)).astype(np.uint8)
    states[:, 3] = np.where(states[:, 3] > 1, 20, states[:, 3])
    piece = Rows(states, states * 0, states * 0, rng.integers(2, 12, rows))
    lines = BarLines.even(rows, bar, first)
    assert lines.starts[0] <= 0 < lines.starts[1]
    assert lines.starts[-2] < rows <= lines.starts[-1]
    labels = label_rows(piece, lines)
    bars = len(lines)
    assert labels.chords.shape == (2 * bars, CHORDS)
    assert labels.chords.sum(axis=1) == pytest.approx(np.ones(2 * bars), abs=1e-4)
    assert labels.keys.sum(axis=1) == pytest.approx(np.ones(bars), abs=1e-4)
    assert (lines.starts[labels.bar] + labels.place == np.arange(rows)).all()
    assert (labels.half // 2 == labels.bar).all()
    assert labels.section[0] == 0
    assert (np.diff(np.unique(labels.section)) == 1).all()
    again = label_rows(piece, lines)
    for field in fields(RowLabels):
        if field.name != "lines":
            assert np.array_equal(getattr(labels, field.name), getattr(again, field.name))
