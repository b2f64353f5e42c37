"""Samples are played live: drums and bass on the DMC, with the samples of the offline driver."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth import Synth
from synth.chip.render_log import render
from synth.errors import SynthError
from synth.instrument.chip_score import ChipNote, ChipScore, SampleHit
from synth.instrument.dmc_writes import drum_sample_s, find_bass_sample
from synth.instrument.driver import drive
from synth.instrument.frame_context import set_up
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset
from tests.instrument_scores import preset_of
from tests.synth.instrument.live_play import RATE_HZ, Timed

KIT, BASS = load_preset("kit-dmc"), load_preset("bass-dmc")
Sound = NDArray[np.float32]
DRUMS = 0x99
TRIANGLE = 2


def frame_s(frame: int, preset: Preset) -> float:
    """Return when a driver's frame begins."""
    setup = set_up(preset)
    return int(setup.tick_cycle(frame)) / setup.region.clock_hz


def live(preset: Preset, messages: list[Timed], seconds: float, block: int = 8192) -> Sound:
    """Return what a synthesizer plays."""
    sound = Synth(preset)(messages, seconds, num_channels=1, buffer_size=block)
    return np.asarray(sound[0])


def offline(preset: Preset, score: ChipScore, seconds: float) -> Sound:
    """Return what the driver and the chip play."""
    sound = render(drive(score, preset), RATE_HZ, preset.engine.filter)[:, 0]
    return np.asarray(sound[: round(seconds * RATE_HZ)])


def struck(frame: int, *keys: int) -> list[Timed]:
    """Return hits of drums at full velocity."""
    return [(bytes([DRUMS, key, 127]), frame_s(frame, KIT)) for key in keys]


@pytest.mark.parametrize("block", [64, 8192])
def test_drums_with_samples_sound_as_offline(block: int) -> None:
    """Kick and snare on the DMC, hats on noise at the same moments: the same samples."""
    beat = [(0, (36, 42)), (15, (42,)), (30, (38, 42)), (45, (42,)), (60, (36, 38))]
    messages = [message for frame, keys in beat for message in struck(frame, *keys)]
    names = {0: "kick", 30: "snare", 60: "kick+snare"}
    setup = set_up(KIT)
    hits = []
    for frame, name in names.items():
        parts = [drum_sample_s(KIT.drums[key], KIT, setup.region) for key in (36, 38)]
        lasts_s = {"kick": parts[0], "snare": parts[1]}.get(name, max(parts))
        at_s = frame / setup.tick_hz
        hits.append(SampleHit(at_s, at_s + round(lasts_s * setup.tick_hz) / setup.tick_hz, name))
    noise = [
        note for frame, keys in beat if 42 in keys
        if (pair := KIT.drum_notes(42, frame / setup.tick_hz)) for note in pair[:1]
    ]  # fmt: skip
    score = ChipScore(noise=tuple(noise), dmc=tuple(hits), end_s=1.6)
    np.testing.assert_array_equal(live(KIT, messages, 1.5, block), offline(KIT, score, 1.5))


def test_a_sampled_bass_sounds_as_offline() -> None:
    """A key of the triangle plays a loop until it is let go; one that no sample has, does not."""
    setup = set_up(BASS)
    keys = [(0, 20, 40), (25, 50, 33), (60, 80, 70)]
    on, off = 0x90 | TRIANGLE, 0x80 | TRIANGLE
    messages = [
        message for start, end, key in keys
        for message in (
            (bytes([on, key, 127]), frame_s(start, BASS)),
            (bytes([off, key, 0]), frame_s(end, BASS)),
        )
    ]  # fmt: skip
    assert find_bass_sample(70, BASS, setup.region) is None
    notes = tuple(ChipNote(a / setup.tick_hz, b / setup.tick_hz, key) for a, b, key in keys)
    score = ChipScore(triangle=notes, end_s=1.5)
    np.testing.assert_array_equal(live(BASS, messages, 1.4), offline(BASS, score, 1.4))


def levels(preset: Preset, messages: list[Timed], seconds: float, channel: int) -> Sound:
    """Return a stem."""
    return np.asarray(Synth(preset, outputs="isolated")(messages, seconds)[channel])


def test_a_drum_takes_the_channel_from_the_bass_which_the_triangle_plays_on() -> None:
    """Until then the triangle rests; afterwards it sounds the same note."""
    both = preset_of(
        "samples:\n  low: {data: '" + "0F" * 17 + "', note: 40, loop: true}\n"
        "  hit: {data: '" + "55" * 17 + "'}\nbass_samples: [low]\n"
        "drums: {36: {instrument: hit, period: 3, sample: hit}}"
    )
    messages = [(bytes([0x92, 40, 127]), 0.0), (bytes([DRUMS, 36, 127]), 0.5)]
    triangle = levels(both, messages, 1.0, 2)
    assert np.ptp(triangle[: RATE_HZ // 3]) < 1e-6
    assert np.ptp(triangle[2 * RATE_HZ // 3 :]) > 0.05


def test_a_more_important_attack_is_not_cut() -> None:
    """Two frames after a kick a tom goes to noise; later it takes the channel."""
    soon = levels(KIT, struck(0, 36) + struck(2, 41), 0.5, 3)
    late = levels(KIT, struck(0, 36) + struck(9, 41), 0.5, 3)
    assert np.ptp(soon) > 0.05
    assert np.ptp(late) < 1e-6


def test_a_state_with_a_sample_goes_on() -> None:
    """Saved in the middle of a sample, and loaded elsewhere."""
    synth = Synth(KIT)
    synth.process([(bytes([DRUMS, 36, 127]), 0.0)], 2000)
    other = Synth(KIT)
    other.load_state(synth.save_state())
    np.testing.assert_array_equal(other.process([], 9000), synth.process([], 9000))


def test_samples_that_do_not_fit_are_told() -> None:
    """All samples of a preset have to fit at once where any may be struck."""
    many = "\n".join(f"  s{k}: {{data: '{'55' * 4081}'}}" for k in range(5))
    with pytest.raises(SynthError, match=r"the samples take .* reaches 16,384"):
        Synth(preset_of(f"samples:\n{many}"))
