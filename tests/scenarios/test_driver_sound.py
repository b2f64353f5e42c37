"""What the driver writes is heard as it was meant: in tune, in time and without clicks."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.render_log import render
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.pitch import period_hz, timer_periods
from synth.instrument.preset_loader import load_preset, preset_names
from tests.instrument_scores import one_voice, preset_of

RATE_HZ = 44_100


def heard(score: ChipScore, preset: str = "plain", region: Region = NTSC) -> NDArray[np.float64]:
    """Return the samples of a score, without the console's filter."""
    return render(drive(score, load_preset(preset), region), RATE_HZ, "none")[:, 0].astype(float)


def fundamental_hz(samples: NDArray[np.float64]) -> float:
    """Return the frequency of the strongest partial, by a parabola through its logarithm."""
    size = 1 << 19
    windowed = (samples - samples.mean()) * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(windowed, size))
    peak = int(spectrum.argmax())
    left, top, right = np.log(spectrum[peak - 1 : peak + 2])
    return float((peak + 0.5 * (left - right) / (left - 2 * top + right)) * RATE_HZ / size)


@pytest.mark.parametrize("region", [NTSC, PAL])
@pytest.mark.parametrize(
    ("voice", "pitches"),
    [("pulse1", range(33, 100, 11)), ("pulse2", range(36, 98, 12)), ("triangle", range(33, 92, 9))],
)
def test_pitch_is_the_quantised_one(region: Region, voice: str, pitches: range) -> None:
    """Every voice sounds within a cent of the pitch that its timer can reach."""
    for pitch in pitches:
        samples = heard(one_voice(voice, ChipNote(0, 1.2, pitch)), region=region)
        steady = samples[RATE_HZ // 10 : RATE_HZ]
        expected = float(period_hz(timer_periods(pitch, voice, region), voice, region))
        assert abs(1200 * np.log2(fundamental_hz(steady) / expected)) < 1.0


def test_silence_is_silent() -> None:
    """Without notes nothing moves, on any voice."""
    samples = heard(ChipScore(end_s=0.5))
    assert np.ptp(samples[100:-100]) < 1e-6


@pytest.mark.parametrize("voice", ["pulse1", "pulse2", "triangle", "noise"])
def test_notes_sound_when_they_should(voice: str) -> None:
    """A voice moves during its notes and rests outside them, to a frame or less."""
    score = one_voice(voice, ChipNote(0.2, 0.4, 15 if voice == "noise" else 45), end_s=0.8)
    samples = heard(score)
    frame = int(RATE_HZ / 60)

    def moves(start_s: float, end_s: float) -> bool:
        part = samples[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)]
        return bool(np.ptp(part) > 0.02)

    assert not moves(0.01, 0.2 - frame / RATE_HZ)
    assert moves(0.2, 0.2 + 2 * frame / RATE_HZ)
    assert moves(0.4 - 2 * frame / RATE_HZ, 0.4)
    assert not moves(0.4 + frame / RATE_HZ, 0.75)


def test_triangle_stops_without_a_jump() -> None:
    """The triangle holds its level when a note ends: no step larger than its own."""
    samples = heard(one_voice("triangle", ChipNote(0.1, 0.3, 45), ChipNote(0.5, 0.6, 52)))
    playing = np.abs(np.diff(samples[int(0.15 * RATE_HZ) : int(0.25 * RATE_HZ)])).max()
    assert np.abs(np.diff(samples)).max() <= 1.25 * playing


def test_click_free_keeps_the_phase_through_a_vibrato() -> None:
    """Stepped by its sweep unit the wave's length changes smoothly; rewritten it jumps."""
    score = one_voice("pulse1", ChipNote(0, 1, 69))
    vibrato = "instruments: {steady: {vibrato: {depth_cents: 40, rate_hz: 6}}}"
    jumps = []
    for click_free in ("true", "false"):
        preset = preset_of(f"engine: {{click_free: {click_free}}}\n{vibrato}")
        samples = render(drive(score, preset), RATE_HZ, "none")[2000:42000, 0].astype(float)
        middle = 0.5 * (samples.max() + samples.min())
        at = np.flatnonzero((samples[:-1] < middle) & (samples[1:] >= middle))
        rise = at + (middle - samples[at]) / (samples[at + 1] - samples[at])
        jumps.append(float(np.abs(np.diff(rise, 2)).max()))
    assert jumps[0] < 3.0, "samples by which one cycle differs from the next"
    assert jumps[1] > 20.0


def test_presets_are_heard_apart() -> None:
    """The same tune through any two presets differs audibly: in level or spectrum, all along."""
    portraits = {}
    for name in preset_names():
        preset = load_preset(name).model_copy(update={"demo": "ensemble"})
        log = drive(demo_score(preset), preset)
        samples = render(log, RATE_HZ // 2, preset.engine.filter)[: RATE_HZ * 7 // 2, 0]
        blocks = samples[: len(samples) // 1024 * 1024].reshape(-1, 1024)
        spectra = np.abs(np.fft.rfft(blocks * np.hanning(1024), axis=1))[:, 2:400]
        portraits[name] = 20 * np.log10(spectra + 0.03)
    for one, other in combinations(portraits, 2):
        distance_db = np.abs(portraits[one] - portraits[other]).mean()
        assert distance_db > 1.5, f"{one} and {other}: {distance_db:.2f} dB"
