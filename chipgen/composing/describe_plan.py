"""Tells a plan in words: key, form, chords and end of what is composed."""

from typing import Final

from chipgen.composing.planner import Planner
from chipgen.labels.chord_names import chord_name

_MOST_BARS: Final = 64


def describe_plan(planner: Planner) -> str:
    """Return what is planned, in a line; empty if nothing is.

    Forms and chords are written as `--form` and `--chords` take them, two chords a bar where they
    differ.
    """
    if not len(planner.chords):
        return ""
    chords = planner.chords[: 2 * _MOST_BARS].tolist()
    names = [chord_name(chord, planner.key) for chord in chords]
    bars = [
        first if first == second else f"{first} {second}"
        for first, second in zip(names[::2], names[1::2], strict=True)
    ]
    more = ["..."] if len(planner.chords) > 2 * _MOST_BARS else []
    phrases = planner.phrases[: _MOST_BARS // 4]
    form = " ".join([*map(str, phrases), *(["..."] if len(planner.phrases) > len(phrases) else [])])
    end = "a cadence" if planner.closes else "open"
    return f"key {planner.key.name}, form {form}, end {end}, chords {', '.join([*bars, *more])}"
