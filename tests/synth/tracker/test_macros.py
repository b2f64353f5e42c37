"""Loop and release points of the trackers become those of sequences."""

import pytest

from synth.tracker.macros import envelope


@pytest.mark.parametrize(
    ("loop", "release", "expected"),
    [
        (-1, -1, "9 5 1"),
        (0, -1, "[9 5 1]"),
        (2, -1, "9 5 1"),
        (-1, 2, "9 5 | 1"),
        (0, 2, "[9 5] | 1"),
        (1, 2, "9 5 | 1"),
        (2, 1, "9 | 5 1"),
        (0, 3, "[9 5 1]"),
    ],
)
def test_points_outside_or_over_one_value_hold_it(loop: int, release: int, expected: str) -> None:
    """A loop over one value, behind the release, or a release at an end, change nothing."""
    assert str(envelope([9, 5, 1], loop, release)) == expected
