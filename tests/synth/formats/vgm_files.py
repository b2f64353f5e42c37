"""VGM files made of commands, and logs to write."""

import struct

import numpy as np
from hypothesis import strategies as st

from synth.chip.hardware import NTSC, PAL
from synth.chip.register_log import RegisterLog

SOUND_REGISTERS = [r for r in range(0x4000, 0x4018) if r not in (0x4014, 0x4016)]


def vgm_of(commands: bytes, *, loop_at: int | None = None, fields: dict[int, int] | None = None):
    """Make a minimal VGM 1.61 written here by hand, with `loop_at` counted within `commands`."""
    header = bytearray(0x100)
    header[:4] = b"Vgm "
    numbers = {0x08: 0x161, 0x34: 0x100 - 0x34, 0x84: 1_789_772}
    if loop_at is not None:
        numbers[0x1C] = 0x100 + loop_at - 0x1C
    for offset, number in (numbers | (fields or {})).items():
        struct.pack_into("<I", header, offset, number)
    return bytes(header) + commands


@st.composite
def logs(draw: st.DrawFn) -> RegisterLog:
    """Any register log of up to 60 writes and some seconds."""
    steps = draw(st.lists(st.integers(0, 200_000), max_size=60))
    cycle = np.cumsum(np.array(steps, dtype=np.int64))
    address = draw(
        st.lists(st.sampled_from(SOUND_REGISTERS), min_size=len(steps), max_size=len(steps))
    )
    value = draw(st.binary(min_size=len(steps), max_size=len(steps)))
    end = int(cycle[-1] if len(steps) else 0) + draw(st.integers(100, 500_000))
    loop = draw(st.none() | st.integers(0, end - 100))
    memory = draw(st.none() | st.binary(min_size=1, max_size=64))
    return RegisterLog(
        cycle, np.array(address), np.frombuffer(value, dtype=np.uint8), end_cycle=end,
        region=draw(st.sampled_from([NTSC, PAL])), loop_cycle=loop,
        memory=() if memory is None else ((0xC040, memory),),
    )  # fmt: skip
