"""The composer of `tonnetz-lstm`: continues a seed with three lines of notes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.composer import refuse_plans
from chipgen.composing.voice_leading import Lines, play_slices
from chipgen.models.continuation import (
    Continuation,
    Stretch,
    folded_remarks,
)
from chipgen.models.tonnetz_lstm.inference import SliceWeights, load_weights
from chipgen.models.tonnetz_lstm.sampling import (
    REMEMBERED_SLICES,
    Chance,
    SliceSampling,
    sample_slices,
    typical_motion,
)
from chipgen.music.note_grid import pitched_tracks, sounding_slices
from chipgen.music.score import Score
from chipgen.music.tonnetz import PITCH_HIGH, PITCH_LOW
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.seed_lines import ROLES, Part
from chipgen.understand.ending import Ending

STEP_BEATS: Final = 1.0
_ENDLESS_BARS: Final = 8  # composed at once where no end is asked for
TRIES: Final = 3
DRONE_SHARE: Final = 0.5  # a take in which one pitch class sounds longer than this is drawn again
_KEY_BEATS: Final = 64  # end of the seed from which its key is found
_SCALE_NOTES, _SCALE_SHARE = 7, 0.03
_FOREIGN: Final = -1.5  # added to the logit of a pitch class that the seed does not have
_RARE_SHARE: Final = 0.005  # of the seed; pitch classes with less are held back in part
_MOTION_BARS: Final = 4
_CLASSES: Final = np.arange(PITCH_LOW, PITCH_HIGH + 1) % 12
_DENSITY: Final = (3.0, 7.0)  # range of pitches a slice that are asked for


def load(path: Path) -> SliceWeights:
    """Read a checkpoint, without torch.

    Raises
    ------
    ChipgenError
        If it cannot be used.
    """
    return load_weights(path)


def continue_seed(model: Any, prompt: Prompt, request: ComposeRequest) -> Continuation:
    """Compose on from a seed.

    A slice is one beat of the seed, counted back from the bar line where it ends; the model
    learned on slices of half a second, so it reads every seed as if a beat were that long.

    Parameters
    ----------
    model
        `SliceWeights`, or a `TonnetzLstm`.
    prompt
        The seed.
    request
        Its bars, freedom and number count.
    """
    refuse_plans(request, "tonnetz-lstm")
    _ = prompt.parts.ending  # refuses drums alone
    history, folded = seed_slices(prompt.seed, prompt.ending)
    lines = prompt.lines
    remarks = folded_remarks(folded, "outside MIDI pitches 21-108")
    owners = {role: part.track for role, part in lines.items()}
    weights = SliceWeights.of(model)
    stretches = _stretches(weights, history, prompt.ending, lines, request)
    if request.loop:
        remarks += (f"{weights.name} marks the loop, but does not lead back to its beginning",)
    return Continuation(owners, stretches, remarks)


def complete_seed(
    model: Any, prompt: Prompt, request: ComposeRequest
) -> tuple[Prompt, tuple[str, ...]]:
    """Return the seed as it is: this model adds no voices to it."""
    del model
    refuse_plans(request, "tonnetz-lstm")
    _ = prompt.parts.ending  # refuses drums alone
    return prompt, ()


def _stretches(
    weights: SliceWeights,
    history: NDArray[np.bool_],
    ending: Ending,
    parts: Mapping[str, Part],
    request: ComposeRequest,
) -> Iterator[Stretch]:
    """Yield the continuation: all at once if it ends, else some bars after the other."""
    endless = ending.pattern_bars * max(1, _ENDLESS_BARS // ending.pattern_bars)
    bars = request.bars or endless
    for index in count():
        slices, lines = _compose(weights, history, ending, parts, request, bars, index)
        later = index * bars * ending.bar_beats
        start = ending.start_beats + later
        voices = {
            role: tuple(replace(n, onset_beats=n.onset_beats + later) for n in lines.of(role))
            for role in ROLES
        }
        yield Stretch(start, start + bars * ending.bar_beats, voices)
        if request.bars is not None:
            return
        history = np.concatenate([history, slices])[-REMEMBERED_SLICES:]


def _compose(
    weights: SliceWeights,
    history: NDArray[np.bool_],
    ending: Ending,
    parts: Mapping[str, Part],
    request: ComposeRequest,
    bars: int,
    index: int,
) -> tuple[NDArray[np.bool_], Lines]:
    """Return a number of bars of slices, and the lines that they are played in."""
    steps = int(np.ceil(bars * ending.bar_beats / STEP_BEATS - 1e-6))
    bias = request.key_bias * key_bias(history)
    stretch = max(1, round(_MOTION_BARS * ending.bar_beats / STEP_BEATS))
    wished = typical_motion(history, stretch)
    tries: list[tuple[float, NDArray[np.bool_], Lines]] = []
    rng_seed = request.rng_seed
    for number in range(TRIES):
        sampling = SliceSampling(
            request.temperature, request.top_p, _density(history), bias, stretch, wished
        )
        chance = Chance((rng_seed + index) % 2**32)
        slices = sample_slices(weights, history, steps, sampling, chance)
        rng = np.random.default_rng([rng_seed, number + TRIES * index])
        lines = play_slices(slices, ending, parts, scale_of(history), rng, bars)
        share, pitch_class = _largest_share(lines)
        tries.append((share, slices, lines))
        if share <= DRONE_SHARE:
            break
        # The next try holds back what droned.
        bias = bias - 1.5 * (pitch_class == _CLASSES)
    _, slices, lines = min(tries, key=lambda entry: entry[0])
    return slices, lines


def seed_slices(seed: Score, ending: Ending) -> tuple[NDArray[np.bool_], int]:
    """Put a seed on beats counted back from where it ends.

    Returns
    -------
    slices : NDArray
        Shape (n, 88), n at least 1; silence at the beginning is left out.
    folded : int
        How many notes had to be moved by octaves into 21–108.
    """
    notes = [note for track in pitched_tracks(seed) for note in track.notes]
    pitches = np.array([note.pitch for note in notes])
    low = pitches + 12 * np.ceil(np.maximum(0, PITCH_LOW - pitches) / 12).astype(int)
    inside = low - 12 * np.ceil(np.maximum(0, low - PITCH_HIGH) / 12).astype(int)
    steps = int(np.ceil(ending.start_beats / STEP_BEATS - 1e-6))
    origin = ending.start_beats - steps * STEP_BEATS
    slices = sounding_slices(
        (np.array([note.onset_beats for note in notes]) - origin) / STEP_BEATS,
        (np.array([min(note.end_beats, ending.start_beats) for note in notes]) - origin)
        / STEP_BEATS,
        inside,
        steps,
    )
    first = int(np.argmax(slices.any(axis=1)))
    return slices[first:], int((inside != pitches).sum())


def key_bias(history: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return what is added to each pitch's logit so that the music stays near the seed's key.

    Pitch classes that the seed uses are left alone: a bonus for the common ones would be paid at
    every draw, and sink the music into one chord.

    Parameters
    ----------
    history
        The seed's slices, shape (n, 88).

    Returns
    -------
    NDArray
        Shape (88,), between −1.5 (a pitch class the seed never uses) and 0 (one it uses).
    """
    share = _class_shares(history)
    return np.asarray((_FOREIGN * np.clip(1 - share / _RARE_SHARE, 0, 1))[_CLASSES])


def scale_of(history: NDArray[np.bool_]) -> frozenset[int]:
    """Return the seed's scale: its most used pitch classes, seven at most."""
    shares = _class_shares(history)
    ranked = np.argsort(-shares, kind="stable")[:_SCALE_NOTES]
    return frozenset(int(c) for c in ranked if shares[c] >= _SCALE_SHARE)


def _class_shares(history: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how much of the seed's last beats each pitch class has: (12,), sum 1."""
    recent = history[-_KEY_BEATS:].sum(axis=0).astype(np.float64)
    counts = np.bincount(_CLASSES, weights=recent, minlength=12)
    return np.asarray(counts / counts.sum())


def _density(history: NDArray[np.bool_]) -> float:
    """Return how many pitches the seed's slices hold, within what is asked for."""
    counts = history.sum(axis=1)
    return float(np.clip(counts[counts > 0].mean(), *_DENSITY))


def _largest_share(lines: Lines) -> tuple[float, int]:
    """Return the share of all sounding time that one pitch class has, and which one it is."""
    sums = np.zeros(12)
    for role in ("melody", "harmony", "bass"):
        for note in lines.of(role):
            sums[note.pitch % 12] += note.duration_beats
    return float(sums.max() / max(sums.sum(), 1e-9)), int(sums.argmax())
