"""A session of one tab: takes the page's messages, and does or begins what they ask for.

A session runs on the event loop; voicing takes a thread, composing a process.
"""

import asyncio

from pydantic import ValidationError

from chipgen.music.score import Score
from chipgen.studio import page_messages
from chipgen.studio.background_composing import Composing, SendText, Sheet, one_line
from chipgen.studio.background_voicing import BackgroundVoicing
from chipgen.studio.page_document import OutOfStepError, PageDocument
from chipgen.studio.score_json import say
from chipgen.studio.sound_queue import SendBytes
from chipgen.studio.tab_playback import TabPlayback
from chipgen.studio.worker_pool import WorkerPool
from synth.errors import SynthError


class Session:
    """A page's session.

    Parameters
    ----------
    pool
        Who composes.
    rate_hz
        Sample rate of the page's worklet.
    send_text, send_bytes
        Send a message; they wait while the page is slow to take it.
    """

    def __init__(
        self, pool: WorkerPool, rate_hz: int, send_text: SendText, send_bytes: SendBytes
    ) -> None:
        self._send_text = send_text
        self._page = PageDocument()
        self._sheet = Sheet(lambda: self._voicing.request(notes=True))
        self._playback = TabPlayback(
            rate_hz, send_text, send_bytes, is_growing=lambda: self._composing.busy
        )
        self._voicing = BackgroundVoicing(self._sheet, self._playback, send_text)
        self._composing = Composing(pool, self._sheet, send_text, self._playback.wake)

    async def run(self) -> None:
        """Stream until cancelled; `receive` may be called meanwhile."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._playback.stream())
            group.create_task(self._voicing.run())

    async def close(self) -> None:
        """Stop the session's background work."""
        await self._composing.close()

    async def receive(self, text: str | bytes) -> None:
        """Handle a message, or send the page a line that says what is wrong with it."""
        identity = None
        try:
            message = page_messages.MESSAGES.validate_json(text)
            identity = getattr(message, "id", None)
            await self._do(message)
        except ValidationError as error:
            await self._fail(say(error), page_messages.identity_in(text))
        except SynthError as error:
            await self._fail(str(error), identity)

    async def _do(self, message: page_messages.Message) -> None:
        playback = self._playback
        match message:
            case page_messages.RoomMessage():
                playback.report(message)
            case page_messages.DocumentMessage():
                await self._take_document(message)
            case page_messages.EditMessage():
                await self._take_edit(message)
            case page_messages.SoundMessage():
                self._sheet.sound = message
                self._voicing.request()
            case page_messages.PlayMessage():
                beat = message.from_beat
                await self._play(playback.rest_beat if beat is None else beat)
            case page_messages.StopMessage():
                await playback.stop()
            case page_messages.SeekMessage():
                await playback.rest_at(message.beat)
                if playback.is_on:
                    await self._play(message.beat)
            case page_messages.ComposeMessage():
                await self._composing.compose(message)
            case page_messages.CancelMessage():
                self._composing.cancel(message.id)
            case page_messages.KeyMessage():
                playback.key(message)
            case page_messages.KeysOffMessage():
                playback.release_keys()
            case page_messages.RegistersMessage():
                playback.show_registers(on=message.on)

    async def _play(self, beat: float) -> None:
        await self._playback.start(*await self._voicing.open(beat))

    async def _take_document(self, message: page_messages.DocumentMessage) -> None:
        document = message.document
        score = await asyncio.to_thread(self._page.put, document.score, message.revision)
        self._sheet.sound = document
        self._put(score)

    async def _take_edit(self, message: page_messages.EditMessage) -> None:
        try:
            score = await asyncio.to_thread(self._page.edit, message)
        except OutOfStepError:
            await self._send_text({"type": "resend"})
            return
        if score is not None:
            self._put(score)

    def _put(self, score: Score) -> None:
        """Voice the page's score from now on."""
        self._sheet.name = self._page.name
        self._sheet.put(self._composing.with_unseen(score))

    async def _fail(self, error: str, identity: page_messages.Identity | None = None) -> None:
        about = {} if identity is None else {"id": identity}
        await self._send_text({"type": "error", **about, "error": one_line(error)})
