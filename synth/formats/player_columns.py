"""Encodes frames of register writes as columns for the small player (column_player.s).

Each voice has a column that says in which frames it is written to and which registers then; each
register has one of its values. Their repetitions are a grammar's rules, so a volume's course or a
phrase is written once, independent of the other columns. Some columns follow others, see
`column_sharing`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from synth.formats.column_sharing import Parts, Place, share
from synth.formats.grammar_compression import Grammar
from synth.formats.log_frames import Frame

VOICES: Final = 4
MAX_COLUMNS: Final = 32
MAX_VALUES: Final = 255  # of a column, as their number is a byte
WIDE_VALUES: Final = 192  # a register with more has a column for each half of them
MAX_PENDING: Final = 7  # eight levels of 32 columns, and their number times 32 must fit a byte
MAX_FRAMES: Final = 0xFFFF
MAX_FRAME_WRITES: Final = 100  # at 200 cycles at most, two thirds of a frame's time
REST: Final = 0x80  # and how many frames more, in the first column of a voice
MAX_REST: Final = 0x7F
LAST: Final = 0x80  # marks the end of a list of columns
_SEQUENCER: Final = 0x17
_COMMON: Final = 0x10  # from here on registers are no voice's own, and go with the one before


@dataclass(frozen=True, slots=True)
class Columns:
    """A song as columns.

    Attributes
    ----------
    grammars
        The columns, the voices' first; each in two parts, before the loop and in it. One that
        follows another has only values, by the other's symbol.
    follows
        Columns that follow another, and which.
    registers
        Which register each column after those is written to, as an offset from $4000.
    lists
        Lists of columns, one after the other, which the voices' columns name by their beginning.
    """

    grammars: tuple[Grammar, ...]
    follows: Mapping[int, int]
    registers: tuple[int, ...]
    lists: bytes


def to_columns(frames: list[Frame], loop_frame: int | None) -> Columns | None:
    """Put frames into columns, or return None if they do not fit the small player.

    Parameters
    ----------
    frames
        Writes of each video frame, registers as offsets 0–$17 from $4000.
    loop_frame
        Frame to go on at after the last, or None.
    """
    if len(frames) > MAX_FRAMES or max(map(len, frames)) > MAX_FRAME_WRITES:
        return None
    start = loop_frame or 0
    halves = frames[:start], frames[start:]
    parted = [[_by_voice(frame) for frame in half] for half in halves]
    values: dict[tuple[int, int], set[int]] = {}
    for frame in (frame for half in parted for frame in half):
        for voice, writes in enumerate(frame):
            for register, value in writes:
                values.setdefault((voice, register), set()).add(value)
    wide = {key for key, seen in values.items() if len(seen) > WIDE_VALUES}
    keys = sorted((*key, half) for key in values for half in range(1 + (key in wide)))
    if len(keys) > MAX_COLUMNS - VOICES:
        return None
    number = {key: VOICES + place for place, key in enumerate(keys)}

    def column_of(voice: int, register: int, value: int) -> int:
        return number[voice, register, value >> 7 if (voice, register) in wide else 0]

    lists = _Lists()
    columns: list[Parts] = [([], []) for _ in range(VOICES + len(number))]
    links: dict[tuple[int, int], list[Place]] = {}
    for part, half in enumerate(parted):
        for voice in range(VOICES):
            rests = 0
            for frame in half:
                if not frame[voice]:
                    rests += 1
                    continue
                columns[voice][part].extend(_rests(rests))
                rests = 0
                places = [column_of(voice, *write) for write in frame[voice]]
                columns[voice][part].append(lists.place_of(places))
                written = {voice: (part, len(columns[voice][part]) - 1)}
                for place, (_, value) in zip(places, frame[voice], strict=True):
                    for earlier, where in written.items():
                        links.setdefault((earlier, place), []).append(where)
                    columns[place][part].append(value)
                    written[place] = part, len(columns[place][part]) - 1
            columns[voice][part].extend(_rests(rests))
    for column in columns[:VOICES]:  # of a voice that never plays
        if min((*column[0], *column[1])) >= REST:
            column[0][:], column[1][:] = [REST + MAX_REST], []
    if len(lists.whole) > REST or any(len({*a, *b}) > MAX_VALUES for a, b in columns):
        return None
    shared = share(columns, links, MAX_PENDING)
    registers = tuple(register for _, register, _ in keys)
    return Columns(shared.grammars, shared.follows, registers, bytes(lists.whole))


def _by_voice(frame: Frame) -> tuple[Frame, ...]:
    """Part a frame's writes among the voices, in their order.

    The player goes through the voices in turn, so a write that comes back to an earlier voice
    counts as the later one's. The DMC's at the end of a frame, whatever was written before them,
    are the last voice's.
    """
    parts: list[list[tuple[int, int]]] = [[] for _ in range(VOICES)]
    voice = 0
    end = max((at for at, (register, _) in enumerate(frame) if register < _COMMON), default=-1)
    for at, (register, value) in enumerate(frame):
        if register < _COMMON:
            voice = max(voice, register >> 2)
        elif at > end and register != _SEQUENCER:
            voice = VOICES - 1
        parts[voice].append((register, value))
    return tuple(map(tuple, parts))


def _rests(frames: int) -> Iterator[int]:
    while frames > 0:
        yield REST + min(frames - 1, MAX_REST)
        frames -= MAX_REST + 1


@dataclass(slots=True)
class _Lists:
    """Lists of columns in a row of bytes; one that ends another needs no room of its own."""

    whole: bytearray = field(default_factory=bytearray)

    def place_of(self, columns: list[int]) -> int:
        """Return where a list begins."""
        made = bytes((*columns[:-1], columns[-1] | LAST))
        place = self.whole.find(made)
        if place < 0:
            place = len(self.whole)
            self.whole += made
        return place
