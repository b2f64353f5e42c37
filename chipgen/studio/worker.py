"""A worker process: reads jobs as JSON from standard input, and writes answers to standard output.

Messages are a length of four bytes and that many bytes of JSON. The process gives way to others,
so that sound comes first, and ends with the process that began it.
"""

import contextlib
import json
import os
import queue
import struct
import threading
import traceback
from pathlib import Path
from typing import Any, BinaryIO, Final

HEADER: Final = struct.Struct(">I")
NICENESS: Final = 5
IDLE_S: Final = 1.0
AUTOGROUP: Final = Path("/proc/self/autogroup")  # Linux weighs sessions before it weighs processes


def main() -> None:
    """Do the jobs that come in, until standard input ends."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # prints must not be taken for answers
    give_way()
    jobs: queue.Queue[dict[str, Any]] = queue.Queue()
    cancelled = threading.Event()
    threading.Thread(target=_listen, args=(incoming, jobs, cancelled), daemon=True).start()
    from chipgen.studio.jobs import CancelledError, run_job

    def tell(part: dict[str, Any]) -> None:
        if cancelled.is_set():
            raise CancelledError("this job was cancelled")
        _send(outgoing, part)

    job: dict[str, Any] = {}
    answer: dict[str, Any] = {}
    while True:
        job = _next(jobs, job, answer)
        try:
            for answer in run_job(job, tell):
                _send(outgoing, answer)
        except BrokenPipeError:
            return
        except Exception:
            traceback.print_exc()
            _send(outgoing, {"error": f"the studio could not {job.get('job')} this; see its log"})


def _next(
    jobs: "queue.Queue[dict[str, Any]]", done: dict[str, Any], answer: dict[str, Any]
) -> dict[str, Any]:
    """Return the next job; if none comes soon, prepare for what the last one may lead to."""
    from chipgen.studio.jobs import expect_next

    with contextlib.suppress(queue.Empty):
        return jobs.get(timeout=IDLE_S)
    with contextlib.suppress(Exception):  # the job itself will say what is wrong
        expect_next(done, answer)
    return jobs.get()


def give_way() -> None:
    """Let the studio's own process, which makes the sound, and others go first."""
    with contextlib.suppress(OSError, AttributeError):
        nice = max(0, os.getpriority(os.PRIO_PROCESS, 0)) + NICENESS  # the studio's may be raised
        os.setpriority(os.PRIO_PROCESS, 0, nice)
    with contextlib.suppress(OSError):
        AUTOGROUP.write_text(str(NICENESS))


def _listen(stream: BinaryIO, jobs: "queue.Queue[dict[str, Any]]", cancelled: Any) -> None:
    while True:
        header = stream.read(HEADER.size)
        if len(header) < HEADER.size:
            os._exit(0)  # the parent has gone
        (size,) = HEADER.unpack(header)
        message = json.loads(stream.read(size))
        if message.get("cancel"):
            cancelled.set()
        else:
            cancelled.clear()
            jobs.put(message)


def _send(stream: BinaryIO, message: dict[str, Any]) -> None:
    data = json.dumps(message, separators=(",", ":")).encode()
    stream.write(HEADER.pack(len(data)) + data)
    stream.flush()


if __name__ == "__main__":
    main()
