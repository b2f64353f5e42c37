"""Decides how many instruments a song's notes get, and what tells them apart."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from synth.tracker.contours import Contour, Model
from synth.tracker.detail import Detail
from synth.tracker.fitting import Group, Variant, right_frames
from synth.tracker.song import Rules

MOST_INSTRUMENTS: Final = 48
TARGET: Final = 0.015  # share of frames that may differ
DYNAMICS: Final = ((3.5, "pp"), (6.5, "p"), (8.5, "mp"), (10.5, "mf"), (12.5, "f"), (15.0, "ff"))


def make_groups(contours: Iterable[Contour], rules: Rules, detail: Detail) -> list[Group]:
    """Gather notes by their model, and fit instruments to them."""
    notes: dict[Model, list[Contour]] = {}
    for contour in contours:
        notes.setdefault(contour.model, []).append(contour)
    return [Group(model, those, rules, detail) for model, those in notes.items()]


def part_groups(groups: list[Group], frames: int, detail: Detail) -> None:
    """Part instruments, those first that mend most, until few frames of a song differ.

    Parameters
    ----------
    groups
        The notes by model; each gets its instruments.
    frames
        Length of the song.
    detail
        How closely.
    """
    worth = detail.worth * frames
    ladders = {k: g.ladder() for k, g in enumerate(groups) if g.lost >= worth}
    while sum(group.lost for group in groups) > TARGET * frames:
        room = MOST_INSTRUMENTS - sum(len(group.variants) for group in groups)
        steps = [
            ((right_frames(more) - right_frames(groups[k].variants)) / added, k, more)
            for k, ladder in ladders.items() for more in ladder
            if 0 < (added := len(more) - len(groups[k].variants)) <= room
        ]  # fmt: skip
        gain, k, more = max(steps, key=lambda step: step[0], default=(0.0, 0, []))
        if gain < worth:
            return
        groups[k].variants = more


def variant_marks(group: Group, variant: Variant, usual: Variant) -> tuple[str, ...]:
    """Return words that tell an instrument from the one that most notes of its model play."""
    if variant.looks or variant is usual:
        return variant.looks

    def means(one: Variant) -> tuple[float, float]:
        notes = [group.notes[k] for k in one.members.tolist()]
        volume = np.mean([note.volume for note in notes])
        return float(volume), -float(np.mean([np.log2(note.period + 1.0) for note in notes]))

    louder, higher = (a - b for a, b in zip(means(variant), means(usual), strict=True))
    if abs(louder) / 8.0 < abs(higher):
        return ("high" if higher > 0 else "low",)
    return (next(mark for most, mark in DYNAMICS if means(variant)[0] <= most),)
