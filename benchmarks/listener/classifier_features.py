"""What a classifier is told of 16 s of music that follows 8 s: numbers in six groups.

Notes are plain: on rows of the seed's pulse, without ornaments (see `without_ornaments`). What the
driver does below a row is in the group "ornaments and timing" alone.
"""

from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.listener.key_estimate import find_key
from benchmarks.listener.piece import SHORTEST_S, Piece, without_ornaments
from benchmarks.listener.pulse_estimate import find_pulse
from benchmarks.listener.tune_and_bass import LINES, in_lines

PLAIN: Final = ("pitch", "rhythm", "harmony", "form", "drums")
_USUAL_ROW_S: Final = 0.1
_MELODIC: Final = ("tune", "second", "bass")
_INTERVALS: Final = ((0, 0), (1, 2), (3, 4), (5, 7), (8, 11), (12, 12), (13, 127))
_SCALE: Final = (0, 2, 4, 5, 7, 9, 11)
_GRAM: Final = 6  # notes of a motif


class Excerpt:
    """A continuation with its seed, plain and on rows.

    Parameters
    ----------
    seed, after
        In lines' own voices; `after` begins at 0.
    """

    def __init__(self, seed: Piece, after: Piece) -> None:
        pulse = find_pulse(seed.start * seed.beat_s)
        known = pulse is not None and pulse.coherence > 0.4
        self.row_s = pulse.period if known and pulse is not None else _USUAL_ROW_S
        self.raw_seed, self.raw = in_lines(seed), in_lines(after)
        row = self.row_s / seed.beat_s
        # Each is laid on rows from where its own onsets lie, so that the seam tells nothing.
        self.seed = in_lines(without_ornaments(_aligned(seed, row), row))
        self.after = in_lines(without_ornaments(_aligned(after, row), row))
        self.row = row
        self.seconds = after.length * after.beat_s
        self.seed_seconds = seed.length * seed.beat_s
        self.rows = max(1, round(after.length / row))
        self.seed_grid = _grid(self.seed, row)
        self.grid = _grid(self.after, row)

    def line(self, name: str, *, seed: bool = False) -> Piece:
        """Return a line of the plain notes."""
        piece = self.seed if seed else self.after
        return piece.take(piece.voice == LINES.index(name))


def _aligned(piece: Piece, row: float) -> Piece:
    if not len(piece):
        return piece
    turn = np.exp(2j * np.pi * piece.start / row).mean()
    late = float(np.angle(turn) / (2 * np.pi)) * row
    return piece.on_beats(late, 1.0, piece.bar_beats)


def _grid(piece: Piece, row: float) -> NDArray[np.int64]:
    """Return what begins on each row in each line: pitch, or 0; shape (rows, 4)."""
    rows = max(1, round(piece.length / row)) + 1
    grid = np.zeros((rows, len(LINES)), dtype=np.int64)
    at = np.clip(np.rint(piece.start / row).astype(int), 0, rows - 1)
    grid[at, piece.voice] = np.maximum(piece.pitch, 1)
    return grid


def _entropy(counts: NDArray[np.float64]) -> float:
    shares = counts[counts > 0] / max(1e-9, counts.sum())
    return float(-(shares * np.log2(shares)).sum())


def pitch(e: Excerpt) -> list[float]:
    """Range, intervals, pitch classes, and how far they are from the seed's."""
    found: list[float] = []
    for name in _MELODIC:
        own, before = e.line(name), e.line(name, seed=True)
        steps = np.abs(np.diff(own.pitch)) if len(own) > 1 else np.zeros(0)
        count = max(1, len(steps))
        found += [float(((steps >= a) & (steps <= b)).sum()) / count for a, b in _INTERVALS]
        spread = np.ptp(own.pitch) if len(own) else 0
        old = np.ptp(before.pitch) if len(before) else 0
        centre = own.pitch.mean() if len(own) else 0.0
        moved = centre - before.pitch.mean() if len(own) and len(before) else 0.0
        found += [
            float(spread), float(spread - old), float(centre), float(moved), abs(float(moved)),
            float(own.pitch.std()) if len(own) else 0.0, float(len(np.unique(own.pitch))),
            float(np.mean(~np.isin(own.pitch, before.pitch))) if len(own) else 0.0,
        ]  # fmt: skip
    classes, old_classes = _classes(e.after), _classes(e.seed)
    key = find_key(e.seed)
    tonic = key[0] if key is not None else 0
    shift = tonic if key is None or key[1] == "major" else tonic + 3
    inside = [classes[[(k + s) % 12 for s in _SCALE]].sum() for k in range(12)]
    found += [
        _entropy(classes), float(max(inside)), float(inside[shift % 12]), float(classes.max()),
        float(classes[old_classes <= 0].sum()), float(np.abs(classes - old_classes).sum()),
        float(classes[tonic]), float((classes > 0.01).sum()),
    ]  # fmt: skip
    return found


def _classes(piece: Piece) -> NDArray[np.float64]:
    pitched = piece.take(~piece.drums)
    shares = np.bincount(pitched.pitch % 12, pitched.end - pitched.start, 12)
    return np.asarray(shares / max(1e-9, shares.sum()))


def rhythm(e: Excerpt) -> list[float]:
    """Density, durations, gaps, and how even they are, each beside the seed's."""
    found: list[float] = []
    for name in _MELODIC:
        own, before = e.line(name), e.line(name, seed=True)
        rate, old = len(own) / e.seconds, len(before) / e.seed_seconds
        gaps = np.rint(np.diff(np.unique(own.start)) / e.row).astype(int)
        lasts = (own.end - own.start) / e.row
        sounding = float(np.minimum(own.end, e.after.length).sum() - own.start.sum())
        share = sounding / e.after.length
        old_share = float((before.end - before.start).sum()) / e.seed.length
        counts = np.bincount(np.clip(gaps, 0, 32), minlength=33).astype(float)
        old_gaps = np.rint(np.diff(np.unique(before.start)) / e.row).astype(int)
        old_counts = np.bincount(np.clip(old_gaps, 0, 32), minlength=33).astype(float)
        legato = (
            lasts[:-1][: len(gaps)] / np.maximum(1, gaps) if len(gaps) == len(own) - 1 else [0.0]
        )
        found += [
            rate, np.log((rate + 0.1) / (old + 0.1)), share, share - old_share,
            _entropy(counts), _entropy(counts) - _entropy(old_counts),
            float(counts.max() / max(1, counts.sum())), float(gaps.max()) if len(gaps) else 64.0,
            float(np.mean(lasts)) if len(own) else 0.0, float(np.std(lasts)) if len(own) else 0.0,
            float(np.mean(legato)) if len(own) > 1 else 0.0,
            float(np.abs(_shares(counts) - _shares(old_counts)).sum()),
        ]  # fmt: skip
    begun = (e.grid[:, :3] > 0).sum(axis=1)
    found += [float((begun == k).mean()) for k in range(4)]
    found += _by_halves(begun > 0)
    return found


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(counts / max(1.0, counts.sum()))


def _by_halves(begun: NDArray[np.bool_]) -> list[float]:
    """Return how much onsets agree with themselves 2, 3, 4, 6 and 8 rows later."""
    x = begun - begun.mean()
    power = max(1e-9, float((x * x).sum()))
    return [
        float((x[:-lag] * x[lag:]).sum() / power) if lag < len(x) else 0.0
        for lag in (1, 2, 3, 4, 6, 8)
    ]


def harmony(e: Excerpt) -> list[float]:
    """How many lines sound, and what intervals they make with each other."""
    sound = _sounding(e.after, e.row)
    old = _sounding(e.seed, e.row)
    many, many_old = (sound > 0).sum(axis=1), (old > 0).sum(axis=1)
    found = [float((many == k).mean()) for k in range(4)]
    found += [float(many.mean()), float(many.mean() - many_old.mean())]
    for a, b in combinations(range(3), 2):
        both = (sound[:, a] > 0) & (sound[:, b] > 0)
        apart = np.abs(sound[both, a] - sound[both, b])
        classes = np.bincount(apart % 12, minlength=12).astype(float)
        shares = _shares(classes)
        found += [
            float(both.mean()), float(shares[[3, 4, 8, 9]].sum()), float(shares[[5, 7]].sum()),
            float(shares[0]), float(shares[[1, 2, 6, 10, 11]].sum()), _entropy(classes),
            float(apart.mean()) if len(apart) else 0.0,
            float((sound[both, a] < sound[both, b]).mean()) if len(apart) else 0.0,
        ]  # fmt: skip
        moves = np.diff(sound[both][:, [a, b]], axis=0) if len(apart) > 1 else np.zeros((1, 2))
        moved = (moves != 0).all(axis=1)
        found.append(float((moves[moved, 0] == moves[moved, 1]).mean()) if moved.any() else 0.0)
    chroma = np.zeros((len(sound), 12))
    for k in range(3):
        rows = np.flatnonzero(sound[:, k])
        chroma[rows, sound[rows, k] % 12] = 1
    found += [_changes(chroma, width) for width in (8, 16, 32)]
    return found


def _sounding(piece: Piece, row: float) -> NDArray[np.int64]:
    """Return which pitch sounds in each row in each melodic line, 0 if none; shape (rows, 3)."""
    rows = max(1, round(piece.length / row))
    sound = np.zeros((rows, 3), dtype=np.int64)
    for voice, a, b, p in zip(piece.voice, piece.start, piece.end, piece.pitch, strict=True):
        if voice < 3:
            sound[max(0, round(a / row)) : max(0, round(b / row)), voice] = p
    return sound


def _changes(chroma: NDArray[np.float64], width: int) -> float:
    blocks = [chroma[k : k + width].sum(axis=0) for k in range(0, len(chroma) - width + 1, width)]
    pairs = pairwise(blocks)
    likes = [float(a @ b / max(1e-9, np.linalg.norm(a) * np.linalg.norm(b))) for a, b in pairs]
    return float(np.mean(likes)) if likes else 0.0


def form(e: Excerpt) -> list[float]:
    """How much comes again, of itself and of the seed, exactly and by motif."""
    whole = np.concatenate([e.seed_grid[:-1], e.grid])
    begin = len(e.seed_grid) - 1
    found: list[float] = []
    likes = []
    for lag in range(4, len(whole) - 8):
        a, b = whole[max(begin, lag) :], whole[max(begin, lag) - lag : len(whole) - lag]
        begun = (a > 0) | (b > 0)
        likes.append(float(((a == b) & begun).sum() / max(1, begun.sum())))
    order = np.sort(likes)[::-1] if likes else np.zeros(1)
    best = int(np.argmax(likes)) + 4 if likes else 0
    found += [
        float(order[0]),
        float(order[: max(1, len(order) // 20)].mean()),
        float(np.mean(likes or [0.0])),
    ]
    found += [best / max(1, len(whole)), float(best > begin)]
    inside = []
    for lag in range(4, len(e.grid) // 2):
        a, b = e.grid[lag:], e.grid[:-lag]
        begun = (a > 0) | (b > 0)
        inside.append(float(((a == b) & begun).sum() / max(1, begun.sum())))
    found += [max(inside, default=0.0), float(np.mean(inside or [0.0]))]
    for column in range(len(LINES)):
        grams, old = _motifs(e.grid[:, column]), _motifs(e.seed_grid[:, column])
        known = [gram in old for gram in grams]
        found += [float(np.mean(known or [0.0])), len(set(grams)) / max(1, len(grams))]
        found.append(float(_longest_run(known)))
    for parts in (4,):
        length = len(e.grid) // parts
        blocks = [e.grid[k * length : (k + 1) * length] for k in range(parts)]
        density = np.array([(block > 0).sum() for block in blocks], dtype=float)
        found += [
            float(density.std() / max(1.0, density.mean())),
            float(density[-1] / max(1.0, density[0])),
        ]
    return found


def _motifs(column: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """Return intervals and gaps of each few notes of a line."""
    at = np.flatnonzero(column)
    steps, gaps = np.diff(column[at]), np.diff(at)
    both = list(zip(steps.tolist(), gaps.tolist(), strict=True))
    return [sum(both[k : k + _GRAM], ()) for k in range(len(both) - _GRAM + 1)]


def _longest_run(flags: list[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


def drums(e: Excerpt) -> list[float]:
    """Density, kinds and regularity of the drums, beside the seed's."""
    own, before = e.line("drums"), e.line("drums", seed=True)
    rate, old = len(own) / e.seconds, len(before) / e.seed_seconds
    kinds = np.bincount(np.clip(own.pitch, 0, 127), minlength=128).astype(float)
    old_kinds = np.bincount(np.clip(before.pitch, 0, 127), minlength=128).astype(float)
    gaps = np.diff(np.unique(np.rint(own.start / e.row)))
    column = e.grid[:, 3]
    likes = []
    for lag in range(4, len(column) // 2):
        a, b = column[lag:], column[:-lag]
        begun = (a > 0) | (b > 0)
        likes.append(float(((a == b) & begun).sum() / max(1, begun.sum())))
    with_notes = (e.grid[:, :3] > 0).any(axis=1)[column > 0]
    return [
        rate, rate - old, float(rate > 0) - float(old > 0), _entropy(kinds),
        float(np.abs(_shares(kinds) - _shares(old_kinds)).sum()), float((kinds > 0).sum()),
        float((kinds > 0).sum() - (old_kinds > 0).sum()),
        float(own.pitch.mean()) if len(own) else 0.0,
        max(likes, default=0.0), float(np.mean(likes or [0.0])),
        _entropy(np.bincount(np.clip(gaps, 0, 32).astype(int), minlength=33).astype(float)),
        float(gaps.max()) if len(gaps) else 99.0,
        float(with_notes.mean()) if len(with_notes) else 0.0,
        *_by_halves(column > 0),
    ]  # fmt: skip


def ornaments(e: Excerpt) -> list[float]:
    """Short notes, places between rows, ends, and loudness: what is below plain notes."""
    found: list[float] = []
    for number in range(len(LINES)):
        own = e.raw.take(e.raw.voice == number)
        old = e.raw_seed.take(e.raw_seed.voice == number)
        for now in (own, old):
            lasts = (now.end - now.start) * e.raw.beat_s
            found.append(float((lasts < SHORTEST_S).mean()) if len(now) else 0.0)
        lasts_s = (own.end - own.start) * e.raw.beat_s
        gaps = np.maximum(0.0, own.start[1:] - own.end[:-1]) * e.raw.beat_s if len(own) > 1 else []
        velocity = own.velocity.astype(float)
        places = np.exp(2j * np.pi * own.start / e.row)
        found += [
            float(abs(places.mean())) if len(own) else 0.0,
            float(np.std(lasts_s)) if len(own) else 0.0,
            float(np.mean(np.asarray(gaps) < 0.002)) if len(own) > 1 else 0.0,
            float(np.median(gaps)) if len(own) > 1 else 0.0,
            _entropy(np.bincount(np.rint(lasts_s * 60).astype(int)).astype(float)),
            float(velocity.mean()) if len(own) else 0.0, float(velocity.std()) if len(own) else 0.0,
            float(velocity.mean() - old.velocity.mean()) if len(own) and len(old) else 0.0,
            float(len(np.unique(own.velocity))), len(own) / e.seconds - len(old) / e.seed_seconds,
        ]  # fmt: skip
    return found


GROUPS: Final[dict[str, Callable[[Excerpt], list[float]]]] = {
    "pitch": pitch, "rhythm": rhythm, "harmony": harmony, "form": form, "drums": drums,
    "ornaments and timing": ornaments,
}  # fmt: skip


def describe(seed: Piece, after: Piece) -> dict[str, list[float]]:
    """Return the numbers of each group for a continuation of a seed."""
    excerpt = Excerpt(seed, after)
    return {name: group(excerpt) for name, group in GROUPS.items()}
