"""Estimates the probability of each chord in each half bar: a linear model, then a Markov chain.

What sounds in a half bar, what is lowest, what begins it, and what sounds before and after it are
turned so that the root asked for is pitch class 0; one set of weights a quality serves all roots.
Chords then lean on their neighbours: forwards and backwards through the probability of each change.
A single line leaves its harmony open, so it has weights of its own, which say so.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.declared_arrays import read_shipped
from chipgen.labels.bar_lines import BarLines
from chipgen.labels.chord_names import CHORDS, NO_CHORD, QUALITIES
from chipgen.labels.pitched_notes import PitchedNotes

WEIGHTS_FILE: Final = "chords.safetensors"
# Of twelve pitch classes each: sounding, lowest, begins, before, after, and sounding once more, by
# its square root and by whether it sounds at all.
GROUPS: Final = 7
PLAIN: Final = 4  # without a root: a bias, the share of silence, one pitch class, few notes
SHAPES: Final = {
    "quality": (2, len(QUALITIES), GROUPS * 12 + 1), "none": (2, PLAIN),
    "change": (2, CHORDS, CHORDS),
}  # fmt: skip
LARGEST: Final = 200.0  # of a weight, in nats, so that chances of changes are no infinities

_PRESENT: Final = 0.08  # share of what sounds from which a pitch class is there
_AT_ONCE: Final = 4096  # half bars whose evidence is turned to all roots: 30 MB
_SINGLE: Final = 0.15  # most of the sounding time in which a single line has two notes

Weights = dict[str, NDArray[np.float64]]


def find_chords(
    notes: PitchedNotes, lines: BarLines, weights: Weights | None = None
) -> NDArray[np.float32]:
    """Return the probability of each chord in each half bar; float32, shape (2 B, `CHORDS`).

    Parameters
    ----------
    notes
        What is heard.
    lines
        Where the bars are.
    weights
        Of the recogniser; those that are shipped, if not given.
    """
    weights = shipped_weights() if weights is None else weights
    turned, plain = chord_evidence(notes, lines)
    return smooth(chord_scores(turned, plain, weights, single=is_single_line(notes)), weights)


def is_single_line(notes: PitchedNotes) -> bool:
    """Return whether notes sound one at a time, except for overlaps."""
    order = np.argsort(notes.start, kind="stable")
    start, end = notes.start[order], np.maximum.accumulate(notes.end[order])
    if not len(start):
        return True
    sounding = float(np.sum(np.minimum(end[:-1], start[1:]) - start[:-1]) + end[-1] - start[-1])
    played = float(np.sum(notes.end - notes.start))
    return played <= (1.0 + _SINGLE) * max(sounding, 1e-9)


def chord_evidence(
    notes: PitchedNotes, lines: BarLines
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the evidence in each half bar.

    Returns
    -------
    turned
        By pitch class, shape (2 B, `GROUPS`, 12), 0–1.
    plain
        Shape (2 B, `PLAIN`).
    """
    edges = lines.halves
    spans = len(edges) - 1
    heard = notes.share(edges)
    lowest = np.zeros((spans, 12))
    begins = np.zeros((spans, 12))
    rows = int(edges[-1] - edges[0])
    if len(notes.pitch) and rows:
        low = np.full(rows, 128)
        first = np.floor(notes.start).astype(np.int64) - int(edges[0])
        last = np.maximum(np.ceil(notes.end).astype(np.int64) - int(edges[0]), first + 1)
        first, last = np.clip(first, 0, rows - 1), np.clip(last, 1, rows)
        count = last - first
        note = np.repeat(np.arange(len(first)), count)
        row = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count) + first[note]
        np.minimum.at(low, row, notes.pitch[note])
        span_of = np.searchsorted(edges - edges[0], np.arange(rows), side="right") - 1
        sounds = low < 128
        np.add.at(lowest, (span_of[sounds], low[sounds] % 12), 1.0)
        size = np.maximum(np.diff(edges), 1)
        starts = edges[:-1] - edges[0]
        place = row - starts[span_of[row]]
        early = place < np.maximum(size[span_of[row]] // 4, 1)
        np.add.at(begins, (span_of[row[early]], notes.pitch[note[early]] % 12), 1.0)
    silent = 1.0 - lowest.sum(axis=1) / np.maximum(np.diff(edges), 1)
    heard, lowest, begins = (_to_shares(one) for one in (heard, lowest, begins))
    nothing = np.zeros((1, 12))
    before = np.concatenate([nothing, heard[:-1]])
    after = np.concatenate([heard[1:], nothing])
    kinds = (heard > 0.05).sum(axis=1)
    plain = np.stack([np.ones(spans), silent, kinds <= 1, kinds == 2], axis=1)
    groups = [heard, lowest, begins, before, after, np.sqrt(heard), heard > _PRESENT]
    return np.stack(groups, axis=1), plain.astype(np.float64)


def chord_scores(
    turned: NDArray[np.float64],
    plain: NDArray[np.float64],
    weights: Weights,
    *,
    single: bool = False,
) -> NDArray[np.float64]:
    """Return the score of each chord in each half bar, in nats; shape (2 B, `CHORDS`).

    Parameters
    ----------
    turned, plain
        From `chord_evidence`.
    weights
        ``quality``, shape (2, qualities, `GROUPS` × 12 + 1), and ``none``, shape (2, `PLAIN`): for
        several lines, and for a single one.
    single
        Whether a single line is heard.
    """
    spans = len(turned)
    index = (np.arange(12)[:, None] + np.arange(12)) % 12  # (root, interval) to pitch class
    quality = weights["quality"][int(single)]
    result = np.empty((spans, CHORDS))
    result[:, NO_CHORD] = plain @ weights["none"][int(single)]
    for first in range(0, spans, _AT_ONCE):
        part = turned[first : first + _AT_ONCE, :, index]
        by_root = part.transpose(0, 2, 1, 3).reshape(len(part), 12, GROUPS * 12)
        scores = by_root @ quality[:, :-1].T + quality[:, -1]  # (spans, roots, qualities)
        result[first : first + _AT_ONCE, 1:] = scores.reshape(len(part), -1)
    return result


def smooth(scores: NDArray[np.float64], weights: Weights) -> NDArray[np.float32]:
    """Return each half bar's chord given all half bars, by the forward-backward algorithm.

    Parameters
    ----------
    scores
        From `chord_scores`.
    weights
        ``change``, nats by which a chord follows another inside a bar and over a bar line; shape
        (2, `CHORDS`, `CHORDS`).
    """
    spans = len(scores)
    seen = np.exp(scores - scores.max(axis=1, keepdims=True))
    change = np.exp(weights["change"])
    forward = np.empty((spans, CHORDS))
    now = np.full(CHORDS, 1 / CHORDS) * seen[0]
    forward[0] = now / now.sum()
    for span in range(1, spans):
        now = (forward[span - 1] @ change[1 - span % 2]) * seen[span]
        forward[span] = now / now.sum()
    result = np.empty((spans, CHORDS), dtype=np.float32)
    backward = np.ones(CHORDS)
    for span in range(spans - 1, -1, -1):
        both = forward[span] * backward
        result[span] = both / both.sum()
        now = change[1 - span % 2] @ (backward * seen[span])
        backward = now / now.sum()
    return result


def expand_changes(by_interval: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nats of each change of chord from those by quality and interval.

    Parameters
    ----------
    by_interval
        Shape (2, qualities, qualities, 12): inside a bar and over a bar line, from, to, semitones
        up. What concerns no chord is as dear as the mean.

    Returns
    -------
    ndarray
        Shape (2, `CHORDS`, `CHORDS`).
    """
    sizes = len(QUALITIES)
    result = np.zeros((2, CHORDS, CHORDS))
    roots = np.arange(12)
    up = (roots[None, :] - roots[:, None]) % 12
    for one in range(sizes):
        for other in range(sizes):
            result[:, 1 + one :: sizes, 1 + other :: sizes] = by_interval[:, one, other][:, up]
    return result


@lru_cache(maxsize=1)
def shipped_weights() -> Weights:
    """Return the weights that come along, fitted by `chipgen train chords`."""
    stored = read_shipped(
        "chipgen.labels", WEIGHTS_FILE, lambda _: SHAPES, "weights of a chord recogniser", LARGEST
    )
    return {name: array.astype(np.float64) for name, array in stored.items()}


def _to_shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    total = values.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = values / np.maximum(total, 1e-9)
    return shares
