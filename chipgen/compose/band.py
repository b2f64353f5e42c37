"""Completes a seed to a band: writes the voices that it lacks under its own bars.

What the seed plays stays as it is, and every voice that is added knows it beforehand: chords are
drawn to fit the tune, and the model is told what is kept while it writes the rest.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.compose.drum_patterns import NOISE_PERIODS
from chipgen.compose.passages import new_track
from chipgen.compose.plan_processor import PlanProcessor
from chipgen.compose.planner import Planner, SeedReader
from chipgen.compose.row_statistics import onsets_hz
from chipgen.models.row_transformer.conditional_sampling import InfillState
from chipgen.models.row_transformer.sampling import RowSampling
from chipgen.music.key_names import Key
from chipgen.music.score import Note, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import CompletedPrompt, Prompt
from chipgen.rows.row_states import HOLD, NOISE, VOICES, Rows
from chipgen.rows.score_conversion import tracks_of
from chipgen.understand import understand
from synth.chip.voices import SCORED, VOICE_BY_ROLE

_HAS: Final = 0.25  # of its bars in which a voice that a seed has plays
_DRAFTS: Final = 6
_LONG_ROWS, _LONG_DRAFTS = 1024, 2  # of a long seed fewer, which take seconds each
_MORE: Final = 1.5  # added to the onsets of a voice that does not play, and taken from its rests
_DENSE: Final = 1.75  # times the usual onsets a bar that an added voice has at most
_FEWER: Final = 0.7  # taken from the onsets of one that has more
_DRUMS, _DULL = 2, 0.3  # different drums that a pattern has at least, and what fewer cost
_USUAL_REACH: Final = ((55, 86), (50, 79), (33, 55))  # of p1, p2 and tr
_THIN_HZ: Final = (
    1.0,
    0.7,
    0.7,
    1.0,
)  # a voice that is added begins at least so many notes a second
_PROGRAMS: Final = {"harmony": 4}  # an electric piano: the chip's own would be taken for a lead
_SEED: Final = 0xBA4D  # apart from the numbers that the continuation draws from


@dataclass(frozen=True, slots=True)
class Completed:
    """A seed with the voices that it lacked.

    Attributes
    ----------
    prompt
        The seed, read again with its new tracks.
    remark
        What was added, in a line; empty if nothing was.
    """

    prompt: Prompt
    remark: str = ""


def missing_voices(prompt: Prompt, request: ComposeRequest) -> tuple[bool, ...]:
    """Return which of p1, p2, tr, no a seed lacks and is to be given."""
    had = voices_of(prompt)
    if request.band == "seed" or (request.band == "auto" and (prompt.nominal or prompt.is_voiced)):
        return (False,) * VOICES
    wanted = np.ones(VOICES, dtype=np.bool_)
    wanted[NOISE] = request.drums == "seed"
    return tuple((wanted & ~had).tolist())


def voices_of(prompt: Prompt) -> NDArray[np.bool_]:
    """Return which of p1, p2, tr, no a seed has: what begins a note in a quarter of its bars."""
    begun = prompt.rows.states > HOLD
    size = max(1, prompt.bar_rows)
    bars = -(-len(begun) // size)
    padded = np.zeros((bars * size, VOICES), dtype=np.bool_)
    padded[: len(begun)] = begun
    plays: NDArray[np.bool_] = padded.reshape(bars, size, VOICES).any(axis=1).mean(axis=0) >= _HAS
    return plays


def complete(model: Any, prompt: Prompt, request: ComposeRequest, key: Key | None) -> Completed:
    """Write the voices that a seed lacks under its own bars.

    Parameters
    ----------
    model
        Weights of a row transformer that reads plans.
    prompt
        The seed.
    request
        Its band, drums, freedom and number count.
    key
        The seed's key, if that is known.
    """
    missing = missing_voices(prompt, request)
    if not any(missing):
        return Completed(prompt)
    history = prompt.carried_rows
    added = np.array(missing)
    reader = SeedReader(prompt, key)
    p1, p2, tr, no = (bool(voice) for voice in voices_of(prompt) | added)
    k1, k2, k3, k4 = (not voice for voice in missing)
    keep = (k1, k2, k3, k4)
    found: list[tuple[float, Rows]] = []
    sampling = RowSampling(request.temperature, request.top_p, reach=_reach(history))
    for draft in range(_DRAFTS if len(history) <= _LONG_ROWS else _LONG_DRAFTS):
        rng = np.random.default_rng([request.rng_seed, draft, _SEED])
        seed = reader.carried(rng)
        planner = Planner(history, seed, prompt.timing, None, (p1, p2, tr, no), 0, rng)
        planner.keep(history.states, np.broadcast_to(~added, history.states.shape))
        state = InfillState.after(model, Rows.none(), planner.rows)
        leaning = PlanProcessor(planner.rows, 0)
        rows = state.fill(history, keep, sampling, rng, 1, leaning).rows
        thin = np.maximum(0.0, 1.0 - onsets_hz(rows) / np.array(_THIN_HZ)) * added
        usual = planner.onsets_hz(history)
        dense = np.maximum(0.0, onsets_hz(rows) / (_DENSE * usual) - 1.0) * added
        dull = added[NOISE] and len(np.unique(rows.states[:, NOISE])) - 2 < _DRUMS
        found.append((float(thin.sum() + dense.sum()) + _DULL * dull, rows))
        if not (thin.any() or dense.any() or dull):
            break
        onsets = np.array(sampling.onset_bias) + _MORE * thin - _FEWER * (dense > 0)
        rests = np.array(sampling.rest_bias) - _MORE * thin
        sampling = replace(
            sampling, onset_bias=tuple(onsets.tolist()), rest_bias=tuple(rests.tolist())
        )
    best = min(found, key=lambda draft: draft[0])[1]
    return _completed(prompt, missing, best)


def _completed(prompt: Prompt, missing: tuple[bool, ...], rows: Rows) -> Completed:
    """Return a seed with new tracks that play the voices that it lacked."""
    piece = prompt.encoded
    end = len(piece.rows) - prompt.closing_rows
    begin = end - len(rows)
    new = dict(zip(SCORED, tracks_of(rows, piece.edges_beats[begin : end + 1]), strict=True))
    added = [new[voice] for voice, lacks in zip(SCORED, missing, strict=True) if lacks]
    added = [track for track in added if track.notes]
    tracks, owners = list(prompt.seed.tracks), {}
    for track in added:
        owners[VOICE_BY_ROLE[track.role].part] = len(tracks)
        tracks.append(_as_seed_plays(prompt, tracks, track))
    whole = piece.rows[:begin].then(rows).then(piece.rows[end:])
    parts = understand(prompt.seed.with_tracks(tuple(tracks)), nominal=prompt.nominal)
    made = CompletedPrompt(parts, prompt, whole, tuple(added), owners)
    return Completed(made, f"{' and '.join(_listed(list(owners)))} added" if owners else "")


def _reach(history: Rows) -> tuple[tuple[int, int], ...]:
    """Return where the melodic voices play: harmony and bass stay below a tune that is there."""
    tune = history.states[:, 0]
    tune = tune[tune > HOLD]
    if not len(tune):
        return _USUAL_REACH
    middle = int(np.median(tune))
    lead, (low, high), (deep, top) = _USUAL_REACH
    return lead, (min(low, middle - 12), min(high, middle + 2)), (deep, min(top, middle - 12))


def _listed(names: list[str]) -> list[str]:
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names


def _as_seed_plays(prompt: Prompt, tracks: list[Track], track: Track) -> Track:
    """Return a voice's track as one of the seed's kind: with a program, or General MIDI's drums."""
    if prompt.is_voiced:
        return track
    voice = VOICE_BY_ROLE[track.role]
    empty = new_track(prompt.seed, tracks, voice.part)
    if voice.part == "drums":
        return replace(empty, notes=tuple(sorted(_struck(note) for note in track.notes)))
    program = _PROGRAMS.get(voice.part, voice.midi_program)
    return replace(empty, program=program, notes=track.notes)


def _struck(note: Note) -> Note:
    """Return the drum that a noise note is heard as."""
    drum = min(NOISE_PERIODS, key=lambda drum: (abs(NOISE_PERIODS[drum] - note.pitch), drum))
    return replace(note, pitch=drum)
