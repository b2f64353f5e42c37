"""Parses notes written as text, and checks each bar's length.

A line of music is a row of words. A word is a pitch or a chord and how long it lasts::

    E5:4    a quarter note           B4:8.     a dotted eighth
    C5      as long as the last      r:2       a half rest
    A3+C4+E4:4  a chord              D4:8t     an eighth of a triplet
    G4:2~   tied to the next word    |         a bar line

and may end in ``'`` (short), ``!`` (accented). A line of drums is a row of bars of steps::

    x...x...x...x... -   X an accent, x a stroke, o a soft one, g a ghost note, . nothing;
                         a bar without strokes is one dash
"""

import re
from dataclasses import replace

from chipgen.music.score import Note

_STEPS = {"A": 9, "B": 11, "C": 0, "D": 2, "E": 4, "F": 5, "G": 7}
_ACCIDENTALS = {"": 0, "#": 1, "b": -1}
_WORD = re.compile(
    r"(?P<pitches>[^:~'!]+)(:(?P<length>\d+)(?P<dots>\.*)(?P<triplet>t?))?(?P<marks>[~'!]*)"
)
_PITCH = re.compile(r"([A-G])([#b]?)(\d)")
_STROKES = {"X": 118, "x": 96, "o": 68, "g": 34}
_ACCENT = 18

DRUMS = {
    "kick": 36,
    "side stick": 37,
    "snare": 38,
    "clap": 39,
    "floor tom": 41,
    "closed hat": 42,
    "low tom": 45,
    "pedal hat": 44,
    "open hat": 46,
    "mid tom": 47,
    "crash": 49,
    "high tom": 50,
    "ride": 51,
    "tambourine": 54,
    "splash": 55,
    "cowbell": 56,
}  # General MIDI level 1 percussion map


def music(
    text: str,
    *,
    bar_beats: float = 4.0,
    start_beat: float = 0.0,
    velocity: int = 92,
    gate: float = 0.95,
) -> tuple[Note, ...]:
    """Read a line of notes; `gate` is the part of its length that an unmarked note sounds.

    Raises
    ------
    ValueError
        If a word cannot be read, or a bar is longer or shorter than `bar_beats`.
    """
    notes: list[Note] = []
    tied: list[Note] = []
    beat, bar, bar_start, length_beats = start_beat, 1, start_beat, 1.0
    for word in [*text.split(), "|"]:
        if word == "|":
            if abs(beat - bar_start - bar_beats) > 1e-9 and beat != bar_start:
                raise ValueError(f"bar {bar} has {beat - bar_start:g} beats, not {bar_beats:g}")
            bar, bar_start = bar + (beat != bar_start), beat
            continue
        match = _WORD.fullmatch(word)
        if not match:
            raise ValueError(f"bar {bar}: cannot read {word!r}")
        if match["length"]:
            length_beats = 4 / int(match["length"]) * (2 - 0.5 ** len(match["dots"]))
            length_beats *= 2 / 3 if match["triplet"] else 1
        marks = match["marks"]
        sounding = length_beats * (0.5 if "'" in marks else 1.0 if "~" in marks else gate)
        loud = min(127, velocity + (_ACCENT if "!" in marks else 0))
        now = [
            Note(beat, sounding, pitch_number(name), loud)
            for name in match["pitches"].split("+")
            if name != "r"
        ]
        now = [_after_tie(note, tied, beat) for note in now]
        notes += [note for note in now if note not in notes] if "~" not in marks else []
        tied = now if "~" in marks else []
        beat += length_beats
    return tuple(sorted(notes, key=lambda note: (note.onset_beats, note.pitch)))


def drums(
    strokes: dict[str, str], *, step_beats: float = 0.25, steps_a_bar: int = 16
) -> tuple[Note, ...]:
    """Read lines of drum strokes, each a name of `DRUMS` and its steps.

    Raises
    ------
    ValueError
        If a bar has another number of steps than `steps_a_bar`, or a stroke is unknown.
    """
    notes: list[Note] = []
    for name, line in strokes.items():
        for index, bar in enumerate(line.split()):
            if bar == "-":
                continue
            if len(bar) != steps_a_bar:
                raise ValueError(f"{name}, bar {index + 1}: {len(bar)} steps, not {steps_a_bar}")
            for step, stroke in enumerate(bar):
                if stroke != ".":
                    onset = (index * steps_a_bar + step) * step_beats
                    notes.append(Note(onset, step_beats / 2, DRUMS[name], _STROKES[stroke]))
    return tuple(sorted(notes, key=lambda note: (note.onset_beats, note.pitch)))


def pitch_number(name: str) -> int:
    """Return the MIDI number of a pitch such as ``"F#4"``; middle C is ``"C4"``, 60."""
    match = _PITCH.fullmatch(name)
    if not match:
        raise ValueError(f"{name!r} is not a pitch such as C4, F#5 or Bb2")
    step, accidental, octave = match.groups()
    return 12 * (int(octave) + 1) + _STEPS[step] + _ACCIDENTALS[accidental]


def _after_tie(note: Note, tied: list[Note], beat: float) -> Note:
    for earlier in tied:
        if earlier.pitch == note.pitch:
            whole = beat - earlier.onset_beats + note.duration_beats
            return replace(earlier, duration_beats=whole)
    return note
