"""Moves pitches by octaves into a voice's range, and reports tuning errors."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from synth.chip.hardware import Region
from synth.chip.voices import PITCHED, VOICE_BY_NAME
from synth.instrument.chip_score import ChipScore

AUDIBLE_CENTS: Final = 20.0

# What a change of octave costs a line, in notes moved by one; see docs/arranging.md.
NEW_PHRASE: Final = 2.0
LEAP_BREAK: Final = 5.0
LEAP_SEMITONES: Final = 5


def fold_into(pitch: int, voice: str) -> int:
    """Move a pitch by octaves into a voice's range.

    Examples
    --------
    >>> fold_into(24, "pulse1"), fold_into(60, "pulse1"), fold_into(127, "triangle")
    (36, 60, 103)
    """
    lowest, highest = VOICE_BY_NAME[voice].pitch_range
    if pitch < lowest:
        return pitch + 12 * -((pitch - lowest) // 12)
    if pitch > highest:
        return pitch - 12 * -((highest - pitch) // 12)
    return pitch


def tuning_error_cents(pitch: int, voice: str, region: Region) -> float:
    """Return how far the hardware's nearest timer setting is from equal temperament.

    Parameters
    ----------
    pitch
        MIDI note number.
    voice
        ``"pulse1"``, ``"pulse2"`` or ``"triangle"``.
    region
        Whose clock divides.

    Examples
    --------
    >>> from synth.chip.hardware import NTSC
    >>> abs(round(tuning_error_cents(69, "pulse1", NTSC), 1)) < 2
    True
    """
    wanted_hz = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
    unit = VOICE_BY_NAME[voice].period_cycles
    timer = max(0, min(0x7FF, round(region.clock_hz / (unit * wanted_hz)) - 1))
    return 1200.0 * math.log2(region.clock_hz / (unit * (timer + 1)) / wanted_hz)


def fold_phrases(
    pitches: Sequence[int],
    starts_s: Sequence[float],
    ends_s: Sequence[float],
    voice: str,
    rest_s: float = 0.25,
) -> list[int]:
    """Choose octave shifts for a line of which some notes do not fit a voice.

    Notes stay where they are written as far as they can. A phrase, which runs from rest to rest, is
    moved as a whole where it is short; a long one is broken at leaps, so that few notes move. The
    shifts are found by dynamic programming: a note costs 1 for each octave that it is moved, a
    shift that differs from the one before costs `NEW_PHRASE` at a rest and `LEAP_BREAK` at a leap.

    Parameters
    ----------
    pitches, starts_s, ends_s
        The line, in order of onset.
    voice
        Which voice plays it.
    rest_s
        Silence that ends a phrase.

    Returns
    -------
    list of int
        A shift in semitones for every note, such that all fit.
    """
    lowest, highest = VOICE_BY_NAME[voice].pitch_range
    count = len(pitches)
    if count == 0:
        return []
    if min(pitches) >= lowest and max(pitches) <= highest:
        return [0] * count
    breaks: dict[int, float] = {}
    for k in range(1, count):
        if starts_s[k] - ends_s[k - 1] >= rest_s:
            breaks[k] = NEW_PHRASE
        elif abs(pitches[k] - pitches[k - 1]) >= LEAP_SEMITONES:
            breaks[k] = LEAP_BREAK
    pieces: list[tuple[int, int]] = []
    for first, last in pairwise([0, *breaks, count]):
        pieces += _split_wide(pitches, first, last, highest - lowest)
    shifts = [0] * count
    for (first, last), shift in zip(
        pieces, _choose_shifts(pitches, pieces, breaks, lowest, highest), strict=True
    ):
        shifts[first:last] = [shift] * (last - first)
    return shifts


def _split_wide(pitches: Sequence[int], first: int, last: int, width: int) -> list[tuple[int, int]]:
    """Break a phrase until each piece can be shifted into a range `width` semitones wide."""
    pending, pieces = [(first, last)], []
    while pending:
        begin, end = pending.pop()
        part = pitches[begin:end]
        if max(part) - min(part) <= width - 11:  # then some octave fits all of it
            pieces.append((begin, end))
            continue
        leaps = [abs(part[k] - part[k - 1]) for k in range(1, len(part))]
        cut = begin + 1 + leaps.index(max(leaps))
        pending += [(begin, cut), (cut, end)]
    return sorted(pieces)


def _choose_shifts(
    pitches: Sequence[int],
    pieces: list[tuple[int, int]],
    breaks: Mapping[int, float],
    lowest: int,
    highest: int,
) -> list[int]:
    octaves = range(-120, 121, 12)
    costs: list[dict[int, tuple[float, int]]] = []  # shift → (cost so far, shift before)
    for begin, end in pieces:
        low, high = min(pitches[begin:end]), max(pitches[begin:end])
        fitting = [o for o in octaves if low + o >= lowest and high + o <= highest]
        change = breaks.get(begin, LEAP_BREAK)
        here: dict[int, tuple[float, int]] = {}
        for shift in fitting:
            own = abs(shift) / 12.0 * (end - begin)
            before = [
                (cost + (change if shift != last else 0.0), last)
                for last, (cost, _) in (costs[-1].items() if costs else ())
            ]
            cost, last = min(before) if before else (0.0, 0)
            here[shift] = (cost + own, last)
        costs.append(here)
    chosen = [min(costs[-1], key=lambda shift: (costs[-1][shift][0], abs(shift)))]
    for here in reversed(costs[1:]):
        chosen.append(here[chosen[-1]][1])
    return chosen[::-1]


def remark_tuning(chip_score: ChipScore, region: Region) -> tuple[str, ...]:
    """Name the notes whose nearest timer setting is audibly off, one line for each voice."""
    remarks = []
    for voice in PITCHED:
        pitches = [
            note.pitch + offset
            for note in chip_score.voice(voice)
            for offset in (0, *note.arpeggio)
        ]
        errors = {pitch: tuning_error_cents(pitch, voice, region) for pitch in set(pitches)}
        off = {pitch: cents for pitch, cents in errors.items() if abs(cents) > AUDIBLE_CENTS}
        if off:
            worst = max(off, key=lambda pitch: abs(off[pitch]))
            count = sum(pitch in off for pitch in pitches)
            remarks.append(
                f"{voice}: {count} notes are more than {AUDIBLE_CENTS:g} cents out of tune on the"
                f" hardware, worst MIDI pitch {worst} by {off[worst]:+.0f} cents"
            )
    return tuple(remarks)
