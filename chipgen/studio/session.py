"""A session of one tab: voices its document, plays it, and composes on.

A session runs on the event loop; voicing takes a thread, composing a process. A change takes back
the sound that the page has not played yet and makes it anew (see `sound_queue`), so that a knob is
heard sooner than the queue is long.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from chipgen.errors import ChipgenError
from chipgen.music.score import Score
from chipgen.playing.live_player import LogReader, Player
from chipgen.studio import page_messages
from chipgen.studio.background_composing import Composing, SendText, Sheet
from chipgen.studio.page_document import OutOfStepError, PageDocument
from chipgen.studio.score_json import say
from chipgen.studio.sound_queue import AHEAD_S, SendBytes, SoundQueue
from chipgen.studio.voicer import GAIN, Voiced, Voicer, gain_of, voices_json
from chipgen.studio.worker_pool import WorkerPool
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.overrides import KEPT
from synth.instrument.synthesizer import Synth

TURN_S: Final = 0.01  # how often the queue is checked
REGISTERS_S: Final = 0.1
QUIET_S: Final = 0.4  # a long piece is arranged when nothing has changed for so long
CHANNELS_OF: Final = {**{voice: k for k, voice in enumerate(VOICES)}, "drums": 9}  # of `Synth`


@dataclass(frozen=True, slots=True)
class _Change:
    """A voiced document, and what it is played with if something is played now.

    Of a long piece it may be an excerpt that is heard until the whole is arranged.
    """

    voiced: Voiced
    reader: LogReader | None
    synth: Synth | None
    is_excerpt: bool


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
        self.player = Player(rate_hz, parts=True, kept_s=AHEAD_S + 1.0)
        self._queue = SoundQueue(self.player, send_bytes)
        self._send_text = send_text
        self._voicer = Voicer()
        self._sheet = Sheet(lambda: self._change(notes=True))
        self._page = PageDocument()
        self._settings = page_messages.SoundSettings()
        self._heard_settings = self._settings
        self._loop = False
        self._voiced: Voiced | None = None
        self._played: Score | None = None  # that of the reader that sounds
        self._rest_beat = 0.0
        self._at_end = False
        self._last_s = 0.0
        self._revision = 0
        self._voicing = asyncio.Event()
        self._unarranged = asyncio.Event()  # a long piece sounds, of which only an excerpt is
        self._voiced_revision = 0
        self._ready = asyncio.Condition()
        self._tell_voices = False
        self._composing = Composing(pool, self._sheet, send_text, self._wake_up)
        self._synth_is_old = True
        self._registers = False
        self._registers_told_s = 0.0
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Stream until cancelled; `receive` may be called meanwhile."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stream())
            group.create_task(self._voice())
            group.create_task(self._arrange())

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
        match message:
            case page_messages.RoomMessage():
                self._queue.report(message.frames, message.upto)
                self._wake.set()
            case page_messages.DocumentMessage():
                await self._take_document(message)
            case page_messages.EditMessage():
                await self._take_edit(message)
            case page_messages.SoundMessage():
                self._settings = message
                self._change()
            case page_messages.PlayMessage():
                await self._play(message.from_beat)
            case page_messages.StopMessage():
                await self._stop()
            case page_messages.SeekMessage():
                await self._seek(message.beat)
            case page_messages.LoopMessage():
                self._loop = message.on
                self._change()
            case page_messages.ComposeMessage():
                self._composing.compose(message)
            case page_messages.CancelMessage():
                self._composing.cancel(message.id)
            case page_messages.KeyMessage():
                self._key(message)
            case page_messages.KeysOffMessage():
                self._take_back()
                self.player.release_keys()
            case page_messages.RegistersMessage():
                self._registers = message.on

    # What is heard of the document.

    async def _take_document(self, message: page_messages.DocumentMessage) -> None:
        document = message.document
        score = await asyncio.to_thread(self._page.put, document.score, message.revision)
        self._settings = document
        self._loop = document.loop
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

    def _change(self, *, notes: bool = False) -> None:
        """Request that the document is voiced again; many changes at once become one."""
        self._revision += 1
        self._tell_voices |= notes
        self._voicing.set()

    async def _voice(self) -> None:
        """Voice the newest state of the document, again and again, in a thread."""
        while True:
            await self._voicing.wait()
            self._voicing.clear()
            revision, score = self._revision, self._sheet.score
            settings, loop = self._settings, self._loop
            try:
                if score is None:
                    continue
                held = self._queue.held_frames()
                beat = None if self.player.reader is None else self._beat(held)
                change = await asyncio.to_thread(self._prepare, score, settings, beat, loop=loop)
                await self._go_over(change, settings)
                if change.is_excerpt:
                    self._unarranged.set()
            except SynthError as error:
                await self._fail(str(error))
            finally:
                async with self._ready:
                    self._voiced_revision = revision
                    self._ready.notify_all()

    async def _arrange(self) -> None:
        """Arrange long pieces of which an excerpt is heard, when nothing has changed for a moment.

        Meanwhile edits are heard, as excerpts of their own.
        """
        while True:
            await self._unarranged.wait()
            self._unarranged.clear()
            revision = -1
            while revision != self._revision:
                revision = self._revision
                await asyncio.sleep(QUIET_S)
            score, settings = self._sheet.score, self._settings
            if score is None:
                continue
            with contextlib.suppress(SynthError):  # voicing it says so
                await asyncio.to_thread(self._voicer.arrange, score, settings)
            self._change()

    def _prepare(
        self,
        score: Score,
        settings: page_messages.SoundSettings,
        beat: float | None,
        *,
        loop: bool,
        start: bool = False,
    ) -> _Change:
        """Voice the document and make ready what it is heard with from a beat on; in a thread."""
        is_excerpt = beat is not None and self._voicer.is_slow(score, settings)
        if beat is not None and is_excerpt:
            voiced = self._voicer.voice_excerpt(score, settings, beat)
        else:
            voiced = self._voicer.voice(score, settings, loop=loop)
        reader = synth = None
        if beat is not None:
            open_log = self.player.open if start else self.player.open_change
            loop = loop and not is_excerpt
            at_s = self._second(beat, voiced)
            reader = open_log(voiced.log, voiced.console_filter, at_s, loop=loop)
        if self.player.keys_sound:
            synth = self._new_synth(voiced)
        return _Change(voiced, reader, synth, is_excerpt)

    async def _go_over(self, change: _Change, settings: page_messages.SoundSettings) -> None:
        """Play on with what was voiced, from the same beat."""
        player, voiced = self.player, change.voiced
        if not change.is_excerpt:
            self._voiced = voiced
        if self._goes_on(change, settings):
            self._played, self._synth_is_old = voiced.score, True
            self._wake.set()
            await self._show_voices(change)
            return
        self._take_back()
        self._synth_is_old = change.synth is None
        if change.synth is not None:
            player.set_synth(change.synth)
        ours = {name: value for name, value in settings.values.items() if name not in KEPT}
        player.set_key_values({name: ours[name] for name in ours.keys() - {GAIN}})
        player.set_gain(gain_of(ours))
        if player.reader is not None and change.reader is not None:
            player.change(change.reader, self._second(self._beat(), voiced))
            self._played, self._at_end = voiced.score, False
            await self._tell_playing()
        elif player.reader is not None:  # it was started while this was voiced
            self._change()
        self._wake.set()
        await self._show_voices(change)

    def _goes_on(self, change: _Change, settings: page_messages.SoundSettings) -> bool:
        """Play on in what was voiced, if it is the same up to what the page holds already."""
        heard, self._heard_settings = self._heard_settings, settings
        return (
            change.reader is not None
            and change.synth is None
            and not change.reader.loops
            and heard.values == settings.values
            and self.player.extend(change.voiced.log, change.voiced.console_filter)
        )

    async def _show_voices(self, change: _Change) -> None:
        if self._tell_voices and not change.is_excerpt:
            self._tell_voices = False
            await self._send_text(await asyncio.to_thread(voices_json, change.voiced))

    def _new_synth(self, voiced: Voiced) -> Synth:
        """Return a synthesizer for keys that sounds as the voiced piece."""
        return Synth(
            voiced.preset,
            region=voiced.log.region.name,
            rate_hz=self.player.rate_hz,
            console_filter=voiced.console_filter,
            outputs="apu",
        )

    async def _settled(self) -> Voiced:
        """Wait until what was last asked for is voiced."""
        wanted = self._revision
        async with self._ready:
            await self._ready.wait_for(lambda: self._voiced_revision >= wanted)
        if self._voiced is None:
            raise ChipgenError("there is nothing to play yet; send a document first")
        return self._voiced

    # Playing.

    async def _play(self, beat: float | None) -> None:
        await self._start(self._rest_beat if beat is None else beat)

    async def _seek(self, beat: float) -> None:
        self._rest_beat = beat
        if self.player.reader is not None:
            await self._start(beat)
        else:
            await self._send_text({"type": "stopped", "beat": beat, "frame": self._queue.sent})

    async def _start(self, beat: float) -> None:
        score, reader = await self._open(beat)
        self._take_back()
        self.player.start(reader)
        self._played, self._at_end = score, False
        self._last_s = self.player.position_s
        await self._tell_playing()
        self._wake.set()

    async def _open(self, beat: float) -> tuple[Score, LogReader]:
        """Return the piece and what it is heard with from a beat on; from its start at its end."""
        while True:
            score, settings, loop = self._sheet.score, self._settings, self._loop
            if score is not None and self._voicer.is_slow(score, settings):
                at = self._from(score, beat)
                change = await asyncio.to_thread(
                    self._prepare, score, settings, at, loop=loop, start=True
                )
                if score is self._sheet.score and change.reader is not None:
                    self._unarranged.set()
                    return score, change.reader
                continue
            voiced = await self._settled()
            at_s = self._second(self._from(voiced.score, beat), voiced)
            reader = await asyncio.to_thread(
                self.player.open, voiced.log, voiced.console_filter, at_s, loop=loop
            )
            if voiced is self._voiced:
                return voiced.score, reader

    def _from(self, score: Score, beat: float) -> float:
        return 0.0 if beat >= score.end_beats and not self._composing.busy else beat

    async def _stop(self) -> None:
        if self.player.reader is not None:
            self._take_back()
            self._rest_beat = self._beat()
            self.player.stop()
            self._wake.set()
        await self._send_text(
            {"type": "stopped", "beat": self._rest_beat, "frame": self._queue.sent}
        )

    async def _tell_playing(self, frames_ago: int = 0) -> None:
        """Send the beat of a frame: the next to be sent, or one before it."""
        score, reader = self._played, self.player.reader
        assert score is not None
        beat = self._beat()
        if frames_ago and reader is not None:
            now = round(self.player.position_s * reader.rate_hz) - frames_ago
            beat = float(score.seconds_to_beats(now / reader.rate_hz))
        bpm = [tempo.bpm for tempo in score.tempos if tempo.beat <= beat][-1:]
        await self._send_text(
            {
                "type": "playing",
                "generation": self._queue.generation,
                "frame": self._queue.sent - frames_ago,
                "beat": max(0.0, beat),
                "bpm": bpm[0] if bpm else score.tempos[0].bpm,
            }
        )

    def _beat(self, frames_ago: int = 0) -> float:
        """Return where in the score the next frame to be sent lies, or one that was sent before."""
        if self._played is None or self.player.reader is None:
            return self._rest_beat
        if self._at_end and not frames_ago:
            return self._played.end_beats
        at_s = self.player.position_before(frames_ago)
        return max(0.0, float(self._played.seconds_to_beats(at_s)))

    def _take_back(self) -> None:
        """Take back what the page has not played; music that was sent to its end goes on then."""
        self._queue.take_back()
        self._at_end = self._at_end and not self.player.left

    def _second(self, beat: float, voiced: Voiced) -> float:
        return float(voiced.score.beats_to_seconds(min(beat, voiced.score.end_beats)))

    def _key(self, message: page_messages.KeyMessage) -> None:
        if self._synth_is_old and self._voiced is not None:
            self._synth_is_old = False
            self.player.set_synth(self._new_synth(self._voiced))
        self._take_back()
        velocity = message.velocity if message.on else 0
        self.player.key(CHANNELS_OF[message.voice], message.note, velocity)
        self._wake.set()

    # Streaming.

    async def _stream(self) -> None:
        """Send sound as the page has room for it."""
        while True:
            if not self.player.sounding:
                await self._finish()
                if not self.player.sounding:
                    await self._wait(self._rest_s())
                if self._queue.is_silent:  # the page reports nothing while it plays nothing
                    self._queue.report(0, None)
                continue
            missing = self._queue.missing_frames()
            if missing:
                await self._send_block(missing)
            if missing and self._queue.is_short:  # a new generation must not run dry
                await asyncio.sleep(0)
            else:
                await self._wait(TURN_S)

    def _rest_s(self) -> float | None:
        """Return how long to wait when all sound is sent: until it is heard, or for ever."""
        if self.player.reader is None or not self._at_end or self._composing.busy:
            return None
        held = self._queue.held_frames()
        if not held:
            self.player.stop()
            return None
        return held / self.player.rate_hz

    def _wake_up(self) -> None:
        self._wake.set()

    async def _wait(self, most_s: float | None) -> None:
        """Wait until something happens that sound may depend on."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._wake.wait()
        self._wake.clear()

    async def _send_block(self, n_frames: int) -> None:
        await self._queue.send(min(n_frames, self.player.left or n_frames))
        reader = self.player.reader
        if reader is not None and self.player.playing:
            now_s = self.player.position_s
            if now_s < self._last_s and reader.loops:
                await self._tell_playing(round((now_s - reader.loop_start_s) * reader.rate_hz))
            self._last_s = now_s
            await self._tell_registers(reader)

    async def _finish(self) -> None:
        """Report the end of the music."""
        if self.player.reader is None or self._played is None or self._at_end:
            return
        self._at_end = True
        self._rest_beat = self._played.end_beats
        kind = "waiting" if self._composing.busy else "stopped"
        await self._send_text({"type": kind, "beat": self._rest_beat, "frame": self._queue.sent})

    async def _tell_registers(self, reader: LogReader) -> None:
        now = time.monotonic()
        if not self._registers or now - self._registers_told_s < REGISTERS_S:
            return
        self._registers_told_s = now
        message = {"type": "registers", "frame": self._queue.sent, "values": reader.registers()}
        await self._send_text(message)

    async def _fail(self, error: str, identity: page_messages.Identity | None = None) -> None:
        line = " ".join(error.split())[:500]
        about = {} if identity is None else {"id": identity}
        await self._send_text({"type": "error", **about, "error": line})
