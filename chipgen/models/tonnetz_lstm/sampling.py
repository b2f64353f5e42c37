"""Samples slices that continue a piece."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.models.tonnetz_lstm.inference import Mark, SliceInference, SliceWeights
from chipgen.models.tonnetz_lstm.kernels import balanced_chances, exp
from chipgen.music.tonnetz import PITCHES
from chipgen.request.compose_fields import USUAL

REMEMBERED_SLICES: Final = 512  # how far the echo looks back while sampling
_CROWDED: Final = 1.4  # times the target density before pitches are held back
_THIN: Final = 0.8
_STUCK_SLICES: Final = 6  # this many slices with at most two different ones among them are a drone
_STUCK_PENALTY: Final = 1.0  # taken from their pitches' logits, more with every further slice
_CANDIDATES: Final = 4  # of a stretch that moves less than its target
_NARROW_BITS: Final = 0.15  # this much less variety of pitch classes counts as one chord too few


Slice = NDArray[np.bool_]
Logits = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Motion:
    """How much the harmony moves in a stretch of slices.

    Attributes
    ----------
    chords
        Different sets of pitch classes.
    basses
        Different pitch classes at the bottom.
    bits
        Entropy of the pitch classes, 0 to log2 12.
    """

    chords: int = 0
    basses: int = 0
    bits: float = 0.0

    def lacking(self, target: "Motion") -> float:
        """Return how far this falls short of a target; 0 where it reaches it."""
        narrow = target.bits - self.bits - _NARROW_BITS
        return (
            max(0, target.chords - self.chords)
            + max(0, target.basses - self.basses)
            + max(0.0, narrow / _NARROW_BITS)
        )


@dataclass(frozen=True, slots=True)
class SliceSampling:
    """How slices are drawn.

    Attributes
    ----------
    temperature
        Divides the logits; above 0.
    top_p
        Only the likeliest pitches are drawn from, as many as hold this share of all the
        probability in a slice; 0–1.
    density
        Target number of pitches in a slice, on average.
    bias
        Added to the logits, shape (88,): what keeps the music near the seed's key.
    stretch, motion
        In each stretch of so many slices the harmony should move at least so much. A stretch that
        moves less is drawn again, and the liveliest of a few candidates is kept.
    """

    temperature: float = USUAL.temperature
    top_p: float = USUAL.top_p
    density: float = 4.0
    bias: NDArray[np.float64] | None = None
    stretch: int = 16
    motion: Motion = Motion()


class Chance:
    """Uniform numbers from the Mersenne Twister, as torch draws them: 53 of 64 bits.

    Takes that were made when torch composed them can so be made again.

    Parameters
    ----------
    rng_seed
        0 to 2³² − 1.
    """

    def __init__(self, rng_seed: int) -> None:
        self._words = np.random.RandomState(rng_seed)  # its stream never changes

    def draw(self, count: int) -> NDArray[np.float64]:
        """Return numbers from 0 to below 1, shape (count,)."""
        words = self._words.randint(0, 2**32, (count, 2), dtype=np.uint32).astype(np.uint64)
        bits = (words[:, 0] << np.uint64(32) | words[:, 1]) & np.uint64(2**53 - 1)
        return bits.astype(np.float64) * 2.0**-53


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Slices drawn so far, and what is needed to go on from them."""

    logits: Logits
    mark: Mark
    drawn: tuple[Slice, ...] = ()
    stuck: int = 0


def sample_slices(
    model: Any, history: NDArray[np.bool_], steps: int, sampling: SliceSampling, chance: Chance
) -> NDArray[np.bool_]:
    """Draw slices one after the other.

    Parameters
    ----------
    model
        `SliceWeights`, or a `TonnetzLstm`.
    history
        The piece so far, shape (n, 88), n at least 1.
    steps
        How many slices to draw.
    chance
        The only source of chance.

    Returns
    -------
    NDArray
        Boolean, shape (steps, 88); no slice is empty.
    """
    inference = SliceInference(SliceWeights.of(model), REMEMBERED_SLICES)
    logits = inference.read(history[-REMEMBERED_SLICES:])[-1]
    candidate = _Candidate(logits.astype(np.float64), inference.mark)
    while len(candidate.drawn) < steps:
        count = min(sampling.stretch, steps - len(candidate.drawn))
        candidate = _draw_stretch(inference, candidate, count, sampling, chance)
    return np.stack(candidate.drawn)


def motion_of(slices: NDArray[np.bool_]) -> Motion:
    """Count the chords and basses of slices, shape (n, 88).

    Examples
    --------
    >>> slices = np.zeros((3, 88), bool)
    >>> slices[0, [0, 4, 7]] = slices[1, [4, 12, 19]] = slices[2, [0, 7]] = True
    >>> motion = motion_of(slices)
    >>> motion.chords, motion.basses, round(motion.bits, 2)
    (2, 2, 1.56)
    """
    chords, basses = set(), set()
    for row in slices:
        sounding = np.flatnonzero(row)
        if len(sounding):
            chords.add(frozenset((sounding % 12).tolist()))
            basses.add(int(sounding[0]) % 12)
    counts = np.bincount(np.nonzero(slices)[1] % 12, minlength=12)
    shares = counts[counts > 0] / max(1, counts.sum())
    return Motion(len(chords), len(basses), float(-(shares * np.log2(shares)).sum()))


def typical_motion(slices: NDArray[np.bool_], stretch: int) -> Motion:
    """Return the median motion of a piece's stretches, counted back from its end."""
    last = len(slices) - stretch
    motions = [motion_of(slices[at : at + stretch]) for at in (range(last, -1, -stretch) or [0])]
    return Motion(
        int(np.median([motion.chords for motion in motions])),
        int(np.median([motion.basses for motion in motions])),
        float(np.median([motion.bits for motion in motions])),
    )


def _draw_stretch(
    inference: SliceInference,
    candidate: _Candidate,
    count: int,
    sampling: SliceSampling,
    chance: Chance,
) -> _Candidate:
    """Draw `count` more slices; draw others in their place if they do not move."""
    candidates: list[tuple[float, _Candidate]] = []
    while len(candidates) < _CANDIDATES and not (candidates and candidates[-1][0] == 0):
        longer = _go_on(inference, candidate, count, sampling, chance)
        lacking = 0.0
        if count == sampling.stretch:
            lacking = motion_of(np.stack(longer.drawn[-count:])).lacking(sampling.motion)
        candidates.append((lacking, longer))
    best = min(candidates, key=lambda entry: entry[0])[1]
    if best is not candidates[-1][1]:  # which the inference read last
        inference.rewind(candidate.mark)
        inference.read(np.stack(best.drawn[-count:]))
    return best


def _go_on(
    inference: SliceInference,
    candidate: _Candidate,
    count: int,
    sampling: SliceSampling,
    chance: Chance,
) -> _Candidate:
    """Draw `count` more slices."""
    inference.rewind(candidate.mark)
    logits, stuck, drawn = candidate.logits, candidate.stuck, list(candidate.drawn)
    for _ in range(count):
        held = logits if sampling.bias is None else logits + sampling.bias
        recent = drawn[-_STUCK_SLICES:]
        stuck = stuck + 1 if len(recent) == _STUCK_SLICES and _different(recent) <= 2 else 0
        if stuck:
            held = held - _STUCK_PENALTY * stuck * np.any(recent, axis=0)
        drawn.append(_draw(held, sampling, chance))
        logits = inference.read(drawn[-1][None])[0].astype(np.float64)
    return _Candidate(logits, inference.mark, tuple(drawn), stuck)


def _draw(logits: Logits, sampling: SliceSampling, chance: Chance) -> Slice:
    """Draw one slice, never an empty one."""
    shares = np.empty(PITCHES)
    scaled = logits / sampling.temperature
    density = sampling.density
    scaled = scaled + balanced_chances(scaled, _THIN * density, _CROWDED * density, shares)
    order = np.argsort(-shares, kind="stable")
    before = np.cumsum(shares[order]) - shares[order]
    shares[order[before >= sampling.top_p * np.cumsum(shares)[-1]]] = 0
    chosen = _without_clusters(chance.draw(PITCHES) < shares, scaled)
    if not chosen.any():
        chosen[_one_of_the_best(scaled, chance)] = True
    return chosen


def _without_clusters(chosen: Slice, logits: Logits) -> Slice:
    """Of two chosen pitches a semitone apart keep the likelier.

    Pitches are drawn independently, so two candidates for the same note are sometimes both drawn.
    """
    kept = chosen.copy()
    pitches = np.flatnonzero(chosen)
    for index in pitches[np.argsort(-logits[pitches], kind="stable")].tolist():
        if kept[index]:
            kept[max(0, index - 1) : index] = False
            kept[index + 1 : index + 2] = False
    return kept


def _one_of_the_best(logits: Logits, chance: Chance) -> int:
    """Draw one of the three likeliest pitches: the one that comes first, if it comes as often."""
    best = np.argsort(-logits, kind="stable")[:3]
    shares = [exp(value) for value in (logits[best] - logits[best[0]]).tolist()]
    return int(best[np.argmin(-np.log1p(-chance.draw(3)) / shares)])


def _different(slices: list[Slice]) -> int:
    return len({row.tobytes() for row in slices})
