"""Plays one voice live, frame by frame, with the driver's own functions."""

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from synth.instrument.chip_score import ChipNote
from synth.instrument.frame_context import Setup
from synth.instrument.instrument_format import Echo
from synth.instrument.macro_sequence import NOT_RELEASED
from synth.instrument.modulation import SOFTWARE, SWEEP_OFF
from synth.instrument.voice_frames import VoiceFrames, note_frames, tail_frames

NOBODY: Final = -1
"""Key or channel of a voice that no key holds."""

_AHEAD_FRAMES: Final = 8  # worked out in one go, because one costs as much as eight


@dataclass(frozen=True, slots=True)
class LiveControls:
    """What a live player's controllers do to a note in one frame, beside its key.

    Attributes
    ----------
    volume
        0–15.
    cents
        Pitch wheel and vibrato.
    timbre
        Duty or noise mode, −1 for the preset's.
    """

    volume: int
    cents: float = 0.0
    timbre: int = -1


@dataclass(slots=True)
class LiveVoice:
    """The state of a voice, in plain numbers and lists, so that it can be saved.

    Attributes
    ----------
    voice
        One of `VOICES`.
    pitch, instrument, arpeggio
        Of its note, as in `ChipNote`; `pitch` is −1 before the first.
    channel, key, velocity
        MIDI channel 0–15 that began the note, the key that holds it, how hard it was struck.
    drum
        Priority, volume and timbre of a drum hit; empty for a note of a key.
    start, release
        Frames at which the note began and was released.
    glide_cents
        How far from the note a portamento begins.
    before
        Pitch and release frame of the note before; empty if there was none.
    on_dmc
        Whether a sample plays its note.
    timbre, period
        What it last played, held while it is silent.
    heard
        For each instrument with an echo, in the order they came, frames it sounded in with what was
        heard: (frame, level, timbre, period).
    """

    voice: str
    pitch: int = -1
    instrument: str = ""
    arpeggio: tuple[int, ...] = ()
    channel: int = NOBODY
    key: int = NOBODY
    velocity: int = 0
    drum: tuple[int, ...] = ()
    start: int = 0
    release: int = 0
    glide_cents: float = 0.0
    before: tuple[int, ...] = ()
    timbre: int = 0
    period: int = 0
    on_dmc: bool = False
    heard: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    _ahead: tuple[object, VoiceFrames] | None = None

    def begin(self, tick: int, pitch: int, instrument: str, setup: Setup) -> None:
        """Begin a note at a frame, in place of the one that sounds."""
        if self.pitch >= 0 and self.start < tick:
            self.before = (self.pitch, min(self.release, tick))
        sound = setup.preset.instrument(instrument, self.voice)
        self.pitch, self.instrument, self.arpeggio = pitch, instrument, ()
        self.start, self.release, self.drum, self.on_dmc = tick, NOT_RELEASED, (), False
        self.glide_cents = 0.0
        if sound.portamento is not None and self.before:
            pitch_before, released = self.before
            if released == tick or not sound.portamento.legato_only:
                self.glide_cents = 100.0 * (pitch_before - pitch)
        if sound.echo is not None and self.voice != "triangle":
            self.heard.setdefault(instrument, [])

    def let_go(self, tick: int) -> None:
        """Release the note; it sounds in one frame at least."""
        self.release = min(self.release, max(tick, self.start + 1))
        self.key = NOBODY

    def cut(self) -> None:
        """Silence the note and its echoes at once."""
        self.key = NOBODY
        self.pitch = -1
        self.before = ()
        self.heard.clear()

    def is_held(self, tick: int) -> bool:
        """Return whether the note has not been released before this frame."""
        return self.pitch >= 0 and tick < self.release

    def prepare(self, tick: int, controls: LiveControls, setup: Setup) -> bool:
        """Compute a coming frame in advance; return whether there was one to compute."""
        if not self.sounds(tick, setup):
            return False
        before = self._ahead
        self._look_up(tick - self.start, self._note(controls), setup)
        return self._ahead is not before

    def follow(self, other: "LiveVoice") -> None:
        """Take over the note of another voice, but not its echoes."""
        self.pitch, self.instrument, self.arpeggio = other.pitch, other.instrument, other.arpeggio
        self.start, self.release, self.glide_cents = other.start, other.release, other.glide_cents

    def frame(self, tick: int, controls: LiveControls, setup: Setup) -> VoiceFrames:
        """Return what the voice does in this frame; frames must be asked for in order."""
        level, envelope, sweep, strike = 0, SOFTWARE, SWEEP_OFF, False
        if self.sounds(tick, setup) and not self.on_dmc:
            played, at = self._look_up(tick - self.start, self._note(controls), setup)
            level, envelope = int(played.level[at]), int(played.envelope[at])
            sweep, strike = int(played.sweep[at]), bool(played.strike[at])
            self.timbre, self.period = int(played.timbre[at]), int(played.period[at])
        for name, heard in self.heard.items():
            echo = setup.preset.instrument(name, self.voice).echo
            if echo is None:
                continue
            if name == self.instrument and level > 0 and envelope == SOFTWARE:
                heard.append((tick, level, self.timbre, self.period))
            level = self._echoed(echo, heard, tick, level)
        return VoiceFrames(
            np.array([level]), np.array([self.timbre]), np.array([self.period]),
            np.array([envelope]), np.array([sweep]), np.array([strike]),
        )  # fmt: skip

    def sounds(self, tick: int, setup: Setup) -> bool:
        """Return whether a frame is within the note and what it rings on after its release."""
        if self.pitch < 0:
            return False
        sound = setup.preset.instrument(self.instrument, self.voice)
        return tick < self.release or tick < self.release + tail_frames(
            self._note(LiveControls(0)), sound
        )

    def _note(self, controls: LiveControls) -> ChipNote:
        return ChipNote(
            0.0, math.inf, self.pitch, controls.volume, self.instrument, self.arpeggio,
            bend=((0.0, controls.cents),) if controls.cents else (),
            timbre_changes=((0.0, controls.timbre),) if controls.timbre >= 0 else (),
        )  # fmt: skip

    def _look_up(self, frame: int, note: ChipNote, setup: Setup) -> tuple[VoiceFrames, int]:
        """Return a stretch of the note's frames, and the index in it of the requested one.

        Stretches begin at multiples of their length, so that they are the same however the frames
        came to be asked for.
        """
        stretch, at = divmod(frame, _AHEAD_FRAMES)
        release = self.release - self.start if self.release != NOT_RELEASED else NOT_RELEASED
        wanted = (stretch, note, release, self.glide_cents, id(setup))
        if self._ahead is None or self._ahead[0] != wanted:
            frames = stretch * _AHEAD_FRAMES + np.arange(_AHEAD_FRAMES, dtype=np.int64)
            played = note_frames(note, self.voice, frames, setup, release, self.glide_cents)
            self._ahead = (wanted, played)
        return self._ahead[1], at

    def _echoed(self, echo: Echo, heard: list[tuple[int, ...]], tick: int, level: int) -> int:
        """Return the level with the loudest echo in it, where the voice rests."""
        while heard and heard[0][0] < tick - echo.repeats * echo.delay_frames:
            heard.pop(0)
        if self.is_held(tick):
            return level
        for copy in range(1, echo.repeats + 1):
            source = tick - copy * echo.delay_frames
            at = bisect_left(heard, (source,))
            if at == len(heard) or heard[at][0] != source:
                continue
            _, loudness, timbre, period = heard[at]
            softer = math.floor(loudness * echo.volume_scale**copy + 0.5)
            if softer > level:
                level, self.timbre, self.period = softer, timbre, period
        return level
