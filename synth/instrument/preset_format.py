"""The preset format: every field, its range and its default."""

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from synth.chip.dpcm import LONGEST_BYTES
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import MAX_VOLUME, ChipNote
from synth.instrument.field_types import (
    Cents,
    Duties,
    Frames,
    Scale,
    Seconds,
    Semitones,
    Steps,
    Strict,
    Volumes,
    located_error,
)
from synth.instrument.nearest_name import nearest_name
from synth.instrument.sequence import Sequence, adsr_sequence

SCHEMA_VERSION: Final = 1
HIGHEST_RATE: Final = 15
USUAL_LEVEL: Final = 64

FAMILIES: Final = (
    "piano", "chromatic-percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass",
    "reed", "pipe", "synth-lead", "synth-pad", "synth-effects", "ethnic", "percussive",
    "sound-effects",
)  # fmt: skip
"""The families of General MIDI, eight programs each, in order."""


class Adsr(Strict):
    """Shorthand for a volume sequence of straight lines."""

    attack_frames: Frames = Field(0, description="frames before the peak is reached")
    decay_frames: Frames = Field(0, description="frames from the peak to the sustained level")
    sustain: int = Field(MAX_VOLUME, ge=0, le=MAX_VOLUME, description="level held until release")
    release_frames: int = Field(0, ge=0, le=255, description="frames from there to silence")
    peak: int = Field(MAX_VOLUME, ge=1, le=MAX_VOLUME, description="highest level")

    @model_validator(mode="after")
    def _sustain_below_peak(self) -> Self:
        if self.sustain > self.peak:
            raise located_error(
                ("sustain",), f"{self.sustain} is above the peak, {self.peak}; {{hint}}",
                "lower it or raise the peak",
            )  # fmt: skip
        return self


class Vibrato(Strict):
    """A sine on the pitch."""

    depth_cents: float = Field(ge=0, le=1200, description="to either side")
    rate_hz: float = Field(6.0, gt=0, le=30, description="swings a second")
    delay_s: Seconds = Field(0.0, description="seconds after the onset at which it begins")
    fade_s: Seconds = Field(0.0, description="seconds it takes to reach its depth")


class Tremolo(Strict):
    """A sine on the volume, downwards from the volume sequence."""

    depth: int = Field(ge=0, le=MAX_VOLUME, description="volume steps at its deepest")
    rate_hz: float = Field(6.0, gt=0, le=30, description="swings a second")
    delay_s: Seconds = Field(0.0, description="seconds after the onset at which it begins")


class Slide(Strict):
    """A pitch that moves steadily during the note."""

    cents_per_frame: float = Field(ge=-2400, le=2400, description="up is positive")
    delay_frames: Frames = Field(0, description="frames after the onset at which it begins")
    limit_cents: float = Field(9600.0, gt=0, le=9600, description="how far it goes at most")


class Portamento(Strict):
    """A glide from the pitch of the voice's note before."""

    frames: int = Field(ge=1, le=3600, description="frames the glide takes")
    legato_only: bool = Field(True, description="only if the note before lasts until this one")


class Echo(Strict):
    """A softer copy of what the voice played, heard where it rests."""

    delay_frames: int = Field(ge=1, le=600, description="frames by which the copy is late")
    volume_scale: Scale = Field(0.5, description="loudness of each copy to the one before")
    repeats: int = Field(1, ge=1, le=8, description="number of copies")


class HardwareEnvelope(Strict):
    """The chip's own decay in place of the volume sequence (NESdev wiki: APU Envelope)."""

    period: int = Field(ge=0, le=15, description="each of the 15 steps takes period + 1 quarters")
    loop: bool = Field(False, description="begin again from 15 at the end")


class HardwareSweep(Strict):
    """The chip's own pitch sweep, pulses only (NESdev wiki: APU Sweep)."""

    period: int = Field(ge=0, le=7, description="period + 1 half frames from step to step")
    negate: bool = Field(False, description="true shortens the period: the pitch rises")
    shift: int = Field(ge=1, le=7, description="each step changes the period by 1/2^shift of it")


class Instrument(Strict):
    """What one note sounds like, frame by frame, on whatever voice plays it."""

    volume: Volumes | None = Field(None, description="volume 0-15; default 15")
    adsr: Adsr | None = Field(None, description="in place of volume")
    duty: Duties = Field(
        Sequence((2,)), description="pulse duty 0-3 (12.5, 25, 50, 75 %); on noise 1 is short mode"
    )
    pitch: Semitones = Field(Sequence((0,)), description="semitones from the note")
    fine_pitch: Cents = Field(Sequence((0,)), description="cents from the note")
    period: Steps = Field(Sequence((0,)), description="timer steps; positive is lower")
    arpeggio: Semitones = Field(
        Sequence((0,)), description="semitones from the note; a note's own arpeggio replaces it"
    )
    vibrato: Vibrato | None = None
    tremolo: Tremolo | None = None
    slide: Slide | None = None
    portamento: Portamento | None = None
    delay_frames: Frames = Field(0, description="frames by which the note begins late")
    cut_frames: int | None = Field(None, ge=1, le=3600, description="frames it sounds at most")
    retrigger: bool = Field(False, description="restart the pulse's phase at each onset: a click")
    hardware_envelope: HardwareEnvelope | None = None
    hardware_sweep: HardwareSweep | None = None
    echo: Echo | None = None

    @model_validator(mode="after")
    def _one_source_of_volume(self) -> Self:
        given = [
            name
            for name in ("volume", "adsr", "hardware_envelope")
            if getattr(self, name) is not None
        ]
        if len(given) > 1:
            raise located_error(
                (given[1],), f"an instrument has {given[0]} or {given[1]}, not both; {{hint}}",
                f"take {given[0]} away",
            )  # fmt: skip
        return self

    @property
    def volume_sequence(self) -> Sequence:
        """The volume sequence, compiled from `adsr` where that is given."""
        if self.adsr is not None:
            shape = self.adsr
            return adsr_sequence(
                shape.attack_frames, shape.decay_frames, shape.sustain, shape.release_frames,
                shape.peak,
            )  # fmt: skip
        return Sequence((MAX_VOLUME,)) if self.volume is None else self.volume


class Engine(Strict):
    """The machine that a preset is meant for."""

    region: Literal["ntsc", "pal"] = Field("ntsc", description="which chip and clock")
    filter: Literal["none", "nes", "famicom"] = Field("nes", description="console output stage")
    tick_hz: float | None = Field(
        None, ge=10, le=1000,
        description="driver calls a second; default the region's frame rate",
    )  # fmt: skip
    tuning_hz: float = Field(440.0, ge=400, le=480, description="pitch of A4")
    click_free: bool = Field(
        True, description="change a period's high byte within a note without restarting the phase"
    )


class VoiceDefaults(Strict):
    """Which instrument a voice plays unless a note names another."""

    pulse1: str
    pulse2: str
    triangle: str
    noise: str


class Mix(Strict):
    """How loud each voice is; the triangle has no volume, so there 0 is off and all else on."""

    pulse1: Scale = 1.0
    pulse2: Scale = 1.0
    triangle: Scale = 1.0
    noise: Scale = 1.0


class TriangleHit(Strict):
    """The part of a drum that the triangle plays: a short note, as a rule falling in pitch."""

    instrument: str = Field(description="instrument of the hit")
    pitch: int = Field(ge=21, le=107, description="MIDI note it begins on")
    frames: int = Field(4, ge=1, le=60, description="frames it lasts")


class Drum(Strict):
    """How one drum of the General MIDI kit is played on noise."""

    instrument: str = Field(description="instrument of the noise voice")
    period: int = Field(ge=0, le=15, description="index of the period table, 15 is the lowest")
    mode: Literal[0, 1] | None = Field(
        None, description="1 is the metallic short mode; default the instrument's duty sequence"
    )
    frames: int = Field(12, ge=1, le=600, description="frames it lasts at most")
    volume_scale: Scale = Field(1.0, description="loudness in the kit")
    priority: int = Field(50, ge=0, le=100, description="which wins when hits collide")
    triangle: TriangleHit | None = None
    sample: str | None = Field(
        None, description="sample that plays it on the DMC; noise only where that is taken"
    )


class Sample(Strict):
    """A sample for the DMC: a sound file, which is encoded, or the chip's own bytes."""

    file: str | None = Field(
        None, max_length=500, description="WAV, FLAC or .dmc, from the preset's folder"
    )
    data: str | None = Field(
        None, max_length=2 * LONGEST_BYTES, pattern="^([0-9a-fA-F]{2})+$",
        description="the sample's bytes in hexadecimal, in place of file",
    )  # fmt: skip
    rate: int | None = Field(
        None, ge=0, le=15, description="index of the DMC's rates; default chosen, of bytes 15"
    )
    note: int | None = Field(None, ge=12, le=108, description="MIDI note that it sounds")
    loop: bool = Field(False, description="goes round until the note ends")
    level: Scale = Field(1.0, gt=0, description="loudness that a file is encoded at")
    start: int | None = Field(
        None, ge=0, le=127, description="level it is played from; default chosen, of bytes 64"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.file is None) == (self.data is None):
            raise located_error((), "{hint}", "a sample has either a file or data")
        return self

    @property
    def bytes(self) -> bytes:
        """The bytes that the DMC reads; none before a file is encoded."""
        return bytes.fromhex(self.data or "")

    @property
    def played_rate(self) -> int:
        """The index of its rate."""
        return HIGHEST_RATE if self.rate is None else self.rate

    @property
    def played_level(self) -> int:
        """The level that it is played from."""
        return USUAL_LEVEL if self.start is None else self.start


class Arpeggio(Strict):
    """How chords on one voice are broken."""

    frames: int = Field(2, ge=1, le=60, description="frames each note of the chord lasts")
    order: Literal["played", "up", "down", "updown"] = Field(
        "up", description="in which order the arranger puts the notes of a chord"
    )


class Knobs(Strict):
    """What is laid over all instruments, as a player turns it while the music sounds."""

    pulse1_duty: int | None = Field(
        None, ge=0, le=3, description="holds the duty of pulse1, whatever plays there"
    )
    pulse2_duty: int | None = Field(
        None, ge=0, le=3, description="holds the duty of pulse2, whatever plays there"
    )
    vibrato_cents: float = Field(
        0.0, ge=0, le=1200, description="vibrato on top of the instruments' own, to either side"
    )
    vibrato_hz: float = Field(6.0, ge=0, le=30, description="its swings a second")


class Preset(Strict):
    """One preset, complete: what `load_preset` returns."""

    format: Literal[1] = Field(description="version of this format")
    name: str = Field(min_length=1, max_length=64)
    description: str = Field("", max_length=500)
    extends: str | None = Field(None, description="preset to begin from: a name, or a path")
    engine: Engine = Engine()
    instruments: dict[str, Instrument] = Field(min_length=1)
    voices: VoiceDefaults
    programs: dict[str | int, str] = Field(
        default={}, description="General MIDI program 0-127 or family to instrument"
    )
    drums: dict[int, Drum] = Field(default={}, description="General MIDI drum key to drum")
    samples: dict[str, Sample] = Field(default={}, description="samples for the DMC by name")
    bass_samples: list[str] = Field(
        default=[], description="samples with a note, by which the DMC plays the bass where it can"
    )
    poly: Literal["auto", "arp", "newest", "hold", "split"] = Field(
        "auto", description="what becomes of chords on one voice"
    )
    arpeggio: Arpeggio = Arpeggio()
    mix: Mix = Mix()
    knobs: Knobs = Knobs()
    demo: Literal["melody", "bass", "chords", "drums", "ensemble", "slow"] = Field(
        "ensemble", description="which demonstration shows it (chipgen preset audition)"
    )

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for key in self.instruments:
            if not 1 <= len(key) <= 64:
                raise located_error(("instruments",), "{hint}", "names have 1-64 characters")
        for voice in VOICES:
            self._check(getattr(self.voices, voice), ("voices", voice))
        for program, name in self.programs.items():
            path: tuple[str | int, ...] = ("programs", program)
            if isinstance(program, int) and not 0 <= program <= 127:
                raise located_error(path, "program {hint}", f"{program} is not in 0-127")
            if isinstance(program, str) and program not in FAMILIES:
                raise located_error(path, "no such family; {hint}", nearest_name(program, FAMILIES))
            self._check(name, path)
        for drum_key, drum in self.drums.items():
            path = ("drums", drum_key)
            if not 0 <= drum_key <= 127:
                raise located_error(path, "key {hint}", f"{drum_key} is not in 0-127")
            self._check(drum.instrument, (*path, "instrument"))
            if drum.triangle is not None:
                self._check(drum.triangle.instrument, (*path, "triangle", "instrument"))
            if drum.sample is not None:
                self._check_sample(drum.sample, (*path, "sample"))
        for index, name in enumerate(self.bass_samples):
            self._check_sample(name, ("bass_samples", index))
            if self.samples[name].note is None:
                raise located_error(
                    ("bass_samples", index), f"{name[:40]} has no note; {{hint}}",
                    "say which MIDI note it sounds",
                )  # fmt: skip
        return self

    def _check(self, name: str, path: tuple[str | int, ...]) -> None:
        if name not in self.instruments:
            raise located_error(
                path, f"no instrument {name[:40]!r}; {{hint}}", nearest_name(name, self.instruments)
            )

    def _check_sample(self, name: str, path: tuple[str | int, ...]) -> None:
        if name not in self.samples:
            raise located_error(
                path, f"no sample {name[:40]!r}; {{hint}}", nearest_name(name, self.samples)
            )

    def sample(self, name: str) -> Sample:
        """Return the sample called `name`.

        Raises
        ------
        SynthError
            If the preset has no such sample.
        """
        if name not in self.samples:
            hint = nearest_name(name, self.samples)
            raise SynthError(f"preset {self.name}: no sample {name[:40]!r}; {hint}")
        return self.samples[name]

    def instrument(self, name: str, voice: str) -> Instrument:
        """Return the instrument called `name`, or the default of `voice` if `name` is empty.

        Raises
        ------
        SynthError
            If the preset has no such instrument.
        """
        wanted = name or str(getattr(self.voices, voice))
        if wanted not in self.instruments:
            hint = nearest_name(wanted, self.instruments)
            raise SynthError(f"preset {self.name}: no instrument {wanted[:40]!r}; {hint}")
        return self.instruments[wanted]

    def program_instrument(self, program: int) -> str:
        """Return the instrument's name for a General MIDI program 0–127, or "" for the voice's own.

        A program's own entry comes before its family's.
        """
        return self.programs.get(program) or self.programs.get(FAMILIES[program // 8], "")

    def drum_notes(
        self, key: int, start_s: float, volume: int = MAX_VOLUME, end_s: float | None = None
    ) -> tuple[ChipNote, ChipNote | None] | None:
        """Return the noise note of one drum hit, and the triangle's where it has one.

        Parameters
        ----------
        key
            General MIDI drum key.
        start_s
            When it is struck, in seconds.
        volume
            How hard, 1–15; scaled by the drum's own loudness.
        end_s
            When it has to end at the latest; default when the drum's own frames are over.

        Returns
        -------
        tuple or None
            None if the preset does not play that key.
        """
        drum = self.drums.get(key)
        if drum is None:
            return None
        noise_end_s = start_s + drum.frames / _DRUM_FRAMES_HZ
        noise = ChipNote(
            start_s=start_s,
            end_s=noise_end_s if end_s is None else min(end_s, noise_end_s),
            pitch=drum.period,
            volume=max(min(volume, 1), int(volume * drum.volume_scale + 0.5)),
            instrument=drum.instrument,
            timbre_changes=() if drum.mode is None else ((0.0, drum.mode),),
        )
        if drum.triangle is None:
            return noise, None
        hit_end_s = start_s + drum.triangle.frames / _DRUM_FRAMES_HZ
        return noise, ChipNote(
            start_s=start_s,
            end_s=hit_end_s if end_s is None else min(end_s, hit_end_s),
            pitch=drum.triangle.pitch,
            instrument=drum.triangle.instrument,
        )


_DRUM_FRAMES_HZ: Final = 60.0
