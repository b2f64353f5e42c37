"""A model of slices and what was heard so far to the slices that go on from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chipgen.models.tonnetz_lstm.network import Memory, TonnetzLstm
from chipgen.music.tonnetz import PITCHES

REMEMBERED_SLICES: Final = 512  # how far the echo looks back while sampling
_CROWDED: Final = 1.4  # times the wished density before pitches are held back
_THIN: Final = 0.8
_STUCK_SLICES: Final = 6  # so many slices with at most two different ones among them is a drone
_STUCK_PENALTY: Final = 1.0  # taken from their pitches' logits, more with every further slice
_NEVER: Final = -30.0
_DRAFTS: Final = 4  # of a stretch that moves less than is wished for
_NARROW_BITS: Final = 0.15  # so much less variety of pitch classes weighs as a chord too few


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

    def lacking(self, wished: "Motion") -> float:
        """Return how far this falls short of what is wished: 0 is not at all."""
        narrow = wished.bits - self.bits - _NARROW_BITS
        return (
            max(0, wished.chords - self.chords)
            + max(0, wished.basses - self.basses)
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
        Pitches wished for in a slice, on average.
    bias
        Added to the logits, shape (88,): what keeps the music near the seed's key.
    stretch, motion
        Every so many slices the harmony is wished to move so much; where it does not, they are
        drawn again, and the liveliest of a few drafts is kept.
    """

    temperature: float = 1.0
    top_p: float = 0.95
    density: float = 4.0
    bias: NDArray[np.float64] | None = None
    stretch: int = 16
    motion: Motion = Motion()


@dataclass(frozen=True, slots=True)
class _Draft:
    """Slices drawn so far, and what is needed to go on from them."""

    logits: Tensor
    memory: Memory
    drawn: tuple[Tensor, ...] = ()
    stuck: int = 0


@torch.no_grad()
def sample_slices(
    model: TonnetzLstm,
    history: NDArray[np.bool_],
    steps: int,
    sampling: SliceSampling,
    generator: torch.Generator,
) -> NDArray[np.bool_]:
    """Draw slices one after the other.

    Parameters
    ----------
    history
        What was heard, shape (n, 88), n at least 1.
    steps
        How many slices to draw.
    generator
        The only source of chance; on the CPU.

    Returns
    -------
    NDArray
        Boolean, shape (steps, 88); no slice is empty.
    """
    model.eval()
    bias = torch.zeros(PITCHES) if sampling.bias is None else torch.from_numpy(sampling.bias)
    logits, memory = model(torch.from_numpy(history[-REMEMBERED_SLICES:]).float()[None])
    draft = _Draft(logits[0, -1], memory)
    with _small_sums():
        return _draw_all(model, draft, steps, sampling, bias, generator)


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


def _draw_all(
    model: TonnetzLstm,
    draft: _Draft,
    steps: int,
    sampling: SliceSampling,
    bias: Tensor,
    generator: torch.Generator,
) -> NDArray[np.bool_]:
    """Draw stretch by stretch, those that stand still again."""
    while len(draft.drawn) < steps:
        count = min(sampling.stretch, steps - len(draft.drawn))
        drafts: list[tuple[float, _Draft]] = []
        while len(drafts) < _DRAFTS and not (drafts and drafts[-1][0] == 0):
            longer = _go_on(model, draft, count, sampling, bias, generator)
            lacking = 0.0
            if count == sampling.stretch:
                made = torch.stack(longer.drawn[-count:]).numpy()
                lacking = motion_of(made).lacking(sampling.motion)
            drafts.append((lacking, longer))
        _, draft = min(drafts, key=lambda entry: entry[0])
    return torch.stack(draft.drawn).numpy().astype(np.bool_)


def _go_on(
    model: TonnetzLstm,
    draft: _Draft,
    count: int,
    sampling: SliceSampling,
    bias: Tensor,
    generator: torch.Generator,
) -> _Draft:
    """Draw `count` more slices."""
    logits, memory, stuck = draft.logits, draft.memory, draft.stuck
    drawn = list(draft.drawn)
    for _ in range(count):
        held = logits.double() + bias
        recent = drawn[-_STUCK_SLICES:]
        stuck = stuck + 1 if len(recent) == _STUCK_SLICES and _different(recent) <= 2 else 0
        if stuck:
            held = held - _STUCK_PENALTY * stuck * torch.stack(recent).any(dim=0)
        chosen = _draw(held, sampling, generator)
        drawn.append(chosen)
        answer, memory = model(chosen.float()[None, None], None, _trim(memory))
        logits = answer[0, -1]
    return _Draft(logits, memory, tuple(drawn), stuck)


@contextmanager
def _small_sums() -> Iterator[None]:
    """Leave oneDNN aside: it packs an LSTM's weights anew for every step, ten times the sums."""
    before = bool(torch.backends.mkldnn.enabled)
    setattr(torch.backends.mkldnn, "enabled", False)  # noqa: B010 - typed as read-only
    try:
        yield
    finally:
        setattr(torch.backends.mkldnn, "enabled", before)  # noqa: B010


def _draw(logits: Tensor, sampling: SliceSampling, generator: torch.Generator) -> Tensor:
    """Draw one slice, never an empty one."""
    scaled = _balance(logits / sampling.temperature, sampling.density)
    chance = torch.sigmoid(scaled)
    ranked = torch.sort(chance, descending=True, stable=True)
    before = ranked.values.cumsum(0) - ranked.values
    kept = before < sampling.top_p * chance.sum()
    chance = torch.zeros_like(chance).scatter(0, ranked.indices[kept], ranked.values[kept])
    chosen = torch.rand(PITCHES, generator=generator, dtype=torch.float64) < chance
    chosen = _without_clusters(chosen, scaled)
    if not chosen.any():
        best = torch.topk(scaled, 3)
        pick = torch.multinomial(torch.softmax(best.values, 0), 1, generator=generator)
        chosen[best.indices[pick]] = True
    return chosen


def _balance(logits: Tensor, density: float) -> Tensor:
    """Shift logits so that about as many pitches are expected as are wished for."""
    expected = float(torch.sigmoid(logits).sum())
    wished = min(max(expected, _THIN * density), _CROWDED * density)
    if wished == expected:
        return logits
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        if float(torch.sigmoid(logits + middle).sum()) < wished:
            low = middle
        else:
            high = middle
    return logits + (low + high) / 2


def _without_clusters(chosen: Tensor, logits: Tensor) -> Tensor:
    """Of two chosen pitches a semitone apart keep the likelier.

    Pitches are drawn independently, so two candidates for the same note are sometimes both drawn.
    """
    kept = chosen.clone()
    order = torch.sort(torch.where(chosen, logits, _NEVER), descending=True, stable=True).indices
    for index in order[: int(chosen.sum())].tolist():
        if kept[index]:
            for neighbour in (index - 1, index + 1):
                if 0 <= neighbour < PITCHES:
                    kept[neighbour] = False
    return kept


def _different(slices: list[Tensor]) -> int:
    return len(torch.unique(torch.stack(slices), dim=0))


def _trim(memory: Memory) -> Memory:
    """Forget what lies further back than the echo may look, so that long takes stay fast."""
    surplus = memory.keys.shape[1] - REMEMBERED_SLICES
    if surplus <= 0:
        return memory
    return Memory(memory.hidden, memory.cell, memory.heard[:, surplus:], memory.keys[:, surplus:])
