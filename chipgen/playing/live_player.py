"""The live player: music and keys as sound that can be sought, changed and looped without clicks.

The studio and the terminal's player pull their sound from here. Nothing in it waits or opens a
device: the owner of the speakers calls `Player.read` for as many frames as they need.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from chipgen.playing.crossfade import FADE_S, Block, Crossfader
from chipgen.playing.log_reader import RATE_HZ, LogReader
from synth.chip.audio_stream import HARDWARE, ChipChoices
from synth.chip.register_log import RegisterLog
from synth.chip.voices import VOICES
from synth.instrument.synthesizer import Synth

__all__ = ["EXACT_WITHIN_S", "FADE_S", "KEPT_S", "RATE_HZ", "Block", "LogReader", "Player"]

KEPT_S: Final = 0.5  # how far `Player.rewind` reaches, unless it is told otherwise
EXACT_WITHIN_S: Final = 30.0  # how much is rendered again for a change while it plays
EXACT_START_S: Final = 300.0  # the same for a start, which may take longer
CATCH_UP_S: Final = 10.0  # shorter gaps are rendered, not restarted after: 10 ms of work
_KEYS_RING_S: Final = 4.0  # the longest release and echo of a key let go


class Player:
    """Plays a reader or silence, and the keys that are played over it.

    Changes may come a little late: `rewind` takes back what has been read but
    not been played yet, so that a change is heard before the queue has run out.

    Parameters
    ----------
    rate_hz
        Sample rate, 8,000–192,000 Hz.
    parts
        Whether `read` gives the four voices beside the mix, for oscilloscopes.
    chip
        Where the chip may be other than the hardware.
    kept_s
        How far `rewind` reaches.

    Examples
    --------
    >>> player = Player(parts=True)
    >>> player.read(480).shape, player.playing
    ((480, 5), False)
    """

    def __init__(
        self,
        rate_hz: int = RATE_HZ,
        *,
        parts: bool = False,
        chip: ChipChoices = HARDWARE,
        kept_s: float = KEPT_S,
    ) -> None:
        self.rate_hz = rate_hz
        self.chip = chip
        self.channels = 1 + len(VOICES) if parts else 1
        self.frames = 0
        self._parts = parts
        self._fade_frames = round(FADE_S * rate_hz)
        kept = round(kept_s * rate_hz)
        self._music = Crossfader(self.channels, self._fade_frames, kept)
        self._keys = Crossfader(self.channels, self._fade_frames, kept)
        self._reader: LogReader | None = None
        self._synth: Synth | None = None
        self._synth_rest: Block = np.zeros((1, 1), np.float32)
        self._messages: list[bytes] = []
        self._held: dict[tuple[int, int], int] = {}
        self._key_values: dict[str, float] = {}
        self._ring_frames = 0
        self._gain = self._gain_target = 1.0
        self._gain_step = 0.0

    @property
    def reader(self) -> LogReader | None:
        """The music that is played; None when stopped, but not at its end."""
        return self._reader

    @property
    def playing(self) -> bool:
        """Whether music sounds or is about to."""
        return self._music.source is not None or self._music.waiting > 0

    @property
    def sounding(self) -> bool:
        """Whether anything is to be heard, keys ringing on included."""
        return self.playing or self._keys.source is not None or self._keys.waiting > 0

    @property
    def keys_sound(self) -> bool:
        """Whether keys are held or ring on."""
        return self._keys.source is not None or bool(self._held)

    @property
    def position_s(self) -> float:
        """Where in the music the next frame to be read lies, in seconds; 0 when stopped."""
        return self.position_before(0)

    def position_before(self, n_frames: int) -> float:
        """Return where in the music the frame lies that was read so many frames ago, in seconds."""
        reader = self._reader
        if reader is None:
            return 0.0
        return reader.music_s(max(reader.frame - self._music.waiting - n_frames, 0))

    @property
    def left(self) -> int:
        """How many frames of music that does not loop are still to be read."""
        reader = self._reader
        if reader is None or reader.loops:
            return 0
        return max(0, reader.total_frames - reader.frame) + self._music.waiting

    def extend(self, log: RegisterLog, console_filter: str) -> bool:
        """Play on in another log if all that was read so far sounds the same there.

        Returns whether it does; if not, nothing has changed.
        """
        reader = self._reader
        if reader is None or self._music.source is None:
            return False
        begins = log.cycle[:1].tolist() == reader.log.cycle[:1].tolist()
        return begins and reader.console_filter == console_filter and reader.extend(log)

    def open(
        self,
        log: RegisterLog,
        console_filter: str = "nes",
        at_s: float = 0.0,
        *,
        loop: bool = True,
        exact: bool | None = None,
    ) -> LogReader:
        """Prepare music for `start` or `change`; safe in another thread while this one reads.

        By default a start is not exact where it would have to be waited for.
        """
        if exact is None:
            exact = at_s <= EXACT_START_S
        return LogReader(
            log, console_filter, self.rate_hz, at_s,
            parts=self._parts, exact=exact, loop=loop, chip=self.chip,
        )  # fmt: skip

    def open_change(
        self, log: RegisterLog, console_filter: str, at_s: float, *, loop: bool = True
    ) -> LogReader:
        """Prepare other music for `change`, to go on from about `at_s`; safe in another thread."""
        early_s = max(0.0, at_s - KEPT_S)
        return self.open(log, console_filter, early_s, loop=loop, exact=early_s <= EXACT_WITHIN_S)

    def start(self, reader: LogReader) -> None:
        """Play a reader from its position, replacing the music that plays."""
        self._reader = reader
        self._music.switch(reader.read, attack=reader.frame == 0)

    def change(self, reader: LogReader, at_s: float | None = None) -> None:
        """Switch to another reader at the same moment of the music, or at `at_s`.

        Stopped music stays stopped.

        Parameters
        ----------
        reader
            From `open_change`; it is opened again if it does not reach the moment soon.
        at_s
            Where the next frame to be read lies in the new music; None is where it lay in the old.
        """
        wanted = round((self.position_s if at_s is None else at_s) * self.rate_hz)
        wanted = min(wanted, reader.total_frames)
        if not 0 <= wanted - reader.frame <= round(CATCH_UP_S * self.rate_hz):
            reader = self.open(
                reader.log,
                reader.console_filter,
                wanted / self.rate_hz,
                loop=reader.loops,
                exact=False,
            )
        reader.skip_to(wanted)
        self.start(reader)

    def stop(self) -> None:
        """Let the music fall silent."""
        self._reader = None
        if self.playing:
            self._music.switch(None)

    def set_synth(self, synth: Synth) -> None:
        """Play keys with a synthesizer of `rate_hz` with outputs ``"apu"``; held keys go on."""
        sounding = self._keys.source is not None
        self._synth = synth
        self._synth_rest = synth.process([], 1)  # unfiltered, the chip rests off the middle
        self._messages = [
            bytes([0x90 | channel, key, velocity])
            for (channel, key), velocity in self._held.items()
        ]
        self.set_key_values(self._key_values)
        if sounding:
            self._keys.switch(self._read_keys)

    def set_key_values(self, values: Mapping[str, float]) -> None:
        """Turn the synthesizer's parameters that keys are played with, by name."""
        self._key_values = dict(values)
        if self._synth is not None:
            for name, value in self._key_values.items():
                self._synth.set_parameter(name, value)

    def key(self, channel: int, key: int, velocity: int) -> None:
        """Press a key (velocity 1–127) or let it go (0).

        Channels 0 to 3 play pulse 1, pulse 2, triangle and noise, 9 the drums.
        """
        if self._synth is None:
            return

        def touch() -> None:
            if velocity:
                self._held[channel, key] = velocity
            else:
                self._held.pop((channel, key), None)
            self._messages.append(bytes([0x90 | channel, key, velocity]))
            self._ring_frames = round(_KEYS_RING_S * self.rate_hz)

        self._keys.switch(self._read_keys, attack=True, between=touch)

    def release_keys(self) -> None:
        """Let all keys go."""
        for channel, key in list(self._held):
            self.key(channel, key, 0)

    def set_gain(self, gain: float) -> None:
        """Make all louder or softer by a factor; it gets there in a moment."""
        self._gain_target = gain
        self._gain_step = (gain - self._gain) / self._fade_frames

    def rewind(self, n_frames: int) -> int:
        """Take back frames that were read, up to `n_frames`; return how many."""
        n_frames = min(n_frames, self._music.taken_back, self._keys.taken_back, self.frames)
        self._music.rewind(n_frames)
        self._keys.rewind(n_frames)
        self.frames -= n_frames
        return n_frames

    def read(self, n_frames: int) -> Block:
        """Return the next frames of sound, float32, shape (n_frames, channels)."""
        sound = self._music.read(n_frames)
        if self._keys.source is not None or self._keys.waiting:
            sound = sound + self._keys.read(n_frames)
        else:
            self._keys.pass_silently(n_frames)
        self.frames += n_frames
        return self._amplify(sound)

    def _read_keys(self, n_frames: int) -> Block:
        if self._synth is None or self._ring_frames <= 0:
            return np.zeros((0, self.channels), np.float32)
        messages, self._messages = [(message, 0.0) for message in self._messages], []
        apart = self._synth.process(messages, n_frames) - self._synth_rest
        if not self._held:
            self._ring_frames -= n_frames
        mix = apart.sum(axis=1, keepdims=True)
        return np.concatenate((mix, apart[:, : len(VOICES)]), axis=1) if self._parts else mix

    def _amplify(self, sound: Block) -> Block:
        if self._gain == self._gain_target:
            return sound if self._gain == 1.0 else sound * np.float32(self._gain)
        gains = self._gain + self._gain_step * np.arange(1, len(sound) + 1)
        clip = np.minimum if self._gain_step > 0 else np.maximum
        gains = clip(gains, self._gain_target)
        self._gain = float(gains[-1]) if len(gains) else self._gain
        louder: Block = sound * gains.astype(np.float32)[:, np.newaxis]
        return louder
