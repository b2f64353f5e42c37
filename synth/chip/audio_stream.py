"""Renders a register log, whole or as it comes in, as float32 samples."""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.chip.apu import APU, power_up
from synth.chip.bandlimit import LATENCY_FRAMES, STEPS_AT_ONCE, kernel_rows
from synth.chip.dmc_memory import memory_image
from synth.chip.filters import CONSOLE_FILTERS, design_filter, parallel_form, settled_states
from synth.chip.hardware import NTSC, Region
from synth.chip.mixer import OUTPUTS, mixer_tables
from synth.chip.register_log import FIRST_ADDRESS, LAST_ADDRESS, NOT_SOUND, RegisterLog
from synth.chip.render_block import (
    MARGIN,
    TAIL,
    frame_start_cycle,
    frames_per_block,
    render_frames,
    step_buffers,
)
from synth.chip.vector_loops import STATES, VECTOR_LENGTH, aligned_empty
from synth.chip.voices import CHANNELS
from synth.errors import SynthError

__all__ = [
    "CHANNELS",
    "CONSOLE_FILTERS",
    "HARDWARE",
    "LATENCY_FRAMES",
    "MAX_RATE_HZ",
    "MIN_RATE_HZ",
    "OUTPUTS",
    "ULTRASONIC",
    "AudioStream",
    "ChipChoices",
]

MIN_RATE_HZ: Final = 8_000
MAX_RATE_HZ: Final = 192_000
ULTRASONIC: Final = ("silent", "exact")


@dataclass(frozen=True, slots=True)
class ChipChoices:
    """Where the chip may be other than the hardware; see `AudioStream`."""

    click_free: bool = False
    ultrasonic: str = "silent"


HARDWARE: Final = ChipChoices()


class AudioStream:
    """A 2A03 that is fed register writes and read as audio, block by block.

    Any cutting into blocks gives the same samples, bit for bit, as `render` gives for the whole.

    Parameters
    ----------
    region
        Which chip.
    rate_hz
        Sample rate, 8,000-192,000 Hz.
    console_filter
        Output stage: a key of `CONSOLE_FILTERS`.
    outputs
        ``"mix"``: 1 channel. ``"isolated"``: 5 channels, each of `CHANNELS` alone through the
        mixer. ``"apu"``: 5 channels, each what one more of `CHANNELS` adds to those before it; they
        sum exactly to the mix.
    click_free
        Whether writes to $4003 and $4007 leave the duty phase alone, which hardware restarts.
    ultrasonic
        What the triangle does at the timers 0 and 1: ``"silent"`` holds its level, ``"exact"`` runs
        on at 56 or 28 kHz.
    memory
        Sample data for the DMC, as in `RegisterLog`.

    Raises
    ------
    SynthError
        If a value is not one of those listed here.

    Notes
    -----
    A sample depends on what the chip does up to LATENCY_FRAMES after it. `read` therefore runs the
    chip that far ahead, and what it returns is in time with the log: a step at t seconds is at
    frame ``t * rate_hz``.
    """

    def __init__(
        self,
        region: Region = NTSC,
        rate_hz: int = 44_100,
        console_filter: str = "nes",
        outputs: str = "mix",
        *,
        click_free: bool = False,
        ultrasonic: str = "silent",
        memory: tuple[tuple[int, bytes], ...] = (),
    ) -> None:
        check_rate(rate_hz)
        _check_choice("console filter", console_filter, tuple(CONSOLE_FILTERS))
        _check_choice("outputs", outputs, OUTPUTS)
        _check_choice("ultrasonic", ultrasonic, ULTRASONIC)
        self.region = region
        self.rate_hz = rate_hz
        self.outputs = outputs
        self._parameters = hashlib.blake2b(
            repr((region, rate_hz, console_filter, outputs, click_free, ultrasonic)).encode(),
            digest_size=16,
        ).digest()
        self._click_free = click_free
        self._hold_ultrasonic = ultrasonic == "silent"
        self._pulse_amplitudes, self._rest_amplitudes = _tables(outputs)
        self._stages, table = _output_stage(console_filter, rate_hz)
        block_frames = frames_per_block(rate_hz, region.clock_hz)
        self._state = np.zeros(1, dtype=_state_type(self.channel_count))
        self._writes = _no_writes()
        chip = self._state.view(np.int64)[1 : 1 + APU.itemsize // 8]
        cycles, levels, counts = step_buffers()
        self._render = render_frames.bind(
            chip=chip, memory=memory_image(memory),
            rate_hz=rate_hz, clock_hz=region.clock_hz, block_frames=block_frames,
            pulse_amplitudes=self._pulse_amplitudes, rest_amplitudes=self._rest_amplitudes,
            kernel=kernel_rows(), table=table,
            tail=self._state["tail"][0], filter_states=self._state["filters"][0],
            cycles=cycles, levels=levels, counts=counts,
            places=aligned_empty((3, STEPS_AT_ONCE), np.int32),
            heights=aligned_empty((2, STEPS_AT_ONCE), np.float64),
            differences=aligned_empty((block_frames + MARGIN,), np.float64),
            finished=np.empty(VECTOR_LENGTH, dtype=np.float32),
        )  # fmt: skip
        self.reset()

    @property
    def channel_count(self) -> int:
        """Columns of what `read` returns."""
        return int(self._pulse_amplitudes.shape[0])

    @property
    def position_cycles(self) -> int:
        """CPU cycle that the chip has reached; later writes still count."""
        frame = int(self._state["frame"][0]) + LATENCY_FRAMES
        return frame_start_cycle(frame, self.rate_hz, self.region.clock_hz)

    def reset(self) -> None:
        """Power the chip off and on: time 0, no writes waiting, filters settled."""
        self._writes = _no_writes()
        state = self._state
        state["frame"] = -LATENCY_FRAMES
        state["chip"] = power_up(
            self.region, click_free=self._click_free, hold_ultrasonic=self._hold_ultrasonic
        )
        state["tail"] = 0.0
        triangle_level = int(state["chip"]["triangle"]["level"][0])
        for column in range(self.channel_count):
            amplitude = self._pulse_amplitudes[column, 0]
            amplitude += self._rest_amplitudes[column, triangle_level]
            state["filters"][0, column] = settled_states(self._stages, float(amplitude))

    def feed(self, cycle: ArrayLike, address: ArrayLike, value: ArrayLike) -> None:
        """Give the chip register writes to come.

        Parameters
        ----------
        cycle
            CPU cycles since power-up, scalar or shape (n,), never decreasing, none before
            `position_cycles` or before writes already given.
        address
            Registers, same shape.
        value
            Bytes, same shape.

        Raises
        ------
        SynthError
            If the writes are out of order, too late, not to a sound register or not bytes.
        """
        cycles = np.atleast_1d(np.array(cycle, dtype=np.int64))
        addresses = np.atleast_1d(np.asarray(address, dtype=np.int64))
        values = np.atleast_1d(np.asarray(value, dtype=np.int64))
        if not cycles.shape == addresses.shape == values.shape == (cycles.size,):
            raise SynthError("feed needs as many cycles as addresses and values")
        if cycles.size == 0:
            return
        waiting = self._writes[0]
        earliest = max(self.position_cycles, int(waiting[-1]) if waiting.size else 0)
        if cycles[0] < earliest or np.any(np.diff(cycles) < 0):
            raise SynthError(
                f"register writes must be in time order and not before cycle {earliest}"
            )
        _check_writes(addresses, values)
        self._queue(cycles, addresses.astype(np.uint16), values.astype(np.uint8))

    def feed_log(self, log: RegisterLog) -> None:
        """Give the chip all writes of a log, which checked them when it was made."""
        self._queue(log.cycle, log.address, log.value)

    def read(self, n_frames: int) -> NDArray[np.float32]:
        """Make the next samples.

        Parameters
        ----------
        n_frames
            How many frames, 0 or more.

        Returns
        -------
        ndarray
            float32, shape (n_frames, channels). 1 is the loudest the mixer can be; console filters
            take the constant part away.

        Raises
        ------
        SynthError
            If `n_frames` is negative.
        """
        if n_frames < 0:
            raise SynthError(f"cannot read {n_frames} frames; ask for 0 or more")
        lead = -min(int(self._state["frame"][0]), 0) if n_frames else 0
        rows = np.empty((self.channel_count, lead + n_frames), dtype=np.float32)
        cycles, addresses, values = self._writes
        taken = self._render(int(self._state["frame"][0]), cycles, addresses, values, rows)
        self._state["frame"] += rows.shape[1]
        self._writes = cycles[taken:], addresses[taken:], values[taken:]
        if self.outputs == "apu":
            rows[1:] -= rows[:-1].copy()
        return np.ascontiguousarray(rows[:, lead:].T)

    def save_state(self) -> bytes:
        """Everything that later samples depend on, writes waiting included, as bytes."""
        fixed = self._parameters + self._state.tobytes()
        return fixed + b"".join(column.tobytes() for column in self._writes)

    def load_state(self, state: bytes) -> None:
        """Go on from where `save_state` was called, on a stream made with the same parameters.

        Raises
        ------
        SynthError
            If the bytes are not a state of such a stream.
        """
        named = len(self._parameters)
        fixed = named + self._state.nbytes
        waiting, rest = divmod(len(state) - fixed, 8 + 2 + 1)
        if waiting < 0 or rest or state[:named] != self._parameters:
            raise SynthError(
                "this is no saved state of such a stream; "
                "make the stream with the parameters it was saved with"
            )
        self._state[:] = np.frombuffer(state[named:fixed], dtype=self._state.dtype)
        queue = state[fixed:]
        self._writes = (
            np.frombuffer(queue[: 8 * waiting], dtype=np.int64).copy(),
            np.frombuffer(queue[8 * waiting : 10 * waiting], dtype=np.uint16).copy(),
            np.frombuffer(queue[10 * waiting :], dtype=np.uint8).copy(),
        )

    def _queue(
        self, cycles: NDArray[np.int64], addresses: NDArray[np.uint16], values: NDArray[np.uint8]
    ) -> None:
        """Add checked writes to those waiting."""
        if self._writes[0].size:
            self._writes = (
                np.concatenate((self._writes[0], cycles)),
                np.concatenate((self._writes[1], addresses)),
                np.concatenate((self._writes[2], values)),
            )
        else:
            self._writes = (cycles, addresses, values)


@cache
def _tables(outputs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mixer tables, built once."""
    return mixer_tables(outputs)


@cache
def _output_stage(
    console_filter: str, rate_hz: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients of an output stage, and what the filter's loop takes; built once."""
    stages = design_filter(console_filter, rate_hz)
    return stages, parallel_form(stages)


def _state_type(columns: int) -> np.dtype[np.void]:
    """Everything that is carried from block to block."""
    return np.dtype(
        [("frame", np.int64), ("chip", APU), ("tail", np.float64, (columns, TAIL)),
         ("filters", np.float64, (columns, STATES))]
    )  # fmt: skip


def _no_writes() -> tuple[NDArray[np.int64], NDArray[np.uint16], NDArray[np.uint8]]:
    return np.empty(0, np.int64), np.empty(0, np.uint16), np.empty(0, np.uint8)


def check_rate(rate_hz: int) -> None:
    """Refuse a sample rate that is not a whole number from 8,000 to 192,000 Hz."""
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ or rate_hz != int(rate_hz):
        raise SynthError(
            f"sample rate {rate_hz} Hz; choose a whole number from {MIN_RATE_HZ} to {MAX_RATE_HZ}"
        )


def _check_choice(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SynthError(f"{what} {value!r} is unknown; choose one of {', '.join(allowed)}")


def _check_writes(addresses: NDArray[np.int64], values: NDArray[np.int64]) -> None:
    sound = (addresses >= FIRST_ADDRESS) & (addresses <= LAST_ADDRESS)
    sound &= ~np.isin(addresses, NOT_SOUND)
    if not sound.all():
        first = int(addresses[~sound][0])
        raise SynthError(f"${first:04X} is not a sound register ($4000-$4013, $4015, $4017)")
    if values.min() < 0 or values.max() > 255:
        raise SynthError("register values must be bytes, 0-255")
