"""Gives drums that are alone a tune, a harmony and a bass, so that they can be gone on from."""

from dataclasses import replace
from typing import Final

from chipgen.composing.passages import new_track
from chipgen.composing.rewrite import rewrite, voiced_prompt
from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Score, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from synth.chip.voices import PITCHED_ROLES, VOICE_BY_ROLE, VOICES

_PROGRAMS: Final = {"harmony": 4}  # an electric piano: the chip's own would be taken for a lead


def is_drums_alone(score: Score) -> bool:
    """Whether a score of ordinary MIDI has drums and nothing else."""
    pitched = any(track.notes for track in pitched_tracks(score))
    return not pitched and any(track.is_drums and track.notes for track in score.tracks)


def with_voices(prompt: Prompt, request: ComposeRequest) -> tuple[Score, str]:
    """Write melody, harmony and bass over drums, in new tracks.

    Parameters
    ----------
    prompt
        A seed for which `is_drums_alone` is true.
    request
        Its model, freedom and number count.

    Returns
    -------
    score : Score
        The drums as they were, and the new tracks.
    remark
        What was added.

    Raises
    ------
    ChipgenError
        As `rewrite`.
    """
    asked = ComposeRequest(
        model=request.model,
        temperature=request.temperature,
        top_p=request.top_p,
        rng_seed=request.rng_seed,
        only=tuple(voice for voice in VOICES if voice != "noise"),
    )
    made = rewrite(voiced_prompt(prompt), asked).score
    tracks: list[Track] = list(prompt.seed.tracks)
    added = []
    for track in made.tracks:
        if track.role in PITCHED_ROLES and track.notes:
            voice = VOICE_BY_ROLE[track.role]
            empty = new_track(prompt.seed, tracks, voice.part)
            program = _PROGRAMS.get(voice.part, voice.midi_program)
            tracks.append(replace(empty, program=program, notes=track.notes))
            added.append(voice.part)
    names = " and ".join([", ".join(added[:-1]), added[-1]] if len(added) > 1 else added)
    return prompt.seed.with_tracks(tuple(tracks)), f"{names} added"
