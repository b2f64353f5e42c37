"""Works on a folder of seeds in parallel, and skips what is up to date."""

import contextlib
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chipgen import __version__
from chipgen.app import pipeline
from chipgen.app.batch_journal import Journal, Made, open_journal, read_made, write_made
from chipgen.app.cluster import run_on_cluster
from chipgen.app.folder_songs import find_songs
from chipgen.app.sound import written_files
from chipgen.app.worker_processes import MOST_TRIES, run_jobs
from chipgen.errors import ChipgenError
from chipgen.request import Request
from synth.atomic_write import check_writable, put_in_place
from synth.errors import SynthError
from synth.instrument.preset_loader import load_preset
from synth.temporary_files import sweep_folder, temporary_folder


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


@dataclass(frozen=True)
class Task(ABC):
    """What is made of one song: files in one folder. It travels to the process that does it.

    Attributes
    ----------
    source
        The song's file.
    target
        The file that the others are named after.
    request
        What is asked for.
    settings
        Everything that the files depend on besides the bytes of `source`.
    """

    source: Path
    target: Path
    request: Request
    settings: str

    @abstractmethod
    def files(self) -> list[Path]:
        """Return all files that may be written."""

    @abstractmethod
    def make(self, folder: Path) -> Sequence[str]:
        """Write the files into another folder, and return remarks for the user.

        Raises
        ------
        SynthError
            If it cannot be done.
        """


class _Render(Task):
    """A song becomes one file, with its parts and stems."""

    def files(self) -> list[Path]:
        return written_files(self.target, self.request)

    def make(self, folder: Path) -> Sequence[str]:
        place = folder / self.target.name
        return pipeline.make_file(self.source, place, self.request, overwrite=False).remarks


@dataclass(frozen=True, slots=True)
class _Job:
    task: Task
    out: Path
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
    songs, others = find_songs(folder, out, config.suffix, config.request.track)
    settings = settings_digest(config)
    tasks = [
        _Render(
            song.source, out / song.place, song.request(config.request), f"{settings} {song.track}"
        )
        for song in songs
    ]
    return run_tasks(
        tasks, others, out,
        workers=workers, cluster=cluster, overwrite=overwrite, on_outcome=on_outcome,
    )  # fmt: skip


def run_tasks(
    tasks: Sequence[Task],
    others: Mapping[Path, str],
    out: Path,
    *,
    workers: int,
    cluster: str,
    overwrite: bool,
    on_outcome: Callable[[Outcome, int, int], None] | None,
) -> list[Outcome]:
    """Do tasks that write below `out`, but for those that are up to date, as `render_folder` does.

    Parameters
    ----------
    tasks
        What to do.
    others
        Files that are left out, and why.
    out, workers, cluster, overwrite, on_outcome
        As for `render_folder`.

    Returns
    -------
    list of Outcome
        One for each task, in their order, then one for each other file.

    Raises
    ------
    ChipgenError
        If two tasks would write one file, or one its source.
    """
    _check_distinct(tasks)
    outcomes: dict[Path, Outcome] = {}

    def settle(outcome: Outcome) -> None:
        outcomes[outcome.target] = outcome
        if on_outcome is not None:
            on_outcome(outcome, len(outcomes), len(tasks))

    out.mkdir(parents=True, exist_ok=True)
    folders = {out, *(task.target.parent for task in tasks)}
    with open_journal(out) as journal, _swept(folders):
        jobs: list[_Job] = []
        for task in tasks:
            job = _job(journal, task, overwrite=overwrite)
            if job is None:
                settle(Outcome(task.source, task.target, "up to date"))
            else:
                jobs.append(job)
        with contextlib.closing(
            _run(jobs, workers, cluster)
        ) as results:  # stopped here, workers stop too
            for job, outcome, made in results:
                if made is not None:
                    target = job.task.target
                    paths = [target.with_name(name) for name in made.files]
                    journal.note(_key(target, out), made, paths)
                settle(outcome)
    return [
        *(outcomes[task.target] for task in tasks),
        *(Outcome(path, path, "left out", reason) for path, reason in others.items()),
    ]


@contextlib.contextmanager
def _swept(folders: Collection[Path]) -> Iterator[None]:
    """Remove what killed processes left in folders, before the work and if it is broken off."""

    def sweep() -> None:
        for folder in folders:
            sweep_folder(folder)

    sweep()  # also where all is up to date
    try:
        yield
    except BaseException:
        sweep()
        raise


def _job(journal: Journal, task: Task, *, overwrite: bool) -> _Job | None:
    """Return the job for a task; None if its files are up to date."""
    key = _key(task.target, journal.folder)
    what = f"{task.settings} {journal.digest(task.source)}"
    fingerprint = hashlib.sha256(what.encode(errors="surrogateescape")).hexdigest()
    last = journal.last(key)
    if (
        last is not None
        and last.fingerprint == fingerprint
        and all(
            journal.digest(task.target.with_name(name)) == digest
            for name, digest in last.files.items()
        )
    ):
        return None
    found = {path.name: journal.digest(path) for path in task.files() if path.exists()}
    ours = bool(found) and all(journal.knows(key, name, digest) for name, digest in found.items())
    return _Job(task, journal.folder, fingerprint, overwrite or ours)


def _run(
    jobs: list[_Job], workers: int, cluster: str
) -> Generator[tuple[_Job, Outcome, Made | None], None, None]:
    if not cluster and (workers == 1 or len(jobs) < 2):
        for job in jobs:
            yield job, *_do(job)
        return
    if not jobs:
        return
    running = run_on_cluster(_do, jobs, cluster) if cluster else run_jobs(_do, jobs, workers)
    with contextlib.closing(running) as results:
        for job, result in results:
            if result is None:
                tries = "several" if cluster else MOST_TRIES
                reason = f"its process died {tries} times (out of memory?)"
                result = Outcome(job.task.source, job.task.target, "failed", reason), None
            yield job, *result


def _do(job: _Job) -> tuple[Outcome, Made | None]:
    """Write a task's files beside their place, write the journal's line, and move them there.

    No failure of one task is one of the others.
    """
    task = job.task
    folder, stage = task.target.parent, ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = task.files()
        overwrite = job.overwrite or _is_ours(job, paths)
        for path in paths:
            check_writable(path, overwrite=overwrite)
        with temporary_folder(folder) as made_in:
            stage = str(made_in)
            told = task.make(made_in)
            files = sorted(made_in.glob("[!.]*"))
            made = Made(job.fingerprint, {path.name: file_digest(path) for path in files})
            write_made(job.out, _key(task.target, job.out), made)
            for path in files:
                put_in_place(path, folder / path.name, overwrite=overwrite)
    except (SynthError, OSError, MemoryError) as error:
        reason = str(error)
        if isinstance(error, OSError) and error.filename:
            reason = f"{error.filename} cannot be read or written ({error.strerror})"
        reason = reason.replace(stage, str(folder)) if stage else reason
        return Outcome(task.source, task.target, "failed", reason or type(error).__name__), None
    except Exception as error:
        reason = f"internal error ({type(error).__name__}: {error}), a defect of chipgen: report it"
        return Outcome(task.source, task.target, "failed", " ".join(reason.split())), None
    remarks = tuple(remark.replace(stage, str(folder)) for remark in told)
    return Outcome(task.source, task.target, "rendered", remarks=remarks), made


def _is_ours(job: _Job, paths: list[Path]) -> bool:
    """Return whether the files in a song's place are those of a process that has died since."""
    found = {path.name: file_digest(path) for path in paths if path.is_file()}
    made = read_made(job.out, _key(job.task.target, job.out)) if found else []
    return bool(made) and all(
        any(each.files.get(name) == digest for each in made) for name, digest in found.items()
    )


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_distinct(tasks: Sequence[Task]) -> None:
    seen: dict[Path, Path] = {}
    sources = {task.source for task in tasks}
    originals = {identity for identity in map(_identity, sources) if identity}
    for task in tasks:
        for path in task.files():
            if _identity(path) in originals:
                raise ChipgenError(f"{path} is one of the sources; choose another output folder")
            if path in seen:
                raise ChipgenError(
                    f"{seen[path]} and {task.source} would both become {path}; rename one"
                )
            seen[path] = task.source


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what is the same for all names of a file; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def settings_digest(config: BatchConfig) -> str:
    """Return a digest of everything that a render depends on besides its source."""
    settings = {
        "version": __version__,
        "suffix": config.suffix,
        "request": config.request.model_dump(mode="json"),
        "preset": load_preset(config.request.preset).model_dump(mode="json"),
    }
    model = Path(config.request.model)
    weights = model.read_bytes() if model.is_file() else b""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode() + weights).hexdigest()


def _key(target: Path, out: Path) -> str:
    return target.relative_to(out).as_posix()
