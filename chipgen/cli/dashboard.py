"""Lays out the lines that show on a terminal what is heard."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chipgen.music.pitch_names import pitch_name
from synth.chip.hardware import Region
from synth.chip.voices import SCORED, VOICES

HELP: Final = "space pause   ←→ 5 s   , . bar   ↑↓ preset   1-4 mute   q quit"
HELP_CHIP_FILE: Final = "space pause   ←→ 5 s   1-4 mute   q quit"
_PLAIN: Final = str.maketrans({"←": "<", "→": ">", "↑": "^", "↓": "v"})
_WIDEST_METER, _NOTE_WIDTH = 8, 5
_STATUS: Final = 0x15


@dataclass(frozen=True, slots=True)
class VoiceHeard:
    """What one voice does: its volume 0–15 and its note, or the period of noise."""

    volume: int
    note: str


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown.

    Attributes
    ----------
    title, state
        The piece's name; ``"playing"``, ``"paused"`` or ``"composing"``.
    position_s, duration_s, bars_s
        Where it is, how long the music is by now, and where bars begin.
    preset
        Its name and place in the list; empty for a chip file.
    voices, silent
        What is heard of each voice, and which are muted.
    endless
        Whether it grows.
    """

    title: str
    state: str
    position_s: float
    duration_s: float
    bars_s: Sequence[float]
    preset: str
    voices: Sequence[VoiceHeard]
    silent: frozenset[str] = frozenset()
    endless: bool = False


def hear_voices(registers: Sequence[int], region: Region) -> tuple[VoiceHeard, ...]:
    """Return what the four voices do by what stands in $4000–$4017.

    A pulse whose envelope the hardware plays counts as loud, for its decay is in no register.

    Examples
    --------
    >>> from synth.chip.hardware import NTSC
    >>> registers = [0xBF, 8, 253, 0] + [0] * 17 + [1, 0, 0]
    >>> hear_voices(registers, NTSC)[0]
    VoiceHeard(volume=15, note='A4')
    """
    on = registers[_STATUS]
    heard = []
    for index, first, cycles in ((0, 0x0, 16), (1, 0x4, 16), (2, 0x8, 32)):
        timer = registers[first + 2] | (registers[first + 3] & 7) << 8
        if cycles == 32:  # the triangle: its linear counter is all the volume that it has
            volume = 15 if registers[first] & 0x7F and timer > 1 else 0
        else:
            volume = _volume(registers[first]) if timer >= 8 else 0
        volume = volume if on >> index & 1 else 0
        hz = region.clock_hz / (cycles * (timer + 1))
        heard.append(VoiceHeard(volume, name_note(hz) if volume else ""))
    volume = _volume(registers[0xC]) if on >> 3 & 1 else 0
    period = registers[0xE]
    note = f"{period & 15}{'s' if period & 0x80 else ''}"  # s for the short sequence
    return (*heard, VoiceHeard(volume, note if volume else ""))


def name_note(hz: float) -> str:
    """Return the nearest note's name.

    Examples
    --------
    >>> name_note(440.0), name_note(261.6)
    ('A4', 'C4')
    """
    return pitch_name(round(69 + 12 * math.log2(hz / 440.0)))


def draw_lines(view: View, columns: int, *, blocks: bool = True) -> list[str]:
    """Lay a view out: where it is, what sounds, and which keys there are.

    Parameters
    ----------
    columns
        The longest that a line may be.
    blocks
        Whether the terminal has characters beyond ASCII.
    """
    time = f"{clock(view.position_s)} / {clock(view.duration_s)}{'+' if view.endless else ''}"
    if view.bars_s:
        bar = max(1, bisect_right(view.bars_s, view.position_s + 1e-3))
        time += f"  bar {bar}" if view.endless else f"  bar {bar} of {len(view.bars_s)}"
    state = "" if view.state == "playing" else f"  {view.state}"
    head = "  ".join(filter(None, (view.title, view.preset)))
    room = columns - len(time) - len(state) - 4
    length = max(0, min(30, room - min(len(head), 40)))
    share = view.position_s / view.duration_s if view.duration_s else 0.0
    bar_text = _bar(min(share, 1.0), length, blocks=blocks) + "  " if length >= 6 else ""
    head = head[: max(0, columns - len(time) - len(state) - len(bar_text) - 2)]
    first = f"{head}  {bar_text}{time}{state}"
    width = min(_WIDEST_METER, max(1, (columns - 6) // len(VOICES) - _NOTE_WIDTH - 4))
    meters = "  ".join(
        f"{row.short} {_meter(heard, width, muted=row.name in view.silent, blocks=blocks)}"
        for row, heard in zip(SCORED, view.voices, strict=True)
    )
    keys = HELP if view.preset else HELP_CHIP_FILE
    lines = [first, meters, keys if blocks else keys.translate(_PLAIN)]
    return [line[:columns] for line in lines]


def clock(seconds: float) -> str:
    """Return minutes and seconds.

    Examples
    --------
    >>> clock(63.9)
    '1:03'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _volume(register: int) -> int:
    return register & 15 if register & 0x10 else 15


def _bar(share: float, length: int, *, blocks: bool) -> str:
    full, empty = ("━", "─") if blocks else ("#", "-")
    done = round(share * length)
    return full * done + empty * (length - done)


def _meter(voice: VoiceHeard, width: int, *, muted: bool, blocks: bool) -> str:
    if muted:
        return "mute".ljust(width + 1 + _NOTE_WIDTH)
    full, empty = ("█", "·") if blocks else ("#", ".")
    done = -(-voice.volume * width // 15)
    return f"{full * done}{empty * (width - done)} {voice.note[:_NOTE_WIDTH]:<{_NOTE_WIDTH}}"
