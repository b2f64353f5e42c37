"""Encodes frames of register writes as tokens for the player (player.s)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from synth.errors import SynthError
from synth.formats.log_frames import Frame

MAX_SHAPES: Final = 128
MAX_REST_FRAMES: Final = 64
MAX_PHRASE_TOKENS: Final = 255
SINGLE_WRITE, REST, PHRASE, JUMP = 0xC0, 0x80, 0xF8, 0xF9
PHRASE_BYTES: Final = 5
JUMP_BYTES: Final = 4
_CANDIDATES: Final = 48  # earlier places looked at for a phrase; more find little

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Song:
    """A song as the player reads it.

    Attributes
    ----------
    banks
        The token stream, cut into banks, each at most as long as the window.
    shapes
        Lists of registers, by number.
    """

    banks: tuple[bytes, ...]
    shapes: tuple[Shape, ...]

    @property
    def n_bytes(self) -> int:
        """Size of stream and shapes."""
        return sum(map(len, self.banks)) + sum(len(shape) + 3 for shape in self.shapes)


def encode(
    frames: list[Frame],
    loop_frame: int | None,
    *,
    window: int,
    bank_bytes: int,
    first_bank: int,
    last_bank: int,
) -> Song:
    """Encode frames for the player.

    Parameters
    ----------
    frames
        Writes of each video frame, registers as offsets 0–$17 from $4000.
    loop_frame
        Frame to go on at after the last; without one the song ends in silence.
    window
        CPU address at which a bank is read.
    bank_bytes
        Size of a bank.
    first_bank, last_bank
        Numbers that the stream's banks may have.

    Raises
    ------
    SynthError
        If the song needs more banks than that.

    Examples
    --------
    >>> song = encode([((0, 191),), (), ()], 0, window=0x9000, bank_bytes=4096, first_bank=1,
    ...               last_bank=9)
    >>> song.banks[0].hex(" ")
    'c0 bf 80 81 f9 00 90 01'
    """
    shapes = _choose_shapes(frames)
    numbers = {shape: number for number, shape in enumerate(shapes)}
    stream = _Stream(window, bank_bytes, first_bank, last_bank)
    start = 0 if loop_frame is None else loop_frame
    stream.append(_tokens(frames[:start], numbers))
    loop = stream.here()
    stream.append(_tokens(frames[start:], numbers))
    if loop_frame is None:
        # $4015 = 0 silences what still sounds; then there is nothing for ever.
        stream.append([bytes((SINGLE_WRITE + 0x15, 0, REST))])
        loop = stream.here()
        stream.append([bytes((REST + MAX_REST_FRAMES - 1,))])
    stream.jump(loop)
    return Song(banks=tuple(bytes(bank) for bank in stream.banks), shapes=shapes)


def _choose_shapes(frames: list[Frame]) -> tuple[Shape, ...]:
    """Find the lists of registers that save most bytes when frames refer to them by number."""
    counts = Counter(tuple(register for register, _ in frame) for frame in frames if frame)
    saved = {shape: n * len(shape) - len(shape) - 3 for shape, n in counts.items()}
    # A frame that is written out singly has two bytes a write and one to end it; ties by shape.
    best = sorted(saved, key=lambda shape: (-saved[shape], shape))
    return tuple(shape for shape in best[:MAX_SHAPES] if saved[shape] > 0)


def _tokens(frames: list[Frame], numbers: dict[Shape, int]) -> list[bytes]:
    tokens = []
    rest = 0
    for frame in frames:
        if not frame:
            rest += 1
            continue
        tokens += _rests(rest)
        rest = 0
        tokens.append(_frame_token(frame, numbers))
    return tokens + _rests(rest)


def _rests(n_frames: int) -> list[bytes]:
    full, left = divmod(n_frames, MAX_REST_FRAMES)
    tokens = [bytes((REST + MAX_REST_FRAMES - 1,))] * full
    return [*tokens, bytes((REST + left - 1,))] if left else tokens


def _frame_token(frame: Frame, numbers: dict[Shape, int]) -> bytes:
    """Write a frame as its shape, or write by write as far as the rest is a shape."""
    registers = tuple(register for register, _ in frame)
    token = bytearray()
    for at, (register, value) in enumerate(frame):
        number = numbers.get(registers[at:])
        if number is not None:
            return bytes(token) + bytes([number, *(value for _, value in frame[at:])])
        token += bytes((SINGLE_WRITE + register, value))
    return bytes(token) + bytes((REST,))


@dataclass(slots=True)
class _Stream:
    """Banks being filled with tokens; what has been there before becomes a phrase."""

    window: int
    bank_bytes: int
    first_bank: int
    last_bank: int
    banks: list[bytearray] = field(default_factory=lambda: [bytearray()])
    # Tokens stored in the banks as such, the place of each, and -1 where the sequence breaks.
    written: list[int] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    ids: dict[bytes, int] = field(default_factory=dict)
    seen: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    seen_alone: dict[int, list[int]] = field(default_factory=dict)

    def here(self) -> tuple[int, int]:
        """Return the place of the next byte: bank and offset. Nothing runs across it."""
        if len(self.banks[-1]) + JUMP_BYTES > self.bank_bytes:
            raise AssertionError("a bank has no room left for its jump")
        self._break()
        return len(self.banks) - 1, len(self.banks[-1])

    def append(self, tokens: list[bytes]) -> None:
        """Add tokens, each frame or rest, as phrases where that is shorter."""
        ids = [self.ids.setdefault(token, len(self.ids)) for token in tokens]
        ends = [0]
        for token in tokens:
            ends.append(ends[-1] + len(token))
        at = 0
        while at < len(tokens):
            start, length = self._longest(ids, at, lambda a, n: ends[a + n] - ends[a])
            if ends[at + length] - ends[at] > PHRASE_BYTES:
                bank, address = self._address(self.places[start])
                self._put(bytes((PHRASE, length, address & 0xFF, address >> 8, bank)))
                self._break()
                at += length
            else:
                self._put(tokens[at])
                self._note(ids[at], len(tokens[at]))
                at += 1

    def jump(self, place: tuple[int, int]) -> None:
        """Jump to `place`."""
        bank, address = self._address(place)
        self.banks[-1] += bytes((JUMP, address & 0xFF, address >> 8, bank))
        self._break()

    def _address(self, place: tuple[int, int]) -> tuple[int, int]:
        return self.first_bank + place[0], self.window + place[1]

    def _put(self, made: bytes) -> None:
        if len(made) + JUMP_BYTES > self.bank_bytes:
            raise SynthError(
                "one video frame has more register writes than a bank of the player holds; "
                "write a VGM instead"
            )
        if len(self.banks[-1]) + len(made) + JUMP_BYTES > self.bank_bytes:
            if self.first_bank + len(self.banks) > self.last_bank:
                size = (self.last_bank - self.first_bank + 1) * self.bank_bytes
                raise SynthError(
                    f"the song needs more than the {size // 1024} KB that fit; "
                    "write a shorter part of it, or a VGM"
                )
            self.jump((len(self.banks), 0))
            self.banks.append(bytearray())
        self.banks[-1] += made

    def _note(self, token: int, n_bytes: int) -> None:
        at = len(self.written)
        if at and self.written[-1] >= 0:
            self._remember(self.seen.setdefault((self.written[-1], token), []), at - 1)
        self._remember(self.seen_alone.setdefault(token, []), at)
        self.written.append(token)
        self.places.append((len(self.banks) - 1, len(self.banks[-1]) - n_bytes))

    @staticmethod
    def _remember(places: list[int], at: int) -> None:
        places.append(at)
        if len(places) > _CANDIDATES:
            del places[0]

    def _break(self) -> None:
        if self.written and self.written[-1] >= 0:
            self.written.append(-1)
            self.places.append((0, 0))

    def _longest(
        self, ids: list[int], at: int, n_bytes: Callable[[int, int], int]
    ) -> tuple[int, int]:
        """Find the earlier row of tokens that equals most of what follows: start and length."""
        best, best_length = 0, 0
        candidates = self.seen.get((ids[at], ids[at + 1]), []) if at + 1 < len(ids) else []
        if not candidates and n_bytes(at, 1) > PHRASE_BYTES:
            candidates = self.seen_alone.get(ids[at], [])[-1:]
        limit = min(len(ids) - at, MAX_PHRASE_TOKENS)
        for start in reversed(candidates):
            length = 0
            end = min(limit, len(self.written) - start)
            while length < end and self.written[start + length] == ids[at + length]:
                length += 1
            if length > best_length:
                best, best_length = start, length
        return best, best_length
