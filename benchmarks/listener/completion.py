"""Completion: what a lone four-bar melody becomes, bar by bar."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.listener.figures import Figure, figure
from benchmarks.listener.material import Material, Take
from benchmarks.listener.piece import Piece
from benchmarks.listener.tune_and_bass import LINES, in_lines

FEWEST_DRUMS: Final = 3  # a bar


def present(piece: Piece) -> NDArray[np.bool_]:
    """Return which of `LINES` sounds in each bar, shape (bars, 4)."""
    piece = in_lines(piece)
    result = np.zeros((piece.bars, len(LINES)), dtype=np.bool_)
    for bar in range(piece.bars):
        first, last = bar * piece.bar_beats, (bar + 1) * piece.bar_beats
        sounding = (piece.start < last - 1e-3) & (piece.end > first + 1e-3)
        result[bar, np.unique(piece.voice[sounding])] = True
    return result


def is_untouched(take: Take) -> bool:
    """Tell whether every note of a seed is in the piece that came out, as it was."""
    given = _notes(take.seed)
    return given <= _notes(take.head)


def _notes(piece: Piece) -> set[tuple[float, float, int]]:
    return {
        (round(float(a), 2), round(float(b), 2), int(p))
        for a, b, p in zip(piece.start, piece.end, piece.pitch, strict=True)
    }


def measure(material: Material) -> list[Figure]:
    """Return shares of bars in which each line is there, in takes after melodies and in POP909."""
    takes, under = material.melodies, material.accompanied
    ours = [present(take.made) for take in takes]
    real = [present(song.bars_between(8, 24)) for _, song in material.pop_songs]
    nes = [present(song) for song in material.nes_songs]
    figures = [
        figure(f"bars with a {name}" if name != "drums" else "bars with drums",
               ours=[bars[:, LINES.index(name)].mean() for bars in ours],
               real=[bars[:, LINES.index(name)].mean() for bars in nes],
               controls={} if name == "drums" else
               {"POP909": [bars[:, LINES.index(name)].mean() for bars in real]})
        for name in LINES
    ]  # fmt: skip
    return [
        figure("four voices within the first new bar", ours=[bars[0].all() for bars in ours],
               real=[bars.all(axis=1).mean() for bars in nes], at_least=1.0),
        figure("the melody's own notes untouched", ours=map(is_untouched, takes), at_least=1.0),
        *figures,
        *(
            figure(f"bars with {name} under a melody of 16 bars (--only)",
                   ours=[present(take.made)[:, LINES.index(name)].mean() for take in under])
            for name in LINES[1:]
        ),
        figure("drums a bar", ours=[_drums(take.made) for take in takes],
               real=[_drums(song) for song in material.nes_songs if song.drums.any()],
               at_least=FEWEST_DRUMS),
    ]  # fmt: skip


def _drums(piece: Piece) -> float:
    return float(piece.drums.sum() / max(1, piece.bars))
