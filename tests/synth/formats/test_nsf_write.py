"""A log written as an NSF comes back frame by frame, and py65 plays it as our 6502 does."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py65.devices.mpu6502 import MPU
from py65.memory import ObservableMemory

from synth.chip.hardware import NTSC, PAL, Region
from synth.errors import SynthError
from synth.formats.log_frames import Frame, cut_log, to_frames
from synth.formats.nsf_read import read_nsf
from synth.formats.nsf_write import write_nsf
from tests.synth.formats.nsf_files import frames_of, log_of

SOUND_REGISTERS = [r for r in range(0x4000, 0x4018) if r not in (0x4014, 0x4016)]

frame_lists = st.lists(
    st.lists(
        st.tuples(st.sampled_from([r - 0x4000 for r in SOUND_REGISTERS]), st.integers(0, 3)),
        max_size=6,
    ).map(tuple),
    min_size=1,
    max_size=80,
)


@settings(max_examples=40, deadline=None)
@given(frames=frame_lists, repeats=st.integers(1, 4), region=st.sampled_from([NTSC, PAL]))
def test_a_log_comes_back_frame_by_frame(frames: list[Frame], repeats: int, region: Region) -> None:
    """A log -> NSF -> log keeps each frame's bytes to the same registers in the same order."""
    log = log_of(frames * repeats, region)
    data, warnings = write_nsf(log)
    assert warnings == ()
    seconds = (len(frames) * repeats + 5) / region.frame_hz
    back = frames_of(read_nsf(data, "back.nsf", seconds=seconds).log)
    assert back[: len(frames) * repeats] == frames * repeats
    # What follows is one write that silences the chip, and nothing.
    assert back[len(frames) * repeats :][:3] == [((0x15, 0),), (), ()]


@settings(max_examples=25, deadline=None)
@given(frames=frame_lists, data=st.data())
def test_a_loop_comes_back(frames: list[Frame], data: st.DataObject) -> None:
    """A looping log -> NSF -> log plays the same for three rounds."""
    loop = data.draw(st.integers(0, len(frames) - 1))
    log = log_of(frames, loop=loop)
    nsf, _ = write_nsf(log)
    n = len(frames) + 3 * (len(frames) - loop)
    expected = to_frames(cut_log(log, n / NTSC.frame_hz))[0]
    back = frames_of(read_nsf(nsf, "loop.nsf", seconds=n / NTSC.frame_hz).log)
    assert back[: n - 1] == expected[: n - 1]


def test_a_song_of_many_banks_comes_back() -> None:
    """A long song without repetition fills many banks, and every frame of it is right."""
    rng = np.random.default_rng(5)
    frames = [
        tuple(zip(rng.choice(16, 8).tolist(), rng.integers(0, 256, 8).tolist(), strict=True))
        for _ in range(5_000)
    ]
    data, _ = write_nsf(log_of(frames))
    assert len(data) > 15 * 4096
    back = frames_of(read_nsf(data, "long.nsf").log)
    assert back[:5_000] == frames


def test_repetition_is_stored_once() -> None:
    """Further copies of a phrase cost a few bytes, however far away it was; the second makes rules.

    Of values drawn by chance nothing but the phrase itself repeats, so the rules take room; they
    take less than the phrase did.
    """
    rng = np.random.default_rng(6)
    phrase = [((2, int(v)), (3, 8), (6, int(v) ^ 1)) for v in rng.integers(0, 40, 200)]
    gap = [((0, int(v)), (4, 3)) for v in rng.integers(0, 16, 3000)]
    never, _ = write_nsf(log_of(gap))
    once, _ = write_nsf(log_of(phrase + gap))
    thrice, _ = write_nsf(log_of(phrase + gap + phrase + phrase))
    often, _ = write_nsf(log_of(phrase + gap + 6 * phrase))
    assert len(often) < len(thrice) + 50
    assert len(thrice) - len(once) < len(once) - len(never)
    back = frames_of(read_nsf(thrice, "x.nsf").log)
    assert back[: len(gap) + 600] == phrase + gap + phrase + phrase


def test_an_nsf_that_was_read_and_written_is_the_same_log() -> None:
    """What a player writes before a track is not doubled by going through an NSF again."""
    first = read_nsf(write_nsf(log_of([((0, n),) for n in range(30)], loop=10))[0], "1.nsf").log
    second = read_nsf(write_nsf(first)[0], "2.nsf").log
    assert to_frames(second) == to_frames(first)
    assert second.end_cycle == first.end_cycle


def test_samples_come_back() -> None:
    """Sample memory goes into banks at $C000-$FFFF, as far as the log can play it."""
    memory = ((0xC040, bytes(range(50))), (0xF000, b"\xaa" * 0x1000))
    frames: list[Frame] = [
        ((0x12, 1), (0x13, 2), (0x15, 0x1F)),
        ((0x12, 0xFF), (0x13, 3)),
        (),
    ]
    log = log_of(frames * 5, memory=memory)
    data, warnings = write_nsf(log)
    assert warnings == ()
    back = read_nsf(data, "dmc.nsf").log
    assert back.memory[0] == (0xC040, bytes(range(49)))  # $4013 may still be 3
    assert back.memory[1] == (0xFFC0, b"\xaa" * 49)


def test_py65_plays_our_nsf_as_our_6502_does() -> None:
    """The player, run by py65 over a memory of its own, makes the log's writes frame by frame."""
    rng = np.random.default_rng(8)
    frames = [
        tuple(zip(rng.choice(8, 3).tolist(), rng.integers(0, 4, 3).tolist(), strict=True))
        if rng.random() < 0.7
        else ()
        for _ in range(1_500)
    ]
    data, _ = write_nsf(log_of(frames, loop=700))
    program = data[0x80:]
    memory = ObservableMemory()
    banks = list(data[0x70:0x78])
    written: list[tuple[int, int]] = []

    def rom(address: int) -> int:
        return program[banks[(address >> 12) - 8] * 4096 + (address & 0xFFF)]

    memory.subscribe_to_read(range(0x8000, 0x10000), rom)
    memory.subscribe_to_write(
        range(0x5FF8, 0x6000), lambda address, value: banks.__setitem__(address - 0x5FF8, value)
    )
    memory.subscribe_to_write(
        range(0x4000, 0x4018), lambda address, value: written.append((address - 0x4000, value))
    )
    mpu = MPU(memory=memory)
    init, play = struct.unpack("<HH", data[0x0A:0x0E])

    def call(address: int) -> Frame:
        written.clear()
        mpu.sp, mpu.pc = 0xFD, address
        memory[0x1FE], memory[0x1FF] = 0xFF, 0x4E
        for _ in range(2_000):
            if mpu.pc == 0x4F00:
                return tuple(written)
            mpu.step()
        raise AssertionError("the player does not return")

    got = [call(init), *(call(play) for _ in range(len(frames) + 100))]
    assert got == frames + frames[700:801]


def test_a_song_that_is_too_long_is_refused() -> None:
    """More than 1 MB of song is told, not cut."""
    rng = np.random.default_rng(9)
    noise = rng.integers(0, 256, (30_000, 40))
    frames = [tuple((n % 16, int(v)) for n, v in enumerate(row)) for row in noise]
    with pytest.raises(SynthError, match="1020 KB"):
        write_nsf(log_of(frames))


def test_dense_and_streamed_frames_are_warned_of() -> None:
    """What cannot be played once a frame without loss is said."""
    frames: list[Frame] = [((0x11, 64),) * 400, ((0x11, 1),) * 20]
    _, warnings = write_nsf(log_of([tuple(frame[:1000]) for frame in frames]))
    assert any("400 register writes" in warning for warning in warnings)
    assert any("$4011" in warning for warning in warnings)
