"""Scores know their tempo map, their bars and their seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.music.score import Meter, Score
from tests.music.pieces import PIECE


def test_a_score_begins_with_a_tempo_and_a_meter() -> None:
    """Without them beats mean nothing."""
    with pytest.raises(ChipgenError, match="tempo and a meter at beat 0"):
        Score(tempos=())
    with pytest.raises(ChipgenError, match="tempo and a meter at beat 0"):
        Score(meters=(Meter(1.0, 4, 4),))


def test_beats_and_seconds_go_both_ways_over_the_tempo_map() -> None:
    """3 beats at 120, 6 at 60, then 240."""
    assert PIECE.beats_to_seconds([0, 3, 9, 12]).tolist() == [0.0, 1.5, 7.5, 8.25]
    assert PIECE.seconds_to_beats([0, 1.5, 7.5, 8.25]).tolist() == [0.0, 3.0, 9.0, 12.0]
    assert PIECE.duration_s == 8.25


@given(st.lists(st.floats(0, 20), min_size=1))
def test_seconds_are_the_inverse_of_beats(beats: list[float]) -> None:
    """To rounding, anywhere in the piece and beyond its end."""
    assert PIECE.seconds_to_beats(PIECE.beats_to_seconds(beats)) == pytest.approx(beats)


def test_bars_follow_the_meters() -> None:
    """Two bars of 3/4, then two of 6/8, which are as long."""
    assert PIECE.bar_starts_beats() == [0.0, 3.0, 6.0, 9.0]
    assert PIECE.meter_at(5.9).denominator == 4
    assert PIECE.meter_at(6.0).denominator == 8
