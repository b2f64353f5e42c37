"""The live synthesizer: what it is sent is what the offline driver plays, however it is cut."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth import Synth
from synth.chip.render_log import render
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from tests.instrument_scores import preset_of
from tests.synth.instrument.live_play import (
    RATE_HZ,
    cut,
    example,
    performed,
    playable,
    whole,
    with_programs,
)

_BYTES = st.one_of(
    st.tuples(st.sampled_from([0x80, 0x90, 0xB0]), st.integers(0, 9), st.integers(0, 127),
              st.integers(0, 127)).map(lambda m: bytes([m[0] | m[1], m[2], m[3]])),
    st.tuples(st.integers(0, 9), st.integers(0, 127)).map(lambda m: bytes([0xC0 | m[0], m[1]])),
    st.tuples(st.integers(0, 3), st.integers(0, 127)).map(lambda m: bytes([0xE0 | m[0], 0, m[1]])),
)  # fmt: skip


BLOCKS = (1, 64, 65, 128, 8191)


@pytest.mark.parametrize(
    ("name", "preset_name"),
    [("nes.mid", "plain"), ("nes.mid", "late-nes"), ("orchestra.mid", "default"),
     ("groove.mid", "lead-glide"), ("seed.mid", "lead-echo"), ("chorale.mid", "hardware")],
)  # fmt: skip
def test_messages_sound_as_the_same_notes_offline(name: str, preset_name: str) -> None:
    """Real pieces, played as messages, give the samples of drive() and render(), bit for bit."""
    preset, score = example(name, preset_name)
    log = drive(score, preset)
    assert sum(len(score.voice(voice)) for voice in VOICES) > 50
    offline = render(log, RATE_HZ, preset.engine.filter)
    synth = Synth(preset)
    live = synth(performed(score, preset), len(offline) / RATE_HZ, num_channels=1)
    np.testing.assert_array_equal(live[0], offline[:, 0])


@pytest.mark.parametrize("block", BLOCKS)
def test_any_block_size_gives_the_same_samples(block: int) -> None:
    """One frame at a time or 8,191: not a bit differs."""
    preset, messages, expected = whole("mix")
    total = len(expected) if block > 1 else RATE_HZ // 2
    np.testing.assert_array_equal(cut(Synth(preset), messages, [block], total), expected[:total])


@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=6))
def test_uneven_blocks_of_stems_give_the_same_samples(sizes: list[int]) -> None:
    """Five channels, blocks of any sizes in turn: not a bit differs."""
    preset, messages, expected = whole("apu")
    total = RATE_HZ // 2
    played = cut(Synth(preset, outputs="apu"), messages, sizes, total)
    np.testing.assert_array_equal(played, expected[:total])


def test_the_stems_add_up_to_the_mix() -> None:
    """The parts of "apu" sum to the mix; silent voices are silent."""
    _, _, mix = whole("mix")
    _, _, stems = whole("apu")
    assert stems.shape == (2 * RATE_HZ, 5)
    np.testing.assert_allclose(stems.sum(axis=1), mix[:, 0], atol=1e-6)
    assert np.abs(stems[:, :4]).max(axis=0).min() > 0.01
    assert Synth(outputs="apu").channel_names == ("pulse1", "pulse2", "triangle", "noise", "dmc")


def test_reset_begins_again_with_the_same_samples() -> None:
    """After a reset nothing of what was played is left."""
    preset, messages, expected = whole("mix")
    synth = Synth(preset)
    synth.set_parameter("pulse1_duty", 0)
    synth.process([*messages, (bytes([0xB0, 1, 127]), 0.5)], len(expected))
    synth.reset()
    np.testing.assert_array_equal(synth.process(messages, len(expected)), expected)


def test_calls_without_reset_go_on() -> None:
    """A note begun in one call sounds on in the next, without a seam."""
    synth, once = Synth("plain"), Synth("plain")
    note = (bytes([0x90, 60, 100]), 0.1)
    parts = [synth([note], 0.5), synth([], 0.5, reset=False)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), once([note], 1.0))


def test_a_driver_of_another_speed_and_pal_agree_with_offline_too() -> None:
    """At 240 frames a second on a PAL chip the samples are the offline ones."""
    preset = with_programs(preset_of("engine: {region: pal, tick_hz: 240, filter: famicom}"))
    notes = tuple(ChipNote(k / 8, (k + 0.6) / 8, 50 + k, 15 - k) for k in range(8))
    score = playable(ChipScore(pulse2=notes, triangle=notes, end_s=1.0), preset)
    offline = render(drive(score, preset), RATE_HZ, "famicom")
    live = Synth(preset)(performed(score, preset), len(offline) / RATE_HZ)
    np.testing.assert_array_equal(live[1], offline[:, 0])


def test_playing_loads_no_compiler() -> None:
    """The package is imported in a moment, and its machine code loaded by playing, without LLVM."""
    code = (
        "import synth, sys; assert 'synth.kernels' not in sys.modules; "
        "synth.Synth().process([], 1); "
        "assert 'synth.kernels' in sys.modules and not {'llvmlite', 'mido'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@settings(max_examples=25, deadline=None)
@given(
    data=st.lists(st.tuples(_BYTES, st.floats(0, 0.39)), max_size=60),
    mode=st.sampled_from(["mono", "poly", "arp"]),
    preset=st.sampled_from(["default", "late-nes", "hardware", "lead-echo"]),
    block=st.sampled_from([64, 999]),
)
def test_any_messages_are_played_alike_in_any_blocks(
    data: list[tuple[bytes, float]], mode: str, preset: str, block: int
) -> None:
    """Whatever comes, nothing fails, blocks do not matter, and a saved state goes on."""
    total = round(0.4 * RATE_HZ)
    expected = Synth(preset, mode=mode).process(data, total)
    assert np.isfinite(expected).all()
    synth, parts = Synth(preset, mode=mode), []
    for at in range(0, total, block):
        size = min(block, total - at)
        mine = [
            (m, (int(np.floor(t * RATE_HZ)) - at + 0.5) / RATE_HZ)
            for m, t in sorted(data, key=lambda d: np.floor(d[1] * RATE_HZ))
            if at <= int(np.floor(t * RATE_HZ)) < at + size
        ]
        parts.append(synth.process(mine, size))
        if at == block * 3:
            other = Synth(preset, mode=mode)
            other.load_state(synth.save_state())
            synth = other
    np.testing.assert_array_equal(np.concatenate(parts), expected)


@pytest.mark.parametrize(
    "wrong",
    [{"mode": "chord"}, {"region": "secam"}, {"rate_hz": 100}, {"console_filter": "x"},
     {"outputs": "both"}, {"preset": "no-such"}],
)  # fmt: skip
def test_wrong_settings_are_refused(wrong: dict[str, str | int]) -> None:
    """Each with one line that says what there is."""
    with pytest.raises(SynthError):
        Synth(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [{"duration": -1}, {"duration": float("inf")}, {"sample_rate": 44_100.5},
     {"buffer_size": 0}, {"num_channels": 0}, {"sample_rate": 48_000, "reset": False}],
)  # fmt: skip
def test_wrong_calls_are_refused(wrong: dict[str, float]) -> None:
    """Each with one line that says what there is."""
    with pytest.raises(SynthError):
        Synth("plain")([], **({"duration": 1.0} | wrong))  # type: ignore[arg-type]
