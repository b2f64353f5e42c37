"""Parses macro text, and evaluates sequences frame by frame."""

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.errors import SynthError

MAX_LENGTH: Final = 4096  # values; over a minute at 60 Hz, and far past any tracker's 252
MAX_MAGNITUDE: Final = 32_767
NOT_RELEASED: Final = 1 << 40  # a release frame that no note lives to see
NOMINAL_FRAME_MS: Final = 1000.0 / 60.0  # what `ms` in a text form is counted in

FORMS: Final = "write it like `15 13 [10 7] | 3 0`, `15 to 0 in 15f` or `12x4 8`"


@dataclass(frozen=True, slots=True)
class Sequence:
    """One value a frame, with an optional loop and an optional release part.

    While the note is held, the values before `release` are played once; then they repeat from
    `loop` on or, without a loop, the last one is held. When the note is released, the values from
    `release` on are played once, independent of what came before. Without a release part, a release
    changes nothing here (a volume still falls silent, see `synth.instrument.voice_frames`).

    Attributes
    ----------
    values
        1 to 4,096 integers.
    loop
        Index of the first value that is repeated, before the release part; None plays once.
    release
        Index of the first value of the release part, 1 or more; None has none.

    Raises
    ------
    SynthError
        If an index or a value is out of range.

    Examples
    --------
    >>> str(Sequence((15, 13, 10, 7, 3, 0), loop=2, release=4))
    '15 13 [10 7] | 3 0'
    """

    values: tuple[int, ...]
    loop: int | None = None
    release: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.values) <= MAX_LENGTH:
            raise SynthError(f"a sequence has 1-{MAX_LENGTH} values, not {len(self.values)}")
        for value in self.values:
            if abs(value) > MAX_MAGNITUDE:
                raise SynthError(f"{value} is not in -{MAX_MAGNITUDE} to {MAX_MAGNITUDE}")
        if self.release is not None and not 1 <= self.release < len(self.values):
            raise SynthError(
                f"release {self.release} is not in 1-{len(self.values) - 1}, the index of a value "
                "that has one before it"
            )
        if self.loop is not None and not 0 <= self.loop < self.held_length:
            raise SynthError(f"loop {self.loop} is not in 0-{self.held_length - 1}")

    @property
    def held_length(self) -> int:
        """Number of values before the release part."""
        return len(self.values) if self.release is None else self.release

    @property
    def release_frames(self) -> int:
        """Number of values in the release part."""
        return len(self.values) - self.held_length

    def __str__(self) -> str:
        start = self.held_length if self.loop is None else self.loop
        text = _words(self.values[:start])
        if self.loop is not None:
            text = f"{text} [{_words(self.values[self.loop : self.held_length])}]"
        if self.release is not None:
            text = f"{text} | {_words(self.values[self.release :])}"
        return text.strip()


def sequence_indices(
    sequence: Sequence, frame: NDArray[np.int64], release_frame: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return which value of a sequence sounds at each frame.

    Parameters
    ----------
    sequence
        The sequence.
    frame
        Frames since the note's onset, 0 or more, any shape.
    release_frame
        Frame of the note at which it was released, of a shape that broadcasts with `frame`;
        `NOT_RELEASED` while it is held.

    Examples
    --------
    >>> shape = parse_sequence("15 [13 10] | 3 0")
    >>> sequence_indices(shape, np.arange(9), np.array(6))
    array([0, 1, 2, 1, 2, 1, 3, 4, 4])
    """
    held = sequence.held_length
    if sequence.loop is None:
        index = np.minimum(frame, held - 1)
    else:
        turn = held - sequence.loop
        index = np.where(frame < held, frame, sequence.loop + (frame - sequence.loop) % turn)
    if sequence.release is None:
        return index
    released = np.minimum(sequence.release + frame - release_frame, len(sequence.values) - 1)
    return np.where(frame < release_frame, index, released)


def sequence_values(
    sequence: Sequence, frame: NDArray[np.int64], release_frame: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the value of a sequence at each frame (see `sequence_indices`)."""
    if len(sequence.values) == 1:
        return np.full(frame.shape, sequence.values[0], dtype=np.int64)
    values = np.asarray(sequence.values, dtype=np.int64)
    return values[sequence_indices(sequence, frame, release_frame)]


def adsr_sequence(
    attack_frames: int, decay_frames: int, sustain: int, release_frames: int, peak: int = 15
) -> Sequence:
    """Compile attack, decay, sustain and release to a volume sequence.

    Parameters
    ----------
    attack_frames
        Frames before the peak is reached; 0 starts at the peak. Never starts from silence.
    decay_frames
        Frames from the peak to the sustained level.
    sustain
        Level held until the release, 0 to `peak`.
    release_frames
        Frames from the sustained level to silence; 0 stops at once.
    peak
        Highest level, 0–15.

    Examples
    --------
    >>> str(adsr_sequence(2, 3, 9, 3))
    '5 10 15 13 11 9 | 6 3 0'
    """
    rise = attack_frames + 1
    held = [max(1, _ratio(peak * step, rise)) for step in _steps(attack_frames)]
    held.append(peak)
    held += [peak + _ratio((sustain - peak) * step, decay_frames) for step in _steps(decay_frames)]
    if decay_frames == 0 and sustain != peak:
        held.append(sustain)
    tail = [sustain + _ratio(-sustain * step, release_frames) for step in _steps(release_frames)]
    if not tail or sustain == 0:
        return Sequence(tuple(held))
    return Sequence((*held, *tail), release=len(held))


def parse_sequence(text: str) -> Sequence:
    """Read the text form that musicians type.

    Values are separated by spaces or commas; `[` `]` bracket the loop, `|` comes before the release
    part; `A to B in Nf` is a straight line that reaches B after N frames (`Nms`: milliseconds, at
    60 frames a second); `AxN` holds A for N frames.

    Raises
    ------
    SynthError
        If the text is not of that form.

    Examples
    --------
    >>> parse_sequence("15 13 [10 7] | 3 0")
    Sequence(values=(15, 13, 10, 7, 3, 0), loop=2, release=4)
    >>> parse_sequence("4 to 0 in 4f").values
    (4, 3, 2, 1, 0)
    >>> parse_sequence("12x3 0").values
    (12, 12, 12, 0)
    """
    shown = text if len(text) <= 40 else text[:37] + "..."
    if len(text) > 16 * MAX_LENGTH:
        raise SynthError(f"sequence `{shown}` is too long ({len(text)} characters)")
    values: list[int] = []
    loop: int | None = None
    loop_end: int | None = None
    release: int | None = None
    position = 0
    text = text.strip()
    while position < len(text) and len(values) <= MAX_LENGTH:
        token = _TOKEN.match(text, position)
        if token is None:
            word = text[position:].split()[0]
            raise SynthError(f"sequence `{shown}`: cannot read `{word[:20]}`; {FORMS}")
        position = token.end()
        if token["mark"] == "[":
            if loop is not None or release is not None:
                raise SynthError(f"sequence `{shown}`: one loop only, and before the `|`")
            loop = len(values)
        elif token["mark"] == "]":
            if loop is None or loop_end is not None:
                raise SynthError(f"sequence `{shown}`: `]` without its `[`")
            loop_end = len(values)
        elif token["mark"] == "|":
            if release is not None:
                raise SynthError(f"sequence `{shown}`: one `|` only")
            release = len(values)
        else:
            values += _expand(token, shown)
    if loop is not None and loop_end is None:
        raise SynthError(f"sequence `{shown}`: `[` without its `]`")
    if loop is not None and loop == loop_end:
        raise SynthError(f"sequence `{shown}`: the loop is empty")
    if loop_end is not None and loop_end != (len(values) if release is None else release):
        raise SynthError(
            f"sequence `{shown}`: values after the loop are never reached; "
            "put a `|` before them to play them on release"
        )
    if not values:
        raise SynthError(f"sequence `{shown}` has no values; {FORMS}")
    if release is not None and not 0 < release < len(values):
        raise SynthError(f"sequence `{shown}`: `|` needs a value before it and one after it")
    try:
        return Sequence(tuple(values), loop, release)
    except SynthError as error:
        raise SynthError(f"sequence `{shown}`: {error}") from None


_TOKEN: Final = re.compile(
    r"[\s,]*(?:"
    r"(?P<mark>[\[\]|])"
    r"|(?P<first>-?\d{1,6})\s+to\s+(?P<last>-?\d{1,6})\s+in\s+(?P<span>\d{1,6})\s*(?P<unit>f|ms)(?!\w)"
    r"|(?P<held>-?\d{1,6})x(?P<count>\d{1,6})(?!\w)"
    r"|(?P<value>-?\d{1,6})(?![\w.])"
    r")[\s,]*",
    re.ASCII,
)


def _words(values: tuple[int, ...]) -> str:
    """Write values one after the other, three and more of a kind as `AxN`."""
    runs = [(value, len(list(group))) for value, group in groupby(values)]
    return " ".join(
        f"{value}x{count}" if count > 2 else " ".join([str(value)] * count) for value, count in runs
    )


def _expand(token: re.Match[str], shown: str) -> list[int]:
    if token["value"] is not None:
        return [int(token["value"])]
    if token["held"] is not None:
        count = int(token["count"])
        if not 1 <= count <= MAX_LENGTH:
            raise SynthError(f"sequence `{shown}`: hold 1-{MAX_LENGTH} frames, not {count}")
        return [int(token["held"])] * count
    frames = int(token["span"])
    if token["unit"] == "ms":
        frames = max(1, round(frames / NOMINAL_FRAME_MS))
    if not 1 <= frames < MAX_LENGTH:
        raise SynthError(f"sequence `{shown}`: a line takes 1-{MAX_LENGTH - 1} frames")
    first, last = int(token["first"]), int(token["last"])
    return [first, *(first + _ratio((last - first) * step, frames) for step in _steps(frames))]


def _steps(count: int) -> range:
    return range(1, count + 1)


def _ratio(numerator: int, denominator: int) -> int:
    """Round to the nearest integer, halves upwards, in whole numbers."""
    return (2 * numerator + denominator) // (2 * denominator)
