"""Bars and loops of songs on rows: what was written is found again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.arranging.arrangement_to_score import chip_score_to_score
from chipgen.music.midi import read_midi
from chipgen.rows.meter_inference import MeterConfig, infer_meter
from chipgen.rows.quantise import rows_of
from chipgen.rows.row_loops import RowLoop
from chipgen.rows.row_states import HOLD
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
        (FOUR, 2, 0, (6, 7), None,  # the bar just fits twice
         (4, 4, "4/4", 0, 138.026, 1.0, 0.61739, 0.66614, 0.31417)),
        (Meter(4, 1), 40, 0, (20,), None,  # longer than the lags that are looked at
         (2, 4, "4/4", 0, 90.148, 1.0, 0.66801, 0.70818, 0.41548)),
        (FOUR, 20, 5, (7,), RowLoop(21, 85, 32, 0.6),
         (4, 4, "4/4", 5, 128.783, 1.0, 0.68989, 0.82991, 0.40427)),
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


@pytest.mark.parametrize("notes", [7, 8])
def test_few_accents_do_not_count(notes: int) -> None:
    """Eight bass notes say where bars are, seven do not: then it is as if none were there."""
    song = rows_of(play(compose_bars(FOUR, 16, np.random.default_rng(5)), 256))
    none = song.rows.states.copy()
    none[:, 2] = HOLD
    few = none.copy()
    few[np.flatnonzero(none[:, 0] > HOLD)[:notes], 2] = 40
    config = MeterConfig(pattern=0.0, repeats=0.0, uneven_beat=0.0)
    first, second = (
        infer_meter(replace(song, rows=replace(song.rows, states=states)), config=config)
        for states in (few, none)
    )
    assert (first == second) is (notes < 8)


def test_confidence_has_bounds() -> None:
    """However loud the evidence, shares above 98 % or below 2 % are no surer than those."""
    song = rows_of(play(compose_bars(FOUR, 16, np.random.default_rng(5)), 256))
    found = infer_meter(song, config=MeterConfig(accents=40.0, pattern=30.0))
    assert found is not None
    told = (found.half_confidence, found.length_confidence, found.confidence)
    assert told == pytest.approx((0.85415, 0.96893, 0.88418), abs=1e-5)


def test_a_song_of_drums_has_a_meter_and_one_of_nothing_has_none() -> None:
    """Notes without a pitch have places in the bar, too."""
    song = rows_of(play(compose_bars(FOUR, 16, np.random.default_rng(5)), 256))
    states = song.rows.states.copy()
    states[:, :3] = 0
    drums = infer_meter(replace(song, rows=replace(song.rows, states=states)))
    assert drums is not None
    assert (drums.bar_rows, drums.first_bar) == (16, 0)
    assert infer_meter(replace(song, rows=replace(song.rows, states=states * 0))) is None


def test_a_song_of_two_bars_or_less_has_no_meter() -> None:
    """Where no bar fits in twice there is nothing to compare."""
    assert infer_meter(rows_of(play([(0, 0, 2, 60, 12)], 2))) is None
