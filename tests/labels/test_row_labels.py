"""Labels of voices and density are those of the rows."""

import numpy as np
import pytest

from chipgen.labels import (
    BarLines,
    label_rows,
)
from chipgen.rows.row_states import Rows


def test_voices_and_density_are_those_of_the_rows() -> None:
    """A voice plays in a bar in which it sounds, be it held; density counts what begins."""
    states = np.zeros((32, 4), dtype=np.uint8)
    states[0, 0], states[1:20, 0] = 60, 1
    states[16:32:4, 3] = 20
    rows = Rows(states, states * 0, states * 0, np.full(32, 6))
    labels = label_rows(rows, BarLines.even(32, 16))
    assert labels.voices.tolist() == [[True, False, False, False], [True, False, False, True]]
    seconds = 16 * 6 / 60.0988
    assert labels.density[:, 3] == pytest.approx([0.0, 4 / seconds])
