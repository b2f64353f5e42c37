"""Register logs and keys to the sound that is heard now: sought, changed, looped without a click.

The studio and the terminal's player pull their sound from here. Nothing in it waits or opens a
device: whoever owns the speakers calls `Player.read` for as many frames as they want.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.blocks import frame_start_cycle
from synth.chip.registers import FIRST_ADDRESS, LAST_ADDRESS, RegisterLog
from synth.chip.stream import HARDWARE, LATENCY_FRAMES, AudioStream, ChipChoices, frame_count
from synth.instrument.stream import Synth
from synth.instrument.voices import VOICES

Block = NDArray[np.float32]

RATE_HZ: Final = 48_000
FADE_S: Final = 0.008  # long enough for no click, short enough for no double sound
KEPT_S: Final = 0.5  # how far `Player.rewind` reaches
PREROLL_S: Final = 2.0  # envelopes, sweeps and filters are as they would be after so long
EXACT_WITHIN_S: Final = 30.0  # how much is rendered again for a change while it plays
EXACT_START_S: Final = 300.0  # the same for a start, which may take longer
CATCH_UP_S: Final = 10.0  # how much is read on rather than begun anew: 10 ms of work
SILENT: Final = 1e-3  # a step of so little is no click
_SKIP_FRAMES: Final = 65_536
_KEYS_RING_S: Final = 4.0  # the longest release and echo of a key let go
_STATUS, _SEQUENCER = 0x4015, 0x4017


class Deck:
    """A register log that is read as sound, from any moment on, around its loop if it has one.

    Parameters
    ----------
    log
        The music.
    console_filter, rate_hz, chip
        As for `AudioStream`.
    at_s
        Where reading begins, in seconds of the log.
    parts
        Whether the four voices are wanted beside the mix.
    exact
        True renders what comes before unheard, so that every sample is the one that the file has.
        False begins `PREROLL_S` before with the registers as they stand there: the same to the
        ear, but for the phases of the waves, and its cost does not grow with the song.

    Raises
    ------
    SynthError
        As `AudioStream`.
    """

    def __init__(
        self,
        log: RegisterLog,
        console_filter: str = "nes",
        rate_hz: int = RATE_HZ,
        at_s: float = 0.0,
        *,
        parts: bool = False,
        exact: bool = True,
        loop: bool = True,
        chip: ChipChoices = HARDWARE,
    ) -> None:
        self.log = log
        self.chip = chip
        self.console_filter = console_filter
        self.rate_hz = rate_hz
        self.loops = loop and log.loop_cycle is not None
        self.total_frames = frame_count(log, rate_hz)
        self.first_frame = min(max(round(at_s * rate_hz), 0), self.total_frames)
        self.frame = self.first_frame
        preroll_frames = None if exact else round(PREROLL_S * rate_hz)
        self._reels = [_Reel(self, "mix", self.first_frame, preroll_frames)]
        if parts:  # looked at, not listened to
            self._reels.append(
                _Reel(self, "isolated", self.first_frame, round(PREROLL_S * rate_hz / 4))
            )

    @property
    def position_s(self) -> float:
        """Where in the music the next frame lies, in seconds of the log."""
        return self.music_s(self.frame)

    @property
    def loop_start_s(self) -> float:
        """Where the music goes on after its end if it loops, in seconds of the log; else 0."""
        return (self.log.loop_cycle or 0) / self.log.region.clock_hz

    def music_s(self, frame: int) -> float:
        """Return where in the music a frame lies, in seconds of the log."""
        seconds = frame / self.rate_hz
        if not self.loops or seconds < self.log.duration_s:
            return min(seconds, self.log.duration_s)
        loop_s = self.loop_start_s
        return loop_s + (seconds - loop_s) % (self.log.duration_s - loop_s)

    def read(self, n_frames: int) -> Block:
        """Return the next frames, fewer at the end, as float32 of shape (frames, channels).

        Column 0 is the mix; with parts 1 to 4 are pulse 1, pulse 2, triangle and noise alone.
        """
        if not self.loops:
            n_frames = min(n_frames, self.total_frames - self.frame)
        if n_frames <= 0:
            return np.zeros((0, 1 + len(VOICES) * (len(self._reels) - 1)), np.float32)
        columns = [reel.read(n_frames) for reel in self._reels]
        self.frame += n_frames
        columns[1:] = [part[:, : len(VOICES)] for part in columns[1:]]
        sound = np.concatenate(columns, axis=1) if len(columns) > 1 else columns[0]
        if not self.loops and self.log.loop_cycle is not None:
            self._close(sound)
        return sound

    def skip_to(self, frame: int) -> None:
        """Read on, unheard, up to a frame."""
        while self.frame < frame:
            if not len(self.read(min(frame - self.frame, _SKIP_FRAMES))):
                return

    def extend(self, log: RegisterLog) -> bool:
        """Go on with a version of the music that grew, if all that was read of it is the same.

        Returns whether it is; if not, nothing has changed. Music that loops does not grow.
        """
        same = (
            not self.loops
            and log.region == self.log.region
            and log.memory == self.log.memory
            and all(reel.has_read_alike(log) for reel in self._reels)
        )
        if same:
            self.log = log
            self.total_frames = frame_count(log, self.rate_hz)
        return same

    def registers(self) -> list[int]:
        """Return what stands in $4000–$4017 where reading has come to, 0 where nothing does."""
        cycle = int(self.position_s * self.log.region.clock_hz)
        standing = [0] * (LAST_ADDRESS - FIRST_ADDRESS + 1)
        index = int(np.searchsorted(self.log.cycle, cycle, side="right"))
        if index:
            _, addresses, values = _registers_before(self.log, index)
            for address, value in zip(addresses.tolist(), values.tolist(), strict=True):
                standing[address - FIRST_ADDRESS] = value
        return standing

    def _close(self, sound: Block) -> None:
        """Fade out the end of music that would go on with its loop."""
        fade = max(1, round(FADE_S * self.rate_hz))
        left = self.total_frames - self.frame + np.arange(len(sound) - 1, -1, -1)
        sound *= np.minimum(left / fade, 1.0).astype(np.float32)[:, np.newaxis]


class _Reel:
    """One stream of the chip, fed from a deck's log and around its loop."""

    def __init__(
        self, deck: Deck, outputs: str, first_frame: int, preroll_frames: int | None
    ) -> None:
        log = deck.log
        self._deck = deck
        self._stream = AudioStream(
            log.region, deck.rate_hz, deck.console_filter, outputs, memory=log.memory,
            click_free=deck.chip.click_free, ultrasonic=deck.chip.ultrasonic,
        )  # fmt: skip
        begin = 0 if preroll_frames is None else max(0, first_frame - preroll_frames)
        self._frame = begin
        self._start_cycle = frame_start_cycle(begin, deck.rate_hz, log.region.clock_hz)
        self._next = int(np.searchsorted(log.cycle, self._start_cycle))
        self._turned_cycles = 0
        self._fed_until = self._start_cycle
        if self._next:
            self._stream.feed(*_registers_before(log, self._next))
        while self._frame < first_frame:
            self.read(min(first_frame - self._frame, _SKIP_FRAMES))

    def read(self, n_frames: int) -> Block:
        self._feed(self._frame + n_frames + LATENCY_FRAMES)
        self._frame += n_frames
        return self._stream.read(n_frames)

    def has_read_alike(self, log: RegisterLog) -> bool:
        """Tell whether another log holds the very writes that were read of this one, so far."""
        old, upto = self._deck.log, self._next
        return int(np.searchsorted(log.cycle, self._fed_until)) == upto and all(
            np.array_equal(before[:upto], after[:upto])
            for before, after in (
                (old.cycle, log.cycle), (old.address, log.address), (old.value, log.value)
            )
        )  # fmt: skip

    def _feed(self, until_frame: int) -> None:
        log = self._deck.log
        until = frame_start_cycle(until_frame, self._deck.rate_hz, log.region.clock_hz)
        while True:
            upto = int(np.searchsorted(log.cycle, until - self._turned_cycles))
            new = slice(self._next, upto)
            shift = self._turned_cycles - self._start_cycle
            self._stream.feed(log.cycle[new] + shift, log.address[new], log.value[new])
            self._next = max(upto, self._next)
            self._fed_until = max(until - self._turned_cycles, self._fed_until)
            if (
                not self._deck.loops
                or log.loop_cycle is None
                or until - self._turned_cycles <= log.end_cycle
            ):
                return
            self._turned_cycles += log.end_cycle - log.loop_cycle
            self._next = int(np.searchsorted(log.cycle, log.loop_cycle))


class Player:
    """What is heard: a deck or silence, and the keys that are played over it.

    It can be told of changes a little after the fact: `rewind` takes back what has been read but
    not been heard yet, so that a change is heard before what was queued has run out.

    Parameters
    ----------
    rate_hz
        Sample rate, 8,000–192,000 Hz.
    parts
        Whether `read` gives the four voices beside the mix, for oscilloscopes.
    chip
        Where the chip may be other than the hardware.

    Examples
    --------
    >>> player = Player(parts=True)
    >>> player.read(480).shape, player.playing
    ((480, 5), False)
    """

    def __init__(
        self, rate_hz: int = RATE_HZ, *, parts: bool = False, chip: ChipChoices = HARDWARE
    ) -> None:
        self.rate_hz = rate_hz
        self.chip = chip
        self.channels = 1 + len(VOICES) if parts else 1
        self.frames = 0
        self._parts = parts
        self._fade_frames = round(FADE_S * rate_hz)
        kept = round(KEPT_S * rate_hz)
        self._music = _Lane(self.channels, self._fade_frames, kept)
        self._keys = _Lane(self.channels, self._fade_frames, kept)
        self._deck: Deck | None = None
        self._synth: Synth | None = None
        self._synth_rest: Block = np.zeros((1, 1), np.float32)
        self._messages: list[bytes] = []
        self._held: dict[tuple[int, int], int] = {}
        self._key_values: dict[str, float] = {}
        self._ring_frames = 0
        self._gain = self._gain_target = 1.0
        self._gain_step = 0.0

    @property
    def deck(self) -> Deck | None:
        """The music that is played; None when stopped, but not at its end."""
        return self._deck

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
        deck = self._deck
        return 0.0 if deck is None else deck.music_s(max(deck.frame - self._music.waiting, 0))

    def open(
        self,
        log: RegisterLog,
        console_filter: str = "nes",
        at_s: float = 0.0,
        *,
        loop: bool = True,
        exact: bool | None = None,
    ) -> Deck:
        """Prepare music for `start` or `change`; safe in another thread while this one reads.

        Unless told, `exact` gives way where a start would be waited for.
        """
        if exact is None:
            exact = at_s <= EXACT_START_S
        return Deck(
            log, console_filter, self.rate_hz, at_s,
            parts=self._parts, exact=exact, loop=loop, chip=self.chip,
        )  # fmt: skip

    def open_change(
        self, log: RegisterLog, console_filter: str, at_s: float, *, loop: bool = True
    ) -> Deck:
        """Prepare other music for `change`, to go on from about `at_s`; safe in another thread."""
        early_s = max(0.0, at_s - KEPT_S)
        return self.open(log, console_filter, early_s, loop=loop, exact=early_s <= EXACT_WITHIN_S)

    def start(self, deck: Deck) -> None:
        """Play a deck from where it stands, in place of what sounds."""
        self._deck = deck
        self._music.switch(deck.read, attack=deck.frame == 0)

    def change(self, deck: Deck, at_s: float | None = None) -> None:
        """Go over to a deck at the same moment of the music, or at another; stopped stays stopped.

        Parameters
        ----------
        deck
            From `open_change`; if it does not reach the moment soon it is opened anew.
        at_s
            Where the next frame to be read lies in the new music; None is where it lay in the old.
        """
        wanted = round((self.position_s if at_s is None else at_s) * self.rate_hz)
        wanted = min(wanted, deck.total_frames)
        if not 0 <= wanted - deck.frame <= round(CATCH_UP_S * self.rate_hz):
            deck = self.open(
                deck.log, deck.console_filter, wanted / self.rate_hz, loop=deck.loops, exact=False
            )
        deck.skip_to(wanted)
        self.start(deck)

    def stop(self) -> None:
        """Let the music fall silent."""
        self._deck = None
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
        """Return the next frames of what is heard, float32, shape (n_frames, channels)."""
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


class _Lane:
    """One line of sound: it goes over from source to source, and can be taken back a little."""

    def __init__(self, channels: int, fade_frames: int, kept_frames: int) -> None:
        self.source: Callable[[int], Block] | None = None
        self._channels = channels
        self._kept_frames = kept_frames
        turn = np.linspace(0.0, np.pi / 2, fade_frames, endpoint=False)
        self._down, self._up = np.cos(turn)[:, np.newaxis], np.sin(turn)[:, np.newaxis]
        self._recent = self._nothing()
        self._waiting = self._nothing()

    @property
    def waiting(self) -> int:
        """Frames that are made and not read yet."""
        return len(self._waiting)

    @property
    def taken_back(self) -> int:
        """Frames that `rewind` can take back."""
        return len(self._recent)

    def read(self, n_frames: int) -> Block:
        sound = self._take(n_frames)
        self._remember(sound)
        return sound

    def pass_silently(self, n_frames: int) -> None:
        """As `read`, when there is nothing to be read."""
        missing = min(n_frames, self._kept_frames)
        self._remember(np.zeros((missing, self._channels), np.float32))

    def rewind(self, n_frames: int) -> None:
        if n_frames:
            self._waiting = np.concatenate((self._recent[-n_frames:], self._waiting))
            self._recent = self._recent[:-n_frames]

    def switch(
        self,
        source: Callable[[int], Block] | None,
        *,
        attack: bool = False,
        between: Callable[[], None] | None = None,
    ) -> None:
        """Go over to another source.

        The gains of the two keep the power even, however alike the two are: they are those of an
        equal-power fade for strangers and of a plain one for sound that hardly changes.

        Parameters
        ----------
        attack
            Whether the source begins by itself, so that after silence it is not faded in.
        between
            Called when all is read of the old sound and nothing of the new.
        """
        old = self._take(len(self._down))
        self._waiting, self._recent = self._nothing(), self._nothing()
        if between is not None:
            between()
        self.source = source
        if attack and not old.any():
            return
        new = self._take(len(self._down))
        energy = float(np.vdot(old, old)) * float(np.vdot(new, new))
        alike = max(0.0, float(np.vdot(old, new)) / energy**0.5) if energy > 0 else 0.0
        evened = np.sqrt(1.0 + 2.0 * min(alike, 1.0) * self._down * self._up)
        faded = (old * self._down + new * self._up) / evened
        self._waiting = np.concatenate((faded.astype(np.float32), self._waiting))

    def _take(self, n_frames: int) -> Block:
        sound: Block = self._waiting[:n_frames]
        self._waiting = self._waiting[n_frames:]
        missing = n_frames - len(sound)
        if missing and self.source is not None:
            made = self.source(missing)
            sound = _joined(sound, made)
            if len(made) < missing:
                self.source = None
                sound = _joined(sound, self._end_of(sound))
                sound, self._waiting = sound[:n_frames], sound[n_frames:]
            missing = n_frames - len(sound)
        return _joined(sound, np.zeros((missing, self._channels), np.float32))

    def _end_of(self, sound: Block) -> Block:
        """Return what leads from the last frame to silence; nothing if that is silent."""
        last = sound[-1:] if len(sound) else self._recent[-1:]
        if not len(last) or np.abs(last).max() < SILENT:
            return self._nothing()
        fall: Block = (last * self._down**2).astype(np.float32)
        return fall

    def _remember(self, sound: Block) -> None:
        self._recent = _joined(self._recent, sound)[-self._kept_frames :]

    def _nothing(self) -> Block:
        return np.zeros((0, self._channels), np.float32)


def _joined(first: Block, second: Block) -> Block:
    if not len(first):
        return second
    return np.concatenate((first, second)) if len(second) else first


def _registers_before(
    log: RegisterLog, index: int
) -> tuple[NDArray[np.int64], NDArray[np.uint16], NDArray[np.uint8]]:
    """Return what stands in each register before a write, as writes of the first moment."""
    addresses, last = np.unique(log.address[:index][::-1], return_index=True)
    values = log.value[:index][::-1][last]
    # Length counters take no values before their channels are switched on.
    order = np.argsort(~np.isin(addresses, (_STATUS, _SEQUENCER)), kind="stable")
    return np.zeros(len(order), np.int64), addresses[order], values[order]
