"""Parses values that are written as short texts: voices, bars, meters, keys."""

import difflib
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple, TypeVar

from pydantic import PlainSerializer, PlainValidator

from chipgen.errors import ChipgenError
from chipgen.music.chord_symbols import Chord, read_chords
from chipgen.music.formats import most_songs
from chipgen.music.key_names import Key, parse_key
from chipgen.music.phrase_letters import Phrase, read_form
from chipgen.music.pitch_names import PITCH, pitch_name, read_pitch
from synth.chip.voices import VOICES
from synth.whole_number import parse_whole

ALL_TRACKS: Final = 0
_BARS: Final = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?", re.ASCII)
_RANGE: Final = re.compile(rf"({PITCH})\s*-\s*({PITCH})", re.ASCII)
_METER: Final = re.compile(r"(\d{1,2})\s*/\s*(\d{1,2})", re.ASCII)


_Part = TypeVar("_Part")


class Bars(NamedTuple):
    """Bars of a piece, counted from 1, the last one included.

    Examples
    --------
    >>> str(Bars(9, 12)), str(Bars(5, 5))
    ('9-12', '5')
    """

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


class PitchRange(NamedTuple):
    """The lowest and the highest pitch of a range, MIDI numbers; C4 is 60.

    Examples
    --------
    >>> str(PitchRange(60, 79))
    'C4-G5'
    """

    lowest: int
    highest: int

    def __str__(self) -> str:
        return "-".join(map(pitch_name, self))


class TimeSignature(NamedTuple):
    """A meter, such as 3/4.

    Examples
    --------
    >>> str(TimeSignature(6, 8))
    '6/8'
    """

    numerator: int
    denominator: int

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


def read_bars(value: Any) -> Bars:
    """Read a span of bars: a text such as 9-12 or 5, the first and the last, a bar, or a range.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> read_bars("9-12"), read_bars([5, 5]) == read_bars(5) == read_bars(range(5, 6))
    (Bars(first=9, last=12), True)
    """
    pair = value
    if isinstance(value, str):
        found = _BARS.fullmatch(value.strip())
        pair = (int(found[1]), int(found[2] or found[1])) if found else None
    elif type(value) is int:
        pair = (value, value)
    elif isinstance(value, range) and value and value.step == 1:
        pair = (value[0], value[-1])
    if _is_pair(pair) and 1 <= pair[0] <= pair[1]:
        return Bars(*pair)
    raise ValueError(f"{_shown(value)} is no span of bars, such as 9-12 or 5, counted from 1")


def read_pitch_range(value: Any) -> PitchRange:
    """Read a range of pitches: a text such as C4-G5 or 60-79, or the lowest and the highest.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> read_pitch_range("C4-G5"), read_pitch_range("Bb2-60"), read_pitch_range([60, 72])[1]
    (PitchRange(lowest=60, highest=79), PitchRange(lowest=46, highest=60), 72)
    """
    pair = value
    if isinstance(value, str):
        found = _RANGE.fullmatch(value.strip())
        pair = tuple(map(read_pitch, found.groups())) if found else None
    if _is_pair(pair) and 0 <= pair[0] <= pair[1] <= 127:
        return PitchRange(*pair)
    raise ValueError(
        f"{_shown(value)} is no range of pitches, such as C4-G5 or 60-79, the lowest first"
    )


def read_meter(value: Any) -> TimeSignature:
    """Read a meter: a text such as 3/4, or numerator and denominator.

    Raises
    ------
    ValueError
        If it is none that can be composed in.

    Examples
    --------
    >>> read_meter("3/4")
    TimeSignature(numerator=3, denominator=4)
    """
    pair = value
    if isinstance(value, str):
        found = _METER.fullmatch(value.strip())
        pair = (int(found[1]), int(found[2])) if found else None
    if _is_pair(pair) and 1 <= pair[0] <= 16 and pair[1] in (2, 4, 8, 16):
        return TimeSignature(*pair)
    raise ValueError(f"{_shown(value)} is no meter such as 3/4: 1-16 over 2, 4, 8 or 16")


def read_voices(value: Any) -> tuple[str, ...]:
    """Read names of voices: a text with commas between them, or a list; in the chip's order.

    Raises
    ------
    ValueError
        If one is no voice; the message names the nearest.

    Examples
    --------
    >>> read_voices("noise, pulse1")
    ('pulse1', 'noise')
    """
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{_shown(value)} is no list of voices; name some of {', '.join(VOICES)}")
    plain = [name.strip().lower() for name in names if name.strip()]
    if isinstance(value, str) and not plain:
        raise ValueError(f"name some of {', '.join(VOICES)}")
    for name in plain:
        if name not in VOICES:
            near = difflib.get_close_matches(name, VOICES, 1, 0.0)
            likely = f"; did you mean {near[0]}?" if near else "."
            raise ValueError(
                f"{_shown(name)} is no voice of the chip{likely} There are {', '.join(VOICES)}"
            )
    return tuple(voice for voice in VOICES if voice in plain)


def read_track(value: Any) -> int:
    """Read a track's number from 1 on, or ``all``, which is `ALL_TRACKS`.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> read_track("3"), read_track("all")
    (3, 0)
    """
    text = str(value).lower()
    if text == "all" or (type(value) is int and value == ALL_TRACKS):
        return ALL_TRACKS
    number = None if isinstance(value, bool) else parse_whole(text)
    if number is not None and 1 <= number <= most_songs():
        return number
    raise ValueError(f"{_shown(value)} is no track; give 1 to {most_songs()}, or all")


def read_key(value: Any) -> Key:
    """Read a key: its name, or a `Key`.

    Raises
    ------
    ValueError
        If it is none; the message names the nearest.
    """
    if isinstance(value, Key):
        return value
    try:
        return parse_key(value if isinstance(value, str) else _shown(value))
    except ChipgenError as error:
        raise ValueError(str(error)) from None


def read_phrases(value: Any) -> tuple[Phrase, ...]:
    """Read a form: a text such as A A' B A, or a list of its phrases.

    Raises
    ------
    ValueError
        If it is none.
    """
    return _read_text(value, Phrase, read_form)


def read_progression(value: Any) -> tuple[Chord, ...]:
    """Read chords: a text such as C Am F G, or a list of them.

    Raises
    ------
    ValueError
        If one is none; the message names it.
    """
    return _read_text(value, Chord, read_chords)


def _read_text(
    value: Any, kind: type[_Part], read: Callable[[str], tuple[_Part, ...]]
) -> tuple[_Part, ...]:
    if value == "":
        return ()  # nothing asked for
    if isinstance(value, list | tuple) and all(isinstance(part, kind) for part in value):
        return tuple(value)
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        value = " ".join(value)
    try:
        return read(value if isinstance(value, str) else _shown(value))
    except ChipgenError as error:
        raise ValueError(str(error)) from None


def _unset(read: Any) -> Any:
    """Turn None into the empty value."""
    return lambda value: None if value is None else read(value)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(type(part) is int for part in value)
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


Track = Annotated[int, PlainValidator(read_track), PlainSerializer(lambda v: v or "all")]
Voices = Annotated[tuple[str, ...], PlainValidator(read_voices), PlainSerializer(list)]
OptionalBars = Annotated[
    Bars | None, PlainValidator(_unset(read_bars)), PlainSerializer(lambda v: v and str(v))
]
OptionalRange = Annotated[
    PitchRange | None,
    PlainValidator(_unset(read_pitch_range)),
    PlainSerializer(lambda v: v and str(v)),
]
Meter = Annotated[TimeSignature, PlainValidator(read_meter), PlainSerializer(str)]
OptionalKey = Annotated[
    Key | None, PlainValidator(_unset(read_key)), PlainSerializer(lambda v: v and v.name)
]
Form = Annotated[
    tuple[Phrase, ...],
    PlainValidator(read_phrases),
    PlainSerializer(lambda v: " ".join(map(str, v))),
]
Chords = Annotated[
    tuple[Chord, ...],
    PlainValidator(read_progression),
    PlainSerializer(lambda v: " ".join(map(str, v))),
]
