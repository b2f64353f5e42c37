"""Plan features tell what is known of a row, and nothing where nothing is known."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chipgen.rows.plan_features import (
    CLOSE,
    OFFSETS,
    PLAN_COLUMNS,
    QUALITIES,
    SPANS,
    RowPlan,
    encode_known,
    encode_plan,
    swap_plan_pulses,
    transpose_plan,
)
from tests.row_songs import invent

PIECE = invent(32).states


def barred(rows: int = 32, bar_rows: int = 8) -> RowPlan:
    """Plan bars of equal length, the second pair of which repeats the first."""
    index = np.arange(rows)
    return replace(
        RowPlan.unknown(rows),
        bar_start=index // bar_rows * bar_rows,
        bar_rows=np.full(rows, bar_rows),
        chord=np.full(rows, 1 + 7 * QUALITIES),
        key=np.full(rows, 9 * 2 + 1),
        kind=np.repeat(np.where(index >= rows // 2, CLOSE, -1)[:, None], 2, axis=1),
        reference=np.where(index >= rows // 2, index - rows // 2, -1),
    )


def test_an_unknown_plan_is_all_zeros() -> None:
    """0 stands for unknown in every column."""
    assert not encode_plan(RowPlan.unknown(32), PIECE).any()
    assert not encode_known(PIECE, np.zeros((32, 4), dtype=np.bool_)).any()


def test_places_in_the_bar_count_from_one() -> None:
    """The first row of a bar of 8 is place 1 of 8; the middle one is half the bar."""
    meter = encode_plan(barred(), PIECE)[:, SPANS["meter"]]
    assert meter[0].tolist() == [1, 8, 1]
    assert meter[12].tolist() == [5, 8, 13]
    assert meter[15].tolist() == [8, 8, 22]


def test_a_bars_voices_are_those_that_begin_notes_in_it() -> None:
    """Voices and densities are counted bar by bar."""
    states = np.zeros((32, 4), dtype=np.uint8)
    states[0, 0] = states[3, 0] = states[8, 2] = 60
    codes = encode_plan(barred(), states)
    assert codes[0, SPANS["voices"]].tolist() == [1 + 1, 1 + 4]
    assert codes[15, SPANS["voices"]].tolist() == [1 + 4, 1]
    assert codes[7, SPANS["density"]].tolist() == [3, 1, 1, 1]
    assert codes[31, SPANS["voices"]].tolist() == [1, 0]


def test_a_reference_tells_the_states_it_points_at() -> None:
    """The row that is repeated is told, one more than its states."""
    codes = encode_plan(barred(), PIECE)[:, SPANS["reference"]]
    assert not codes[:16].any()
    assert np.array_equal(codes[16:], PIECE[:16] + 1)


def test_what_is_kept_is_told_ahead() -> None:
    """Each row is told the kept states so many rows ahead, and no others."""
    known = np.zeros((32, 4), dtype=np.bool_)
    known[20:, 1] = True
    told = encode_known(PIECE, known).reshape(32, len(OFFSETS), 4)
    assert not told[..., [0, 2, 3]].any()
    for row in range(32):
        for which, ahead in enumerate(OFFSETS):
            here = 20 <= row + ahead < 32
            assert told[row, which, 1] == (PIECE[row + ahead, 1] + 1 if here else 0)


@given(semitones=st.integers(-6, 6))
def test_transposed_plans_come_back(semitones: int) -> None:
    """Chords and keys turn in their circle, pitches move, and noise stays."""
    codes = encode_plan(barred(), PIECE)
    codes[:, SPANS["known"]] = encode_known(PIECE, np.ones((32, 4), dtype=np.bool_))
    moved = transpose_plan(codes, semitones)
    chord = moved[0, SPANS["chords"]][0]
    assert chord == 2 + (7 + semitones) % 12 * QUALITIES
    assert moved[0, SPANS["key"]][0] == 1 + (9 + semitones) % 12 * 2 + 1
    assert np.array_equal(transpose_plan(moved, -semitones), codes)
    noise = np.arange(SPANS["known"].start + 3, PLAN_COLUMNS, 4)
    assert np.array_equal(moved[:, noise], codes[:, noise])


def test_swapped_pulses_come_back() -> None:
    """Both pulses change over in densities, references, kept notes and the voices that play."""
    states = np.zeros((32, 4), dtype=np.uint8)
    states[0, 0] = 60
    codes = encode_plan(barred(), states)
    turned = swap_plan_pulses(codes)
    assert turned[0, SPANS["voices"]][0] == 1 + 2
    assert turned[0, SPANS["density"]].tolist() == [1, 2, 1, 1]
    assert np.array_equal(swap_plan_pulses(turned), codes)
