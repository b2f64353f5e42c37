"""The stream and the offline render are one: same samples however they are asked for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.chip.audio_stream import CHANNELS, CONSOLE_FILTERS, LATENCY_FRAMES, OUTPUTS, AudioStream
from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import frame_count, render, render_blocks
from synth.errors import SynthError
from tests.chip_logs import log_of, noise_tone, pulse_tone
from tests.chip_reference import SAMPLE, SOUND_REGISTERS, write_lists


def busy_log(
    seconds: float = 0.5, region: Region = NTSC, seed: int = 0, memory: bool = True
) -> RegisterLog:
    """Make a log of all five channels changing at 60 Hz, with envelopes, sweeps and samples."""
    rng = np.random.default_rng(seed)
    writes = [(0, 0x4015, 0x1F), (0, 0x4011, 40), (5, 0x4010, 0x4A), (9, 0x4013, 2)]
    end_cycle = round(seconds * region.clock_hz)
    frame = 0
    while region.frame_cycle(frame) < end_cycle - 1000:
        start = region.frame_cycle(frame) + 20
        for offset, address in enumerate(SOUND_REGISTERS[:16]):
            if rng.random() < 0.5:
                mask = 0xF9 if address & 3 == 3 else 0xFF
                writes.append((start + 8 * offset, address, int(rng.integers(256)) & mask))
        if frame % 10 == 0:
            writes.append((start + 200, 0x4015, 0x0F | int(rng.integers(2)) << 4))
        frame += 1
    return log_of(writes, end_cycle, region, SAMPLE if memory else ())


def read_in_blocks(stream: AudioStream, total: int, block: int) -> np.ndarray:
    """Read `total` frames in blocks of `block`."""
    parts = [stream.read(min(block, total - first)) for first in range(0, total, block)]
    return np.concatenate(parts)


@pytest.mark.parametrize("outputs", OUTPUTS)
@pytest.mark.parametrize("console_filter", [*CONSOLE_FILTERS])
def test_block_size_cannot_be_heard(outputs: str, console_filter: str) -> None:
    """Any cutting into blocks gives the same bits as the whole."""
    log = busy_log()
    whole = render(log, 44_100, console_filter, outputs)
    total = frame_count(log, 44_100)
    assert whole.shape == (total, 1 if outputs == "mix" else len(CHANNELS))
    assert whole.dtype == np.float32
    for block in (1, 64, 65, 128, 8191):
        frames = min(total, 40 * block)
        stream = AudioStream(NTSC, 44_100, console_filter, outputs, memory=SAMPLE)
        stream.feed(log.cycle, log.address, log.value)
        assert np.array_equal(read_in_blocks(stream, frames, block), whole[:frames])
        blocks = np.concatenate(
            list(render_blocks(log, 44_100, console_filter, outputs, block_frames=max(block, 64)))
        )
        assert np.array_equal(blocks, whole)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("region", [NTSC, PAL], ids=["ntsc", "pal"])
def test_every_rate_and_region(rate_hz: int, region: Region) -> None:
    """Blocks and whole agree, and the length is the log's, rounded up."""
    log = busy_log(0.3, region)
    whole = render(log, rate_hz)
    assert whole.shape[0] == math.ceil(log.end_cycle * rate_hz / region.clock_hz)
    assert np.array_equal(
        np.concatenate(list(render_blocks(log, rate_hz, block_frames=997))), whole
    )
    assert whole.std() > 0.01


@settings(max_examples=60, deadline=None)
@given(
    writes=write_lists(),
    outputs=st.sampled_from(OUTPUTS),
    rate_hz=st.sampled_from([8_000, 22_050, 44_100, 192_000]),
    cuts=st.lists(st.integers(0, 400), max_size=8),
    click_free=st.booleans(),
)
def test_random_writes_in_random_blocks(
    writes: list[tuple[int, int, int]],
    outputs: str,
    rate_hz: int,
    cuts: list[int],
    click_free: bool,
) -> None:
    """Whatever is written and however it is read: finite, within scale, and the same bits."""
    log = log_of(writes, 45_000, memory=SAMPLE)
    whole = render(log, rate_hz, "none", outputs, click_free=click_free)
    assert np.isfinite(whole).all()
    assert np.abs(whole).max(initial=0.0) < 1.2
    stream = AudioStream(NTSC, rate_hz, "none", outputs, click_free=click_free, memory=SAMPLE)
    stream.feed(log.cycle, log.address, log.value)
    parts = [stream.read(min(cut, 150)) for cut in cuts]
    rest = whole.shape[0] - sum(part.shape[0] for part in parts)
    if rest > 0:
        parts.append(stream.read(rest))
    joined = np.concatenate(parts)[: whole.shape[0]]
    assert np.array_equal(joined, whole[: joined.shape[0]])


@pytest.mark.parametrize("console_filter", [*CONSOLE_FILTERS])
def test_apu_outputs_sum_exactly_to_the_mix(console_filter: str) -> None:
    """In float32, in order, to the last bit."""
    log = busy_log(1.0)
    mix = render(log, 44_100, console_filter)[:, 0]
    parts = render(log, 44_100, console_filter, "apu")
    total = np.zeros_like(mix)
    for column in range(5):
        total += parts[:, column]
    assert np.array_equal(total, mix)


def test_isolated_outputs_are_each_channel_alone() -> None:
    """A column equals the mix of a log that brings only that channel's writes."""
    tones = [
        (pulse_tone(253, 2, 12, 0), 0),
        (pulse_tone(169, 1, 9, 1), 1),
        (noise_tone(6, volume=7), 3),
    ]
    together = [write for tone, _ in tones for write in tone if write[1] != 0x4015]
    both = log_of([(0, 0x4015, 0x0B), *together], 400_000)
    isolated = render(both, 44_100, "nes", "isolated")
    for tone, column in tones:
        alone = render(log_of(tone, 400_000), 44_100, "nes", "isolated")
        assert np.array_equal(isolated[:, column], alone[:, column])
        assert alone[:, column].std() > 0.01
        others = [c for c in range(5) if c != column]
        assert not alone[:, others].any()


def test_writes_fed_as_they_come() -> None:
    """Feeding each write just before its time gives what feeding all at once gives."""
    log = busy_log(0.4)
    whole = render(log)
    stream = AudioStream(memory=SAMPLE)
    parts: list[np.ndarray] = []
    following = 0
    while sum(part.shape[0] for part in parts) < whole.shape[0]:
        ahead = stream.position_cycles + 5_000
        upto = int(np.searchsorted(log.cycle, ahead))
        stream.feed(
            log.cycle[following:upto], log.address[following:upto], log.value[following:upto]
        )
        following = upto
        left = whole.shape[0] - sum(part.shape[0] for part in parts)
        parts.append(stream.read(min(100, left)))
        assert stream.position_cycles <= ahead
    assert np.array_equal(np.concatenate(parts), whole)


def test_scalar_writes_and_position() -> None:
    """A single write is three numbers; the chip is LATENCY_FRAMES ahead of what was read."""
    stream = AudioStream(rate_hz=44_100, console_filter="none")
    assert stream.position_cycles == 0
    for write in pulse_tone(253):
        stream.feed(*write)
    stream.read(1000)
    ahead = (1000 + LATENCY_FRAMES) * NTSC.clock_hz / 44_100
    assert stream.position_cycles == math.ceil(ahead)
    with pytest.raises(SynthError, match=f"not before cycle {math.ceil(ahead)}"):
        stream.feed(math.ceil(ahead) - 1, 0x4011, 3)
    stream.feed(math.ceil(ahead), 0x4011, 3)


@pytest.mark.parametrize("outputs", OUTPUTS)
def test_saved_state_goes_on_as_if_nothing_had_happened(outputs: str) -> None:
    """Also in another stream, with writes waiting, after a detour and a reset."""
    log = busy_log(0.5)
    whole = render(log, outputs=outputs)
    stream = AudioStream(outputs=outputs, memory=SAMPLE)
    stream.feed(log.cycle, log.address, log.value)
    first = stream.read(9_001)
    saved = stream.save_state()
    rest = stream.read(whole.shape[0] - 9_001)
    assert np.array_equal(np.concatenate((first, rest)), whole)
    other = AudioStream(outputs=outputs, memory=SAMPLE)
    other.feed(0, 0x4011, 99)
    other.read(50)
    other.load_state(saved)
    assert other.save_state() == saved
    assert np.array_equal(other.read(rest.shape[0]), rest)
    stream.reset()
    stream.feed(log.cycle, log.address, log.value)
    assert np.array_equal(stream.read(9_001), first)


def test_click_free_restart_has_no_phase_jump() -> None:
    """Rewriting $4003 every frame leaves a click-free pulse exactly as it was."""
    tone = pulse_tone(253)
    again = [(NTSC.frame_cycle(n) + 77, 0x4003, 0) for n in range(1, 30)]
    quiet = render(log_of(tone, 900_000), click_free=True)
    assert np.array_equal(render(log_of([*tone, *again], 900_000), click_free=True), quiet)
    assert not np.array_equal(render(log_of([*tone, *again], 900_000)), quiet)


def test_empty_log_and_empty_reads() -> None:
    """A log of no length has no frames; reading none changes nothing."""
    empty = log_of([], 0)
    assert render(empty).shape == (0, 1)
    assert list(render_blocks(empty)) == []
    stream = AudioStream()
    stream.feed([], [], [])
    assert stream.read(0).shape == (0, 1)
    assert stream.position_cycles == 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rate_hz": 7_999}, "8000 to 192000"),
        ({"rate_hz": 192_001}, "8000 to 192000"),
        ({"rate_hz": 44_100.5}, "whole number"),
        ({"console_filter": "snes"}, "none, nes, famicom"),
        ({"outputs": "stereo"}, "mix, isolated, apu"),
        ({"ultrasonic": "loud"}, "silent, exact"),
    ],
)
def test_wrong_parameters_are_named(parameters: dict[str, object], message: str) -> None:
    """The error says what is allowed."""
    with pytest.raises(SynthError, match=message):
        AudioStream(**parameters)  # type: ignore[arg-type]
    with pytest.raises(SynthError, match=message):
        render(log_of([], 100), **parameters)  # type: ignore[arg-type]


def test_wrong_writes_are_refused() -> None:
    """Out of order, not a sound register, not a byte, sample data outside memory."""
    stream = AudioStream()
    with pytest.raises(SynthError, match="time order"):
        stream.feed([5, 4], [0x4000, 0x4000], [0, 0])
    with pytest.raises(SynthError, match=r"\$4014 is not a sound register"):
        stream.feed(0, 0x4014, 0)
    with pytest.raises(SynthError, match="bytes, 0-255"):
        stream.feed(0, 0x4000, 256)
    with pytest.raises(SynthError, match="as many cycles"):
        stream.feed([0, 1], [0x4000], [0])
    with pytest.raises(SynthError, match=r"\$7FFF do not fit"):
        AudioStream(memory=((0x7FFF, b"\x00"),))
    with pytest.raises(SynthError, match="0 or more"):
        stream.read(-1)
    with pytest.raises(SynthError, match="saved state"):
        stream.load_state(b"not a state")
    with pytest.raises(SynthError, match="parameters it was saved with"):
        AudioStream(rate_hz=48_000).load_state(stream.save_state())
    with pytest.raises(SynthError, match="1 or more"):
        render_blocks(log_of([], 100), block_frames=0)
