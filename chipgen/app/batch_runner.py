"""Renders a folder of seeds in parallel, and skips what is up to date."""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chipgen import __version__
from chipgen.app import pipeline, source_files
from chipgen.app.batch_journal import Journal, Made, open_journal, read_made, write_made
from chipgen.app.cluster import run_on_cluster
from chipgen.app.worker_processes import MOST_TRIES, run_jobs
from chipgen.errors import ChipgenError
from chipgen.music import formats
from chipgen.request import Request
from chipgen.request.values import ALL_TRACKS
from synth.atomic_write import check_writable, put_in_place
from synth.chip.voices import CHANNELS
from synth.errors import SynthError
from synth.instrument.preset_loader import load_preset
from synth.output.loops_and_fades import split_paths
from synth.output.stems import stem_paths
from synth.temporary_files import PREFIX, temporary_folder


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """Settings of a batch, for every file of a folder.

    Attributes
    ----------
    suffix
        Suffix of the files written, with its dot; it chooses the format.
    request
        What each source is rendered to.
    """

    suffix: str
    request: Request


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    source, target
        The file and its target.
    status
        ``rendered``, ``up to date``, ``failed``, or ``left out``, where it is no score.
    reason
        Why it failed or was left out.
    remarks
        Remarks for the user, one line each.
    """

    source: Path
    target: Path
    status: str
    reason: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Job:
    source: Path
    target: Path
    out: Path
    track: int | None
    config: BatchConfig
    fingerprint: str
    overwrite: bool


def render_folder(
    folder: Path,
    out: Path,
    config: BatchConfig,
    *,
    workers: int,
    cluster: str = "",
    overwrite: bool = False,
    on_outcome: Callable[[Outcome, int, int], None] | None = None,
) -> list[Outcome]:
    """Render every MIDI file under `folder` to the same place under `out`.

    A file is skipped if its render was made by an earlier call from the same bytes with the same
    settings and version, and it has not been changed since. A failure never stops the others.

    Parameters
    ----------
    folder
        Searched with its sub-folders for files of the formats that hold a score.
    out
        Made if missing. It keeps a hidden journal of what was made from what; one batch at a time
        works in it, and another one waits for it.
    config
        Settings for each file.
    workers
        Processes to use.
    cluster
        Address of a Dask scheduler, whose workers do the work instead; see
        `chipgen.app.cluster.run_on_cluster`.
    overwrite
        Replace files in `out` that earlier calls did not make.
    on_outcome
        Called as files finish, with the outcome, how many are finished and how many there are.

    Returns
    -------
    list of Outcome
        One for each source file or song of it, in the order of their names, then one for each file
        that is no score.

    Raises
    ------
    ChipgenError
        If there is nothing to render, or two sources would be written to one file.
    """
    sources, others = _find_sources(folder, out, config.suffix)
    if not sources:
        suffixes = ", ".join(formats.read_suffixes("score"))
        raise ChipgenError(f"{folder} holds no scores ({suffixes})")
    songs = [
        song
        for path in sources
        for song in _songs(
            path, (out / path.relative_to(folder)).with_suffix(config.suffix), config.request.track
        )
    ]
    _check_distinct(songs)
    settings = hashlib.sha256(_settings(config)).hexdigest()
    outcomes: dict[Path, Outcome] = {}

    def settle(outcome: Outcome) -> None:
        outcomes[outcome.target] = outcome
        if on_outcome is not None:
            on_outcome(outcome, len(outcomes), len(songs))

    out.mkdir(parents=True, exist_ok=True)
    with open_journal(out) as journal:
        jobs: list[_Job] = []
        for source, track, target in songs:
            job = _job(journal, source, track, target, config, settings, overwrite=overwrite)
            if job is None:
                settle(Outcome(source, target, "up to date"))
            else:
                jobs.append(job)
        with contextlib.closing(
            _run(jobs, workers, cluster)
        ) as results:  # stopped here, workers stop too
            for job, outcome, made in results:
                if made is not None:
                    paths = [job.target.with_name(name) for name in made.files]
                    journal.note(_key(job.target, out), made, paths)
                settle(outcome)
    return [
        *(outcomes[target] for _, _, target in songs),
        *(Outcome(path, path, "left out", reason) for path, reason in others.items()),
    ]


def _job(
    journal: Journal,
    source: Path,
    track: int | None,
    target: Path,
    config: BatchConfig,
    settings: str,
    *,
    overwrite: bool,
) -> _Job | None:
    """Return the job for a song; None if its render is up to date."""
    key = _key(target, journal.folder)
    what = f"{settings} {track} {journal.digest(source)}"
    fingerprint = hashlib.sha256(what.encode()).hexdigest()
    paths = _files(target, config.request)
    found = {path.name: journal.digest(path) for path in paths if path.exists()}
    last = journal.last(key)
    if (
        last is not None
        and last.fingerprint == fingerprint
        and len(found) == len(paths)
        and all(last.files.get(name) == digest for name, digest in found.items())
    ):
        return None
    ours = bool(found) and all(journal.knows(key, name, digest) for name, digest in found.items())
    return _Job(source, target, journal.folder, track, config, fingerprint, overwrite or ours)


def _find_sources(folder: Path, out: Path, made: str) -> tuple[list[Path], dict[Path, str]]:
    """Return the scores under a folder, and why each other file that it shows is none.

    What an earlier run made beside its sources, of the suffix `made`, is neither.
    """
    made_here = out.resolve()
    ours = made_here == folder.resolve()
    sources: list[Path] = []
    others: dict[Path, str] = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(PREFIX) for part in parts):  # ours, and not finished
            continue
        hidden = any(part.startswith(".") for part in parts)
        if not path.is_file() or (not ours and made_here in path.resolve().parents):
            continue
        try:
            row = formats.source_format(path)
        except SynthError:
            row = None
        if row is not None and row.reads == "score":
            sources.append(path)
        elif not hidden and not (ours and path.name.endswith(made)):
            why = "it holds register writes" if row is not None else "it is of no format here"
            others[path] = f"left out, as {why}, not a score"
    return sources, others


def _songs(source: Path, target: Path, track: int) -> list[tuple[Path, int | None, Path]]:
    """Return (source, track, target) of each song of a file; None is the one that there is.

    A file that cannot be read is one song, which will fail with the reason.
    """
    if track != ALL_TRACKS:
        return [(source, track, target)]
    try:
        paths = source_files.track_paths(source, target)
    except SynthError:
        return [(source, None, target)]
    return [(source, number, path) for number, path in paths]


def _run(
    jobs: list[_Job], workers: int, cluster: str
) -> Generator[tuple[_Job, Outcome, Made | None], None, None]:
    if not cluster and (workers == 1 or len(jobs) < 2):
        for job in jobs:
            yield job, *_render(job)
        return
    if not jobs:
        return
    running = (
        run_on_cluster(_render, jobs, cluster) if cluster else run_jobs(_render, jobs, workers)
    )
    with contextlib.closing(running) as results:
        for job, result in results:
            if result is None:
                tries = "several" if cluster else MOST_TRIES
                reason = f"its process died {tries} times (out of memory?)"
                result = Outcome(job.source, job.target, "failed", reason), None
            yield job, *result


def _render(job: _Job) -> tuple[Outcome, Made | None]:
    """Render a song beside its place, write the journal's line, and move it there.

    No failure of one song is one of the others.
    """
    folder, stage = job.target.parent, ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = _files(job.target, job.config.request)
        overwrite = job.overwrite or _is_ours(job, paths)
        for path in paths:
            check_writable(path, overwrite=overwrite)
        with temporary_folder(folder) as made_in:
            stage = str(made_in)
            written = pipeline.make_file(
                job.source, made_in / job.target.name, _request_for(job), overwrite=False
            )
            files = sorted(made_in.glob("[!.]*"))
            made = Made(job.fingerprint, {path.name: _digest(path) for path in files})
            write_made(job.out, _key(job.target, job.out), made)
            for path in files:
                put_in_place(path, folder / path.name, overwrite=overwrite)
    except (SynthError, OSError, MemoryError) as error:
        reason = str(error).replace(stage, str(folder)) if stage else str(error)
        return Outcome(job.source, job.target, "failed", reason or type(error).__name__), None
    except Exception as error:
        reason = f"internal error ({type(error).__name__}: {error}), a defect of chipgen: report it"
        return Outcome(job.source, job.target, "failed", " ".join(reason.split())), None
    remarks = tuple(remark.replace(stage, str(folder)) for remark in written.remarks)
    return Outcome(job.source, job.target, "rendered", remarks=remarks), made


def _is_ours(job: _Job, paths: list[Path]) -> bool:
    """Return whether the files in a song's place are those of a process that has died since."""
    found = {path.name: _digest(path) for path in paths if path.is_file()}
    made = read_made(job.out, _key(job.target, job.out)) if found else []
    return bool(made) and all(
        any(each.files.get(name) == digest for each in made) for name, digest in found.items()
    )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _request_for(job: _Job) -> Request:
    """Return the batch's request, for one track where it is for all."""
    request = job.config.request
    if request.track != ALL_TRACKS:
        return request
    fields = request.model_dump(exclude_unset=True)
    del fields["track"]
    return Request(**fields) if job.track is None else Request(**fields, track=job.track)


def _check_distinct(songs: list[tuple[Path, int | None, Path]]) -> None:
    seen: dict[Path, Path] = {}
    originals = {source.resolve() for source, _, _ in songs}
    for source, _, target in songs:
        if target.resolve() in originals:
            raise ChipgenError(f"{target} is one of the sources; choose another output folder")
        if target in seen:
            raise ChipgenError(
                f"{seen[target]} and {source} would both become {target}; rename one"
            )
        seen[target] = source


def _settings(config: BatchConfig) -> bytes:
    """Return everything that a render depends on besides its source."""
    settings = {
        "version": __version__,
        "suffix": config.suffix,
        "request": config.request.model_dump(mode="json"),
        "preset": load_preset(config.request.preset).model_dump(mode="json"),
    }
    model = Path(config.request.model)
    weights = model.read_bytes() if model.is_file() else b""
    return json.dumps(settings, sort_keys=True).encode() + weights


def _key(target: Path, out: Path) -> str:
    return target.relative_to(out).as_posix()


@lru_cache(maxsize=4)
def _has_samples(preset: str) -> bool:
    """Return whether a preset plays samples; asked once for each file of a folder."""
    return bool(load_preset(preset).samples)


def _files(target: Path, request: Request) -> list[Path]:
    """Return the files that are written for a target: parts and stems too."""
    paths = [target]
    if (
        formats.target_format(target, *formats.ANYTHING, key=request.file_format).writes
        == "samples"
    ):
        paths = [*split_paths(target)] if request.split_intro else paths
        # Only presets with samples have a stem of the DMC, and not every song plays them.
        voices = [*CHANNELS] if request.stems else []
        if voices and not _has_samples(request.preset):
            voices = [name for name in voices if name != "dmc"]
        paths += stem_paths(target, voices).values()
    return paths


def default_workers() -> int:
    """Return how many processes the machine can run at once."""
    return max(1, os.cpu_count() or 1)
