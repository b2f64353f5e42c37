"""What is drawn leans on a plan's chords: their roots, below and above."""

import numpy as np
import pytest

from chipgen.composing.plan_processor import PlanProcessor
from chipgen.labels.chord_names import CHORD_NAMES
from chipgen.rows.plan_features import SPANS, PlannedRows, RowPlan, encode_planned
from chipgen.rows.row_states import HOLD, TRIANGLE

ROWS = 16  # of a bar
C, E, G, D = 60, 64, 67, 62


def plan(chord: str, end_bars: int = -1) -> PlannedRows:
    """Return two bars over one chord."""
    known = RowPlan.unknown(2 * ROWS)
    known.bar_start[:] = np.arange(2 * ROWS) // ROWS * ROWS
    known.bar_rows[:] = ROWS
    known.chord[:] = CHORD_NAMES.index(chord)
    known.end_bars[:] = end_bars
    nothing = np.zeros((2 * ROWS, 2), dtype=np.uint8), np.zeros((2 * ROWS, 4), dtype=np.uint8)
    return PlannedRows(encode_planned(known, *nothing), known.reference)


def to_the_end() -> PlannedRows:
    """Return the last two bars of a piece: G, and C."""
    known = plan("G")
    other = plan("C").codes[ROWS:]
    known.codes[ROWS:] = other
    known.codes[:, SPANS["end"]] = np.repeat([2, 1], ROWS)[:, None]
    known.codes[:, SPANS["chords"]][ROWS // 2 : ROWS, 1] = 1 + CHORD_NAMES.index("C")
    return known


def leant(processor: PlanProcessor, voice: int) -> np.ndarray:
    """Return what is added to each of a voice's states in the row to come."""
    logits = np.zeros(128, dtype=np.float32)
    processor.process(logits, voice)
    return logits


def test_a_chord_begins_with_its_root_in_the_bass() -> None:
    """Where it begins, and nowhere else."""
    processor = PlanProcessor(plan("C"), 0, roots=True)
    bass = leant(processor, TRIANGLE)
    assert bass[36] == bass[48] > 0 == bass[40]
    processor.observe(np.array([0, 0, 36, 0], dtype=np.uint8))
    assert not leant(processor, TRIANGLE).any()


@pytest.mark.parametrize("voice", [0, 1])
def test_a_pulse_sounds_the_root_that_both_leave_out(voice: int) -> None:
    """Until one of them has it for as long as another tone, and in the first half of a bar."""
    processor = PlanProcessor(plan("C"), 0, roots=True)
    assert leant(processor, voice)[C] > 0
    processor.observe(np.array([C, E, 36, 0], dtype=np.uint8))
    assert leant(processor, voice)[C] == 0
    processor.observe(np.array([G, HOLD, HOLD, 0], dtype=np.uint8))
    assert leant(processor, voice)[C] > 0 == leant(processor, voice)[E]
    for _ in range(ROWS // 2 - 2):
        processor.observe(np.array([HOLD] * 4, dtype=np.uint8))
    assert not leant(processor, voice).any()


def test_a_second_voice_begins_bars_in_the_chord() -> None:
    """A tune may begin with a suspension; the voice below it seldom does."""
    processor = PlanProcessor(plan("C"), 0, roots=True)
    assert leant(processor, 1)[D] < 0 == leant(processor, 0)[D]


def test_a_draft_that_is_dropped_leaves_nothing_behind() -> None:
    """Back where it was saved, it leans as it did."""
    processor = PlanProcessor(plan("C"), 0, roots=True)
    processor.observe(np.array([E, G, 36, 0], dtype=np.uint8))
    saved, before = processor.save(), leant(processor, 0)
    for _ in range(3):
        processor.observe(np.array([C, C, HOLD, 0], dtype=np.uint8))
    assert not np.array_equal(leant(processor, 0), before)
    processor.restore(saved)
    assert np.array_equal(leant(processor, 0), before)


def test_a_last_bar_begins_with_the_tonics_chord_and_holds_it() -> None:
    """Its root is all that the bass may begin; then every voice holds."""
    processor = PlanProcessor(plan("C", end_bars=1), 0, closes=True)
    bass, tune = leant(processor, TRIANGLE), leant(processor, 0)
    assert np.argmax(bass) % 12 == 0
    assert bass[40] < -1e6
    assert tune[E] == 0 > tune[D]
    processor.observe(np.array([C, E, 36, 0], dtype=np.uint8))
    assert leant(processor, 0)[HOLD] > 0


def test_the_tonic_waits_for_the_last_bar() -> None:
    """The bass does not play it in the half bar before, where a piece comes home."""
    for closes in (True, False):
        processor = PlanProcessor(to_the_end(), ROWS // 2 + 2, closes=closes)
        bass = leant(processor, TRIANGLE)
        assert (bass[36] < 0) == (bass[48] < 0) == closes
        assert bass[43] == 0
        assert not leant(processor, 0).any()
    assert not leant(PlanProcessor(to_the_end(), ROWS // 2 - 2, closes=True), TRIANGLE).any()


def test_the_last_bass_is_low() -> None:
    """It is the tonic, under what the pulses hold."""
    bass = leant(PlanProcessor(to_the_end(), ROWS, closes=True), TRIANGLE)
    assert np.flatnonzero(bass > -1.0).tolist() == [12, 24, 36, 48]
