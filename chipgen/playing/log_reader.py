"""Reads a register log as sound from any moment on, and around its loop."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.playing.crossfade import FADE_S, Block
from synth.chip.audio_stream import HARDWARE, LATENCY_FRAMES, AudioStream, ChipChoices
from synth.chip.register_log import FIRST_ADDRESS, LAST_ADDRESS, RegisterLog
from synth.chip.render_block import frame_start_cycle
from synth.chip.render_log import frame_count
from synth.chip.voices import VOICES

RATE_HZ: Final = 48_000
PREROLL_S: Final = 2.0  # envelopes, sweeps and filters are as they would be after so long
_SKIP_FRAMES: Final = 65_536
_STAGES: Final = 32  # of music that loops and grows, that are known by where their frames lay
_STATUS, _SEQUENCER = 0x4015, 0x4017


@dataclass(frozen=True, slots=True)
class _Stage:
    """A log that was read from some frame on: how much later its music sounds there, its loop."""

    frame: int
    later_s: float
    loop_s: float | None
    end_s: float

    def music_s(self, second: float) -> float:
        """Return where in the music a second of the reading lies."""
        second -= self.later_s
        if self.loop_s is None or second < self.end_s:
            return min(second, self.end_s)
        return self.loop_s + (second - self.loop_s) % (self.end_s - self.loop_s)


class LogReader:
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
        Whether the four voices are returned beside the mix.
    exact
        True renders everything before it silently, so that every sample equals the file's.
        False begins `PREROLL_S` before with the registers as they stand there: the same to the
        ear, except for the phases of the waves, and its cost does not grow with the song.

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
        self.log = log.of_chip()
        self.chip = chip
        self.console_filter = console_filter
        self.rate_hz = rate_hz
        self.loops = loop and log.loop_cycle is not None
        self._stages = [self._stage(0, 0.0)]
        self.total_frames = frame_count(log, rate_hz)
        self.first_frame = min(max(round(at_s * rate_hz), 0), self.total_frames)
        self.frame = self.first_frame
        preroll_frames = None if exact else round(PREROLL_S * rate_hz)
        self._feeds = [_ChipFeed(self, "mix", self.first_frame, preroll_frames)]
        if parts:  # looked at, not listened to
            self._feeds.append(
                _ChipFeed(self, "isolated", self.first_frame, round(PREROLL_S * rate_hz / 4))
            )

    @property
    def position_s(self) -> float:
        """Where in the music the next frame lies, in seconds of the log."""
        return self.music_s(self.frame)

    @property
    def loop_start_s(self) -> float:
        """Where the music continues after its end if it loops, in seconds of the log; else 0."""
        return (self.log.loop_cycle or 0) / self.log.region.clock_hz

    def music_s(self, frame: int) -> float:
        """Return where in the music a frame lies, in seconds of the log."""
        stages = reversed(self._stages)
        stage = next((each for each in stages if each.frame <= frame), self._stages[0])
        return stage.music_s(frame / self.rate_hz)

    def read(self, n_frames: int) -> Block:
        """Return the next frames, fewer at the end, as float32 of shape (frames, channels).

        Column 0 is the mix; with parts 1 to 4 are pulse 1, pulse 2, triangle and noise alone.
        """
        if not self.loops:
            n_frames = min(n_frames, self.total_frames - self.frame)
        if n_frames <= 0:
            return np.zeros((0, 1 + len(VOICES) * (len(self._feeds) - 1)), np.float32)
        columns = [feed.read(n_frames) for feed in self._feeds]
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
        """Continue with a longer version of the music, if everything read so far is the same.

        Returns whether it is; if not, nothing has changed. Of music that loops, what has been read
        since it went around last counts.
        """
        same = (
            log.region == self.log.region
            and log.memory == self.log.memory
            and (not self.loops or log.loop_cycle == self.log.loop_cycle)
            and all(feed.has_read_alike(log) for feed in self._feeds)
        )
        if same:
            for feed in self._feeds:
                feed.go_on_in(log)
            later_s = self.frame / self.rate_hz - self.position_s if self.loops else 0.0
            self.log = log
            self._stages = [*self._stages, self._stage(self.frame, later_s)][-_STAGES:]
            self.total_frames = frame_count(log, self.rate_hz)
        return same

    def _stage(self, frame: int, later_s: float) -> _Stage:
        loop_s = self.loop_start_s if self.loops else None
        return _Stage(frame, later_s, loop_s, self.log.duration_s)

    def registers(self) -> list[int]:
        """Return the values of $4000–$4017 at the reading position, 0 where nothing was written."""
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


class _ChipFeed:
    """One stream of the chip, fed from a reader's log and around its loop."""

    def __init__(
        self, reader: LogReader, outputs: str, first_frame: int, preroll_frames: int | None
    ) -> None:
        log = reader.log
        self._reader = reader
        self._stream = AudioStream(
            log.region, reader.rate_hz, reader.console_filter, outputs, memory=log.memory,
            click_free=reader.chip.click_free, ultrasonic=reader.chip.ultrasonic,
        )  # fmt: skip
        begin = 0 if preroll_frames is None else max(0, first_frame - preroll_frames)
        self._frame = begin
        self._start_cycle = frame_start_cycle(begin, reader.rate_hz, log.region.clock_hz)
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
        """Return whether another log holds the very writes that were read of this one, so far.

        A log that begins later, with all that stands in the registers there, is compared from the
        frame behind that; one that loops not in the frame where it goes on after its end, whose
        writes depend on that end, but in what stands in the registers now.
        """
        old, since = self._reader.log, 0
        frame_cycles = log.region.frame_half_cycles // 2
        if len(log) and len(old) and log.cycle[0] > old.cycle[0]:
            since = int(log.cycle[0]) + frame_cycles
        if self._fed_until < since:
            return False
        if not self._reader.loops:
            return _are_alike(old, log, since, self._fed_until)
        begin = log.loop_cycle or 0
        return (
            not self._has_turned_early
            and self._fed_until <= log.end_cycle
            and (
                self._turned_cycles > 0 or _are_alike(old, log, since, min(begin, self._fed_until))
            )
            and _are_alike(old, log, max(since, begin + frame_cycles), self._fed_until)
            and _stand_alike(old, log, self._fed_until)
        )

    @property
    def _has_turned_early(self) -> bool:
        """Whether it has gone around already, and the music that is read not yet."""
        reader = self._reader
        cycle = frame_start_cycle(reader.frame, reader.rate_hz, reader.log.region.clock_hz)
        return cycle - self._turned_cycles < (reader.log.loop_cycle or 0) and bool(
            self._turned_cycles
        )

    def go_on_in(self, log: RegisterLog) -> None:
        """Read on in another log, of which the same has been read."""
        self._next = int(np.searchsorted(log.cycle, self._fed_until))

    def _feed(self, until_frame: int) -> None:
        log = self._reader.log
        until = frame_start_cycle(until_frame, self._reader.rate_hz, log.region.clock_hz)
        while True:
            upto = int(np.searchsorted(log.cycle, until - self._turned_cycles))
            new = slice(self._next, upto)
            shift = self._turned_cycles - self._start_cycle
            self._stream.feed(log.cycle[new] + shift, log.address[new], log.value[new])
            self._next = max(upto, self._next)
            self._fed_until = max(until - self._turned_cycles, self._fed_until)
            if (
                not self._reader.loops
                or log.loop_cycle is None
                or until - self._turned_cycles <= log.end_cycle
            ):
                return
            self._turned_cycles += log.end_cycle - log.loop_cycle
            self._next = int(np.searchsorted(log.cycle, log.loop_cycle))
            self._fed_until = log.loop_cycle


def _are_alike(old: RegisterLog, new: RegisterLog, since: int, until: int) -> bool:
    """Return whether two logs hold the same writes between two cycles."""
    here, there = (
        slice(*np.searchsorted(log.cycle, (since, max(since, until)))) for log in (old, new)
    )
    return all(
        np.array_equal(before[here], after[there])
        for before, after in (
            (old.cycle, new.cycle), (old.address, new.address), (old.value, new.value)
        )
    )  # fmt: skip


def _stand_alike(old: RegisterLog, new: RegisterLog, cycle: int) -> bool:
    """Return whether the same values stand in the registers before a cycle of two logs."""
    _, registers, values = _registers_before(old, int(np.searchsorted(old.cycle, cycle)))
    _, others, there = _registers_before(new, int(np.searchsorted(new.cycle, cycle)))
    return np.array_equal(registers, others) and np.array_equal(values, there)


def _registers_before(
    log: RegisterLog, index: int
) -> tuple[NDArray[np.int64], NDArray[np.uint16], NDArray[np.uint8]]:
    """Return the value of each register before a write, as writes at the start."""
    addresses, last = np.unique(log.address[:index][::-1], return_index=True)
    values = log.value[:index][::-1][last]
    # Length counters take no values before their channels are switched on.
    order = np.argsort(~np.isin(addresses, (_STATUS, _SEQUENCER)), kind="stable")
    return np.zeros(len(order), np.int64), addresses[order], values[order]
