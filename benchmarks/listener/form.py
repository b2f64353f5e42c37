"""Form: phrases of 4 and 8 bars, new bars, copies of the seed, the theme's return."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.listener.figures import Figure, figure
from benchmarks.listener.material import Material
from benchmarks.listener.piece import Piece
from benchmarks.listener.tune_and_bass import LINES, in_lines

WINDOW: Final = 16  # bars
ALIKE: Final = 0.8
COPIED: Final = 0.9  # of a tune's bar
THEME_BARS: Final = 4
THEME_ALIKE: Final = 0.6  # of a tune, on average over its bars
_STATIC: Final = 0.75
_PHRASED, _OVER_ODD = 0.15, 1.1
_STEPS: Final = 4  # a beat


def likeness(piece: Piece, lines: tuple[str, ...] = LINES) -> NDArray[np.float64]:
    """Return how alike each two bars of a piece are, 0–1, shape (bars, bars).

    Bars are alike as far as they share what begins: line, sixteenth and pitch (2 · shared / all);
    drums by line and sixteenth alone. A bar without notes is like nothing, not even another one.
    """
    piece = in_lines(piece)
    wanted = [LINES.index(name) for name in lines]
    piece = piece.take(np.isin(piece.voice, wanted))
    bar = np.floor((piece.start + 1e-3) / piece.bar_beats).astype(int)
    step = np.rint((piece.start - bar * piece.bar_beats) * _STEPS).astype(int)
    drums = piece.voice == LINES.index("drums")
    pitch = np.where(drums, 0, piece.pitch)
    keys, which = np.unique((piece.voice * 512 + step) * 128 + pitch, return_inverse=True)
    table = np.zeros((piece.bars, max(1, len(keys))))
    inside = (bar >= 0) & (bar < piece.bars)
    table[bar[inside], which.reshape(-1)[inside]] = 1.0
    shared = table @ table.T
    count = table.sum(axis=1)
    return 2 * shared / np.maximum(1.0, count[:, None] + count[None, :])


def by_lag(alike: NDArray[np.float64], lag: int) -> float:
    """Return the mean likeness of bars `lag` apart."""
    values = np.diagonal(alike, lag)
    return float(values.mean()) if len(values) else 0.0


def is_phrased(piece: Piece) -> bool:
    """Tell whether bars come again after 4 or 8 rather than after any odd number of bars."""
    alike = likeness(piece)
    even = max(by_lag(alike, 4), by_lag(alike, 8))
    odd = max(by_lag(alike, lag) for lag in (1, 3, 5, 7, 9, 11))
    return even > _PHRASED and even > _OVER_ODD * odd


def is_static(piece: Piece) -> bool:
    """Tell whether each bar is nearly the one before."""
    return by_lag(likeness(piece), 1) > _STATIC


def windows(piece: Piece, bars: int = WINDOW) -> list[Piece]:
    """Return stretches of 16 bars one behind the other; the rest is left out."""
    last = int(piece.length / piece.bar_beats + 1e-3)
    return [piece.bars_between(k, k + bars) for k in range(0, last - bars + 1, bars)]


def new_bars(piece: Piece, first: int = 0) -> list[int]:
    """Return how many bars of each 16 are under .8 alike to every earlier bar of the piece.

    Parameters
    ----------
    first
        The first bar that is counted; those before it are only heard.
    """
    alike = np.tril(likeness(piece), -1)
    sounds = np.diagonal(likeness(piece)) > 0
    new = (alike.max(axis=1, initial=0.0) < ALIKE) & sounds
    starts = range(first, len(new) - WINDOW + 1, WINDOW)
    return [int(new[k : k + WINDOW].sum()) for k in starts]


def copied_bars(seed: Piece, take: Piece) -> int:
    """Return how many bars of a take's tune are as some bar of the seed's tune."""
    whole = seed.bars_between(0, seed.bars).then(take)
    alike = likeness(whole, ("tune",))
    return int((alike[seed.bars :, : seed.bars].max(axis=1, initial=0.0) >= COPIED).sum())


def returns(piece: Piece, theme_bar: int = 0) -> int:
    """Return how often the theme comes back: the tune's four bars from `theme_bar`.

    It must have been away: a return begins at least eight bars after the theme or after its last
    return, with at least half as much in between that is not it.
    """
    alike = likeness(piece, ("tune",))
    theme = range(theme_bar, theme_bar + THEME_BARS)
    last, count = theme_bar, 0
    for bar in range(theme_bar + 2 * THEME_BARS, len(alike) - THEME_BARS + 1):
        if bar - last < 2 * THEME_BARS:
            continue
        value = np.mean([alike[own, bar + k] for k, own in enumerate(theme)])
        if value >= THEME_ALIKE:
            count, last = count + 1, bar
    return count


def theme_of(piece: Piece) -> int | None:
    """Return the first bar from which the tune sounds in at least three of four; None: nowhere."""
    sounds = np.diagonal(likeness(piece, ("tune",))) > 0
    for bar in range(len(sounds) - THEME_BARS + 1):
        if sounds[bar] and sounds[bar : bar + THEME_BARS].sum() >= THEME_BARS - 1:
            return bar
    return None


def measure(material: Material) -> list[Figure]:
    """Return the figures of form: of takes after ordinary seeds, POP909 and NES-MDB."""
    rng = np.random.default_rng(0)
    short = [take.made for take in material.short]
    long = [take for take in material.long if take.made.bars >= 2 * WINDOW]
    songs = material.bar_songs
    stretches = {name: [w for song in each for w in windows(song)] for name, each in songs.items()}
    pop, nes = stretches.get("POP909", []), stretches.get("NES-MDB", [])
    shuffled = [window.in_order(rng.permutation(WINDOW)) for window in pop or nes]
    looped = [
        take.seed.in_order([k % take.seed.bars for k in range(WINDOW)]) for take in material.short
    ]
    full = [song for song in songs.get("POP909", []) if song.bars >= 4 * WINDOW]
    counts = [new_bars(song) for song in full]
    ours = [new_bars(take.whole, take.head.bars) for take in long]
    copies = [copied_bars(take.seed, take.made) for take in material.short]
    real_copies = [_copied(song) for song in full]
    back = [returns(song, begin) for song in full if (begin := theme_of(song)) is not None]
    own = [
        returns(take.whole, begin) for take in long if (begin := theme_of(take.whole)) is not None
    ]
    nes_control = {
        "NES-MDB": map(is_phrased, nes), "shuffled bars": map(is_phrased, shuffled),
        "the seed looped": map(is_phrased, looped),
    }  # fmt: skip
    static_control = {
        "NES-MDB": map(is_static, nes),
        "one bar repeated": [
            is_static(take.seed.in_order([0] * WINDOW)) for take in material.short
        ],
    }
    return [
        figure("16 bars that are phrased", ours=map(is_phrased, short), real=map(is_phrased, pop),
               controls=nes_control, at_least=0.65),
        figure("16 bars that are static", ours=map(is_static, short), real=map(is_static, pop),
               controls=static_control, at_most=0.03),
        figure("melody bars of 16 copied from the seed", ours=copies, real=real_copies,
               at_most=2.7),
        figure("takes with over 8 of them", ours=[n > 8 for n in copies],
               real=[n > 8 for n in real_copies], at_most=0.10),
        figure("new bars in 16, over 128 bars", ours=[np.mean(n) for n in ours],
               real=[np.mean(n) for n in counts], at_least=7.0),
        figure("16 bars without a new one, a piece", ours=[n.count(0) for n in ours],
               real=[n.count(0) for n in counts]),
        figure("pieces with over one such", ours=[n.count(0) > 1 for n in ours],
               real=[n.count(0) > 1 for n in counts], at_most=0.0),
        figure("pieces whose theme comes back", ours=[n > 0 for n in own],
               real=[n > 0 for n in back], at_least=0.75),
        figure("and comes back twice", ours=[n > 1 for n in own], real=[n > 1 for n in back],
               at_least=0.5),
    ]  # fmt: skip


def _copied(song: Piece) -> int:
    """Return how many of the 16 bars after a song's first eight are copied from these."""
    return copied_bars(song.bars_between(0, 8), song.bars_between(8, 8 + WINDOW))
