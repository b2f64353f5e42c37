"""A tracker's effects are heard in the sound itself, at their time and by their amount."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.render_log import render
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_format import Preset
from tests.instrument_scores import one_voice, preset_of

RATE_HZ = 44_100
LAG_S = 0.001  # what the synthesizer itself is late


def heard(score: ChipScore, preset: Preset, region: Region = NTSC) -> NDArray[np.float64]:
    """Return the samples of a score, without the console's filter."""
    return render(drive(score, preset, region), RATE_HZ, "none")[:, 0].astype(float)


def pitch_at(samples: NDArray[np.float64], time_s: float) -> float:
    """Return the MIDI pitch of a square wave about a moment, from its rising edges."""
    first = int((time_s - 0.012) * RATE_HZ)
    part = samples[max(first, 0) : first + int(0.024 * RATE_HZ)]
    middle = 0.5 * (part.max() + part.min())
    at = np.flatnonzero((part[:-1] < middle) & (part[1:] >= middle))
    edges = at + (middle - part[at]) / (part[at + 1] - part[at])
    return float(69 + 12 * np.log2(RATE_HZ / np.median(np.diff(edges)) / 440))


def swing_at(samples: NDArray[np.float64], time_s: float) -> float:
    """Return how far the wave moves about a moment, from lowest to highest."""
    first = int((time_s + LAG_S) * RATE_HZ)
    return float(np.ptp(samples[first : first + RATE_HZ // 100]))


@pytest.mark.parametrize("region", [NTSC, PAL])
def test_swing_is_left_alone(region: Region) -> None:
    """Eighths swung two to one stay so: no long one comes short, none drifts."""
    beat_s = 60 / 132
    starts_s = [(k // 2 + (2 / 3 if k % 2 else 0.0)) * beat_s for k in range(64)]
    notes = [ChipNote(start_s, start_s + 0.06, 60 + k % 5) for k, start_s in enumerate(starts_s)]
    samples = heard(one_voice("pulse1", *notes), preset_of(""), region)
    moving = np.abs(np.diff(samples)) > 0.01
    edges = np.flatnonzero(moving) / RATE_HZ
    onsets = edges[np.insert(np.diff(edges) > 0.04, 0, True)]
    assert len(onsets) == len(starts_s)
    late_s = onsets - np.array(starts_s)
    assert np.abs(late_s).max() < 0.5 / region.frame_hz + 0.006, "half a frame, and half a wave"
    ratio = np.diff(onsets)[::2].mean() / np.diff(onsets)[1::2].mean()
    assert ratio == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("region", [NTSC, PAL])
def test_slide_of_a_bend_is_heard(region: Region) -> None:
    """A bend of the score moves the pitch in the score's seconds, on either chip."""
    note = ChipNote(0.0, 1.0, 60, bend=((0.2, 0.0), (0.7, 700.0)))
    samples = heard(one_voice("pulse1", note), preset_of(""), region)
    for time_s, pitch in ((0.1, 60.0), (0.45, 63.5), (0.9, 67.0)):
        assert pitch_at(samples, time_s) == pytest.approx(pitch, abs=0.35)


def test_portamento_is_heard() -> None:
    """A tied note glides from the one before; the middle of the glide is the middle pitch."""
    preset = preset_of("instruments: {steady: {portamento: {frames: 30}}}")
    notes = (ChipNote(0.0, 0.5, 60), ChipNote(0.5, 1.5, 72))
    samples = heard(one_voice("pulse1", *notes), preset)
    assert pitch_at(samples, 0.4) == pytest.approx(60, abs=0.1)
    assert pitch_at(samples, 0.75) == pytest.approx(66, abs=0.5)
    assert pitch_at(samples, 1.2) == pytest.approx(72, abs=0.1)


def test_delay_and_cut_are_heard() -> None:
    """A delayed note is silent before, a cut one after."""
    preset = preset_of("instruments: {steady: {delay_frames: 12, cut_frames: 18}}")
    samples = heard(one_voice("pulse1", ChipNote(0.0, 1.0, 69)), preset)
    assert swing_at(samples, 0.15) < 0.001
    assert swing_at(samples, 0.25) > 0.1
    assert swing_at(samples, 0.45) > 0.1
    assert swing_at(samples, 0.55) < 0.001


def test_echo_is_heard_in_the_rest() -> None:
    """Copies of half the volume each come at their delay where the voice rests."""
    preset = preset_of(
        "instruments: {steady: {echo: {delay_frames: 30, volume_scale: 0.5, repeats: 2}}}"
    )
    score = one_voice("pulse1", ChipNote(0.0, 0.2, 69), ChipNote(1.7, 1.8, 72), end_s=2.0)
    samples = heard(score, preset)
    loud, first, second = (swing_at(samples, time_s) for time_s in (0.1, 0.6, 1.1))
    assert loud > 1.6 * first > 2.5 * second > 0
    assert swing_at(samples, 0.35) < 0.001
    assert pitch_at(samples, 0.6) == pytest.approx(69, abs=0.1)


def test_hardware_envelope_is_heard() -> None:
    """The chip's own decay falls from 15 to 0 in 15 steps of period + 1 quarter frames."""
    preset = preset_of("instruments: {steady: {volume: null, hardware_envelope: {period: 11}}}")
    samples = heard(one_voice("pulse1", ChipNote(0.0, 1.2, 69)), preset)
    step_s = 12 / 240
    swings = [swing_at(samples, (k + 0.5) * step_s) for k in range(16)]
    assert all(left > right for left, right in pairwise(swings))
    assert swings[14] > 0.003
    assert swings[15] < 0.001
    again = heard(one_voice("pulse1", ChipNote(0, 0.5, 69), ChipNote(0.5, 1, 72)), preset)
    assert swing_at(again, 0.505) == pytest.approx(swing_at(again, 0.005), rel=0.05)


@pytest.mark.parametrize(("negate", "direction"), [("true", 1), ("false", -1)])
def test_hardware_sweep_is_heard(negate: str, direction: int) -> None:
    """The chip's own sweep bends the note up or down, and the next begins at its own pitch."""
    sweep = f"hardware_sweep: {{period: 3, negate: {negate}, shift: 6}}"
    preset = preset_of(f"instruments: {{zap: {{volume: 15, {sweep}}}}}")
    notes = (ChipNote(0.0, 0.4, 60, instrument="zap"), ChipNote(0.5, 0.9, 60))
    samples = heard(one_voice("pulse1", *notes), preset)
    # 120 half frames a second, one step in four, each 1/64 of the period: 27 cents.
    assert pitch_at(samples, 0.3) - 60 == pytest.approx(direction * 9 * 0.27, abs=0.5)
    assert pitch_at(samples, 0.7) == pytest.approx(60, abs=0.1)
