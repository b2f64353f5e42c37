"""What a tune over chords is held to."""

import numpy as np

from chipgen.compose.tune_processor import TuneProcessor, as_new_tune
from chipgen.rows.plan_features import CLOSE, NEW, PLAN_COLUMNS, SPANS, PlannedRows

BAR = 16


class Nothing:
    """Leans on nothing."""

    def process(self, logits: np.ndarray, voice: int) -> None:
        """Leave them."""

    def process_expression(self, volume: np.ndarray, timbre: np.ndarray, voice: int) -> None:
        """Leave them."""

    def observe(self, states: np.ndarray) -> None:
        """Forget it."""


def plan(bars: int) -> PlannedRows:
    """Return bars of sixteen rows, all close repeats of what is not known."""
    codes = np.zeros((bars * BAR, PLAN_COLUMNS), dtype=np.uint8)
    codes[:, SPANS["meter"]] = [
        (1 + row % BAR, BAR, 1 + 24 * (row % BAR) // BAR) for row in range(bars * BAR)
    ]
    codes[:, SPANS["kind"]] = CLOSE
    return PlannedRows(codes, np.full(bars * BAR, -1))


def leant(processor: TuneProcessor, voice: int = 0) -> np.ndarray:
    """Return what is added to level logits."""
    logits = np.zeros(128, dtype=np.float32)
    processor.process(logits, voice)
    return logits


def test_notes_begin_on_beats_and_move() -> None:
    """Sixteenths are rarer than beats; the last pitch, the one before and far ones are rarer."""
    processor = TuneProcessor(plan(2), 4.0, Nothing())
    on_beat = leant(processor)[70]
    processor.observe(np.array([70, 0, 0, 0]))
    off_beat = leant(processor)
    assert off_beat[72] < on_beat
    assert off_beat[70] < off_beat[72]
    assert off_beat[90] < off_beat[73]
    processor.observe(np.array([72, 0, 0, 0]))
    assert leant(processor)[70] < leant(processor)[71]
    assert not leant(processor, voice=1).any(), "other voices are left alone"


def test_a_new_bar_is_other_than_the_one_before() -> None:
    """What was played a bar before is less likely where the tune is planned as new."""
    rows = plan(2)
    as_new_tune(rows, 4)
    assert (rows.codes[:, SPANS["kind"]][:, 0] == NEW).all()
    assert (rows.codes[:, SPANS["kind"]][:, 1] == CLOSE).all()
    processor = TuneProcessor(rows, 4.0, Nothing())
    for row in range(BAR):
        processor.observe(np.array([60 if row == 0 else 76 if row == 8 else 1, 0, 0, 0]))
    assert leant(processor)[60] < leant(processor)[75] - 1.0
