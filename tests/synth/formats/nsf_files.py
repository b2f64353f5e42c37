"""NSF files made of source text, and logs to write."""

import numpy as np

from synth.chip.hardware import NTSC, Region
from synth.chip.register_log import RegisterLog
from synth.formats.assembler import assemble
from synth.formats.chipfile import Titles
from synth.formats.log_frames import Frame, to_frames
from synth.formats.nsf_header import NsfFile, header_bytes

HOST = ((0x15, 0x0F), (0x17, 0x40))


PLAIN = NsfFile(
    titles=Titles("Title", "Artist", copyright="1987"),
    tracks=2,
    first_track=1,
    load=0x8000,
    init=0x8000,
    play=0x8003,
    play_us={"ntsc": 16_639, "pal": 19_997},
    banks=(0,) * 8,
    regions=(NTSC,),
)


def nsf_of(source: str, header: NsfFile = PLAIN) -> bytes:
    """Assemble an NSF whose init is at $8000 and whose play is at $8003."""
    return header_bytes(header) + assemble(f".org $8000\n JMP init\n JMP play\n{source}").code


def log_of(
    frames: list[Frame], region: Region = NTSC, loop: int | None = None, memory: tuple = ()
) -> RegisterLog:
    """Make a log whose writes stand at the beginning of their frames, a few cycles apart."""
    rows = [
        (region.frame_cycle(number) + 20 * place, 0x4000 + register, value)
        for number, frame in enumerate(frames)
        for place, (register, value) in enumerate(frame)
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return RegisterLog(
        table[:, 0], table[:, 1], table[:, 2], end_cycle=region.frame_cycle(len(frames)),
        region=region, loop_cycle=None if loop is None else region.frame_cycle(loop), memory=memory,
    )  # fmt: skip


def frames_of(log: RegisterLog) -> list[Frame]:
    """Return a log's frames, without what a player writes before the track."""
    frames, _ = to_frames(log)
    assert frames[0][:2] == HOST
    return [frames[0][2:], *frames[1:]]


COUNTING = """
init:   STA $10             ; the track, from 0
        STX $11             ; 0 is NTSC
        LDA #0
        STA $12
        RTS
play:   INC $12
        LDA $12
        STA $4002           ; the number of the call
        LDX $10
        STX $4006
        LDY $11
        STY $400A
        RTS
"""
