"""Converts scores to the page's JSON and back, within limits."""

import hashlib
import json
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from chipgen.errors import ChipgenError
from chipgen.music.midi import midi_bytes, score_from_midi
from chipgen.music.midi.channels import merge_bends
from chipgen.music.score import (
    Bend,
    Control,
    Marker,
    Meter,
    Note,
    ProgramChange,
    Score,
    Tempo,
    Track,
)
from synth.chip.voices import ROLES

MAX_NOTES: Final = 50_000
MAX_EVENTS: Final = 200_000
MAX_TRACKS: Final = 256
MAX_BEATS: Final = 100_000.0
MAX_MAP: Final = 10_000  # tempo changes, meters, markers
MAX_TEXT: Final = 400
MAX_AT_ONCE: Final = 256  # notes sounding together; arranging takes time for each pair of them


class Plain(BaseModel):
    """JSON with these fields and no others; numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


def one_of(*names: str) -> Any:
    """Return what a field's type is annotated with where only some names are allowed."""

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"choose one of {', '.join(filter(None, names))}")
        return name

    return AfterValidator(check)


Beat = Annotated[float, Field(ge=0, le=MAX_BEATS)]
Length = Annotated[float, Field(gt=0, le=MAX_BEATS)]
Byte = Annotated[int, Field(ge=0, le=127, strict=True)]
Level = Annotated[int, Field(ge=1, le=127, strict=True)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]


class TrackJson(Plain):
    """A track: notes are (onset, duration, pitch, velocity), times in quarter notes."""

    name: Text = ""
    role: Annotated[str, one_of("", *ROLES)] = ""
    channel: Annotated[int, Field(ge=0, le=15, strict=True)] = 0
    program: Byte = 0
    notes: list[tuple[Beat, Length, Byte, Level]] = Field(default=[], max_length=MAX_NOTES)
    controls: list[tuple[Beat, Byte, Byte]] = Field(default=[], max_length=MAX_EVENTS)
    bends: list[tuple[Beat, Annotated[float, Field(ge=-127, le=127)]]] = Field(
        default=[], max_length=MAX_EVENTS
    )
    drums: bool | None = None
    program_changes: list[tuple[Beat, Byte]] = Field(default=[], max_length=MAX_EVENTS)


Denominator = Literal[1, 2, 4, 8, 16, 32, 64]


class ScoreJson(Plain):
    """A piece; `bar_starts_beats` is sent to the page and not read back."""

    name: Text = ""
    dialect: Literal["gm", "nesmdb"] = "gm"
    key: Annotated[str, Field(max_length=4, pattern=r"^([A-G][b#]?m?)?$")] = ""
    end_beats: Beat = 0.0
    tempos: list[tuple[Beat, Annotated[float, Field(ge=4, le=2000)]]] = Field(
        default=[(0.0, 120.0)], min_length=1, max_length=MAX_MAP
    )
    meters: list[tuple[Beat, Annotated[int, Field(ge=1, le=64, strict=True)], Denominator]] = Field(
        default=[(0.0, 4, 4)], min_length=1, max_length=MAX_MAP
    )
    markers: list[tuple[Beat, Text]] = Field(default=[], max_length=MAX_MAP)
    tracks: list[TrackJson] = Field(default=[], max_length=MAX_TRACKS)
    bar_starts_beats: list[float] = Field(default=[], max_length=MAX_EVENTS)


def score_to_json(score: Score, name: str = "") -> dict[str, Any]:
    """Return a score as plain JSON; `score_of` gives the same score back.

    Examples
    --------
    >>> piece = Score(tracks=(Track(notes=(Note(0.0, 1.0, 60),)),), end_beats=1.0)
    >>> score_of(ScoreJson.model_validate(score_to_json(piece))) == piece
    True
    """
    return {
        "name": name[:MAX_TEXT],
        "dialect": score.dialect,
        "key": score.key,
        "end_beats": score.end_beats,
        "tempos": [[tempo.beat, tempo.bpm] for tempo in score.tempos],
        "meters": [[meter.beat, meter.numerator, meter.denominator] for meter in score.meters],
        "markers": [[marker.beat, marker.text[:MAX_TEXT]] for marker in score.markers],
        "tracks": [track_to_json(track) for track in score.tracks],
        "bar_starts_beats": score.bar_starts_beats(),
    }


def track_to_json(track: Track) -> dict[str, Any]:
    """Return a track as plain JSON; bends of single notes become the track's."""
    track = merge_bends(track)
    return {
        "name": track.name[:MAX_TEXT],
        "role": track.role,
        "channel": track.channel,
        "program": track.program,
        "notes": [[n.onset_beats, n.duration_beats, n.pitch, n.velocity] for n in track.notes],
        "controls": [[c.beat, c.number, c.value] for c in track.controls],
        "bends": [[b.beat, b.semitones] for b in track.bends],
        "drums": track.drums,
        "program_changes": [[change.beat, change.program] for change in track.program_changes],
    }


def track_of(track: TrackJson) -> Track:
    """Return a track from JSON, its events in order."""
    return Track(
        track.name,
        track.channel,
        track.program,
        tuple(sorted(Note(*note) for note in track.notes)),
        tuple(sorted((Control(*c) for c in track.controls), key=lambda c: c.beat)),
        tuple(sorted((Bend(*b) for b in track.bends), key=lambda b: b.beat)),
        track.role,
        track.drums,
        tuple(ProgramChange(*change) for change in sorted(track.program_changes)),
    )


def score_of(given: ScoreJson) -> Score:
    """Return a score from JSON.

    Raises
    ------
    ChipgenError
        If it has too many notes, in all or at once, or its tempo or meter does not begin at beat 0.
    """
    notes = sum(len(track.notes) for track in given.tracks)
    if notes > MAX_NOTES:
        raise ChipgenError(f"{notes} notes are too many; the studio takes {MAX_NOTES}")
    tracks = tuple(track_of(track) for track in given.tracks)
    ends = [note.end_beats for track in tracks for note in track.notes]
    score = Score(
        tracks=tracks,
        tempos=tuple(sorted((Tempo(*tempo) for tempo in given.tempos), key=lambda t: t.beat)),
        meters=tuple(sorted((Meter(*meter) for meter in given.meters), key=lambda m: m.beat)),
        end_beats=max([given.end_beats, *ends]),
        dialect=given.dialect,
        key=given.key,
        markers=tuple(sorted((Marker(*m) for m in given.markers), key=lambda m: m.beat)),
    )
    check_limits(score)
    return score


def check_limits(score: Score) -> None:
    """Refuse what would take the studio too long.

    Raises
    ------
    ChipgenError
        If a score has too many notes, in all or at once, or too many bars.
    """
    notes = [note for track in score.tracks for note in track.notes]
    if len(notes) > MAX_NOTES:
        raise ChipgenError(f"{len(notes)} notes are too many; the studio takes {MAX_NOTES}")
    at_once = _most_at_once([n.onset_beats for n in notes], [n.end_beats for n in notes])
    if at_once > MAX_AT_ONCE:
        raise ChipgenError(f"{at_once} notes sound at once; the studio takes {MAX_AT_ONCE}")
    meters = score.meters
    bars = sum(
        (until - meter.beat) / meter.bar_beats
        for meter, until in zip(
            meters, [*(m.beat for m in meters[1:]), score.end_beats], strict=True
        )
    )
    if bars > MAX_BEATS:
        raise ChipgenError(f"{bars:.0f} bars are too many; the studio takes {MAX_BEATS:.0f}")


def _most_at_once(onsets: list[float], ends: list[float]) -> int:
    """Return how many notes sound together at most."""
    if not onsets:
        return 0
    begun = np.arange(1, len(onsets) + 1)
    over = np.searchsorted(np.sort(ends), np.sort(onsets), side="right")
    return int((begun - over).max())


@lru_cache(maxsize=4)
def as_written(score: Score) -> Score:
    """Return the score that a MIDI file of it is read as; the last ones are known.

    What is composed from this is what the command line composes from the exported file.
    """
    return score_from_midi(midi_bytes(score), name="the piece")


def digest(score: Score) -> str:
    """Return a fingerprint of a score's music, which changes if the score is edited.

    Examples
    --------
    >>> digest(Score()) == digest(Score(end_beats=1.0))
    False
    """
    told = score_to_json(score)
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def say(error: ValidationError) -> str:
    """Return the first of what is wrong with some JSON, in a line.

    Examples
    --------
    >>> try:
    ...     ScoreJson.model_validate({"end_beats": -1})
    ... except ValidationError as error:
    ...     say(error)
    'end_beats: input should be greater than or equal to 0'
    """
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:40] for part in first["loc"]) or "document"
    message = first["msg"].removeprefix("Value error, ")
    return " ".join(f"{place}: {message[:1].lower()}{message[1:]}".split())[:300]
