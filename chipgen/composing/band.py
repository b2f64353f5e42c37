"""Completes a seed to a band: writes the voices that it lacks under its own bars.

What the seed plays stays as it is, and every voice that is added knows it beforehand: chords are
drawn to fit the tune, and the model is told what is kept while it writes the rest.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.added_drums import drum_track, with_drums
from chipgen.composing.added_voices import write_voices
from chipgen.composing.drum_patterns import NOISE_PERIODS
from chipgen.composing.passages import new_track
from chipgen.music.score import Note, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import CompletedPrompt, Prompt, TunelessPrompt
from chipgen.rows.row_states import HOLD, NOISE, VOICES, Rows
from chipgen.rows.score_conversion import tracks_of
from chipgen.understand import understand
from synth.chip.voices import SCORED, VOICE_BY_ROLE

_HAS: Final = 0.25  # of its bars in which a voice that a seed has plays
_PROGRAMS: Final = {"harmony": 4}  # an electric piano: the chip's own would be taken for a lead
_KIT_SEED: Final = 0x1817  # apart from the numbers that the continuation draws from
_IN_CHORDS: Final = 0.8  # of a highest voice's notes that are struck with two others or more
_CHANGES: Final = 1.5  # of its pitch in a bar, or it is a tune in spite of that
_TOGETHER_BEATS: Final = 1 / 16


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


def is_tuneless(prompt: Prompt) -> bool:
    """Whether a seed of ordinary MIDI is chords alone: nothing in it moves as a tune does."""
    ending, melody = prompt.ending, prompt.lines["melody"]
    begin = ending.pattern_start(0) - 1e-6
    notes = [note for note in melody.notes if note.onset_beats >= begin]
    if not notes or prompt.is_voiced or prompt.nominal:
        return False
    onsets = np.sort([n.onset_beats for t in prompt.seed.tracks if not t.is_drums for n in t.notes])
    first, last = (
        np.searchsorted(onsets, [note.onset_beats + side for note in notes])
        for side in (-_TOGETHER_BEATS, _TOGETHER_BEATS)
    )
    changes = sum(a.pitch != b.pitch for a, b in pairwise(notes))
    return bool(
        (last - first >= 3).mean() >= _IN_CHORDS and changes <= _CHANGES * ending.pattern_bars
    )


def complete(model: Any, prompt: Prompt, request: ComposeRequest) -> Completed:
    """Write the voices that a seed lacks under its own bars.

    Drums are a kit's pattern that fits its meter, tempo and accents; the others are the model's. A
    seed of chords is given a tune.

    Parameters
    ----------
    model
        Weights of a row transformer that reads plans.
    prompt
        The seed.
    request
        Its band, drums, key, freedom and number count.
    """
    if isinstance(prompt, CompletedPrompt):
        return Completed(prompt)
    if request.band != "seed" and is_tuneless(prompt):
        prompt = TunelessPrompt(prompt.parts, prompt)
    missing = missing_voices(prompt, request)
    if not any(missing):
        return Completed(prompt)
    history = prompt.carried_rows
    kit: Track | None = None
    to_write = np.array(missing)
    if missing[NOISE] and not prompt.nominal:
        kit = drum_track(prompt, np.random.default_rng([request.rng_seed, _KIT_SEED]))
        history = with_drums(prompt, history, kit)
        to_write[NOISE] = False
    if to_write.any():
        history = write_voices(model, prompt, history, to_write, request)
    return _completed(prompt, missing, history, kit)


def _completed(
    prompt: Prompt, missing: tuple[bool, ...], rows: Rows, kit: Track | None
) -> Completed:
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
        tracks.append(_as_seed_plays(prompt, tracks, track, kit))
    whole = piece.rows[:begin].then(rows).then(piece.rows[end:])
    parts = understand(prompt.seed.with_tracks(tuple(tracks)), nominal=prompt.nominal)
    made = CompletedPrompt(parts, prompt, whole, tuple(added), owners)
    told = f"{' and '.join(_listed(list(owners)))} added" if owners else ""
    if told and begin > 0:
        first = float(piece.edges_beats[begin]) - 1e-6
        bars = sum(first <= beat < prompt.ending.start_beats for beat in prompt.bar_lines)
        told += f"; all but drums under its last {bars} bars alone, which is what the model hears"
    return Completed(made, told)


def _listed(names: list[str]) -> list[str]:
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names


def _as_seed_plays(prompt: Prompt, tracks: list[Track], track: Track, kit: Track | None) -> Track:
    """Return a voice's track as one of the seed's kind: with a program, or General MIDI's drums."""
    if prompt.is_voiced:
        return track
    voice = VOICE_BY_ROLE[track.role]
    empty = new_track(prompt.seed, tracks, voice.part)
    if voice.part == "drums":
        return kit or replace(empty, notes=tuple(sorted(_struck(note) for note in track.notes)))
    program = _PROGRAMS.get(voice.part, voice.midi_program)
    return replace(empty, program=program, notes=track.notes)


def _struck(note: Note) -> Note:
    """Return the drum that a noise note is heard as."""
    drum = min(NOISE_PERIODS, key=lambda drum: (abs(NOISE_PERIODS[drum] - note.pitch), drum))
    return replace(note, pitch=drum)
