"""Finds the streams that have the tune: in each stretch of a piece one of them."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from chipgen.understand.role_weights import Weights
from chipgen.understand.streams import Stream

_WINDOW_S: Final = 2.0  # stretches in which it is asked who has the tune
_STAYS: Final = 1.0  # how much the tune prefers to stay with its player
_FAR_BELOW: Final = 4.0  # a stream so much less like a tune than the best accompanies, even alone
_TUNE_SHARE: Final = 0.5  # of the stretches in which a stream plays and has the tune


def find_tunes(
    streams: Sequence[Stream], weights: Sequence[Weights], candidates: Sequence[int]
) -> set[int]:
    """Return the streams that have the tune for at least half of the time that they play."""
    if not candidates:
        return set()
    best = max(weights[k].tune for k in candidates)
    candidates = [k for k in candidates if weights[k].tune >= best - _FAR_BELOW]
    length_s = max(note.end_s for k in candidates for note in streams[k].notes)
    playing: list[set[int]] = [set() for _ in range(int(length_s / _WINDOW_S) + 1)]
    for k in candidates:
        for note in streams[k].notes:
            playing[min(len(playing) - 1, int(note.start_s / _WINDOW_S))].add(k)
    windows = [sorted(there) for there in playing if there]
    has_tune = Counter(_best_succession(streams, weights, windows))
    active = Counter(k for there in windows for k in there)
    return {k for k in candidates if active[k] and has_tune[k] >= _TUNE_SHARE * active[k]}


def _best_succession(
    streams: Sequence[Stream], weights: Sequence[Weights], windows: Sequence[Sequence[int]]
) -> list[int]:
    """Return who has the tune in each window, so that weights less changes sum up to the most.

    Parameters
    ----------
    streams, weights
        All of them.
    windows
        Positions of the streams that play in each, at least one.
    """
    sums: dict[int, float] = {}
    before: list[dict[int, int]] = []
    for there in windows:
        best = max(sums, key=lambda k: sums[k], default=-1)
        of_track: dict[int, int] = {}
        for k in sums:
            track = streams[k].track
            if track not in of_track or sums[k] > sums[of_track[track]]:
                of_track[track] = k
        links: dict[int, int] = {}
        fresh: dict[int, float] = {}
        for k in there:
            stays = of_track.get(streams[k].track, -1)
            keeps = stays >= 0 and sums[stays] >= sums[best] - _STAYS
            links[k] = stays if keeps else best
            came = sums[stays] if keeps else sums.get(best, _STAYS) - _STAYS
            fresh[k] = came + weights[k].tune
        before.append(links)
        sums = fresh
    who = [max(sums, key=lambda k: sums[k])] if sums else []
    for links in before[:0:-1]:
        who.append(links[who[-1]])
    return who[::-1]
