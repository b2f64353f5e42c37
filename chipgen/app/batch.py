"""Renders a folder of seeds in parallel, and skips what is up to date."""

import contextlib
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chipgen import __version__
from chipgen.app import pipeline
from chipgen.errors import ChipgenError
from chipgen.music import formats
from chipgen.request import Request
from chipgen.request.values import ALL_TRACKS
from synth.atomic_write import write_bytes
from synth.chip.voices import CHANNELS
from synth.errors import SynthError
from synth.instrument.preset_loader import load_preset
from synth.output.loops import split_paths
from synth.output.stems import stem_paths

MANIFEST: Final = ".chipgen-batch.json"
_GRACE_S: Final = 10.0  # that a stopped worker has to clean up, on a busy machine too


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """What is done with every file of a folder.

    Attributes
    ----------
    suffix
        Suffix of the files written, with its dot; it chooses the format.
    request
        What is made of each source.
    """

    suffix: str
    request: Request


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    source, target
        The file and what is made of it.
    status
        ``rendered``, ``up to date``, ``failed``, or ``left out``, where it is no score.
    reason
        Why it failed or was left out.
    remarks
        What the user should know, a line each.
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
    track: int | None
    config: BatchConfig
    fingerprint: str
    overwrite: bool
    before: dict[str, str]


def render_folder(
    folder: Path,
    out: Path,
    config: BatchConfig,
    *,
    workers: int,
    overwrite: bool = False,
    on_outcome: Callable[[Outcome, int, int], None] | None = None,
) -> list[Outcome]:
    """Render every MIDI file under `folder` to the same place under `out`.

    A file is skipped if its render was made by an earlier call from the same bytes with the same
    settings and version, and nobody has touched it since. A failure never stops the others.

    Parameters
    ----------
    folder
        Searched with its sub-folders for files of the formats that hold a score.
    out
        Made if missing. It keeps a small hidden manifest of what was made from what.
    config
        What is done with each file.
    workers
        Processes to use.
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
    settings = _settings(config)
    manifest = _read_manifest(out)
    outcomes: dict[Path, Outcome] = {}
    jobs: list[_Job] = []

    def settle(outcome: Outcome) -> None:
        outcomes[outcome.target] = outcome
        if on_outcome is not None:
            on_outcome(outcome, len(outcomes), len(songs))

    for source, track, target in songs:
        fingerprint = _fingerprint(source, track, settings)
        entry = manifest.get(_key(target, out), {})
        before = _stamps(target, config.request)
        there = [name for name, stamp in before.items() if stamp]
        ours = all(_made(entry).get(name) == before[name] for name in there)
        if ours and len(there) == len(before) and entry.get("fingerprint") == fingerprint:
            settle(Outcome(source, target, "up to date"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            replaces = overwrite or (ours and bool(there))
            jobs.append(_Job(source, target, track, config, fingerprint, replaces, before))
    waiting = {job.target: job for job in jobs}
    try:
        with contextlib.closing(_run(jobs, workers)) as results:  # stopped here, workers stop too
            for job, outcome in results:
                del waiting[job.target]
                if outcome.status == "rendered":
                    _remember(job, out)
                settle(outcome)
    finally:
        # When stopped, some files may have been finished without anybody having been told.
        for job in waiting.values():
            if _stamps(job.target, config.request) != job.before:
                _remember(job, out)
    return [
        *(outcomes[target] for _, _, target in songs),
        *(Outcome(path, path, "left out", reason) for path, reason in others.items()),
    ]


def _find_sources(folder: Path, out: Path, made: str) -> tuple[list[Path], dict[Path, str]]:
    """Return the scores under a folder, and why each other file that it shows is none.

    What an earlier run made beside its sources, of the suffix `made`, is neither.
    """
    made_here = out.resolve()
    ours = made_here == folder.resolve()
    sources: list[Path] = []
    others: dict[Path, str] = {}
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
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
        paths = pipeline.track_paths(source, target)
    except SynthError:
        return [(source, None, target)]
    return [(source, number, path) for number, path in paths]


def _run(jobs: list[_Job], workers: int) -> Generator[tuple[_Job, Outcome], None, None]:
    if not jobs:
        return
    if workers == 1:
        for job in jobs:
            yield job, _render(job)
        return
    # Spawned, not forked: torch's and numba's threads do not survive a fork.
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_cleanly,
    )
    with _interrupts_ignored():  # which the workers inherit from their first moment on
        futures = {pool.submit(_render, job): job for job in jobs}
    try:
        for future in as_completed(futures):
            job = futures[future]
            try:
                yield job, future.result()
            except BrokenProcessPool:
                reason = "the worker process died (out of memory?)"
                yield job, Outcome(job.source, job.target, "failed", reason)
        pool.shutdown()
    except BaseException:
        # Stopped from outside: what is being rendered is given up, and its temporary file with it.
        workers_now = list(pool._processes.values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in workers_now:
            process.terminate()
        for process in workers_now:
            process.join(_GRACE_S)
            process.kill()  # still compiling, which hears nothing; it has written nothing yet
        raise


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Leave Ctrl-C, which the terminal sends to all processes, to the one that asked for the work.

    Processes started meanwhile ignore it for good.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's affair
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_cleanly() -> None:
    """Let SIGTERM end a worker by way of its `finally` blocks, so that temporary files go."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _render(job: _Job) -> Outcome:
    try:
        request = _request_for(job)
        written = pipeline.make_file(job.source, job.target, request, overwrite=job.overwrite)
    except (SynthError, OSError, MemoryError) as error:
        return Outcome(job.source, job.target, "failed", str(error) or type(error).__name__)
    except SystemExit:
        if multiprocessing.parent_process() is None:
            raise
        os._exit(143)  # the pool would take it for a result and go on with the next file
    return Outcome(job.source, job.target, "rendered", remarks=written.remarks)


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


def _remember(job: _Job, out: Path) -> None:
    """Note what was made from what, beside what other runs have noted meanwhile."""
    manifest = _read_manifest(out)
    manifest[_key(job.target, out)] = {
        "fingerprint": job.fingerprint,
        "sha256": _stamps(job.target, job.config.request),
    }
    write_bytes(out / MANIFEST, json.dumps(manifest, indent=1).encode(), overwrite=True)


def _settings(config: BatchConfig) -> bytes:
    """Return all that a render depends on, besides its source."""
    settings = {
        "version": __version__,
        "suffix": config.suffix,
        "request": config.request.model_dump(mode="json"),
        "preset": load_preset(config.request.preset).model_dump(mode="json"),
    }
    model = Path(config.request.model)
    weights = model.read_bytes() if model.is_file() else b""
    return json.dumps(settings, sort_keys=True).encode() + weights


def _fingerprint(source: Path, track: int | None, settings: bytes) -> str:
    return hashlib.sha256(settings + f"{track}".encode() + source.read_bytes()).hexdigest()


def _key(target: Path, out: Path) -> str:
    return target.relative_to(out).as_posix()


def _stamps(target: Path, request: Request) -> dict[str, str]:
    """Return `_stamp` of each file, by name, that is written for a target: parts and stems too."""
    paths = [target]
    if formats.target_format(target, *formats.ANYTHING).writes == "samples":
        paths = [*split_paths(target)] if request.split_intro else paths
        # A score plays no samples, so there is no stem of the DMC.
        voices = [name for name in CHANNELS if name != "dmc"] if request.stems else []
        paths += stem_paths(target, voices).values()
    return {path.name: _stamp(path) for path in paths}


def _stamp(path: Path) -> str:
    """Return what tells whether a file is as it was made; empty if there is none."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _made(entry: dict[str, Any]) -> dict[str, str]:
    """Return the stamps of the files that an earlier run made, by name."""
    stamps = entry.get("sha256")
    return stamps if isinstance(stamps, dict) else {}


def _read_manifest(out: Path) -> dict[str, dict[str, Any]]:
    try:
        manifest = json.loads((out / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(manifest, dict):
        return {}
    return {key: entry for key, entry in manifest.items() if isinstance(entry, dict)}


def default_workers() -> int:
    """Return how many processes the machine can run at once."""
    return max(1, os.cpu_count() or 1)
