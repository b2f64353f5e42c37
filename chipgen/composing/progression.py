"""Plans the chords of a continuation, half bar by half bar.

Chords are drawn from how often each follows each in songs, told from the tonic, by forward
filtering and backward sampling: what is given, such as chords under a tune that is there, weighs on
all that come before. Bars that repeat others repeat their chords; phrases end openly or at home.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.form import USUAL_PHRASE, PlannedBar
from chipgen.declared_arrays import read_shipped
from chipgen.labels.chord_names import chord_classes, chord_number
from chipgen.music.key_detection import KEY_PROFILES
from chipgen.music.key_names import Key, parse_key
from chipgen.rows.plan_features import CHORDS, NEW, QUALITIES

Weights = NDArray[np.float64]

_CHANGES_FILE: Final = "chord_changes.safetensors"  # counts, told from C
_MOST_COUNTED: Final = 1e9
_SMOOTHING: Final = 0.02  # of a chord's changes, shared out among all
_NO_CHORD: Final = 1e-3  # what is left of the probability that nothing sounds
_STAYS: Final = 0.15  # how much of staying on a chord over a bar line is kept: vamps are left out
_FOREIGN: Final = 0.3  # how much of chords for each note that the key lacks
_PARALLEL: Final = 0.05  # how much of a minor tonic in a major key
_OWN: Final = 1.0  # changes from a chord in a seed that weigh as much as all songs do
_OWN_RHYTHM: Final = 2.0  # of its changes, that tell how often chords change as much as songs do
_DRAWS: Final = 8  # of a progression, until one tells its key and changes as often as the seed
_MORE: Final = 0.15  # of bars and bar lines, by which a progression may be poorer than its seed
_MOST_STAYS: Final = 0.25  # of bar lines, that a seed's chords excuse: a tune alone tells few
_FEWEST_TOLD: Final = 4  # bars of a seed whose chords are known, to be compared with
_MOST_ROOTS: Final = 3  # that a progression must have, if its seed does
_ROOT_COUNTS: Final = 0.3  # more than the other tones of a chord
_HOME: Final = 40.0  # how much likelier a chord is made where a cadence asks for it
_MAJOR, _MINOR, _SEVENTH, _DIMINISHED = 0, 1, 2, 4
# Chords that lead to the tonic, by semitones above it: the dominants first.
_LEADING_MAJOR: Final = {
    7: (_MAJOR, _SEVENTH), 5: (_MAJOR, _MINOR), 2: (_MINOR,), 11: (_DIMINISHED,)
}  # fmt: skip
_LEADING_MINOR: Final = {
    7: (_MAJOR, _SEVENTH, _MINOR), 5: (_MINOR, _MAJOR), 2: (_DIMINISHED,), 10: (_MAJOR, _SEVENTH),
    11: (_DIMINISHED,),
}  # fmt: skip


def draw_chords(
    bars: list[PlannedBar],
    key: Key,
    heard: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    first_bar: int,
    cadence: bool,
    own: NDArray[np.int64] | None = None,
    tells_key: bool = False,
) -> NDArray[np.int64]:
    """Draw two chords for each bar of a form.

    Parameters
    ----------
    bars
        The form.
    key
        Its key.
    heard
        Chords of the bars before, two a bar; -1 is unknown.
    rng
        Decides.
    first_bar
        Index of the first of these bars in the piece, as `PlannedBar.source` counts.
    cadence
        Whether the last bar comes home.
    own
        Chords of the seed, two a bar, whose changes are taken up; None takes those of songs alone.
    tells_key
        Whether the chords are to tell the key; if no draw does, rounds and the seed's changes are
        left.

    Returns
    -------
    ndarray
        Chord numbers, shape (2 × bars,).
    """
    count = len(bars)
    free = np.ones((2 * count, CHORDS))
    tonic, dominant, leading = _functions(key)
    for index, bar in enumerate(bars):
        span = slice(2 * index, 2 * index + 2)
        if bar.left == 1:  # a phrase ends at home or before it
            free[span, :] *= np.where(np.isin(np.arange(CHORDS), [*tonic, *dominant]), 3.0, 1.0)
        if cadence and index == count - 1:
            free[span, tonic] *= _HOME**2
        if cadence and index == count - 2:
            free[2 * index + 1, dominant] *= _HOME
            free[2 * index + 1, np.setdiff1d(np.arange(CHORDS), leading)] = 0.0
    repeats = [
        _Repeat(index, _chords_again(bar) - first_bar, bar)
        for index, bar in enumerate(bars[: max(0, count - 2)] if cadence else bars)
        if _chords_again(bar) >= 0
    ]
    stands = _stands(heard[-2 * USUAL_PHRASE :])
    before = int(heard[-1]) if len(heard) else -1
    of_songs = _changes_in(key)
    changes = of_songs if own is None else _taken_up(of_songs, own)
    found: list[tuple[float, NDArray[np.int64]]] = []
    while len(found) < _DRAWS and (not found or found[-1][0] > 0):
        late = tells_key and 2 * len(found) > _DRAWS
        given = _given_by(heard, repeats, count, rounds=not (stands or late))
        drawn = sample_path(given, free, key, before, rng, of_songs if late else changes)
        _repeat(drawn, repeats)
        fault = 0.0 if own is None or late else _poorer(drawn, own, key)
        found.append((fault + (_away_from(key, drawn) if tells_key else 0.0), drawn))
    return min(found, key=lambda draw: draw[0])[1]


class _Repeat(NamedTuple):
    """A planned bar with another's chords; both are counted from the first planned bar."""

    number: int
    source: int
    bar: PlannedBar


def _given_by(
    heard: NDArray[np.int64], repeats: list[_Repeat], count: int, *, rounds: bool
) -> NDArray[np.int64]:
    """Return the chords of bars that repeat heard ones, with their rounds or without; else -1."""
    given = np.full(2 * count, -1, dtype=np.int64)
    for number, source, bar in repeats:
        at = len(heard) + 2 * source
        if source < 0 <= at and (rounds or bar.round < 0):
            given[2 * number : 2 * number + 2] = heard[at : at + 2]
    return given


def _repeat(drawn: NDArray[np.int64], repeats: list[_Repeat]) -> None:
    """Give bars that repeat drawn ones their chords, but for rounds of a single chord."""
    for number, source, bar in repeats:
        phrase = 2 * max(0, source - bar.place)
        is_round = bar.round >= 0
        if source >= 0 and not (is_round and _stands(drawn[phrase : phrase + 2 * USUAL_PHRASE])):
            drawn[2 * number : 2 * number + 2] = drawn[2 * source : 2 * source + 2]


def _poorer(chords: NDArray[np.int64], own: NDArray[np.int64], key: Key) -> float:
    """Return how much poorer a progression is than its seed's; 0 if hardly at all.

    It is where chords stay over more bar lines, are foreign to the key in more half bars, or have
    fewer roots.
    """
    told = own[own > 0]
    if len(told) < 2 * _FEWEST_TOLD:
        return 0.0
    stays = _stays(chords) - min(_MOST_STAYS, _stays(own))
    foreign = _foreign(chords, key) - _foreign(told, key)
    wanted = min(_MOST_ROOTS, len(_roots(told)))
    return (
        max(0.0, stays - _MORE) + max(0.0, foreign - _MORE)
        + max(0, wanted - len(_roots(chords[:-4]))) / _MOST_ROOTS
    )  # fmt: skip


def _stays(chords: NDArray[np.int64]) -> float:
    """Return over which share of the bar lines a chord, two a bar, stays."""
    before, after = chords[1:-1:2], chords[2::2]
    told = (before > 0) & (after > 0)
    return float((before == after)[told].mean()) if told.any() else 0.0


def _foreign(chords: NDArray[np.int64], key: Key) -> float:
    """Return which share of chords has tones that a key lacks."""
    return float(np.mean([bool(set(chord_classes(int(c))) - key.scale) for c in chords]))


def _roots(chords: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the different roots of chords."""
    return np.unique((chords[chords > 0] - 1) // QUALITIES)


def _away_from(key: Key, chords: NDArray[np.int64]) -> float:
    """Return how much nearer chords are to another key than to this one; 0 if they are not."""
    shares = np.zeros(12)
    for chord, count in zip(*np.unique(chords, return_counts=True), strict=True):
        tones = chord_classes(int(chord))
        shares[list(tones)] += count
        shares[list(tones[:1])] += _ROOT_COUNTS * count
    shares /= max(1.0, shares.sum())
    away = np.linalg.norm(shares - KEY_PROFILES.reshape(2, 12, 12), axis=-1)
    return float(away[int(key.mode == "minor"), key.tonic] - away.min())


def _stands(chords: NDArray[np.int64]) -> bool:
    """Tell whether a phrase is on one chord, which is no round for the next one."""
    return len(np.unique(chords)) < 2


def _chords_again(bar: PlannedBar) -> int:
    """Return the bar whose chords a bar has again, or -1."""
    return bar.round if bar.round >= 0 else bar.source if bar.tune != NEW else -1


def sample_path(
    given: NDArray[np.int64],
    weights: Weights,
    key: Key,
    before: int,
    rng: np.random.Generator,
    changes: Weights | None = None,
) -> NDArray[np.int64]:
    """Draw a chord for each half bar, from how chords follow each other and what is told of them.

    Parameters
    ----------
    given
        Chords that are known, -1 elsewhere; shape (halves,), beginning with a bar.
    weights
        How likely each chord is where it is not known, shape (halves, CHORDS).
    key
        What chords are told from.
    before
        The chord before the first one, or -1.
    rng
        Decides.
    changes
        Probability of each chord after each, at bar lines and inside bars; as in songs, if None.
    """
    halves = len(given)
    changes = _changes_in(key) if changes is None else changes
    local = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, 1.0)
    told = given >= 0
    local[told] = 0.0
    local[told, given[told]] = 1.0
    forward = np.zeros((halves, CHORDS))
    start = changes[0].mean(axis=0) if before < 0 else changes[0][before]
    now = start
    for half in range(halves):
        if half:
            now = forward[half - 1] @ changes[half % 2]
        now = now * local[half]
        forward[half] = now / max(now.sum(), 1e-300)
    path = np.zeros(halves, dtype=np.int64)
    for half in range(halves - 1, -1, -1):
        shares = forward[half]
        if half < halves - 1:
            shares = shares * changes[(half + 1) % 2][:, path[half + 1]]
        if shares.sum() <= 0:
            shares = local[half]
        reach = np.cumsum(shares)
        path[half] = int(np.searchsorted(reach, rng.random() * reach[-1], side="right"))
    return path


def _functions(key: Key) -> tuple[list[int], list[int], list[int]]:
    """Return the chords that are home in a key, its dominants, and all that lead home."""
    is_minor = key.mode == "minor"
    home = chord_number(key.tonic, _MINOR if is_minor else _MAJOR)
    leading = [
        chord_number(key.tonic + step, quality)
        for step, qualities in (_LEADING_MINOR if is_minor else _LEADING_MAJOR).items()
        for quality in qualities
    ]
    return [home], leading[:2], leading


def _changes_in(key: Key) -> NDArray[np.float64]:
    """Return the probability of each chord after each, at bar lines and inside bars."""
    table = _changes()[int(key.mode == "minor")]
    turned: NDArray[np.float64] = np.zeros_like(table)
    chord = np.arange(1, CHORDS) - 1
    place = np.append(0, 1 + (chord // QUALITIES + key.tonic) % 12 * QUALITIES + chord % QUALITIES)
    for which in range(2):
        turned[which][np.ix_(place, place)] = table[which]
    return turned


def _taken_up(changes: Weights, own: NDArray[np.int64]) -> Weights:
    """Return how chords follow each other in songs and in a seed.

    Over bar lines they change at least as often as in songs, so that a vamp goes somewhere.

    Parameters
    ----------
    changes
        Of songs, shape (2, CHORDS, CHORDS): at bar lines, and inside bars.
    own
        Chords of the seed, two a bar; those below 1 tell nothing.
    """
    result = changes.copy()
    for inside in range(2):
        before, after = own[1 - inside : -1 : 2], own[2 - inside :: 2]
        told = (before > 0) & (after > 0)
        before, after = before[told], after[told]
        if not len(before):
            continue
        stays = changes[inside].diagonal()
        usual = float(stays[before].mean())
        same = float((before == after).sum()) + _OWN_RHYTHM * usual
        share = same / (len(before) + _OWN_RHYTHM)
        odds = share / (1 - share) * (1 - usual) / usual
        odds = odds if inside else min(1.0, odds)
        stays = odds * stays / (odds * stays + 1 - stays)
        heard = np.zeros((CHORDS, CHORDS))
        np.add.at(heard, (before, after), 1.0)
        others = changes[inside].copy()
        for table in (heard, others):
            np.fill_diagonal(table, 0.0)
        moves = heard + _OWN * others / others.sum(axis=1, keepdims=True)
        moves /= moves.sum(axis=1, keepdims=True)
        result[inside] = (1 - stays)[:, None] * moves + np.diag(stays)
    return result


@lru_cache(maxsize=1)
def _changes() -> NDArray[np.float64]:
    """Return probabilities of changes told from C: (minor, inside a bar, from, to)."""
    stored = read_shipped(
        "chipgen.composing", _CHANGES_FILE, lambda _: {"changes": (2, 2, CHORDS, CHORDS)},
        "counts of changes of chord", _MOST_COUNTED,
    )  # fmt: skip
    counts = stored["changes"].astype(np.float64)
    usual = counts.sum(axis=(1, 2), keepdims=True)
    usual = usual / usual.sum(axis=-1, keepdims=True)
    counts = counts + _SMOOTHING * counts.sum(axis=-1, keepdims=True) * usual + 2.0 * usual
    counts[..., 0] *= _NO_CHORD
    counts[:, 0] *= np.where(np.eye(CHORDS), _STAYS, 1.0)
    for minor, scale in enumerate((parse_key("C major").scale, parse_key("C minor").scale)):
        foreign = [len(set(chord_classes(chord)) - scale) for chord in range(CHORDS)]
        counts[minor] *= _FOREIGN ** np.array(foreign)
    counts[0, ..., chord_number(0, _MINOR)] *= _PARALLEL
    shares: NDArray[np.float64] = counts / counts.sum(axis=-1, keepdims=True)
    return shares
