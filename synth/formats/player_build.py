"""Assembles a player with a song's data."""

import importlib.resources
import unicodedata
from typing import Final

import numpy as np

from synth.chip.register_log import RegisterLog
from synth.formats.assembler import Assembled, assemble
from synth.formats.log_frames import Frame, frame_of
from synth.formats.player_columns import Columns
from synth.formats.player_tokens import Shape

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


def build_column_player(
    columns: Columns, *, origin: int, n_frames: int, loop_frame: int | None
) -> Assembled:
    """Assemble the small player and a song in columns.

    Parameters
    ----------
    columns
        The song.
    origin
        Where the code goes.
    n_frames, loop_frame
        How many frames there are, and where to go on after the last, or None.
    """
    source = (
        importlib.resources.files("synth.formats").joinpath("column_player.s").read_text("utf-8")
    )
    tables: dict[str, list[str]] = {
        name: [] for name in ("values", "rules", "base_low", "base_high", "loop_low", "loop_high")
    }
    data = []
    for number, grammar in enumerate(columns.grammars):
        leader, label = columns.follows.get(number), f"column_{number}"
        constant = leader is None and len(grammar.values) == 1
        rows = [grammar.values, *zip(*grammar.rules, strict=True), *grammar.parts]
        before = len(grammar.values) + 2 * len(grammar.rules) + sum(map(len, grammar.parts[:1]))
        if not constant:
            data.append(f"{label}:")
            data += [".byte " + ", ".join(map(str, row)) for row in rows if row]
        simple = constant or leader is not None
        tables["values"].append("0" if simple else str(len(grammar.values)))
        tables["rules"].append(str((leader or 0) if simple else len(grammar.rules)))
        tables["base_low"].append(str(grammar.values[0]) if constant else f"<{label}")
        tables["base_high"].append("0" if constant else f">{label}")
        tables["loop_low"].append("0" if constant else f"<({label}+{before})")
        tables["loop_high"].append("0" if constant else f">({label}+{before})")
    loops = 0 if loop_frame is None else 1 if loop_frame == 0 else 2
    lines = [f"{name}: .byte {', '.join(row)}" for name, row in tables.items()
             if loops == 2 or not name.startswith("loop")]  # fmt: skip
    for name, row in (("registers", columns.registers), ("lists", columns.lists)):
        lines.append(f"{name}: .byte {', '.join(map(str, row or (0,)))}")
    given = {
        "ORIGIN": origin, "FRAMES": n_frames, "LOOP_FRAMES": n_frames - (loop_frame or 0),
        "LOOPS": loops, "COLUMNS": len(columns.grammars),
    }  # fmt: skip
    return assemble("\n".join((source, *lines, *data)), given)


def player_warnings(frames: list[Frame], what: str) -> tuple[str, ...]:
    """Return warnings about what a player that is called once a video frame cannot reproduce.

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
    """Return a warning if a log's driver is called more often than once a video frame.

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
