"""Plays a tab's piece and keys: play, stop and seek, the beat that sounds, and the stream of sound.

A change takes back the sound that the page has not played yet and makes it anew (see
`sound_queue`), so that a knob is heard sooner than the queue is long.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

from chipgen.music.score import Score
from chipgen.playing.live_player import LogReader, Player
from chipgen.studio import page_messages
from chipgen.studio.background_composing import SendText
from chipgen.studio.sound_queue import AHEAD_S, SendBytes, SoundQueue
from chipgen.studio.voicer import GAIN, Voiced, gain_of
from synth.chip.voices import VOICES
from synth.instrument.overrides import KEPT
from synth.instrument.synthesizer import Synth

TURN_S: Final = 0.01  # how often the queue is checked
REGISTERS_S: Final = 0.1
CHANNELS_OF: Final = {**{voice: k for k, voice in enumerate(VOICES)}, "drums": 9}  # of `Synth`


class TabPlayback:
    """What a tab hears.

    Parameters
    ----------
    rate_hz
        Sample rate of the page's worklet.
    send_text, send_bytes
        Send a message; they wait while the page is slow to take it.
    is_growing
        Whether more of the piece is to come, so that its end is not the music's.

    Attributes
    ----------
    player
        Where sound comes from.
    queue
        Where it goes to.
    voiced
        The whole piece as it was voiced last; None before.
    """

    def __init__(
        self,
        rate_hz: int,
        send_text: SendText,
        send_bytes: SendBytes,
        is_growing: Callable[[], bool],
    ) -> None:
        self.player = Player(rate_hz, parts=True, kept_s=AHEAD_S + 1.0)
        self.queue = SoundQueue(self.player, send_bytes)
        self.voiced: Voiced | None = None
        self._send_text, self._is_growing = send_text, is_growing
        self._played: Score | None = None  # that of the reader that sounds
        self._rest_beat = 0.0
        self._at_end = False
        self._last_s = 0.0
        self._synth_is_old = True
        self._registers = False
        self._registers_told_s = 0.0
        self._wake = asyncio.Event()

    @property
    def is_on(self) -> bool:
        """Whether music is played, or has been sent to its end and may go on."""
        return self.player.reader is not None

    @property
    def rest_beat(self) -> float:
        """Where play goes on if no beat is given."""
        return self._rest_beat

    @property
    def heard_beat(self) -> float:
        """The beat that the page plays about now."""
        return self._beat(self.queue.held_frames())

    def wake(self) -> None:
        """Look at once whether there is something to send."""
        self._wake.set()

    def report(self, message: page_messages.RoomMessage) -> None:
        """Note how much sound the page holds."""
        self.queue.report(message.frames, message.upto)
        self.wake()

    def show_registers(self, *, on: bool) -> None:
        """Send the chip's registers from now on, or no more."""
        self._registers = on

    # Play, stop, seek.

    async def start(self, score: Score, reader: LogReader) -> None:
        """Play a piece with a reader that was opened where it is to begin."""
        self._take_back()
        self.player.start(reader)
        self._played, self._at_end = score, False
        self._last_s = self.player.position_s
        await self._tell_playing()
        self.wake()

    async def stop(self) -> None:
        """Stop, and tell where."""
        if self.is_on:
            self._take_back()
            self._rest_beat = self._beat()
            self.player.stop()
            self.wake()
        await self._tell_end("stopped")

    async def rest_at(self, beat: float) -> None:
        """Begin at a beat when play is pressed, and say so if nothing is played."""
        self._rest_beat = beat
        if not self.is_on:
            await self._tell_end("stopped")

    def first_beat(self, score: Score, beat: float) -> float:
        """Return where to begin when a beat is asked for: anew at the end of a whole piece."""
        return 0.0 if beat >= score.end_beats and not self._is_growing() else beat

    # Changes of what is played.

    def goes_on_in(self, voiced: Voiced) -> bool:
        """Play on in what was voiced, if it is the same up to what the page holds already."""
        player = self.player
        if player.reader is None or player.keys_sound:
            return False
        is_same = player.reader.loops == (voiced.log.loop_cycle is not None)
        if not (is_same and player.extend(voiced.log, voiced.console_filter)):
            return False
        self._played, self._synth_is_old = voiced.score, True
        self.wake()
        return True

    def open_change(self, voiced: Voiced) -> tuple[LogReader | None, Synth | None]:
        """Prepare to go over to what was voiced, from about here on; in a thread."""
        reader = synth = None
        if self.is_on:
            at_s = second_of(voiced, self.heard_beat)
            reader = self.player.open_change(voiced.log, voiced.console_filter, at_s)
        if self.player.keys_sound:
            synth = self._new_synth(voiced)
        return reader, synth

    async def go_over(
        self,
        voiced: Voiced,
        opened: tuple[LogReader | None, Synth | None],
        values: dict[str, float],
    ) -> bool:
        """Play on with what was voiced, from the same beat.

        Parameters
        ----------
        voiced, opened
            As `open_change` prepared it.
        values
            The page's knobs.

        Returns
        -------
        bool
            False if playing began meanwhile, for which nothing was prepared.
        """
        player, (reader, synth) = self.player, opened
        self._take_back()
        self._synth_is_old = synth is None
        if synth is not None:
            player.set_synth(synth)
        ours = {name: value for name, value in values.items() if name not in KEPT}
        player.set_key_values({name: ours[name] for name in ours.keys() - {GAIN}})
        player.set_gain(gain_of(ours))
        if player.reader is not None and reader is not None:
            player.change(reader, second_of(voiced, self._beat()))
            self._played, self._at_end = voiced.score, False
            await self._tell_playing()
        self.wake()
        return player.reader is None or reader is not None

    def key(self, message: page_messages.KeyMessage) -> None:
        """Press a key, or let it go."""
        if self._synth_is_old and self.voiced is not None:
            self._synth_is_old = False
            self.player.set_synth(self._new_synth(self.voiced))
        self._take_back()
        velocity = message.velocity if message.on else 0
        self.player.key(CHANNELS_OF[message.voice], message.note, velocity)
        self.wake()

    def release_keys(self) -> None:
        """Let all keys go."""
        self._take_back()
        self.player.release_keys()

    def _new_synth(self, voiced: Voiced) -> Synth:
        """Return a synthesizer for keys that sounds as the voiced piece."""
        return Synth(
            voiced.preset,
            region=voiced.log.region.name,
            rate_hz=self.player.rate_hz,
            console_filter=voiced.console_filter,
            outputs="apu",
        )

    def _take_back(self) -> None:
        """Take back what the page has not played; music that was sent to its end goes on then."""
        self.queue.take_back()
        self._at_end = self._at_end and not self.player.left

    # Where it is.

    def _beat(self, frames_ago: int = 0) -> float:
        """Return where in the score the next frame to be sent lies, or one that was sent before."""
        if self._played is None or not self.is_on:
            return self._rest_beat
        if self._at_end and not frames_ago:
            return self._played.end_beats
        at_s = self.player.position_before(frames_ago)
        return max(0.0, float(self._played.seconds_to_beats(at_s)))

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
                "generation": self.queue.generation,
                "frame": self.queue.sent - frames_ago,
                "beat": max(0.0, beat),
                "bpm": bpm[0] if bpm else score.tempos[0].bpm,
            }
        )

    async def _tell_end(self, kind: str) -> None:
        message = {"type": kind, "beat": self._rest_beat, "frame": self.queue.sent}
        await self._send_text(message)

    # Streaming.

    async def stream(self) -> None:
        """Send sound as the page has room for it, until cancelled."""
        while True:
            if not self.player.sounding:
                await self._finish()
                if not self.player.sounding:
                    await self._wait(self._rest_s())
                if self.queue.is_silent:  # the page reports nothing while it plays nothing
                    self.queue.report(0, None)
                continue
            missing = self.queue.missing_frames()
            if missing:
                await self._send_block(missing)
            if missing and self.queue.is_short:  # a new generation must not run dry
                await asyncio.sleep(0)
            else:
                await self._wait(TURN_S)

    def _rest_s(self) -> float | None:
        """Return how long to wait when all sound is sent: until it is heard, or for ever."""
        if not (self.is_on and self._at_end) or self._is_growing():
            return None
        held = self.queue.held_frames()
        if not held:
            self.player.stop()
            return None
        return held / self.player.rate_hz

    async def _wait(self, most_s: float | None) -> None:
        """Wait until something happens that sound may depend on."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._wake.wait()
        self._wake.clear()

    async def _send_block(self, n_frames: int) -> None:
        """Send the next frames; the end is told before the last of them, which may be few."""
        block = self.queue.read_block(n_frames)
        if not self.player.playing:
            await self._finish()
        await self.queue.send_block(block)
        reader = self.player.reader
        if reader is not None and self.player.playing:
            now_s = self.player.position_s
            if now_s < self._last_s and reader.loops:
                await self._tell_playing(round((now_s - reader.loop_start_s) * reader.rate_hz))
            self._last_s = now_s
            await self._tell_registers(reader)

    async def _finish(self) -> None:
        """Report the end of the music."""
        if not self.is_on or self._played is None or self._at_end:
            return
        self._at_end = True
        self._rest_beat = self._played.end_beats
        await self._tell_end("waiting" if self._is_growing() else "stopped")

    async def _tell_registers(self, reader: LogReader) -> None:
        now = time.monotonic()
        if not self._registers or now - self._registers_told_s < REGISTERS_S:
            return
        self._registers_told_s = now
        message = {"type": "registers", "frame": self.queue.sent, "values": reader.registers()}
        await self._send_text(message)


def second_of(voiced: Voiced, beat: float) -> float:
    """Return where a beat lies in a piece as it was voiced; its end for what lies behind it."""
    return float(voiced.score.beats_to_seconds(min(beat, voiced.score.end_beats)))
