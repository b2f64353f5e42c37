"""Runs targets on damaged inputs in a process of its own, and tells what went wrong.

An input that is taken and reaches lines no other has reached is kept to be damaged further. Wrong
is: an exception other than `SynthError`, also one that was turned into a line for the user
unforeseen; a warning; the end of the process; more than `LIMIT_S` seconds of the processor; more
than `LIMIT_BYTES` of memory; a file that is left behind.
"""

import contextlib
import hashlib
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

from synth.errors import SynthError
from synth.fileformat import UnreadableError
from tests.fuzz.mutate import mutate_bytes
from tests.fuzz.targets import Target

LIMIT_S: Final = 10.0
LIMIT_BYTES: Final = 1_000_000_000  # beyond what the process has when it begins
WALL_LIMIT_S: Final = 120.0  # on a busy machine
TRACED: Final = 0.25  # of the damaged inputs
SLOWER: Final = 6.0  # so many times longer takes what is traced
MOST_CALLS: Final = 100  # of one function in one input that are traced
ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that did what none may do.

    Attributes
    ----------
    target
        The target's name.
    data
        The input.
    what
        What happened, in a line; the same for inputs that fail at the same place.
    trace
        Where, if that is known.
    """

    target: str
    data: bytes
    what: str
    trace: str = ""

    @property
    def name(self) -> str:
        """A file name for the input."""
        return f"{self.target}-{hashlib.sha256(self.data).hexdigest()[:12]}"


@dataclass(slots=True)
class Report:
    """What a campaign did: inputs fed, of which refused; lines reached; what was found."""

    inputs: int = 0
    refused: int = 0
    lines: int = 0
    findings: list[Finding] = field(default_factory=list)


class TooLongError(BaseException):
    """An input has taken more of the processor's time than it may."""


def run_target(target: Target, count: int, seed: int, *, traced: bool = True) -> Report:
    """Feed a target its seeds and damaged inputs, so many in all; not `traced`, it goes faster."""
    report = Report()
    rng = random.Random(f"{seed} {target.name}")
    while report.inputs < count:
        done = report.inputs
        _run_process(target, count - done, rng.randrange(2**32), report, traced=traced)
        if report.inputs == done:
            report.findings.append(Finding(target.name, b"", "the process does not begin"))
            break
        if len(report.findings) > 50:
            break
    return report


def _run_process(target: Target, count: int, seed: int, report: Report, *, traced: bool) -> None:
    """Feed inputs in one process until they are through, or the process ends."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=_feed, args=(theirs, target, count, seed, traced)
    )
    process.start()
    theirs.close()
    last, used_s = b"", 0.0
    with ours, contextlib.suppress(EOFError, OSError):
        while True:
            if not ours.poll(WALL_LIMIT_S):
                if _waits_for_the_machine(process.pid, used_s):
                    continue
                report.findings.append(Finding(target.name, last, "hangs"))
                report.inputs += 1
                process.kill()
                break
            kind, value = ours.recv()
            if kind == "input":
                last, used_s = value, _used_s(process.pid)
            elif kind == "done":
                report.inputs += 1
                report.refused += value
            elif kind == "lines":
                report.lines = max(report.lines, value)
            else:
                report.findings.append(value)
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        report.findings.append(Finding(target.name, last, f"ends with {process.exitcode}"))
        report.inputs += 1


def _waits_for_the_machine(pid: int | None, used_s: float) -> bool:
    """Tell whether a process would go on if only the machine had time for it.

    One that sleeps does not, nor one that has had more of the processor than an input may.
    """
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "R" and _used_s(pid) - used_s < 2 * SLOWER * LIMIT_S
    return False


def _used_s(pid: int | None) -> float:
    """Return how much of the processor a process has had."""
    with contextlib.suppress(OSError):
        numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _feed(way: "Connection[Any, Any]", target: Target, count: int, seed: int, traced: bool) -> None:
    """Damage and feed inputs, and say what happens."""
    rng = random.Random(seed)
    warnings.simplefilter("error")
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 (as long as the process)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        scratch = Path(name, "tmp")
        scratch.mkdir()
        tempfile.tempdir = str(scratch)
        seeds = target.seeds()
        known = {hashlib.sha256(data).digest() for data in seeds}
        corpus = list(seeds)
        work = Path(name, "work")
        work.mkdir()
        seen: set[tuple[CodeType, int]] = set()
        _feed_one(
            target, seeds[0], work, scratch, seen if traced else None
        )  # loads modules, before memory is limited
        _limit_memory()
        for number in range(count):
            data = seeds[number] if number < len(seeds) else _damaged(target, corpus, rng)
            way.send(("input", data))
            before = len(seen)
            watched = seen if traced and (number < len(seeds) or rng.random() < TRACED) else None
            refused, finding = _feed_one(target, data, work, scratch, watched)
            digest = hashlib.sha256(data).digest()
            if len(seen) > before and not refused and digest not in known and len(data) < 50_000:
                known.add(digest)
                corpus.append(data)
            if finding is not None:
                way.send(("finding", finding))
            way.send(("done", refused))
            if number % 50 == 0 or number == count - 1:
                way.send(("lines", len(seen)))


def _damaged(target: Target, corpus: list[bytes], rng: random.Random) -> bytes:
    data = rng.choice(corpus[-40:] if rng.random() < 0.5 else corpus)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        try:
            data = target.mutate(data, corpus, rng)
        except Exception:  # the frame is too damaged to be kept
            data = mutate_bytes(data, corpus, rng)
    return data


def _feed_one(
    target: Target, data: bytes, work: Path, scratch: Path, seen: set[tuple[CodeType, int]] | None
) -> tuple[bool, Finding | None]:
    """Feed one input; return whether it was refused, and what is wrong."""
    path = work / f"input{target.suffix}"
    path.write_bytes(data)
    refused, what, trace = False, "", ""
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S if seen is None else LIMIT_S * SLOWER)
    try:
        with _traced(seen):
            target.run(path)
    except UnreadableError as error:
        refused, cause = True, error.__cause__ or error
        what, trace = f"unforeseen {_where(cause)}", "".join(traceback.format_exception(cause))
    except SynthError as error:
        refused = True
        what = "" if "\n" not in str(error) else f"two lines: {error}"
    except TooLongError as error:
        what, trace = f"longer than {LIMIT_S} s", "".join(traceback.format_exception(error))
    except BaseException as error:
        what, trace = _where(error), "".join(traceback.format_exception(error))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    path.unlink(missing_ok=True)
    left = sorted(
        str(one.relative_to(work.parent)) for one in (*work.iterdir(), *scratch.iterdir())
    )
    for one in work.iterdir():
        one.unlink()
    if left and not what:
        what = f"leaves {left[0]}"
    return refused, Finding(target.name, data, what, trace) if what else None


def _stop(*_: object) -> None:
    raise TooLongError


def _where(error: BaseException) -> str:
    """Return an exception's kind and the innermost line of ours that it came through."""
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if "chipgen/" in name or "synth/" in name:
            place = f"{Path(name).name}:{line} {frame.f_code.co_name}"
    return f"{type(error).__name__} at {place}"


def _limit_memory() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + LIMIT_BYTES, resource.RLIM_INFINITY))


@contextlib.contextmanager
def _traced(seen: set[tuple[CodeType, int]] | None) -> Iterator[None]:
    """Note the lines of ours that are reached; of what is called often, the first calls only."""
    if seen is None:
        yield
        return
    calls: dict[CodeType, int] = {}
    ours = (str(ROOT / "chipgen"), str(ROOT / "synth"))

    def enter(frame: FrameType, _event: str, _arg: object) -> Any:
        code = frame.f_code
        calls[code] = calls.get(code, 0) + 1
        if calls[code] > MOST_CALLS or not code.co_filename.startswith(ours):
            return None
        frame.f_trace_lines = True
        return line

    def line(frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            seen.add((frame.f_code, frame.f_lineno))
        return line

    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(None)
