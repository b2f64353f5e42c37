"""The jobs that worker processes do: reading, composing, exporting, auditioning."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from pydantic import ValidationError

from chipgen.app.sound import Sound, write_sound
from chipgen.app.work_file import read_voices, read_work
from chipgen.composing import Passage, make_piece, stream
from chipgen.composing.loop_closing import loop_start_beats
from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score
from chipgen.music.midi import LOOP_START
from chipgen.music.score import Marker, Note, Score, Track
from chipgen.request import ComposeRequest
from chipgen.studio.exports import export, save_work
from chipgen.studio.page_document import changed
from chipgen.studio.page_messages import CHANGES, AuditionRequest, Document, Made, SavedPage
from chipgen.studio.score_changes import changes_between
from chipgen.studio.score_json import (
    ScoreJson,
    as_written,
    digest,
    say,
    score_of,
    score_to_json,
    track_to_json,
)
from chipgen.studio.voicer import turned_preset
from synth.errors import SynthError
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.output.delivery import Delivery

Tell = Callable[[dict[str, Any]], None]
"""Sends a part of the answer at once; raises `CancelledError` if the job was cancelled."""


class CancelledError(SynthError):
    """The job was cancelled by the process that asked for it."""


def read(job: dict[str, Any], _tell: Tell) -> dict[str, Any]:
    """Read a score's file: ``path`` is where its bytes lie, ``name`` what the user calls it."""
    path, name = Path(job["path"]), job["name"]
    score = read_score(path, name)
    if not any(track.notes for track in score.tracks):
        raise ChipgenError(f"{job['name']} has no notes to play")
    told = score_to_json(score, job["name"])
    score_of(ScoreJson.model_validate(told))  # within the studio's limits
    return {"score": told}


def compose(job: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Compose from ``score`` what ``request`` asks for, sending each passage; ``from_bar`` cuts it.

    A score without notes has a piece composed from nothing, in its meter. The first thing told of a
    continuation is the seed as the passages go on from it: cut, and in the key and tempo that were
    asked for. All scores are told by what they change of the one that was given.
    """
    began = perf_counter()
    given = ScoreJson.model_validate(job["score"])
    asked = ComposeRequest.model_validate(job["request"])
    seed = score_of(given)
    before = score_to_json(seed, given.name)
    if job.get("from_bar") is not None:
        seed = before_bar(seed, job["from_bar"])
    seed = as_written(seed)
    if not any(track.notes for track in seed.tracks):
        fields = asked.model_dump(exclude_unset=True)
        asked = ComposeRequest(**{**fields, "from_scratch": True, "meter": _meter(seed)})

    def changes_to(score: Score) -> list[dict[str, Any]]:
        return changes_between(before, score_to_json(score, given.name))

    take = make_piece(
        None if asked.from_scratch else seed,
        asked,
        on_passage=lambda passage: tell({"passage": passage_to_json(passage)}),
        on_seed=lambda prepared: tell({"seed": changes_to(_as_heard(prepared, asked))}),
    )
    made = Made(request=asked, seed_score=ScoreJson(), plan=take.plan, digest=digest(take.score))
    return {
        "changes": changes_to(take.score),
        "remarks": list(take.remarks),
        "seconds": round(perf_counter() - began, 3),
        "rng_seed": take.rng_seed,
        "made": {
            **made.model_dump(mode="json", exclude={"seed_score"}),
            "seed_changes": changes_to(seed),
        },
    }


def expect_next(job: dict[str, Any], answer: dict[str, Any]) -> None:
    """Prepare for what is likely to be asked next, when there is nothing to do: to continue."""
    if job.get("job") == "compose" and "done" in answer:
        changes = CHANGES.validate_python(answer["done"]["changes"])
        as_written(changed(score_of(ScoreJson.model_validate(job["score"])), "", changes)[0])


def _as_heard(seed: Score, asked: ComposeRequest) -> Score:
    """Return a seed as it is heard while it is gone on from: around, if the piece is to loop."""
    if asked.looped != "piece":
        return seed
    mark = Marker(loop_start_beats(seed), LOOP_START)
    return replace(seed, markers=tuple(sorted((*seed.markers, mark), key=lambda m: m.beat)))


def _meter(score: Score) -> tuple[int, int]:
    """Return the meter that a piece from nothing is composed in."""
    first = score.meters[0]
    if first.numerator <= 16 and first.denominator in (2, 4, 8, 16):
        return first.numerator, first.denominator
    return 4, 4


def make_export(job: dict[str, Any], _tell: Tell) -> dict[str, Any]:
    """Write a file of ``document``, composed as ``made`` says, as ``kind`` into ``folder``."""
    made = Made.model_validate(job["made"]) if job.get("made") else None
    document = Document.model_validate(job["document"])
    return export(document, job["kind"], Path(job["folder"]), made)


def save(job: dict[str, Any], _tell: Tell) -> dict[str, Any]:
    """Write ``document`` and what the ``page`` keeps into ``folder`` as a work."""
    page = json.dumps(job["page"], separators=(",", ":")).encode()
    return save_work(Document.model_validate(job["document"]), page, Path(job["folder"]))


def open_work(job: dict[str, Any], _tell: Tell) -> dict[str, Any]:
    """Read a work: ``path`` is where its bytes lie, ``name`` what the user calls it."""
    name = job["name"]
    data = Path(job["path"]).read_bytes()
    read_voices(data, name)  # what is heard of it is sound
    try:
        page = SavedPage.model_validate_json(read_work(data, name).page)
    except ValidationError as error:
        raise ChipgenError(f"{name}: page.json: {say(error)}") from None
    for index, score in enumerate(page.scores):
        if score.like is not None and score.like >= index:
            raise ChipgenError(f"{name}: page.json: score {index} is like a later one")
    return {"page": page.model_dump(mode="json", exclude_unset=True)}


def audition(job: dict[str, Any], _tell: Tell) -> dict[str, Any]:
    """Write the demonstration of a sound into ``folder`` as WAV."""
    preset = turned_preset(AuditionRequest.model_validate(job["settings"]))
    sound = Sound(drive(demo_score(preset), preset), preset.engine.filter)
    target = Path(job["folder"]) / "audition.wav"
    write_sound(target, sound, Delivery())
    return {"file": target.name, "remarks": []}


def warm(job: dict[str, Any], _tell: Tell) -> dict[str, Any]:
    """Load what the first real job would wait for."""
    if job.get("model"):
        notes = tuple(Note(beat / 2, 0.5, 60 + beat % 5) for beat in range(16))
        seed = Score(tracks=(Track(notes=notes),), end_beats=8.0)
        for _ in stream(seed, ComposeRequest(model=job["model"], bars=1)):
            pass
    return {}


JOBS: Final[dict[str, Callable[[dict[str, Any], Tell], dict[str, Any]]]] = {
    "read": read,
    "compose": compose,
    "export": make_export,
    "save": save,
    "open": open_work,
    "audition": audition,
    "warm": warm,
}


def before_bar(score: Score, bar: int) -> Score:
    """Return what lies before a bar, counted from 1.

    Raises
    ------
    ChipgenError
        If there is no such bar, or nothing before it.
    """
    starts = score.bar_starts_beats()
    if not 2 <= bar <= len(starts) + 1:
        raise ChipgenError(f"bar {bar} cannot be continued from; choose 2 to {len(starts) + 1}")
    if bar == len(starts) + 1:
        return score
    end = starts[bar - 1]

    def cut(track: Track) -> Track:
        return replace(
            track,
            notes=tuple(
                replace(note, duration_beats=min(note.duration_beats, end - note.onset_beats))
                for note in track.notes
                if note.onset_beats < end
            ),
            controls=tuple(control for control in track.controls if control.beat < end),
            bends=tuple(bend for bend in track.bends if bend.beat < end),
        )

    return replace(
        score,
        tracks=tuple(cut(track) for track in score.tracks),
        tempos=tuple(tempo for tempo in score.tempos if tempo.beat < end),
        meters=tuple(meter for meter in score.meters if meter.beat < end),
        markers=tuple(marker for marker in score.markers if marker.beat < end),
        end_beats=end,
    )


def passage_to_json(passage: Passage) -> dict[str, Any]:
    """Return a passage as plain JSON."""
    return {
        "start_beats": passage.start_beats,
        "end_beats": passage.end_beats,
        "tracks": [track_to_json(track) for track in passage.tracks],
        "tempo": [passage.tempo.beat, passage.tempo.bpm],
        "meter": [passage.meter.beat, passage.meter.numerator, passage.meter.denominator],
        "remarks": list(passage.remarks),
    }


def run_job(job: dict[str, Any], tell: Tell) -> Iterator[dict[str, Any]]:
    """Do a job and yield its last answer; what is wrong with it becomes an answer too."""
    try:
        yield {"done": JOBS[job["job"]](job, tell)}
    except CancelledError:
        yield {"cancelled": True}
    except SynthError as error:
        yield {"error": " ".join(str(error).split())[:500]}
    except MemoryError:
        yield {"error": "this is too large for the memory there is"}
