"""A log written as a VGM comes back within a tick, with its titles."""

import struct

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.register_log import RegisterLog
from synth.formats.chipfile import Titles
from synth.formats.log_frames import frame_of
from synth.formats.vgm_read import read_vgm
from synth.formats.vgm_write import write_vgm
from tests.synth.formats.vgm_files import logs


@settings(max_examples=60, deadline=None)
@given(log=logs())
@example(
    log=RegisterLog(
        np.array([0, 679, 680]), np.array([0x4000] * 3), np.array([1, 2, 3]), end_cycle=780,
        loop_cycle=680,
    )
)  # fmt: skip
def test_a_log_comes_back_within_one_tick(log: RegisterLog) -> None:
    """A log -> VGM -> log keeps every write, in order, each within one tick of its time."""
    back = read_vgm(write_vgm(log), "back.vgm")
    tick_cycles = log.region.clock_hz / 44_100
    assert back.log.address.tolist() == log.address.tolist()
    assert back.log.value.tolist() == log.value.tolist()
    assert np.all(np.abs(back.log.cycle - log.cycle) <= tick_cycles)
    assert abs(back.log.end_cycle - log.end_cycle) <= tick_cycles
    assert back.log.region == log.region
    assert back.log.memory == log.memory
    assert (back.log.loop_cycle is None) == (log.loop_cycle is None)
    if log.loop_cycle is not None and back.log.loop_cycle is not None:
        assert abs(back.log.loop_cycle - log.loop_cycle) <= tick_cycles
    assert back.warnings == ()
    # What has been on ticks once stays there.
    assert write_vgm(back.log) == write_vgm(log)


@settings(max_examples=30, deadline=None)
@given(frames=st.lists(st.integers(0, 5_000), min_size=1), region=st.sampled_from([NTSC, PAL]))
def test_writes_stay_in_their_video_frame(frames: list[int], region: Region) -> None:
    """Rounding to ticks does not move what a driver writes at a frame's start into the one before.

    The tick is the first that is not earlier than the write, and its cycle is read back rounded
    down, which is not earlier either.
    """
    starts = np.array([region.frame_cycle(frame) for frame in sorted(frames)])
    log = RegisterLog(
        starts, np.full(len(starts), 0x4000), np.zeros(len(starts)),
        end_cycle=int(starts[-1]) + 30_000, region=region,
    )  # fmt: skip
    back = read_vgm(write_vgm(log), "frames.vgm").log
    assert frame_of(back.cycle, region).tolist() == sorted(frames)


def test_the_header_holds_what_the_specification_asks() -> None:
    """Every header field of a written file is right, by a parse that shares no code with ours."""
    log = RegisterLog(
        np.array([0, 500_000]), np.array([0x4015, 0x4000]), np.array([15, 0xBF]),
        end_cycle=3_579_546, loop_cycle=NTSC.clock_hz,
    )  # fmt: skip
    data = write_vgm(log, Titles("Title", "Artist", "Album", "1987"))
    words = struct.unpack("<64I", data[:256])
    assert data[:4] == b"Vgm "
    assert words[1] + 4 == len(data)
    assert words[2] == 0x171
    assert words[6] == 2 * 44_100  # total ticks
    assert words[8] == 44_100  # ticks of the loop
    assert words[9] == 60
    assert words[13] + 0x34 == 0x100
    assert words[33] == 1_789_773
    assert sum(words[3:5]) + sum(words[10:13]) == 0  # no other chip has a clock
    loop = words[7] + 0x1C
    at, ticks_before = 0x100, 0
    while at < loop:  # this file's first second: writes and waits alone
        assert data[at] in (0xB4, 0x61)
        if data[at] == 0x61:
            ticks_before += int.from_bytes(data[at + 1 : at + 3], "little")
        at += 3
    gd3 = words[5] + 0x14
    assert data[gd3 : gd3 + 8] == b"Gd3 \x00\x01\x00\x00"
    strings = data[gd3 + 12 :].decode("utf-16-le").split("\0")
    assert strings[:9:2] == ["Title", "Album", "Nintendo Entertainment System", "Artist", "1987"]
    assert struct.unpack("<I", data[gd3 + 8 : gd3 + 12])[0] == len(data) - gd3 - 12
    assert ticks_before == 44_100
