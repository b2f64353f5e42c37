"""Drums: how many, how like the bars before, and whether phrases end with a fill."""

from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.listener.figures import Figure, figure
from benchmarks.listener.form import WINDOW, likeness, windows
from benchmarks.listener.material import Material
from benchmarks.listener.piece import Piece, table_of

_LIKE: Final = 0.8  # of a bar's strokes
_BEFORE: Final = 4  # bars that a bar may be like
PHRASE: Final = 4
_OTHER: Final = 0.8  # under which a bar differs from the one before
_FEWEST: Final = 3  # a bar


def plays(piece: Piece) -> bool:
    """Tell whether a piece has drums worth the name: strokes in half of its bars."""
    struck = np.floor(piece.start[piece.drums] / piece.bar_beats)
    return len(np.unique(struck)) >= piece.bars / 2


def regularity(piece: Piece) -> float:
    """Return the share of bars whose strokes are like those of one of the last four bars."""
    alike = likeness(piece, ("drums",))
    values = [alike[k, max(0, k - _BEFORE) : k].max() >= _LIKE for k in range(1, len(alike))]
    return float(np.mean(values)) if values else 0.0


def fills(piece: Piece, place: int = PHRASE - 1) -> list[int]:
    """Return the bars, counted from 0, that are fills at the end of a phrase of four.

    A fill has three strokes or more and differs from the bar before, which is like one of the two
    before it.

    Parameters
    ----------
    place
        The bar of each four that is looked at, counted from 0.
    """
    alike = likeness(piece, ("drums",))
    bar = np.floor((piece.start[piece.drums] + 1e-3) / piece.bar_beats).astype(int)
    strokes = np.bincount(bar, minlength=piece.bars)
    return [
        k
        for k in range(place if place else PHRASE, piece.bars, PHRASE)
        if alike[k, k - 1] < _OTHER
        and strokes[k] >= _FEWEST
        and alike[k - 1, max(0, k - 3) : k - 1].max(initial=0.0) >= _LIKE
    ]


def measure(material: Material) -> list[Figure]:
    """Return the drums of takes that should have some, beside NES-MDB's."""
    rng = np.random.default_rng(0)
    takes = [take.made for take in material.melodies]
    takes += [take.made for take in material.short if take.seed.drums.any()]
    ours = [take for take in takes if plays(take)]
    real = [w for song in material.nes_songs for w in windows(song) if plays(w)]
    shuffled = [_scattered(window, rng) for window in real]
    return [
        figure("takes with drums in half of the bars", ours=map(plays, takes),
               real=[plays(w) for song in material.nes_songs for w in windows(song)]),
        figure("drums a bar", ours=[t.drums.sum() / t.bars for t in takes],
               real=[w.drums.sum() / w.bars for w in real], at_least=3.0),
        figure("bars whose drums are like one of the last four", ours=map(regularity, ours),
               real=map(regularity, real), controls={"strokes moved": map(regularity, shuffled)},
               at_least=0.75),
        figure("16 bars with a fill at a phrase's end", ours=[bool(fills(t)) for t in ours],
               real=[bool(fills(w)) for w in real],
               controls={"in the second bar of four": [bool(fills(w, 1)) for w in real],
                         "one bar repeated": [bool(fills(w.in_order([0] * WINDOW))) for w in real]},
               at_least=0.33),
    ]  # fmt: skip


def _scattered(piece: Piece, rng: np.random.Generator) -> Piece:
    """Return a piece with its drums struck on any sixteenth."""
    struck = piece.take(piece.drums)
    places = rng.integers(0, max(1, int(piece.length * 4)), len(struck)) / 4
    moved = np.where(piece.drums, 0.0, piece.start)
    moved[piece.drums] = places
    notes = list(zip(piece.voice, moved, moved + 0.25, piece.pitch, piece.velocity, strict=True))
    voice, start, end, pitch, velocity = table_of(notes)
    return replace(piece, voice=voice, start=start, end=end, pitch=pitch, velocity=velocity)
