"""Follows MIDI as it comes in, and decides what each voice plays in the next frame."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from synth.chip.voices import VOICE_BY_NAME, VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import MAX_VOLUME, ChipNote
from synth.instrument.dmc_writes import drum_sample_s
from synth.instrument.frame_context import Setup
from synth.instrument.live_samples import LiveSamples, Placed
from synth.instrument.live_voice import NOBODY, LiveControls, LiveVoice
from synth.instrument.parameters import AS_WRITTEN
from synth.instrument.preset_format import DoubleLead, Drum
from synth.instrument.voice_frames import VoiceFrames

MODES: Final = ("mono", "poly", "arp")

DRUM_CHANNEL: Final = 9  # channel 10, counted from 1 (General MIDI)
CLOSED_HAT: Final = 42  # replaces drums that the preset does not have
PROTECTED_S: Final = 0.05  # a hit's attack, which one of lower priority may not cut
MAX_MIDI: Final = 127
BEND_CENTRE: Final = 8192

# MIDI 1.0: the number of a message's data bytes by the upper half of its status.
_DATA_BYTES: Final = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_NOTE_OFF, _NOTE_ON, _CONTROL, _PROGRAM, _BEND = 0x80, 0x90, 0xB0, 0xC0, 0xE0
_SYSTEM: Final = 0xF0
_MODULATION, _VOLUME, _EXPRESSION, _TIMBRE, _SUSTAIN = 1, 7, 11, 12, 64
_ALL_SOUND_OFF, _RESET_CONTROLLERS, _ALL_NOTES_OFF = 120, 121, 123
_PEDAL_DOWN: Final = 64


@dataclass(slots=True)
class Channel:
    """The controllers of one MIDI channel and the keys held on it.

    Attributes
    ----------
    program
        0–127, −1 before the first program change.
    bend
        Pitch wheel, −1 to 1.
    modulation, volume, expression
        Controllers 1, 7 and 11, 0–127.
    timbre
        Controller 12, as in NES-MDB: a duty or noise mode; −1 before the first.
    pedal
        Whether the sustain pedal is down.
    held
        Keys that sound or would like to, with their velocities, in the order they were pressed.
    lifted
        Those of them that only the pedal holds.
    """

    program: int = -1
    bend: float = 0.0
    modulation: int = 0
    volume: int = MAX_MIDI
    expression: int = MAX_MIDI
    timbre: int = -1
    pedal: bool = False
    held: list[tuple[int, int]] = field(default_factory=list)
    lifted: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Performer:
    """Sixteen MIDI channels and the four voices that they play.

    Attributes
    ----------
    mode
        One of `MODES`.
    channels, voices
        Keys held, and notes that sound.
    overlay
        Drums that the triangle plays within a note, which goes on after them.
    double
        What pulse 2 plays of pulse 1; it follows that, so that it need not be saved.
    samples
        What the DMC plays.
    """

    mode: str
    channels: list[Channel] = field(default_factory=lambda: [Channel() for _ in range(16)])
    voices: list[LiveVoice] = field(default_factory=lambda: [LiveVoice(name) for name in VOICES])
    overlay: LiveVoice = field(default_factory=lambda: LiveVoice("triangle"))
    samples: LiveSamples = field(default_factory=LiveSamples)
    double: LiveVoice = field(default_factory=lambda: LiveVoice("pulse2"))

    def receive(self, message: bytes, tick: int, setup: Setup) -> None:
        """Take one MIDI message; it is heard from frame `tick` on.

        Raises
        ------
        SynthError
            If it is not one whole message.
        """
        kind, number = check_message(message)
        if kind >= _SYSTEM:
            return
        channel = self.channels[number]
        if kind == _NOTE_ON and message[2] > 0:
            if number == DRUM_CHANNEL:
                self._strike(message[1], message[2], tick, setup)
            else:
                self._press(number, message[1], message[2], tick, setup)
        elif kind in (_NOTE_OFF, _NOTE_ON):
            if not channel.pedal:
                self._drop(number, {message[1]}, tick, setup)
            elif any(key == message[1] for key, _ in channel.held):
                channel.lifted.append(message[1])
        elif kind == _CONTROL:
            self._control(number, message[1], message[2], tick, setup)
        elif kind == _PROGRAM:
            channel.program = message[1]
        elif kind == _BEND:
            wheel = message[1] + (message[2] << 7) - BEND_CENTRE
            channel.bend = wheel / (BEND_CENTRE if wheel < 0 else BEND_CENTRE - 1)

    def play(
        self, tick: int, setup: Setup, parameters: Mapping[str, float]
    ) -> dict[str, VoiceFrames]:
        """Return what each voice does in frame `tick`; frames must be asked for in order."""
        pulse1, pulse2, triangle, _ = self.voices
        if setup.preset.bass_samples:
            self._share_bass(triangle, tick)
        controls = {v.voice: self._controls(v, tick, setup, parameters) for v in self.voices}
        frames = {v.voice: v.frame(tick, controls[v.voice], setup) for v in self.voices}
        if self.overlay.sounds(tick, setup):
            struck = self._controls(self.overlay, tick, setup, parameters)
            frames["triangle"] = self.overlay.frame(tick, struck, setup)
        rests = not pulse2.is_held(tick) and not frames["pulse2"].level[0]
        if setup.preset.double_lead is not None and rests:
            self.double.follow(pulse1)
            if self.double.sounds(tick, setup):
                lead = _detuned(controls["pulse1"], setup.preset.double_lead)
                frames["pulse2"] = self.double.frame(tick, lead, setup)
                pulse2.timbre, pulse2.period = self.double.timbre, self.double.period
        return frames

    def sample_stores(self, tick: int, setup: Setup, placed: Placed) -> tuple[tuple[int, int], ...]:
        """Return the writes for samples in frame `tick`: (address, value), in order."""
        return self.samples.stores(tick, setup, placed)

    def _share_bass(self, triangle: LiveVoice, tick: int) -> None:
        """Give the triangle a note of the bass that a drum took from the DMC, and end its loop."""
        if triangle.on_dmc and self.samples.rank:
            triangle.on_dmc = False
        elif triangle.on_dmc and not triangle.is_held(tick):
            self.samples.let_bass_go(tick)
            triangle.on_dmc = False

    def prepare(self, tick: int, setup: Setup, parameters: Mapping[str, float]) -> None:
        """Compute a part of frame `tick` in advance, as much as one block has time for."""
        for voice in self.voices:
            if voice.prepare(tick, self._controls(voice, tick, setup, parameters), setup):
                return

    def _pool(self, number: int) -> list[LiveVoice]:
        """Return the voices that a channel plays."""
        if self.mode == "poly" and number < 2:
            return self.voices[:2] if number == 0 else []
        return self.voices[number : number + 1]

    def _controls(
        self, voice: LiveVoice, tick: int, setup: Setup, parameters: Mapping[str, float]
    ) -> LiveControls:
        if voice.drum:
            _, volume, timbre = voice.drum
            return LiveControls(volume, timbre=timbre)
        if voice.channel == NOBODY:
            return LiveControls(0)
        channel = self.channels[voice.channel]
        loudness = voice.velocity * channel.volume * channel.expression
        cents = 100.0 * channel.bend * parameters["bend_semitones"]
        depth = parameters["vibrato_cents"]
        depth += parameters["modulation_cents"] * channel.modulation / MAX_MIDI
        if depth and voice.voice != "noise":
            time_s = (tick - voice.start) / setup.tick_hz
            cents += depth * math.sin(2.0 * math.pi * parameters["vibrato_hz"] * time_s)
        timbre = channel.timbre
        if timbre < 0:
            timbre = int(parameters.get(f"{voice.voice}_duty", AS_WRITTEN))
        return LiveControls(
            _chip_level(loudness, MAX_MIDI**3),
            cents,
            min(timbre, VOICE_BY_NAME[voice.voice].timbres - 1),
        )

    def _press(self, number: int, key: int, velocity: int, tick: int, setup: Setup) -> None:
        channel, pool = self.channels[number], self._pool(number)
        if not pool:
            return
        channel.held = [(k, v) for k, v in channel.held if k != key] + [(key, velocity)]
        channel.lifted = [k for k in channel.lifted if k != key]
        if self.mode == "arp" and len(channel.held) > 1 and self._of(number):
            self._break_chord(number, setup)
            return
        order = [k for k, _ in channel.held]
        mine = self._of(number)
        voice = next((v for v in mine if v.key == key), None)
        voice = voice or next((v for v in pool if v not in mine), None)
        voice = voice or min(mine, key=lambda v: order.index(v.key))
        self._begin(voice, number, key, velocity, tick, setup)

    def _begin(
        self, voice: LiveVoice, number: int, key: int, velocity: int, tick: int, setup: Setup
    ) -> None:
        channel = self.channels[number]
        name = setup.preset.program_instrument(channel.program) if channel.program >= 0 else ""
        pitch = key_to_pitch(key, voice.voice)
        level = _chip_level(velocity * channel.volume * channel.expression, MAX_MIDI**3)
        name = setup.preset.switched(name, voice.voice, pitch, level)
        voice.begin(tick, pitch, name, setup)
        voice.channel, voice.key, voice.velocity = number, key, velocity
        if voice.voice == "triangle":
            voice.on_dmc = level > 0 and self.samples.hold_bass(pitch, tick, setup)
            if not voice.on_dmc:
                self.samples.let_bass_go(tick)

    def _of(self, number: int) -> list[LiveVoice]:
        """Return the voices that keys of a channel hold."""
        return [v for v in self.voices if v.channel == number and v.key != NOBODY]

    def _drop(self, number: int, keys: Collection[int], tick: int, setup: Setup) -> None:
        """Release keys; the newest waiting key takes a voice that becomes free."""
        channel = self.channels[number]
        channel.held = [(k, v) for k, v in channel.held if k not in keys]
        channel.lifted = [k for k in channel.lifted if k not in keys]
        for voice in self._of(number):
            if self.mode == "arp":
                if channel.held:
                    self._break_chord(number, setup)
                else:
                    voice.let_go(tick)
            elif voice.key in keys:
                sounding = {v.key for v in self._of(number)}
                waiting = [(k, v) for k, v in channel.held if k not in sounding]
                if waiting:
                    self._begin(voice, number, *waiting[-1], tick, setup)
                else:
                    voice.let_go(tick)

    def _break_chord(self, number: int, setup: Setup) -> None:
        keys = [key for key, _ in self.channels[number].held]
        for voice in self._of(number):
            offsets = [key - voice.key for key in keys]
            voice.arpeggio = order_chord(offsets, setup.preset.arpeggio.order)

    def _control(self, number: int, control: int, value: int, tick: int, setup: Setup) -> None:
        channel = self.channels[number]
        if control == _MODULATION:
            channel.modulation = value
        elif control == _VOLUME:
            channel.volume = value
        elif control == _EXPRESSION:
            channel.expression = value
        elif control == _TIMBRE:
            channel.timbre = value
        elif control == _SUSTAIN:
            channel.pedal = value >= _PEDAL_DOWN
            if not channel.pedal:
                self._drop(number, set(channel.lifted), tick, setup)
        elif control == _RESET_CONTROLLERS:  # MIDI RP-015: volume and program stay
            channel.bend, channel.modulation = 0.0, 0
            channel.expression, channel.timbre = MAX_MIDI, -1
            self._control(number, _SUSTAIN, 0, tick, setup)
        elif control == _ALL_SOUND_OFF or control >= _ALL_NOTES_OFF:  # 124-127 end notes too
            mine = [v for v in self.voices if v.channel == number]
            self._drop(number, {key for key, _ in channel.held}, tick, setup)
            for voice in mine if control == _ALL_SOUND_OFF else []:
                voice.cut()
            if control == _ALL_SOUND_OFF and number == DRUM_CHANNEL:
                self.overlay.cut()
                self.samples.cut(tick)

    def _strike(self, key: int, velocity: int, tick: int, setup: Setup) -> None:
        """Play a drum, unless a more important one has just been struck."""
        channel, preset = self.channels[DRUM_CHANNEL], setup.preset
        volume = _chip_level(velocity * channel.volume * channel.expression, MAX_MIDI**3)
        known = key if key in preset.drums else CLOSED_HAT
        hit = preset.drum_notes(known, 0.0, volume)
        if hit is None or volume == 0:
            return
        drum = preset.drums[known]
        rank = (drum.priority, hit[0].volume)
        if self._strike_sample(drum, rank, tick, setup):
            self._drum_note(hit[1], drum, rank, tick, setup)
            return
        noise = self.voices[3]
        protected = tick - noise.start < PROTECTED_S * setup.tick_hz
        if noise.drum and protected and rank < noise.drum[:2]:
            return
        _begin_drum(noise, hit[0], rank, tick, setup)
        self._drum_note(hit[1], drum, rank, tick, setup)

    def _strike_sample(self, drum: Drum, rank: tuple[int, int], tick: int, setup: Setup) -> bool:
        """Play a drum on the DMC; return whether it is heard there."""
        if drum.sample is None:
            return False
        frames = round(drum_sample_s(drum, setup.preset, setup.region) * setup.tick_hz)
        protected = PROTECTED_S * setup.tick_hz
        return self.samples.strike(drum.sample, rank, frames, tick, setup, protected)

    def _drum_note(
        self, note: ChipNote | None, drum: Drum, rank: tuple[int, int], tick: int, setup: Setup
    ) -> None:
        """Play the triangle's part of a drum, where that rests or the drum goes over it."""
        triangle = self.voices[2]
        if note is None or drum.triangle is None:
            return
        if not triangle.is_held(tick) or triangle.on_dmc:
            _begin_drum(triangle, note, rank, tick, setup)
        elif drum.triangle.over_bass:
            _begin_drum(self.overlay, note, rank, tick, setup)


def _begin_drum(
    voice: LiveVoice, note: ChipNote, rank: tuple[int, int], tick: int, setup: Setup
) -> None:
    voice.begin(tick, note.pitch, note.instrument, setup)
    voice.let_go(tick + round(note.end_s * setup.tick_hz))
    timbre = note.timbre_changes[0][1] if note.timbre_changes else -1
    voice.channel = DRUM_CHANNEL
    voice.drum = (rank[0], note.volume, timbre)


def _detuned(controls: LiveControls, double: DoubleLead) -> LiveControls:
    """Return the controls of the doubling voice for the lead's `controls`."""
    volume = max(round(controls.volume * double.volume_scale), min(controls.volume, 1))
    return replace(controls, volume=volume, cents=controls.cents + double.cents)


def check_message(message: bytes) -> tuple[int, int]:
    """Return the upper half of a MIDI message's status byte, and its channel 0–15.

    Raises
    ------
    SynthError
        If it is not one whole message.

    Examples
    --------
    >>> check_message(bytes([0x92, 60, 100]))
    (144, 2)
    """
    kind = message[0] & 0xF0 if message else 0
    whole = kind >= _SYSTEM or len(message) - 1 == _DATA_BYTES.get(kind)
    if not whole or (kind < _SYSTEM and any(byte > MAX_MIDI for byte in message[1:])):
        raise SynthError(
            f"{message[:8].hex(' ') or 'nothing'} is no MIDI message; "
            "give a status byte (80-FF) and its data bytes (00-7F)"
        )
    return kind, message[0] & 0x0F


def key_to_pitch(key: int, voice: str) -> int:
    """Return the pitch of a key on a voice, moved by octaves into the voice's range.

    On noise the keys from 1 (the lowest period) to 16 repeat, as in NES-MDB.

    Examples
    --------
    >>> key_to_pitch(60, "pulse1"), key_to_pitch(24, "pulse1"), key_to_pitch(16, "noise")
    (60, 36, 0)
    """
    lowest, highest = VOICE_BY_NAME[voice].pitch_range
    if voice == "noise":
        return -key % (highest + 1)
    while key < lowest:
        key += 12
    while key > highest:
        key -= 12
    return key


def order_chord(offsets: list[int], order: str) -> tuple[int, ...]:
    """Return a chord's offsets in the order in which a preset breaks chords.

    Examples
    --------
    >>> order_chord([7, 0, 4], "updown")
    (0, 4, 7, 4)
    """
    rising = sorted(set(offsets))
    if order == "played":
        return tuple(dict.fromkeys(offsets))
    if order == "updown":
        return tuple(rising + rising[-2:0:-1])
    return tuple(rising if order == "up" else reversed(rising))


def _chip_level(loudness: int, loudest: int) -> int:
    """Return 0–15, and 0 only for silence."""
    return max(round(loudness * MAX_VOLUME / loudest), 1) if loudness else 0
