"""Notes are let go as in the seed."""

import numpy as np
import pytest

from chipgen.composing.articulation import Articulation
from chipgen.music.score import Note, Track
from chipgen.rows.row_timing import RowTiming

EVEN = RowTiming(16.0, np.array([1]), 4.0, np.array([7]))


def test_notes_are_let_go_as_in_the_seed():
    """Short notes are staccato if the seed's are, long ones sound to their end if those do."""
    short = tuple(Note(k * 0.25, 0.1, 60) for k in range(16))
    long = tuple(Note(4.0 + k, 1.0, 60) for k in range(8))
    articulation = Articulation(Track("p1", notes=(*short, *long)), EVEN)
    assert articulation.duration_beats(0.25) == pytest.approx(0.1)
    assert articulation.duration_beats(1.0) == 1.0
    assert articulation.duration_beats(4.0) == 4.0
    assert Articulation(Track(), EVEN).duration_beats(0.5) == 0.5
