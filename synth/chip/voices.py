"""The table of voices: ranges, names, MIDI roles and colours."""

from dataclasses import dataclass
from typing import Final, Literal

Wave = Literal["pulse", "triangle", "noise", "sample"]

EXPRESSION: Final = 11  # MIDI expression, which carries a voice's volume 0-15 as 0-127
TIMBRE: Final = 12  # NES-MDB: duty cycle or noise mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One voice of a sound chip: a row of the table.

    Attributes
    ----------
    chip
        The chip that has it.
    name, label, short
        In code and options; for people; where there is no room.
    wave
        Its part in a piece.
    register
        Address of its first register.
    pitch_range
        Lowest and highest pitch of a `ChipNote`: MIDI note numbers, or indices of the period table
        for noise (0 sounds highest).
    timbres
        How many timbres it has: duty cycles, noise modes.
    period_cycles, shortest_period
        CPU cycles of one cycle of its wave for each step of its timer's period, and the shortest
        period that is played; 0 for a voice without a pitch.
    role, part
        Name of its MIDI track (NES-MDB: p1, p2, tr, no), and the part it usually plays; empty for
        a voice that no score writes for.
    midi_channel, midi_program
        Channel (counted from 0) and program of its MIDI track.
    midi_range
        Lowest and highest pitch of its MIDI track in NES-MDB; for noise 16 − period index.
    controls
        MIDI controllers that it obeys.
    colour, dark_colour
        On light and on dark ground. Hues follow Okabe and Ito, so that colour-blind eyes tell them
        apart.
    """

    chip: str = "2A03"
    name: str
    label: str
    short: str
    wave: Wave
    register: int
    pitch_range: tuple[int, int] = (0, 0)
    timbres: int = 1
    period_cycles: int = 0
    shortest_period: int = 0
    role: str = ""
    part: str = ""
    midi_channel: int = 0
    midi_program: int = 0
    midi_range: tuple[int, int] = (0, 0)
    controls: tuple[int, ...] = ()
    colour: str = "#555d65"
    dark_colour: str = "#a3abb3"


# NESdev wiki: "APU Pulse": 8 steps clocked every other cycle, muted by the sweep unit under period
# 8; A1 is the longest period of its 11-bit timer, B8 the last within reach. "APU Triangle": 32
# steps clocked every cycle, so that it sounds an octave lower; under period 2 it is above hearing.
# Programs are NES-MDB's own (Donahue, Mao, McAuley 2018): two leads, a synth bass, breath noise.
TABLE: Final[tuple[Voice, ...]] = (
    Voice(
        name="pulse1", label="Pulse 1", short="P1", wave="pulse", register=0x4000,
        pitch_range=(33, 119), timbres=4, period_cycles=16, shortest_period=8,
        role="p1", part="melody", midi_channel=0, midi_program=80, midi_range=(33, 108),
        controls=(EXPRESSION, TIMBRE), colour="#0b6fb8", dark_colour="#5ab4f0",
    ),
    Voice(
        name="pulse2", label="Pulse 2", short="P2", wave="pulse", register=0x4004,
        pitch_range=(33, 119), timbres=4, period_cycles=16, shortest_period=8,
        role="p2", part="harmony", midi_channel=1, midi_program=81, midi_range=(33, 108),
        controls=(EXPRESSION, TIMBRE), colour="#cf7a00", dark_colour="#f0a63c",
    ),
    Voice(
        name="triangle", label="Triangle", short="TR", wave="triangle", register=0x4008,
        pitch_range=(21, 107), period_cycles=32, shortest_period=2,
        role="tr", part="bass", midi_channel=2, midi_program=38, midi_range=(21, 108),
        colour="#00876a", dark_colour="#3bc59a",
    ),
    Voice(
        name="noise", label="Noise", short="NO", wave="noise", register=0x400C,
        pitch_range=(0, 15), timbres=2,
        role="no", part="drums", midi_channel=9, midi_program=121, midi_range=(1, 16),
        controls=(EXPRESSION, TIMBRE), colour="#b3588a", dark_colour="#df93bf",
    ),
    Voice(name="dmc", label="DMC", short="DM", wave="sample", register=0x4010),
)  # fmt: skip


def voices_of(chip: str = "2A03") -> tuple[Voice, ...]:
    """Return all voices of a chip, in the order of its outputs.

    Examples
    --------
    >>> [voice.short for voice in voices_of("2A03")]
    ['P1', 'P2', 'TR', 'NO', 'DM']
    """
    return tuple(voice for voice in TABLE if voice.chip == chip)


CHANNELS: Final = tuple(voice.name for voice in voices_of())
SCORED: Final = tuple(voice for voice in voices_of() if voice.role)  # a score writes for these
VOICES: Final = tuple(voice.name for voice in SCORED)
ROLES: Final = tuple(voice.role for voice in SCORED)
PITCHED: Final = tuple(voice.name for voice in SCORED if voice.period_cycles)
PITCHED_ROLES: Final = tuple(voice.role for voice in SCORED if voice.period_cycles)
PULSES: Final = tuple(voice.name for voice in SCORED if voice.wave == "pulse")
VOICE_BY_NAME: Final = {voice.name: voice for voice in TABLE}
VOICE_BY_ROLE: Final = {voice.role: voice for voice in SCORED}
VOICE_BY_PART: Final = {voice.part: voice for voice in SCORED}
