"""The live synthesizer: turns MIDI messages into sound, block by block."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.audio_stream import CHANNELS, LATENCY_FRAMES, AudioStream
from synth.chip.hardware import region_named
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.dmc_writes import FIRST_STORE_CYCLES, lay_out
from synth.instrument.frame_context import Setup, set_up
from synth.instrument.gain import GAIN_RAMP_S, Ramp, apply_gain, db_to_gain
from synth.instrument.host_messages import (
    Event,
    Message,
    TimedMessage,
    message_time_s,
    read_messages,
)
from synth.instrument.nearest_name import nearest_name
from synth.instrument.parameters import Parameter, find_parameter, parameters_of
from synth.instrument.performer import MODES, Performer
from synth.instrument.preset_loader import Preset, load_preset, preset_yaml
from synth.instrument.register_writes import STORE_CYCLES, Bytes, emit_writes, frame_table
from synth.instrument.saved_state import Moment, pack_state, unpack_state

__all__ = ["MODES", "Message", "Parameter", "Synth", "TimedMessage"]

LONGEST_S: Final = 86_400.0


class Synth:
    """The four voices of a 2A03, played by MIDI messages and heard block by block.

    MIDI channels 1 to 4 play pulse 1, pulse 2, triangle and noise; channel 10 plays the preset's
    drums. Every 60th of a second (the preset's frame) the driver does what the keys held then ask
    for, so a message is heard at the first frame at or after its time.

    Parameters
    ----------
    preset
        Name of a shipped preset, path of a preset file, or a preset.
    region
        ``"ntsc"`` or ``"pal"``; None is the preset's own.
    rate_hz
        Sample rate, 8,000–192,000 Hz.
    console_filter
        ``"none"``, ``"nes"`` or ``"famicom"``; None is the preset's own.
    outputs
        ``"mix"``: 1 channel. ``"isolated"`` and ``"apu"``: 5 channels, one a voice and the DMC,
        alone through the mixer, or as parts that sum exactly to the mix.
    mode
        What becomes of several keys on one channel. ``"mono"``: the newest sounds, and those below
        come back. ``"poly"``: channel 1 plays both pulses, the newest keys first, and channel 2
        rests. ``"arp"``: they are broken into an arpeggio.

    Raises
    ------
    SynthError
        If a value is not one of these, there is no such preset, or its samples do not fit.

    Examples
    --------
    >>> synth = Synth("plain")
    >>> audio = synth([(bytes([0x90, 69, 127]), 0.0), (bytes([0x80, 69, 0]), 0.5)], duration=1.0)
    >>> audio.shape
    (2, 44100)
    """

    def __init__(
        self,
        preset: str | Path | Preset = "default",
        *,
        region: str | None = None,
        rate_hz: int = 44_100,
        console_filter: str | None = None,
        outputs: str = "mix",
        mode: str = "mono",
    ) -> None:
        if mode not in MODES:
            raise SynthError(f"mode {mode!r} is unknown; {nearest_name(mode, MODES)}")
        self.preset = preset if isinstance(preset, Preset) else load_preset(preset)
        self.mode = mode
        self._region = region_named(region or self.preset.engine.region)
        self._console_filter = console_filter or self.preset.engine.filter
        self._outputs = outputs
        self._parameters = parameters_of(self.preset)
        self._samples = lay_out(self.preset.samples, self.preset)
        instruments = self.preset.instruments.values()
        self._clock_each_frame = any(
            i.hardware_envelope is not None or i.hardware_sweep is not None for i in instruments
        )
        self._open(rate_hz)

    @property
    def rate_hz(self) -> int:
        """Sample rate."""
        return self._stream.rate_hz

    @property
    def channel_names(self) -> tuple[str, ...]:
        """What each channel of the output is."""
        return ("mix",) if self._outputs == "mix" else CHANNELS

    @property
    def latency_frames(self) -> int:
        """Frames by which the sound is later than the messages, as plug-in hosts need it.

        They are what band-limiting has to see ahead (0.4 ms at 44.1 kHz).
        """
        return LATENCY_FRAMES

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """What can be turned, by name."""
        return MappingProxyType(self._parameters)

    @property
    def values(self) -> Mapping[str, float]:
        """Where the parameters stand, by name."""
        return MappingProxyType(self._values)

    def set_parameter(self, name: str, value: float) -> None:
        """Turn a parameter; the next block begins with it.

        Loudness goes to its new value in 5 ms, all else with the next driver frame. Within a block,
        give ``(name, value, seconds)`` among the messages.

        Raises
        ------
        SynthError
            If there is no such parameter or the value is outside its range.
        """
        self._turn(name, find_parameter(self._parameters, name).check(value), self._frame)

    def reset(self) -> None:
        """Switch off and on: silence, all keys up, controllers and parameters at their defaults."""
        self._stream.reset()
        self._performer = Performer(self.mode)
        self._values = {name: p.default for name, p in self._parameters.items()}
        self._setup = set_up(self.preset, self._region)
        self._ramp = Ramp()
        self._row: Bytes | None = None
        self._frame = 0
        self._tick = 0

    def process(self, messages: Iterable[Message], n_frames: int) -> NDArray[np.float32]:
        """Return the next block of sound.

        However a performance is cut into blocks, its samples are the same.

        Parameters
        ----------
        messages
            Messages during the block, in any order; seconds count from the block's first frame.
            Those outside the block are refused.
        n_frames
            Frames in the block, 0 or more.

        Returns
        -------
        ndarray
            float32, shape (n_frames, channels).

        Raises
        ------
        SynthError
            If a message is none, or is not within the block.
        """
        if n_frames < 0:
            raise SynthError(f"cannot process {n_frames} frames; ask for 0 or more")
        return self._run(self._read(messages, n_frames), n_frames)

    def __call__(
        self,
        midi_messages: Iterable[Message],
        duration: float,
        sample_rate: float | None = None,
        num_channels: int | None = None,
        buffer_size: int = 8192,
        reset: bool = True,
    ) -> NDArray[np.float32]:
        """Play a whole performance, called as pedalboard's instruments are.

        Parameters
        ----------
        midi_messages
            As for `process`; seconds count from the beginning of the sound. What comes after
            `duration` is left out.
        duration
            Seconds of sound.
        sample_rate
            In Hz; None keeps the synthesizer's own. Another rate needs `reset`.
        num_channels
            None gives 2 for the mix (both alike), and one for each stem.
        buffer_size
            Frames that are worked on at a time; it is not heard.
        reset
            Begin with silence, as made; parameters that were turned stay. Then the sound is in time
            with the messages; otherwise it continues from the last block, `latency_frames` late.

        Returns
        -------
        ndarray
            float32, shape (channels, frames): the way round that pedalboard has it.

        Raises
        ------
        SynthError
            If a value is out of range or a message is none.
        """
        rate_hz = self._rate(sample_rate, reset)
        if not 0 <= duration <= LONGEST_S:
            raise SynthError(f"duration {duration!r} s; it must be 0 to {LONGEST_S:g}")
        if buffer_size < 1:
            raise SynthError(f"buffer_size is {buffer_size}; it must be 1 or more")
        if self._outputs == "mix":
            copies = 2 if num_channels is None else num_channels
            if copies < 1:
                raise SynthError(f"num_channels is {copies}; it must be 1 or more")
        elif num_channels not in (None, len(CHANNELS)):
            raise SynthError(f"num_channels is {num_channels}; the stems are {len(CHANNELS)}")
        else:
            copies = 1
        n_frames = round(duration * rate_hz)
        lead = LATENCY_FRAMES if reset and n_frames else 0
        if reset:
            self._restart(rate_hz)
        inside = [m for m in midi_messages if message_time_s(m) < duration]
        events = self._read(inside, max(n_frames, 1))
        sound = np.empty((n_frames + lead, self._stream.channel_count), dtype=np.float32)
        first, taken = self._frame, 0
        for at in range(0, len(sound), buffer_size):
            until = min(at + buffer_size, len(sound))
            upto = taken
            while upto < len(events) and events[upto].frame < first + until:
                upto += 1
            sound[at:until] = self._run(events[taken:upto], until - at)
            taken = upto
        channels = np.ascontiguousarray(sound[lead:].T)
        return np.repeat(channels, copies, axis=0) if copies > 1 else channels

    def save_state(self) -> bytes:
        """Return everything that later sound depends on."""
        now = Moment(self._frame, self._tick, self._row, self._values, self._ramp, self._performer)
        return pack_state(self._fingerprint(), now, self._stream.save_state())

    def load_state(self, state: bytes) -> None:
        """Go on from where `save_state` was called, on a synthesizer that was made alike.

        Raises
        ------
        SynthError
            If the bytes are not a state of such a synthesizer; then nothing has changed.
        """
        now, chip = unpack_state(state, self._fingerprint(), self.mode, self._parameters)
        self._stream.load_state(chip)
        self._frame, self._tick, self._row = now.frame, now.tick, now.row
        self._values, self._ramp, self._performer = now.values, now.ramp, now.performer
        self._setup = self._turned_setup()

    def _open(self, rate_hz: int) -> None:
        """Create the chip, and read its output at time 0."""
        self._stream = AudioStream(
            self._region, rate_hz, self._console_filter, self._outputs,
            memory=tuple(self._samples.values()),
        )  # fmt: skip
        self._silence = self._stream.read(1)[0].copy()
        self._ramp_frames = max(1, round(GAIN_RAMP_S * rate_hz))
        self.reset()

    def _rate(self, sample_rate: float | None, reset: bool) -> int:
        rate_hz = self.rate_hz if sample_rate is None else int(sample_rate)
        if sample_rate is not None and rate_hz != sample_rate:
            raise SynthError(f"sample rate {sample_rate!r} Hz; give a whole number")
        if rate_hz != self.rate_hz and not reset:
            raise SynthError(f"the sample rate stays {self.rate_hz} Hz until the synth is reset")
        return rate_hz

    def _restart(self, rate_hz: int) -> None:
        """Reset, at another rate where one is asked for, with the parameters as they are."""
        values = self._values
        if rate_hz != self.rate_hz:
            self._open(rate_hz)
        else:
            self.reset()
        self._values = values
        gain = db_to_gain(values["gain_db"])
        self._ramp = Ramp(gain, gain)
        self._setup = self._turned_setup()

    def _read(self, messages: Iterable[Message], n_frames: int) -> list[Event]:
        return read_messages(messages, self.rate_hz, self._frame, n_frames, self._parameters)

    def _run(self, events: list[Event], n_frames: int) -> NDArray[np.float32]:
        """Process a block's events, frame by frame of the driver, and read the chip."""
        rate_hz, clock_hz = self.rate_hz, self._region.clock_hz
        ends = self._frame + n_frames
        segments = [(self._frame, self._ramp)]
        at, driven = 0, False
        while True:
            cycle = int(self._setup.tick_cycle(self._tick))
            due = cycle * rate_hz < ends * clock_hz
            # A message comes before a driver frame if its own frame does not begin after it.
            while at < len(events) and (not due or events[at].frame * clock_hz <= cycle * rate_hz):
                self._receive(events[at])
                if self._ramp is not segments[-1][1]:
                    segments.append((events[at].frame, self._ramp))
                at += 1
            if not due:
                break
            self._drive(cycle)
            driven = True
        if not driven:  # short blocks share the work of the next call among them
            self._performer.prepare(self._tick, self._setup, self._values)
        silent = min(max(LATENCY_FRAMES - self._frame, 0), n_frames)
        sound = self._stream.read(n_frames - silent)
        if silent:
            sound = np.concatenate((np.tile(self._silence, (silent, 1)), sound))
        apply_gain(sound, self._frame, segments, self._ramp_frames)
        self._frame = ends
        return sound

    def _receive(self, event: Event) -> None:
        if event.parameter:
            self._turn(event.parameter, event.value, event.frame)
        else:
            self._performer.receive(event.midi, self._tick, self._setup)

    def _turn(self, name: str, value: float, frame: int) -> None:
        self._values = {**self._values, name: value}
        if name == "gain_db":
            now = float(self._ramp.gain(frame, self._ramp_frames))
            self._ramp = Ramp(now, db_to_gain(value), frame)
        else:
            self._setup = self._turned_setup()

    def _turned_setup(self) -> Setup:
        """Return the preset with the parameters that stand for fields of its own."""
        values = self._values
        levels = {voice: values[f"{voice}_level"] for voice in VOICES}
        preset = self.preset.model_copy(
            update={
                "mix": self.preset.mix.model_copy(update=levels),
                "arpeggio": self.preset.arpeggio.model_copy(
                    update={"frames": int(values["arpeggio_frames"])}
                ),
            }
        )
        return set_up(preset, self._region)

    def _drive(self, cycle: int) -> None:
        """Make the driver's next call, and feed its writes to the chip."""
        table, forced = frame_table(self._performer.play(self._tick, self._setup, self._values))
        writes = emit_writes(
            table, forced, self._row,
            click_free=self.preset.engine.click_free, clock_each_frame=self._clock_each_frame,
        )  # fmt: skip
        self._stream.feed(cycle + writes.offset_cycles, writes.address, writes.value)
        stores = self._performer.sample_stores(self._tick, self._setup, self._samples)
        if stores:
            address, value = np.array(stores, dtype=np.int64).T
            first = cycle + FIRST_STORE_CYCLES
            self._stream.feed(first + STORE_CYCLES * np.arange(len(stores)), address, value)
        self._row = table[-1]
        self._tick += 1

    def _fingerprint(self) -> str:
        made = (
            preset_yaml(self.preset), self._region.name, self.rate_hz, self._console_filter,
            self._outputs, self.mode,
        )  # fmt: skip
        return hashlib.blake2b(repr(made).encode(), digest_size=16).hexdigest()
