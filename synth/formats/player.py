"""The player's source and a song's tables to machine code."""

import importlib.resources
import unicodedata
from typing import Final

import numpy as np

from synth.chip.registers import RegisterLog
from synth.formats.assembler import Assembled, assemble
from synth.formats.encode import Shape
from synth.formats.frames import Frame, frame_of

MAX_FRAME_WRITES: Final = 300  # at 50 to 60 cycles a write, half of a frame's time
MUSICAL_REGISTERS: Final = (0x4000, 0x4002, 0x4004, 0x4006, 0x400A, 0x400C)  # volumes, low periods
APART_CYCLES: Final = 2_000  # between two calls of a driver; what one call writes lies closer
MAX_CALLS: Final = 2  # in a frame: a log whose frames lie otherwise has parts of two in one
MIN_HURRIED_FRAMES: Final = 10


def build_player(
    shapes: tuple[Shape, ...],
    *,
    origin: int,
    window: int,
    first_bank: int,
    cartridge: bool,
    data: str = "",
) -> Assembled:
    """Assemble the player and the tables it reads.

    Parameters
    ----------
    shapes
        Lists of registers, by number.
    origin
        Where the code goes.
    window, first_bank
        Where banks are seen, and the one the song begins in.
    cartridge
        Whether it is for a cartridge rather than an NSF.
    data
        More assembler source, to follow the tables.
    """
    source = importlib.resources.files("synth.formats").joinpath("player.s").read_text("utf-8")
    offsets = [0]
    for shape in shapes:
        offsets.append(offsets[-1] + len(shape) + 1)
    lines = ["shape_low:"]
    lines += [f".byte <(shapes+{offset})" for offset in offsets[:-1]]
    lines.append("shape_high:")
    lines += [f".byte >(shapes+{offset})" for offset in offsets[:-1]]
    lines.append("shapes:")
    lines += [".byte " + ", ".join(map(str, (*shape, 0xFF))) for shape in shapes]
    return assemble(
        "\n".join((source, *lines, data)),
        {"NES": int(cartridge), "ORIGIN": origin, "WINDOW": window, "FIRST_BANK": first_bank},
    )


def player_warnings(frames: list[Frame], what: str) -> tuple[str, ...]:
    """Say what of a log does not survive being played once a video frame.

    Parameters
    ----------
    frames
        The log's writes by frame.
    what
        The kind of file, for the message.
    """
    warnings = []
    fullest = max(range(len(frames)), key=lambda frame: len(frames[frame]))
    if len(frames[fullest]) > MAX_FRAME_WRITES:
        warnings.append(
            f"frame {fullest} has {len(frames[fullest])} register writes, too many to play in time "
            f"from {what}"
        )
    streamed = sum(sum(register == 0x11 for register, _ in frame) > 8 for frame in frames)
    if streamed:
        warnings.append(
            f"samples streamed through $4011 in {streamed} frames lose their timing in {what}"
        )
    return tuple(warnings)


def hurry_warnings(log: RegisterLog, what: str) -> tuple[str, ...]:
    """Say so if a log's driver is called more often than video frames come.

    Parameters
    ----------
    log
        Any log.
    what
        The kind of file, for the message.
    """
    cycle = log.cycle[np.isin(log.address, MUSICAL_REGISTERS)]
    if not len(cycle):
        return ()
    calls = cycle[np.diff(cycle, prepend=cycle[0] - APART_CYCLES) >= APART_CYCLES]
    hurried = int((np.bincount(frame_of(calls, log.region)) > MAX_CALLS).sum())
    if hurried <= MIN_HURRIED_FRAMES:
        return ()
    return (
        f"volumes and pitches that change several times a frame, in {hurried} frames, come all at "
        f"once in {what}; presets that tick once a frame (60 Hz, PAL 50 Hz) fit it",
    )


def plain_text(text: str, n_chars: int) -> str:
    """Reduce a text to what an ASCII field of `n_chars` holds.

    Examples
    --------
    >>> plain_text("Café 1986 – ночь", 12)
    'Cafe 1986 ? '
    """
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return "".join(char if " " <= char <= "~" else "?" for char in plain)[:n_chars]
