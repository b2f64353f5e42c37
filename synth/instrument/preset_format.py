"""The preset format: every field, its range and its default."""

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from synth.chip.dpcm import LONGEST_BYTES
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import MAX_VOLUME, ChipNote
from synth.instrument.instrument_format import Instrument
from synth.instrument.nearest_name import nearest_name
from synth.instrument.preset_field_types import Scale, Strict, located_error

SCHEMA_VERSION: Final = 1
HIGHEST_RATE: Final = 15
USUAL_LEVEL: Final = 64
DRUM_FRAMES_HZ: Final = 60.0  # drums are counted in sixtieths of a second on any machine

FAMILIES: Final = (
    "piano", "chromatic-percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass",
    "reed", "pipe", "synth-lead", "synth-pad", "synth-effects", "ethnic", "percussive",
    "sound-effects",
)  # fmt: skip
"""The families of General MIDI, eight programs each, in order."""


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
    """How loud each voice is; the triangle has no volume, so there 0 is off and other values on."""

    pulse1: Scale = 1.0
    pulse2: Scale = 1.0
    triangle: Scale = 1.0
    noise: Scale = 1.0


class TriangleHit(Strict):
    """The part of a drum that the triangle plays: a short note, as a rule falling in pitch."""

    instrument: str = Field(description="instrument of the hit")
    pitch: int = Field(ge=21, le=107, description="MIDI note it begins on")
    frames: int = Field(4, ge=1, le=60, description="frames it lasts")
    over_bass: bool = Field(
        False, description="also within a note of the triangle, which goes on after it"
    )


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


class DoubleLead(Strict):
    """What pulse 2 plays where it rests: the notes of pulse 1, out of tune by a little."""

    cents: float = Field(ge=-100, le=100, description="how far above pulse 1")
    volume_scale: Scale = Field(0.75, description="loudness to that of pulse 1")
    shortest_frames: int = Field(
        4, ge=1, le=600, description="frames that a rest lasts at least to be filled"
    )


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
    drum_layers: int = Field(
        1, ge=1, le=4,
        description="drums struck at one moment that the noise plays, two frames apart",
    )  # fmt: skip
    samples: dict[str, Sample] = Field(default={}, description="samples for the DMC by name")
    bass_samples: list[str] = Field(
        default=[], description="samples with a note, by which the DMC plays the bass where it can"
    )
    poly: Literal["auto", "arp", "newest", "hold", "split"] = Field(
        "auto", description="what becomes of chords on one voice"
    )
    arpeggio: Arpeggio = Arpeggio()
    double_lead: DoubleLead | None = Field(
        None, description="pulse 2 doubles pulse 1 where it rests"
    )
    mix: Mix = Mix()
    knobs: Knobs = Knobs()
    demo: Literal["melody", "bass", "chords", "drums", "ensemble", "slow", "lead"] = Field(
        "ensemble", description="which demonstration shows it (chipgen preset audition)"
    )

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for key in self.instruments:
            if not 1 <= len(key) <= 64:
                raise located_error(("instruments",), "{hint}", "names have 1-64 characters")
        for key, instrument in self.instruments.items():
            for name in instrument.switch:
                self._check(name, ("instruments", key, "switch", name))
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

    def switched(self, name: str, voice: str, pitch: int, volume: int) -> str:
        """Return which instrument plays a note for which `name`, or the voice's own, is asked.

        The first of its `switch` whose zone holds the note; that one's own is not looked at.

        Raises
        ------
        SynthError
            As `instrument`.
        """
        zones = self.instrument(name, voice).switch
        return next((other for other, zone in zones.items() if zone.holds(pitch, volume)), name)

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
        noise_end_s = start_s + drum.frames / DRUM_FRAMES_HZ
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
        hit_end_s = start_s + drum.triangle.frames / DRUM_FRAMES_HZ
        return noise, ChipNote(
            start_s=start_s,
            end_s=hit_end_s if end_s is None else min(end_s, hit_end_s),
            pitch=drum.triangle.pitch,
            instrument=drum.triangle.instrument,
        )
