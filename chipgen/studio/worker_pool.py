"""Runs jobs in a pool of worker processes, some of which are kept warm."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import chipgen
from chipgen.errors import ChipgenError
from chipgen.request.compose_fields import USUAL
from chipgen.studio.worker import HEADER

KINDS: Final = {"desk": (2, 1), "compose": (4, 2)}
"""Workers at most, and how many of them are kept when they have nothing to do."""

PATIENCE_S: Final = 1.5  # how long a worker may continue with a cancelled job
READ_LIMIT_S: Final = 30.0
MAX_ANSWER: Final = 256_000_000

OnPart = Callable[[dict[str, Any]], Awaitable[None]]


class WorkerPool:
    """The workers of a studio.

    A worker that is told to stop and does not is ended; one that dies is replaced.
    """

    def __init__(self) -> None:
        self._idle: dict[str, list[_Worker]] = {kind: [] for kind in KINDS}
        self._room = {kind: asyncio.Semaphore(most) for kind, (most, _) in KINDS.items()}
        self._all: set[_Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def busy(self) -> int:
        """Workers that have something to do."""
        return len(self._all) - sum(len(idle) for idle in self._idle.values())

    def warm_up(self) -> None:
        """Begin a worker of each kind, which loads what its first job needs."""
        for kind in KINDS:
            self._later(self._prepare(kind))

    async def ask(
        self,
        job: dict[str, Any],
        kind: str = "desk",
        on_part: OnPart | None = None,
        limit_s: float | None = None,
    ) -> dict[str, Any]:
        """Have a job done.

        Parameters
        ----------
        job
            As in `chipgen.studio.jobs`.
        kind
            A key of `KINDS`.
        on_part
            Awaited with each part of the answer that is sent before its end.
        limit_s
            Give up after so long.

        Raises
        ------
        ChipgenError
            What is wrong with it, in a line.
        """
        async with self._worker(kind) as worker:
            try:
                async with asyncio.timeout(limit_s):
                    return await worker.do(job, on_part)
            except TimeoutError:
                raise ChipgenError(f"this took more than {limit_s:g} s and was given up") from None

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(worker.end() for worker in list(self._all)))

    @contextlib.asynccontextmanager
    async def _worker(self, kind: str) -> AsyncIterator["_Worker"]:
        async with self._room[kind]:
            worker = self._idle[kind].pop() if self._idle[kind] else await self._begin()
            try:
                yield worker
            finally:
                if await worker.settle() and len(self._idle[kind]) < KINDS[kind][1]:
                    self._idle[kind].append(worker)
                else:
                    self._all.discard(worker)
                    await worker.end()
                    if not self._idle[kind] and not self._closed:
                        self._later(self._prepare(kind))

    async def _begin(self) -> "_Worker":
        if self._closed:
            raise ChipgenError("the studio is closing")
        worker = await _Worker.begin()
        self._all.add(worker)
        return worker

    async def _prepare(self, kind: str) -> None:
        job = {"job": "warm", "model": USUAL.model if kind == "compose" else ""}
        with contextlib.suppress(ChipgenError):
            await self.ask(job, kind)

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Worker:
    """One process, and whether it still owes an answer."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._owes = False

    @classmethod
    async def begin(cls) -> "_Worker":
        environment = dict(os.environ)
        home = str(Path(chipgen.__file__).resolve().parent.parent)
        paths = [home, *environment.get("PYTHONPATH", "").split(os.pathsep)]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chipgen.studio.worker",
            stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True,
        )  # fmt: skip
        return cls(process)

    async def do(self, job: dict[str, Any], on_part: OnPart | None) -> dict[str, Any]:
        self._owes = True
        await self._send(job)
        while True:
            answer = await self._receive()
            if "done" in answer or "error" in answer or "cancelled" in answer:
                self._owes = False
                if "done" in answer:
                    done: dict[str, Any] = answer["done"]
                    return done
                raise ChipgenError(answer.get("error", "cancelled"))
            if on_part is not None:
                await on_part(answer)

    async def settle(self) -> bool:
        """Wait for the answer to a cancelled job; return whether the worker can be used again."""
        if not self._owes:
            return self._process.returncode is None
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._send({"cancel": True})
                while self._owes:
                    answer = await self._receive()
                    self._owes = not {"done", "error", "cancelled"} & answer.keys()
        except (TimeoutError, ChipgenError):
            return False
        return True

    async def end(self) -> None:
        """End the process: it exits when its standard input is closed."""
        if self._process.returncode is not None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message, separators=(",", ":")).encode()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(HEADER.pack(len(data)) + data)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise ChipgenError("the worker has died; try again") from None

    async def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        try:
            (size,) = HEADER.unpack(await self._process.stdout.readexactly(HEADER.size))
            if size > MAX_ANSWER:
                raise ChipgenError("the answer is too large")
            answer: dict[str, Any] = json.loads(await self._process.stdout.readexactly(size))
        except asyncio.IncompleteReadError:
            raise ChipgenError("the worker has died, perhaps for want of memory") from None
        return answer
