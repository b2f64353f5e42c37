"""Completes a seed to a band: writes the voices that it lacks under its own bars.

What the seed plays stays as it is, and every voice that is added knows it beforehand: chords are
drawn to fit the tune, and the model is told what is kept while it writes the rest.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from chipgen.compose.drum_patterns import NOISE_PERIODS
from chipgen.compose.passages import new_track
from chipgen.compose.planner import Planner, read_seed
from chipgen.compose.row_statistics import onsets_hz
from chipgen.models.row_transformer.conditional_sampling import InfillState
from chipgen.models.row_transformer.sampling import RowSampling
from chipgen.music.key_names import Key
from chipgen.music.score import Note, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.score_conversion import tracks_of
from chipgen.rows.states import HOLD, NOISE, VOICES, Rows
from synth.chip.voices import SCORED, VOICE_BY_ROLE

_DRAFTS: Final = 3
_THIN_HZ: Final = (
    1.0,
    0.7,
    0.7,
    1.0,
)  # a voice that is added begins at least so many notes a second
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
    had = (prompt.rows.states > HOLD).any(axis=0)
    if request.band == "seed" or (request.band == "auto" and (prompt.nominal or prompt.is_voiced)):
        return (False,) * VOICES
    wanted = np.ones(VOICES, dtype=np.bool_)
    wanted[NOISE] = request.drums == "seed"
    return tuple((wanted & ~had).tolist())


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
    history = prompt.rows
    added = np.array(missing)
    found: list[tuple[float, Rows]] = []
    for draft in range(_DRAFTS):
        rng = np.random.default_rng([request.rng_seed, draft, _SEED])
        seed = read_seed(prompt, key, rng)
        had = (history.states > HOLD).any(axis=0)
        p1, p2, tr, no = (bool(voice) for voice in had | added)
        planner = Planner(history, seed, prompt.timing, None, (p1, p2, tr, no), 0, rng)
        planner.keep(history.states, np.broadcast_to(~added, history.states.shape))
        state = InfillState.after(model, Rows.none(), planner.rows)
        k1, k2, k3, k4 = (not voice for voice in missing)
        sampling = RowSampling(request.temperature, request.top_p)
        rows = state.fill(history, (k1, k2, k3, k4), sampling, rng, proposals=1).rows
        thin = np.maximum(0.0, 1.0 - onsets_hz(rows) / np.array(_THIN_HZ))[added].sum()
        found.append((float(thin), rows))
        if thin == 0.0:
            break
    best = min(found, key=lambda draft: draft[0])[1]
    edges = prompt.encoded.edges_beats[-len(best) - 1 :]
    tracks = list(prompt.seed.tracks)
    names = []
    for voice, track in zip(SCORED, tracks_of(best, edges), strict=True):
        if missing[SCORED.index(voice)] and track.notes:
            tracks.append(_as_seed_plays(prompt, tracks, track))
            names.append(VOICE_BY_ROLE[track.role].part)
    whole = prompt.seed.with_tracks(tuple(tracks))
    return Completed(
        Prompt.of(whole, nominal=prompt.nominal), f"{' and '.join(_listed(names))} added"
    )


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
    return replace(empty, program=voice.midi_program, notes=track.notes)


def _struck(note: Note) -> Note:
    """Return the drum that a noise note is heard as."""
    drum = min(NOISE_PERIODS, key=lambda drum: (abs(NOISE_PERIODS[drum] - note.pitch), drum))
    return replace(note, pitch=drum)
