"""A two-sample test: how well classifiers tell takes from what the songs really go on with."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.listener.classifier_features import GROUPS, PLAIN, describe
from benchmarks.listener.figures import Figure, Sample
from benchmarks.listener.material import Material, Pair
from benchmarks.listener.piece import Piece

_FOLDS: Final = 10
_FEWEST: Final = 10  # pairs
_RESAMPLINGS: Final = 500

Described = dict[str, list[float]]


def auc(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the chance that one of class 1 scores above one of class 0 (ties count half)."""
    from scipy.stats import rankdata

    ones = int(labels.sum())
    ranks = rankdata(scores)[labels == 1].sum()
    return float((ranks - ones * (ones + 1) / 2) / max(1, ones * (len(labels) - ones)))


def told_apart(
    x: NDArray[np.float64], labels: NDArray[np.int64], songs: NDArray[np.int64]
) -> Sample:
    """Return how well classifiers tell two classes apart, cross-validated by song.

    The log odds of a regularised logistic regression and of extremely randomised trees are added.
    The interval is of songs drawn again.

    Parameters
    ----------
    x
        Shape (excerpts, numbers).
    labels
        0 or 1, shape (excerpts,).
    songs
        Which song each is of, shape (excerpts,): no song is in training and test at once.
    """
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    rng = np.random.default_rng(0)
    order = rng.permutation(np.unique(songs))
    fold = np.array([int(np.flatnonzero(order == song)[0]) % _FOLDS for song in songs])
    scores = np.zeros(len(labels))
    for k in range(_FOLDS):
        test, train = fold == k, fold != k
        if not test.any() or len(np.unique(labels[train])) < 2:
            continue
        quantiles = min(50, int(train.sum()))
        models = (
            make_pipeline(
                QuantileTransformer(n_quantiles=quantiles, output_distribution="normal"),
                LogisticRegression(C=0.01, max_iter=1000),
            ),
            ExtraTreesClassifier(150, min_samples_leaf=3, max_features=0.3, random_state=0),
        )
        for model in models:
            model.fit(x[train], labels[train])
            told = model.predict_proba(x[test])[:, 1]
            # Log odds: what folds say can be set beside each other.
            told = np.clip(told, 1e-3, 1 - 1e-3)
            scores[test] += np.log(told / (1 - told))
    value = auc(scores, labels)
    drawn = []
    members = [np.flatnonzero(songs == song) for song in np.unique(songs)]
    for _ in range(_RESAMPLINGS):
        chosen = rng.integers(0, len(members), len(members))
        which = np.concatenate([members[int(c)] for c in chosen])
        if 0 < labels[which].sum() < len(which):
            drawn.append(auc(scores[which], labels[which]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Sample(value, len(members), float(low), float(high))


def compare(
    real: Sequence[Described],
    other: Sequence[Described],
    groups: Sequence[str],
    *,
    swap: bool = False,
) -> Sample:
    """Return how well the real continuations are told from others of the same songs.

    Parameters
    ----------
    swap
        Whether each song's two labels are changed over by a coin: nothing is left to be told.
    """
    count = len(real)
    x = np.array([[v for g in groups for v in each[g]] for each in (*real, *other)])
    labels = np.repeat([0, 1], count)
    songs = np.tile(np.arange(count), 2)
    if swap:
        coin = np.random.default_rng(1).integers(0, 2, count)
        labels = labels ^ np.tile(coin, 2)
    return told_apart(np.nan_to_num(x), labels, songs)


def measure(material: Material) -> list[Figure]:
    """Return the AUC of plain notes, of everything, and of each group of features."""
    pairs = [pair for pair in material.pairs if pair.ours is not None]
    if len(pairs) < _FEWEST:
        return []
    seen: dict[str, list[Described]] = {
        "real": [describe(p.seed, p.real) for p in pairs],
        "ours": [describe(p.seed, p.ours) for p in pairs if p.ours is not None],
        "another song": [
            describe(p.seed, o.real) for p, o in zip(pairs, pairs[1:] + pairs[:1], strict=True)
        ],
        "the seed looped": [describe(p.seed, _looped(p)) for p in pairs],
    }
    late = [k for k, p in enumerate(pairs) if p.later is not None]
    later = [describe(pairs[k].seed, pairs[k].later) for k in late]  # type: ignore[arg-type]
    everything = tuple(GROUPS)

    swapped = {"labels swapped": compare(seen["real"], seen["ours"], everything, swap=True)}
    controls = {
        name: compare(seen["real"], seen[name], PLAIN)
        for name in ("another song", "the seed looped")
    }
    if len(later) >= _FEWEST:
        controls["the song later"] = compare([seen["real"][k] for k in late], later, PLAIN)
    return [
        Figure("AUC by plain notes", compare(seen["real"], seen["ours"], PLAIN), None,
               swapped | controls, 0.80),
        Figure("AUC with everything", compare(seen["real"], seen["ours"], everything), None,
               swapped, 0.90),
        *(
            Figure(f"  AUC by {group}", compare(seen["real"], seen["ours"], (group,)))
            for group in everything
        ),
    ]  # fmt: skip


def _looped(pair: Pair) -> Piece:
    twice = pair.seed.then(pair.seed)
    return twice.between(0.0, pair.real.length)
