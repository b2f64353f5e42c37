"""Separates nameless notes into three voices with a small network and a search.

The network (weights in `separator.safetensors`, fitted by `chipgen train separator`) gives
each note a likelihood of belonging to either pulse or the triangle, and each pair of notes one of
following each other in a voice. The search then finds voices in which no two notes overlap.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chipgen.arranging.note_features import (
    BEFORE,
    EXACT_S,
    NOTE_FEATURES,
    PAIR_FEATURES,
    Floats,
    NoteFeatures,
    measure_notes,
)
from chipgen.arranging.voice_features import OUTLIER, STREAMS, VOICE_FEATURES, measure_voices
from chipgen.declared_arrays import read_shipped
from chipgen.music.played_notes import PlayedNote

NEAR: Final = 3  # predecessors whose features a note's own input holds
WEIGHTS_FILE: Final = "separator.safetensors"
LARGEST: Final = 1e4  # of a weight
MOST_LAYERS: Final = 16

# Costs in nats; see docs/arranging.md.
CUT: Final = 6.0  # a note is ended early because another begins in its voice
LEAST_LINK: Final = -12.0
VOICE_WEIGHT: Final = 0.25  # of a note's likeliest voice, beside that of its predecessor
BEAM: Final = 8

MOST_CROWDED: Final = 0.02  # share of onsets at which more than three notes may sound
LEAST_THREE: Final = 0.01  # share of onsets at which three must sound

Weights = dict[str, Floats]
_Trail: TypeAlias = "tuple[int, _Trail] | None"
_State = tuple[float, tuple[int, int, int], _Trail]  # score, last note of each voice, voices so far


def network_input(features: NoteFeatures) -> Floats:
    """Return the network's input for each note; shape (n_notes, n_inputs)."""
    pairs = features.pair[:, :NEAR].reshape(len(features.note), -1)
    return np.concatenate([features.note, pairs], axis=1)


def may_follow(start_s: NDArray[np.float64], end_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which earlier notes end in time; shape (n_notes, BEFORE + 1), the last always true."""
    count = len(start_s)
    back = np.arange(count)[:, None] - np.arange(1, BEFORE + 1)[None, :]
    ends_s = end_s[np.maximum(back, 0)]
    free = (back >= 0) & (start_s[:, None] - ends_s > -EXACT_S)
    return np.concatenate([free, np.ones((count, 1), dtype=np.bool_)], axis=1)


def is_three_voiced(notes: Sequence[PlayedNote]) -> bool:
    """Return whether notes come from one track that is three voices at most, and often three.

    Such music, a log of a chip or a trio written on one staff, is separated; anything else has
    roles to be found or more notes than voices.
    """
    if len({note.track for note in notes}) != 1:
        return False
    start_s = np.array([note.start_s for note in notes])
    end_s = np.sort([note.end_s for note in notes])
    begun = np.searchsorted(start_s, start_s + EXACT_S, side="right")
    sounding = begun - np.searchsorted(end_s, start_s + EXACT_S, side="right")
    return bool(np.mean(sounding > 3) <= MOST_CROWDED and np.mean(sounding >= 3) >= LEAST_THREE)


def separate_notes(notes: Sequence[PlayedNote]) -> list[int]:
    """Give each of the notes, sorted by onset, to a voice, as `separate_voices` does."""
    return separate_voices(
        np.array([note.start_s for note in notes]),
        np.array([note.end_s for note in notes]),
        np.array([float(note.pitch) for note in notes]),
    )


def separate_voices(
    start_s: NDArray[np.float64], end_s: NDArray[np.float64], pitch: NDArray[np.float64]
) -> list[int]:
    """Give each note to one of three voices.

    Parameters
    ----------
    start_s, end_s, pitch
        Onsets and ends in seconds and MIDI pitches, sorted by onset; shape (n_notes,).

    Returns
    -------
    list of int
        For each note 0 or 1 for the pulses, 2 for the triangle, or −1 if all three voices begin a
        note at that very moment already.
    """
    if len(start_s) == 0:
        return []
    features = measure_notes(start_s, end_s, pitch.astype(np.float32))
    weights = load_weights()
    voice, link = judge_notes(weights, features, may_follow(start_s, end_s))
    found = _search(
        (VOICE_WEIGHT * voice).tolist(), link.tolist(), start_s.tolist(), end_s.tolist()
    )
    streams = measure_voices(start_s, end_s, pitch, np.array(found), features.note)
    triangle = int(judge_streams(weights, streams).argmax())
    swap = {triangle: 2, 2: triangle}
    return [swap.get(k, k) for k in found]


@lru_cache(maxsize=1)
def load_weights() -> Weights:
    """Load the network's weights from the package."""
    return read_shipped(
        "chipgen.arranging", WEIGHTS_FILE, array_shapes, "weights of a separator", LARGEST
    )


def array_shapes(given: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all arrays of a network, given some from which to take its sizes.

    Raises
    ------
    KeyError, IndexError
        If these are missing.
    """
    size, hidden = given["inp.bias"][0], given["a.bias"][0]
    embedding, judge = given["emb.bias"][0], given["stream.a.bias"][0]
    layers = min(MOST_LAYERS, sum(name.startswith("conv.") for name in given) // 2)
    shapes = {
        "stream.mean": (VOICE_FEATURES,),
        "stream.spread": (VOICE_FEATURES,),
        **_linear("inp", NOTE_FEATURES + NEAR * PAIR_FEATURES, size),
        **_linear("out", size, STREAMS),
        **_linear("emb", size, embedding),
        **_linear("a", PAIR_FEATURES + NOTE_FEATURES + 1, hidden),
        **_linear("b", hidden, 1),
        **_linear("stream.a", 2 * VOICE_FEATURES, judge),
        **_linear("stream.b", judge, 1),
    }
    for k in range(layers):
        shapes |= {f"conv.{k}.weight": (size, size, 3), f"conv.{k}.bias": (size,)}
        shapes |= _linear(f"glob.{k}", size, size) | _linear(f"mix.{k}", size, size)
    return shapes


def _linear(name: str, given: int, made: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (made, given), f"{name}.bias": (made,)}


def judge_notes(
    weights: Weights, features: NoteFeatures, free: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Run the network.

    Parameters
    ----------
    weights
        As `load_weights` gives them.
    features
        What is measured of the notes.
    free
        As `may_follow` gives it.

    Returns
    -------
    voice
        Log-probabilities of the three voices; shape (n_notes, 3).
    link
        Log-probabilities of each earlier note to be the one before in the voice, the last entry
        for none of them; shape (n_notes, BEFORE + 1).
    """
    w = weights
    hidden = network_input(features) @ w["inp.weight"].T + w["inp.bias"]
    layers = sum(name.startswith("conv.") and name.endswith(".bias") for name in w)
    for k in range(layers):
        kernel = w[f"conv.{k}.weight"]  # (out, in, 3), dilated by 2^k
        reach = 1 << k
        padded = np.pad(hidden, ((reach, reach), (0, 0)))
        drive = w[f"conv.{k}.bias"] + w[f"glob.{k}.bias"]
        drive = drive + hidden.mean(axis=0) @ w[f"glob.{k}.weight"].T
        for tap in range(3):
            window = padded[tap * reach : tap * reach + len(hidden)]
            drive = drive + window @ kernel[:, :, tap].T
        hidden = hidden + np.maximum(drive, 0.0) @ w[f"mix.{k}.weight"].T + w[f"mix.{k}.bias"]
    active = np.maximum(hidden, 0.0)
    voice = active @ w["out.weight"].T + w["out.bias"]

    embedded = active @ w["emb.weight"].T + w["emb.bias"]
    count = len(embedded)
    likeness = np.zeros((count, BEFORE + 1), dtype=np.float32)
    for k in range(1, min(BEFORE + 1, count)):
        likeness[k:, k - 1] = (embedded[k:] * embedded[:-k]).sum(axis=1)
    n_pair, n_note = features.pair.shape[2], features.note.shape[1]
    matrix = w["a.weight"]
    inner = features.pair @ matrix[:, :n_pair].T
    inner += (features.note @ matrix[:, n_pair : n_pair + n_note].T + w["a.bias"])[:, None, :]
    inner += likeness[:, :, None] * matrix[:, -1]
    link = (np.maximum(inner, 0.0) @ w["b.weight"][0]) + w["b.bias"][0]
    return _log_softmax(voice), _log_softmax(np.where(free, link, -1e9))


def judge_streams(weights: Weights, streams: Floats) -> Floats:
    """Return for each stream how like a triangle it is; shape (STREAMS,).

    Parameters
    ----------
    weights
        As `load_weights` gives them.
    streams
        As `measure_voices` gives them.
    """
    own = (streams - weights["stream.mean"]) / weights["stream.spread"]
    own = np.clip(own, -OUTLIER, OUTLIER)
    others = (own.sum(axis=0, keepdims=True) - own) / 2.0
    seen = np.concatenate([own, own - others], axis=1)
    inner = np.maximum(seen @ weights["stream.a.weight"].T + weights["stream.a.bias"], 0.0)
    result: Floats = inner @ weights["stream.b.weight"][0] + weights["stream.b.bias"][0]
    return result


def _log_softmax(values: Floats) -> Floats:
    top = values - values.max(axis=1, keepdims=True)
    result: Floats = top - np.log(np.exp(top).sum(axis=1, keepdims=True))
    return result


def _search(
    voice: Sequence[Sequence[float]],
    link: Sequence[Sequence[float]],
    start_s: Sequence[float],
    end_s: Sequence[float],
) -> list[int]:
    """Return the likeliest voices by beam search; a state is the last note of each voice."""
    states: list[_State] = [(0.0, (-1, -1, -1), None)]
    for j, (likely, follows) in enumerate(zip(voice, link, strict=True)):
        begins_s = start_s[j]
        free_from_s = begins_s + EXACT_S
        stranger = max(follows[BEFORE], LEAST_LINK)
        reached: list[tuple[float, int, _State]] = []
        for state in states:
            score, last, _ = state
            for k in (0, 1, 2):
                i = last[k]
                if i < 0:
                    gain = stranger
                elif start_s[i] >= begins_s:
                    continue  # however short it is, both begin together
                elif end_s[i] <= free_from_s:
                    gain = follows[j - i - 1] if j - i <= BEFORE else stranger
                else:
                    gain = stranger - CUT
                reached.append((score + likely[k] + gain, k, state))
        if not reached:
            states = [(score, last, (-1, trail)) for score, last, trail in states]
            continue
        reached.sort(key=_score, reverse=True)
        states = []
        seen: set[tuple[int, int, int]] = set()
        for score, k, (_, last, trail) in reached:
            a, b, c = last
            moved = (j, b, c) if k == 0 else (a, j, c) if k == 1 else (a, b, j)
            if moved not in seen:
                seen.add(moved)
                states.append((score, moved, (k, trail)))
                if len(states) == BEAM:
                    break
    voices: list[int] = []
    link_back = states[0][2]
    while link_back is not None:
        voices.append(link_back[0])
        link_back = link_back[1]
    return voices[::-1]


def _score(entry: "tuple[float, int, _State]") -> float:
    return entry[0]
