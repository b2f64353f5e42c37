"""Drafts are judged by what is wrong with them, and the next draft is led away from it."""

from dataclasses import replace

import numpy as np
import pytest

from chipgen.composing.draft_faults import (
    Wanted,
    dullness,
    judge,
    longest_note,
    longest_rest,
    longest_run,
)
from chipgen.rows.row_states import HOLD, Rows
from tests.row_songs import plain_rows

ROWS = 64
ALL = np.ones(4, dtype=np.bool_)


def lively() -> np.ndarray:
    """Return rows in which four voices play different notes."""
    rng = np.random.default_rng(0)
    states = rng.choice([60, 62, 64, 65, 67, 69, 71], (ROWS, 4)).astype(np.uint8)
    states[1::2] = HOLD
    states[:, 3] = np.where(states[:, 3] > HOLD, 20, 0)
    return states


def wanted(rows: Rows, times: float = 1.0) -> Wanted:
    """Return a wish for so many times the onsets of some rows."""
    return Wanted(times * (rows.states > HOLD).sum(axis=0) / rows.seconds, ALL, ALL)


def test_a_lively_draft_stands() -> None:
    """What is as dense as wanted has no fault and leads nowhere."""
    rows = plain_rows(lively())
    verdict = judge(rows, wanted(rows))
    assert verdict.fault == 0.0
    assert not verdict.onset_bias.any()


@pytest.mark.parametrize("voice", range(4))
def test_an_absent_voice_is_led_in(voice: int) -> None:
    """A voice that is expected and silent is a fault, and is the one that is led."""
    rows = plain_rows(lively())
    states = lively()
    states[:, voice] = 0
    verdict = judge(plain_rows(states), wanted(rows))
    assert verdict.fault > 0.5
    assert np.flatnonzero(verdict.onset_bias > 1.0).tolist() == [voice]


def test_voices_that_are_kept_are_not_judged() -> None:
    """A silent voice that is not written is nobody's fault."""
    states = lively()
    states[:, 1] = 0
    written = np.array([True, False, True, True])
    verdict = judge(
        plain_rows(states), Wanted(wanted(plain_rows(lively())).onsets_hz, ALL, written)
    )
    assert verdict.fault == 0.0


def test_thin_is_less_of_a_fault_than_absent_and_dense_is_held_back() -> None:
    """A few notes are better than none; too many are led to fewer."""
    rows = plain_rows(lively())
    thin = lively()
    thin[8:, 0] = 0
    none = thin.copy()
    none[:, 0] = 0
    few, absent = (judge(plain_rows(states), wanted(rows)) for states in (thin, none))
    assert 0.0 < few.fault < absent.fault
    dense = judge(rows, wanted(rows, 0.2))
    assert dense.fault > 0.0
    assert (dense.onset_bias <= 0).all()


def test_silence_drones_and_stuck_voices_are_faults() -> None:
    """Half of the rows silent, one pitch class for all, one pitch a dozen times."""
    rows = plain_rows(lively())
    silent, drone, stuck = lively(), lively(), lively()
    silent[ROWS // 4 :] = 0
    drone[:, :3] = np.where(drone[:, :3] > HOLD, [72, 60, 48], drone[:, :3])
    stuck[::2, 2] = 40
    for states in (silent, drone, stuck):
        assert judge(plain_rows(states), wanted(rows)).fault > 0.0
    assert longest_run(plain_rows(stuck), 2) == ROWS // 2
    assert longest_run(plain_rows(np.zeros((8, 4), dtype=np.uint8)), 0) == 0


def test_a_tune_that_repeats_ticks_or_leaps_is_a_fault() -> None:
    """Only where p1 is to be a tune of its own, as where a seed had none."""
    dull, tune = lively(), lively()
    dull[::2, 0] = np.where(np.arange(ROWS // 2) % 4, 72, 60)
    tune[:, 0] = HOLD
    at = np.cumsum([0, 4, 2, 2, 4, 4, 8, 4, 2, 2, 4, 4, 8])
    tune[at, 0] = [60, 62, 64, 65, 64, 62, 64, 65, 67, 69, 67, 65, 64]
    assert dullness(plain_rows(dull)) > 0 == dullness(plain_rows(tune))
    like = wanted(plain_rows(dull))
    plain, own = (judge(plain_rows(dull), replace(like, has_tune=tuned)) for tuned in (False, True))
    assert own.fault > plain.fault


def test_a_tune_that_is_held_too_long_is_a_fault() -> None:
    """Only beyond what is told, and only p1's."""
    states = lively()
    states[8:40, 0] = [72, *[HOLD] * 31]
    rows = plain_rows(states)
    like = wanted(plain_rows(lively()))
    assert longest_note(rows, 0) == 32
    assert longest_note(rows, 1) == 2
    faults = [judge(rows, replace(like, longest=most)).fault for most in (None, 32, 31)]
    assert faults[0] == faults[1] < faults[2]


def test_a_tune_that_is_busier_than_planned_is_a_fault() -> None:
    """The more so the busier, from a quarter more on, and the next draft is led to fewer notes."""
    rows = plain_rows(lively())
    like, has = wanted(rows), (rows.states[:, 0] > HOLD).sum() / rows.seconds
    verdicts = [judge(rows, replace(like, planned_hz=has * part)) for part in (1.0, 0.6, 0.3)]
    faults = [verdict.fault for verdict in verdicts]
    assert faults[0] == 0.0 < faults[1] < faults[2]
    assert verdicts[2].onset_bias[0] < verdicts[1].onset_bias[0] < 0.0
    assert not verdicts[2].onset_bias[1:].any()


def test_rests_are_counted_in_rows() -> None:
    """The longest one counts, also at either end; what is held sounds."""
    states = lively()
    assert [longest_rest(plain_rows(states), voice) for voice in (0, 1)] == [0, 0]
    states[10:13, 0] = states[-5:, 0] = states[:7, 1] = 0
    assert [longest_rest(plain_rows(states), voice) for voice in (0, 1)] == [5, 7]
    assert longest_rest(plain_rows(states[:0]), 0) == 0
