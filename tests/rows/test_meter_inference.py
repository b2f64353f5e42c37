"""Bars and loops of songs on rows: what was written is found again."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.arranging.arrangement_to_score import chip_score_to_score
from chipgen.music.midi import read_midi
from chipgen.rows.meter_inference import infer_meter
from chipgen.rows.quantise import rows_of
from chipgen.rows.row_loops import RowLoop
from chipgen.rows.score_conversion import voice_notes_of
from synth.instrument.preset_loader import load_preset
from tests.row_songs import Meter, compose_bars, play, shift

EXAMPLES = Path(__file__).parents[2] / "examples"
FOUR, THREE, SIX = Meter(4, 4), Meter(3, 4), Meter(2, 6, 3)


@pytest.mark.parametrize("meter", [FOUR, THREE, SIX, Meter(3, 2), Meter(4, 2)])
@pytest.mark.parametrize("upbeat", [0, 1])
def test_bars_are_found_with_their_upbeat(meter: Meter, upbeat: int) -> None:
    """Of twelve invented songs at least ten have their bar's length and the place it begins."""
    right = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rows = 16 * meter.bar_rows + upbeat * meter.beat_rows
        events = shift(compose_bars(meter, 16, rng), upbeat * meter.beat_rows)
        if upbeat:
            events += [(0, 0, meter.beat_rows // 2, 67, 12), (meter.beat_rows // 2, 0, 1, 69, 12)]
        frames = {2: (11,), 4: (6, 7), 6: (5,)}[meter.beat_rows]
        found = infer_meter(rows_of(play(events, rows, frames)))
        assert found is not None
        assert 0.0 < found.confidence <= 1.0
        right += (found.bar_rows, found.first_bar) == (meter.bar_rows, upbeat * meter.beat_rows)
    assert right >= 10


@pytest.mark.parametrize(
    ("name", "meter", "bpm"),
    [
        ("seed", (4, 4), 144.0),
        ("chorale", (4, 4), 88.0),
        ("folk", (6, 8), 70.0),  # dotted quarters
        ("groove", (4, 4), 104.0),
        ("piano", (3, 4), 76.0),
        ("nes", (4, 4), 150.0),
    ],
)
def test_the_examples_come_out_as_they_are_written(
    name: str, meter: tuple[int, int], bpm: float
) -> None:
    """Played by the chip and heard without their bars, the examples are given their own again."""
    score = read_midi(EXAMPLES / f"{name}.mid")
    if score.dialect != "nesmdb":
        voices = arrange(score, ArrangeConfig(), load_preset("plain")).chip_score
        score = chip_score_to_score(voices, score)
    found = infer_meter(rows_of(voice_notes_of(score)))
    assert found is not None
    assert (found.numerator, found.denominator) == meter
    assert found.bpm == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize(
    ("meter", "bars", "upbeat", "frames", "loop", "told"),
    [
        (FOUR, 16, 0, (6, 7), None, (4, 4, "4/4", 0, 138.69, 1.0, 0.67518, 0.84354, 0.41228)),
        (THREE, 9, 4, (6, 7), None, (4, 3, "3/4", 4, 138.69, 1.0, 0.58443, 0.77326, 0.38046)),
        (SIX, 12, 0, (5,), None, (6, 2, "6/8", 0, 120.198, 1.5, 0.67684, 0.64925, 0.4564)),
        (Meter(4, 5), 6, 0, (6,), None, (5, 4, "4/4", 0, 120.198, 1.0, 0.55527, 0.55178, 0.25364)),
        (Meter(5, 2), 10, 0, (11,), None,
         (2, 5, "5/4", 0, 163.757, 1.0, 0.51889, 0.60747, 0.27759)),
        (Meter(4, 7), 6, 0, (4,), None,  # beats of seven rows are odd
         (4, 4, "4/4", 10, 64.392, 1.0, 0.51228, 0.53105, 0.20723)),
        (FOUR, 20, 0, (7,), RowLoop(16, 80, 32, 0.8),
         (4, 4, "4/4", 0, 128.783, 1.0, 0.68742, 0.82158, 0.43165)),
        (Meter(4, 3), 8, 0, (8,), RowLoop(5, 41, 40, 1.0),
         (3, 4, "12/8", 0, 150.052, 1.5, 0.56008, 0.55172, 0.26864)),
        (FOUR, 3, 2, (6, 7), None, (4, 4, "4/4", 2, 138.69, 1.0, 0.56398, 0.55721, 0.23344)),
    ],
)  # fmt: skip
def test_the_evidence_is_weighed_as_it_was(
    meter: Meter, bars: int, upbeat: int, frames: tuple[int, ...], loop: RowLoop | None,
    told: tuple[object, ...],
) -> None:  # fmt: skip
    """Bars, tempo and all confidences of some songs; change them with the weights, on purpose."""
    events = shift(compose_bars(meter, bars, np.random.default_rng(5)), upbeat)
    song = rows_of(play(events, bars * meter.bar_rows + upbeat, frames))
    found = infer_meter(song, loop)
    assert found is not None
    assert (
        found.beat_rows, found.beats, f"{found.numerator}/{found.denominator}", found.first_bar,
        round(found.bpm, 3), found.beat_quarters, round(found.half_confidence, 5),
        round(found.length_confidence, 5), round(found.confidence, 5),
    ) == told  # fmt: skip


def test_a_song_of_two_bars_or_less_has_no_meter() -> None:
    """Where no bar fits in twice there is nothing to compare."""
    assert infer_meter(rows_of(play([(0, 0, 2, 60, 12)], 2))) is None
