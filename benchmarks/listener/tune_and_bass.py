"""Finds who plays the tune, the bass, what lies between and the drums of a table of notes."""

import re
from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.listener.piece import Piece, Voice

LINES: Final = ("tune", "second", "bass", "drums")
_CHIP: Final = {"p1": "tune", "p2": "second", "tr": "bass", "no": "drums"}
_TUNES: Final = re.compile(r"melod|lead|vocal|tune|soprano|flute", re.I)
_TOGETHER: Final = 0.04  # beats within which notes begin together


def in_lines(piece: Piece) -> Piece:
    """Return a piece in four voices: tune, second, bass and drums.

    The chip's own voices are what they are. Of other parts the tune is the one that is called so,
    else the highest that plays one note at a time. The bass is the lowest part, if most of it lies
    below C4. A part of two and more notes at a time lends its highest note to the tune and its
    lowest to the bass, if nobody else plays these. All else is the second voice.
    """
    names = [voice.name for voice in piece.voices]
    if all(name in _CHIP for name in names):
        lines = np.array([LINES.index(_CHIP[name]) for name in names] or [0])[piece.voice]
        return _renamed(piece, lines)
    lines = np.full(len(piece), LINES.index("second"))
    lines[piece.drums] = LINES.index("drums")
    pitched = [
        i for i in range(len(names)) if not piece.voices[i].drums and (piece.voice == i).any()
    ]
    centre = {i: float(np.median(piece.pitch[piece.voice == i])) for i in pitched}
    single = {i: _notes_together(piece, i) < 1.2 for i in pitched}
    tunes = [i for i in pitched if _TUNES.search(names[i])] or [i for i in pitched if single[i]]
    tune = max(tunes, key=lambda i: centre[i], default=None)
    if tune is not None and len(pitched) > 1 and centre[tune] == min(centre.values()):
        tune = None  # a bass alone is no tune
    rest = [i for i in pitched if i != tune]
    bass = min((i for i in rest if single[i]), key=lambda i: centre[i], default=None)
    if bass is not None and (centre[bass] > 57 or centre[bass] > min(centre.values()) + 3):
        bass = None
    if tune is not None:
        lines[piece.voice == tune] = LINES.index("tune")
    if bass is not None:
        lines[piece.voice == bass] = LINES.index("bass")
    free = np.isin(piece.voice, [i for i in rest if i != bass])
    if tune is None or bass is None:
        _share_out(piece, free, lines, wants_tune=tune is None, wants_bass=bass is None)
    return _renamed(piece, lines)


def line(piece: Piece, name: str) -> Piece:
    """Return the notes of one line of a piece that is in lines."""
    return piece.take(piece.voice == LINES.index(name))


def _renamed(piece: Piece, lines: np.ndarray) -> Piece:
    voices = tuple(Voice(name, name == "drums") for name in LINES)
    return replace(piece, voices=voices, voice=np.asarray(lines, dtype=np.int64), levels=())


def _notes_together(piece: Piece, voice: int) -> float:
    """Return how many notes a part begins at a time."""
    starts = np.sort(piece.start[piece.voice == voice])
    return len(starts) / (1 + int((np.diff(starts) > _TOGETHER).sum())) if len(starts) else 0.0


def _share_out(
    piece: Piece, free: np.ndarray, lines: np.ndarray, *, wants_tune: bool, wants_bass: bool
) -> None:
    """Give the outer notes of chords to the tune and the bass."""
    chosen = np.flatnonzero(free)
    if not len(chosen):
        return
    groups = np.split(chosen, np.flatnonzero(np.diff(piece.start[chosen]) > _TOGETHER) + 1)
    for group in groups:
        low = group[np.argmin(piece.pitch[group])]
        high = group[np.argmax(piece.pitch[group])]
        if wants_bass and piece.pitch[low] < 55 and (len(group) > 1 or piece.pitch[low] < 50):
            lines[low] = LINES.index("bass")
        if wants_tune and (high != low or piece.pitch[high] >= 60):
            lines[high] = LINES.index("tune")
