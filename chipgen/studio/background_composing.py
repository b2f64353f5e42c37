"""Composes for a tab while its piece plays."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chipgen.composing import Passage
from chipgen.errors import ChipgenError
from chipgen.music.score import Meter, Score, Tempo
from chipgen.studio import page_messages
from chipgen.studio.page_document import changed, digest_of
from chipgen.studio.score_json import TrackJson, score_to_json, track_of
from chipgen.studio.worker_pool import WorkerPool
from synth.errors import SynthError

MOST_COMPOSING: Final = 3

SendText = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Sheet:
    """The current piece, by the last writer, and its sound.

    Attributes
    ----------
    on_change
        Called when the piece has changed.
    score, name
        The piece; None before there is one.
    sound
        How it is to sound.
    """

    on_change: Callable[[], None]
    score: Score | None = None
    name: str = ""
    sound: page_messages.SoundSettings = field(default_factory=page_messages.SoundSettings)

    def put(self, score: Score) -> None:
        """Replace the piece."""
        self.score = score
        self.on_change()


@dataclass(slots=True)
class _Growing:
    """A piece that is being composed on, as far as it has come."""

    identity: str
    passages: list[Passage] = field(default_factory=list)


class Composing:
    """Composing for a tab; the newest continuation is put on its sheet as it grows.

    Parameters
    ----------
    pool
        Who composes.
    sheet
        What is composed on from.
    send_text
        Sends a message to the page.
    on_end
        Called when something ends, well or not.
    """

    def __init__(
        self, pool: WorkerPool, sheet: Sheet, send_text: SendText, on_end: Callable[[], None]
    ) -> None:
        self._pool, self._sheet, self._send_text = pool, sheet, send_text
        self._on_end = on_end
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._growing: _Growing | None = None

    @property
    def busy(self) -> bool:
        """Whether more of the piece that is heard is to come."""
        return self._growing is not None

    async def compose(self, message: page_messages.ComposeMessage) -> None:
        """Start to continue the piece, or to rewrite a part of it, in the background.

        Other takes follow one after the other, of the piece as it is now.

        Raises
        ------
        ChipgenError
            If there is no piece, or too much is being composed already.
        """
        score = self._written()
        if message.request.task == "rewrite":
            last = self._begin(message.id, self._rewrite(message, score))
        else:
            growing = _Growing(str(message.id))
            last = self._begin(message.id, self._compose(message, score, growing))
            self._growing = growing
        for other in message.others:
            request = message.request.model_copy(update={"rng_seed": other.rng_seed})
            take = message.model_copy(update={"id": other.id, "request": request})
            last = self._begin(other.id, self._compose_after(last, take, score))
        await asyncio.sleep(0)  # all have begun then, and tell of it when they are cancelled

    def cancel(self, identity: page_messages.Identity) -> None:
        """Compose no further."""
        task = self._tasks.get(str(identity))
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """End everything."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def with_unseen(self, score: Score) -> Score:
        """Return a score of the page's with the passages that the page had not seen yet."""
        for passage in self._growing.passages if self._growing is not None else []:
            if passage.start_beats >= score.end_beats - 1e-6:
                score = with_passage(score, passage)
        return score

    def _written(self) -> Score:
        if self._sheet.score is None:
            raise ChipgenError("there is no piece yet; send a document first")
        return self._sheet.score

    def _begin(
        self, identity: page_messages.Identity, work: Coroutine[Any, Any, None]
    ) -> asyncio.Task[None]:
        key = str(identity)
        going_on = [task for task in self._tasks.values() if not task.cancelling()]
        if key in self._tasks or len(going_on) >= MOST_COMPOSING:
            work.close()
            raise ChipgenError("this is being composed already; stop it or wait")
        task = asyncio.create_task(self._answer(identity, work))
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))
        return task

    async def _answer(
        self, identity: page_messages.Identity, work: Coroutine[Any, Any, None]
    ) -> None:
        try:
            await work
        except SynthError as error:
            message = {"type": "error", "id": identity, "error": one_line(error)}
            await self._send_text(message)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                await self._send_text({"type": "cancelled", "id": identity})
            raise
        finally:
            if self._growing is not None and self._growing.identity == str(identity):
                self._growing = None
            self._on_end()

    async def _compose_after(
        self, task: asyncio.Task[None], message: page_messages.ComposeMessage, score: Score
    ) -> None:
        """Compose a take that is not heard, once another has ended."""
        await asyncio.wait([task])
        if message.request.task == "rewrite":
            await self._rewrite(message, score, heard=False)
        else:
            await self._compose(message, score, None)

    async def _compose(
        self, message: page_messages.ComposeMessage, score: Score, growing: _Growing | None
    ) -> None:
        """Compose a take; what comes of one that is heard is put on the sheet as it grows."""
        before: dict[str, Any] = {}

        async def take(part: dict[str, Any]) -> None:
            if "seed" in part:
                before["seed"] = part["seed"]
                return
            told = {**part["passage"], **before}
            if growing is not None and self._growing is growing:
                written = self._sheet.score
                if before or written is None:
                    written = await asyncio.to_thread(_changed, score, told["seed"])
                passage = passage_of(told)
                growing.passages.append(passage)
                self._sheet.put(with_passage(written, passage))
            before.clear()
            await self._send_text({"type": "passage", "id": message.id, **told})

        job = {
            "job": "compose",
            "score": score_to_json(score, self._sheet.name),
            "request": message.request.model_dump(mode="json"),
            "from_bar": message.from_bar,
        }
        done = await self._pool.ask(job, "compose", take)
        composed = await asyncio.to_thread(_changed, score, done["changes"])
        if growing is not None and self._growing is growing:
            self._sheet.put(composed)
        await self._tell_composed(message, composed, done)

    async def _rewrite(
        self, message: page_messages.ComposeMessage, score: Score, *, heard: bool = True
    ) -> None:
        job = {
            "job": "compose",
            "score": score_to_json(score, self._sheet.name),
            "request": message.request.model_dump(mode="json"),
        }
        done = await self._pool.ask(job, "compose")
        composed = await asyncio.to_thread(_changed, score, done["changes"])
        if heard and self._sheet.score is score:
            self._sheet.put(composed)
        await self._tell_composed(message, composed, done)

    async def _tell_composed(
        self, message: page_messages.ComposeMessage, score: Score, done: dict[str, Any]
    ) -> None:
        """Tell the page what a take changes of its seed, and the digest of what that makes."""
        told = {"type": "composed", "id": message.id, "digest": digest_of(score), **done}
        await self._send_text(told)


def with_passage(score: Score, passage: Passage) -> Score:
    """Return a score with a passage appended, on its tracks or on new ones."""
    tracks = list(score.tracks)
    for index, new in enumerate(passage.tracks):
        if index == len(tracks):
            tracks.append(replace(new, notes=(), controls=(), bends=()))
        if index < len(tracks):
            old = tracks[index]
            tracks[index] = replace(
                old,
                notes=tuple(sorted((*old.notes, *new.notes))),
                controls=tuple(sorted((*old.controls, *new.controls), key=lambda c: c.beat)),
                bends=tuple(sorted((*old.bends, *new.bends), key=lambda b: b.beat)),
            )
    tempos, meters = score.tempos, score.meters
    if tempos[-1].bpm != passage.tempo.bpm and tempos[-1].beat < passage.start_beats:
        tempos = (*tempos, replace(passage.tempo, beat=passage.start_beats))
    meter = score.meter_at(passage.start_beats)
    if (meter.numerator, meter.denominator) != (passage.meter.numerator, passage.meter.denominator):
        earlier = tuple(m for m in meters if m.beat < passage.start_beats)
        meters = (*earlier, replace(passage.meter, beat=passage.start_beats))
    end = max(score.end_beats, passage.end_beats)
    return replace(score, tracks=tuple(tracks), tempos=tempos, meters=meters, end_beats=end)


def one_line(error: Exception | str) -> str:
    """Return what an error says, as a line for the page."""
    return " ".join(str(error).split())[:500]


def _changed(score: Score, changes: list[dict[str, Any]]) -> Score:
    return changed(score, "", page_messages.CHANGES.validate_python(changes))[0]


def passage_of(told: dict[str, Any]) -> Passage:
    """Return a passage from JSON."""
    return Passage(
        told["start_beats"],
        told["end_beats"],
        tuple(track_of(TrackJson.model_validate(track)) for track in told["tracks"]),
        Tempo(*told["tempo"]),
        Meter(*told["meter"]),
        tuple(told["remarks"]),
    )
