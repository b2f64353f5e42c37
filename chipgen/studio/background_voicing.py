"""Voices a tab's piece in threads while it plays, and lets what is played go over to it."""

import asyncio
import contextlib
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.score import Score
from chipgen.playing.live_player import LogReader
from chipgen.studio.background_composing import SendText, Sheet, one_line
from chipgen.studio.page_messages import SoundSettings
from chipgen.studio.tab_playback import TabPlayback, second_of
from chipgen.studio.voicer import Voiced, Voicer, placed_json
from synth.errors import SynthError

QUIET_S: Final = 0.4  # a long piece is arranged when nothing has changed for so long


class BackgroundVoicing:
    """The newest state of a piece, voiced again and again; many changes at once become one.

    Of a long piece an excerpt is heard until the whole is arranged.

    Parameters
    ----------
    sheet
        The piece and its sound.
    playback
        What plays it.
    send_text
        Sends a message to the page.
    """

    def __init__(self, sheet: Sheet, playback: TabPlayback, send_text: SendText) -> None:
        self._sheet, self._playback, self._send_text = sheet, playback, send_text
        self._voicer = Voicer()
        self._heard_sound = sheet.sound
        self._revision = 0  # of the piece, as far as it was asked to be voiced
        self._voiced_revision = 0
        self._changed = asyncio.Event()
        self._unarranged = asyncio.Event()  # a long piece sounds, of which only an excerpt is
        self._ready = asyncio.Condition()
        self._tell_voices = False

    def request(self, *, notes: bool = False) -> None:
        """Request that the piece is voiced again; `notes` if not only its sound has changed."""
        self._revision += 1
        self._tell_voices |= notes
        self._changed.set()

    async def run(self) -> None:
        """Voice what is requested, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._voice_newest())
            group.create_task(self._arrange_when_quiet())

    async def open(self, beat: float) -> tuple[Score, LogReader]:
        """Return the piece and what it is heard with from a beat on; from its start at its end.

        Raises
        ------
        ChipgenError
            If there is no piece yet.
        """
        playback = self._playback
        while True:
            score, sound = self._sheet.score, self._sheet.sound
            is_excerpt = score is not None and self._voicer.is_slow(score, sound)
            if score is not None and is_excerpt:
                at = playback.first_beat(score, beat)
                voiced = await asyncio.to_thread(self._voicer.voice_excerpt, score, sound, at)
            else:
                voiced = await self._settled()
                at = playback.first_beat(voiced.score, beat)
            reader = await asyncio.to_thread(
                playback.player.open, voiced.log, voiced.console_filter, second_of(voiced, at)
            )
            if is_excerpt and voiced.score is self._sheet.score:
                self._unarranged.set()
                return voiced.score, reader
            if not is_excerpt and voiced is playback.voiced:
                return voiced.score, reader

    async def _settled(self) -> Voiced:
        """Wait until what was last asked for is voiced."""
        wanted = self._revision
        async with self._ready:
            await self._ready.wait_for(lambda: self._voiced_revision >= wanted)
        if self._playback.voiced is None:
            raise ChipgenError("there is nothing to play yet; send a document first")
        return self._playback.voiced

    async def _voice_newest(self) -> None:
        """Voice the newest state of the piece, again and again."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            revision = self._revision
            try:
                if self._sheet.score is not None:
                    await self._voice(self._sheet.score, self._sheet.sound)
            except SynthError as error:
                await self._send_text({"type": "error", "error": one_line(error)})
            finally:
                async with self._ready:
                    self._voiced_revision = revision
                    self._ready.notify_all()

    async def _voice(self, score: Score, sound: SoundSettings) -> None:
        """Voice a piece, and go over to it if it is played."""
        playback, voicer = self._playback, self._voicer
        beat = playback.heard_beat if playback.is_on else None

        def work() -> tuple[Voiced, bool]:
            if beat is not None and voicer.is_slow(score, sound):
                return voicer.voice_excerpt(score, sound, beat), True
            return voicer.voice(score, sound), False

        voiced, is_excerpt = await asyncio.to_thread(work)
        if is_excerpt:
            self._unarranged.set()
        else:
            playback.voiced = voiced
        before, self._heard_sound = self._heard_sound, sound
        if before.values != sound.values or not playback.goes_on_in(voiced):
            opened = await asyncio.to_thread(playback.open_change, voiced)
            if not await playback.go_over(voiced, opened, sound.values):
                self.request()
        if self._tell_voices and not is_excerpt:
            self._tell_voices = False
            await self._send_text(await asyncio.to_thread(placed_json, voiced))

    async def _arrange_when_quiet(self) -> None:
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
            score, sound = self._sheet.score, self._sheet.sound
            if score is None:
                continue
            with contextlib.suppress(SynthError):  # voicing it says so
                await asyncio.to_thread(self._voicer.arrange, score, sound)
            self.request()
