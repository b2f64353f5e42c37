"""The lattice is the published formula, and every set of playable pitches survives it exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.music import tonnetz

PITCHES = range(tonnetz.PITCH_LOW, tonnetz.PITCH_HIGH + 1)


def test_right_is_a_fifth_and_down_a_major_third() -> None:
    """Neighbours are a fifth (mod octave) across and four semitones down, registers 6 to 109."""
    pitches = tonnetz.lattice_pitches()
    assert pitches.shape == (24, 12)
    assert ((pitches[:, 1:] - pitches[:, :-1]) % 12 == 7).all()
    assert ((pitches[:, 0] - pitches[:, -1]) % 12 == 7).all(), "twelve fifths lead back"
    assert (pitches[1:] - pitches[:-1] == 4).all()
    assert pitches.min() == 6
    assert pitches.max() == 109
    assert all(
        pitches[r, c] == 6 + 4 * r + 7 * c % 12 for r in range(tonnetz.ROWS) for c in range(12)
    )


def test_playable_pitches_have_three_cells_but_for_seven() -> None:
    """Of pitches 21-108, 81 have three cells, four have two and three have one."""
    cells = [int((tonnetz.lattice_pitches() == pitch).sum()) for pitch in PITCHES]
    assert [cells.count(n) for n in (3, 2, 1)] == [81, 4, 3]


@pytest.mark.parametrize("pitch", PITCHES)
def test_a_single_pitch_comes_back(pitch: int) -> None:
    """Each pitch lights exactly its own cells, and is read from them."""
    roll = np.zeros(88, np.bool_)
    roll[pitch - 21] = True
    lattice = tonnetz.encode(roll)
    assert set(tonnetz.lattice_pitches()[lattice > 0]) == {pitch}
    assert (tonnetz.decode(lattice) == roll).all()


@given(st.lists(st.sets(st.integers(0, 87)), max_size=6))
def test_any_sets_come_back(sets: list[set[int]]) -> None:
    """Encoding then decoding a batch of pitch sets changes nothing."""
    rolls = np.zeros((len(sets), 88), np.bool_)
    for roll, chosen in zip(rolls, sets, strict=True):
        roll[list(chosen)] = True
    assert (tonnetz.decode(tonnetz.encode(rolls)) == rolls).all()


@given(st.integers(0, 87), st.floats(0, 1))
def test_decoding_averages_a_pitchs_cells(index: int, level: float) -> None:
    """A pitch sounds where the mean of its cells is above the threshold, whatever the others do."""
    pitches = tonnetz.lattice_pitches()
    cells = np.flatnonzero((pitches == index + 21).ravel())
    lattice = np.zeros(288, np.float32)
    lattice[cells[0]] = level * len(cells)
    back = tonnetz.average(lattice.reshape(24, 12))
    assert back[index] == pytest.approx(level, abs=1e-6)
    assert np.delete(back, index).sum() == 0


def test_wrong_shapes_are_refused() -> None:
    """Anything but 88 pitches or 24 by 12 cells is a mistake of the caller's."""
    with pytest.raises(ValueError, match="88"):
        tonnetz.encode(np.zeros((3, 128)))
    with pytest.raises(ValueError, match="24"):
        tonnetz.decode(np.zeros((12, 24)))
