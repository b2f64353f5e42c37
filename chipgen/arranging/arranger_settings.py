"""The settings of the arranger, independent of any preset file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from chipgen.arranging.drum_kit import FRAMES_HZ, GM_DRUMS, DrumSound, preset_drums
from chipgen.errors import ChipgenError

if TYPE_CHECKING:
    from synth.instrument.preset_loader import Preset

POLY_CHOICES: Final = ("auto", "arp", "newest", "hold", "split")
_ORDERS: Final = ("played", "up", "down", "updown")
_ARPEGGIO_FRAMES: Final = 2


@dataclass(frozen=True, slots=True)
class ArrangeConfig:
    """How to arrange.

    Attributes
    ----------
    poly
        What becomes of more notes than voices: ``"arp"`` (fast arpeggios), ``"newest"`` (the last
        note struck wins), ``"hold"`` (the note that sounds is not cut), ``"split"`` (chords are
        broken into separate notes), ``"auto"`` (arpeggios, which slow chords leave after the
        attack; see docs/arranging.md).
    voice_map
        Pairs (target, selector) as `parse_map` reads them; empty means roles are found.
    arpeggio_order
        ``"up"``, ``"down"``, ``"updown"``, ``"played"`` (from the top), or empty for the preset's.
    drum_drop
        Whether kicks and toms may borrow a triangle that is free for a pitch drop.
    echo
        Whether pulse 2 plays a soft echo of the melody wherever both pulses would rest.
    drums
        General MIDI key to sound; None takes the preset's table, or `GM_DRUMS` without one.
    pulse_instruments
        GM program to the preset's instrument for pulses; None takes the preset's table.
    arpeggio_frames
        Frames that each note of an arpeggio lasts; 0 takes the preset's, or 2 without one.
    attacks_s
        How long the preset's instruments take to their peak, by name, and by the empty name that of
        the voice that plays harmony; None takes the preset's.
    region
        ``"ntsc"`` or ``"pal"``, for the tuning of high pulses; empty for the preset's.
    drum_layers
        How many drums of one moment the noise plays, one after the other; 0 takes the preset's.
    as_midi
        Whether what MIDI cannot say is left out: samples, and notes that go on after another.
    mixes
        The preset's samples that are two others at once; None takes the preset's.
    gains
        Factors by which the levels of pulses and drums are raised, 1 or more; None takes those of
        a marker of the piece (`mark_gains`), or finds them from the piece's loudness.
    excerpt
        Whether notes of the piece are missing, so that a map may name what is not there.
    """

    poly: str = "auto"
    voice_map: tuple[tuple[str, str], ...] = ()
    arpeggio_order: str = ""
    drum_drop: bool = True
    echo: bool = False
    drums: Mapping[int, DrumSound] | None = None
    pulse_instruments: Mapping[int, str] | None = None
    arpeggio_frames: int = 0
    attacks_s: Mapping[str, float] | None = None
    region: str = ""
    drum_layers: int = 0
    as_midi: bool = False
    mixes: tuple[str, ...] | None = None
    gains: tuple[float, float] | None = None
    excerpt: bool = False

    def __post_init__(self) -> None:
        if self.poly not in POLY_CHOICES:
            raise ChipgenError(
                f"poly {self.poly!r} is unknown; choose one of {', '.join(POLY_CHOICES)}"
            )
        if self.arpeggio_order not in ("", *_ORDERS):
            raise ChipgenError(
                f"arpeggio order {self.arpeggio_order!r} is unknown;"
                f" choose one of {', '.join(_ORDERS)}"
            )


def with_preset(config: ArrangeConfig, preset: "Preset | None") -> ArrangeConfig:
    """Fill what a config leaves open from a preset, or with General MIDI's defaults.

    Parameters
    ----------
    config
        The choices made; a preset that names another way overrides ``poly="auto"``.
    preset
        Where the rest comes from; None for the defaults.

    Examples
    --------
    >>> with_preset(ArrangeConfig(), None).arpeggio_order
    'up'
    """
    if preset is None:
        return replace(
            config,
            arpeggio_order=config.arpeggio_order or "up",
            drums=GM_DRUMS if config.drums is None else config.drums,
            pulse_instruments=config.pulse_instruments or {},
            arpeggio_frames=config.arpeggio_frames or _ARPEGGIO_FRAMES,
            attacks_s=config.attacks_s or {},
            drum_layers=config.drum_layers or 1,
            region=config.region or "ntsc",
        )
    return replace(
        config,
        poly=preset.poly if config.poly == "auto" else config.poly,
        arpeggio_order=config.arpeggio_order or preset.arpeggio.order,
        drums=preset_drums(preset, as_midi=config.as_midi)
        if config.drums is None
        else config.drums,
        pulse_instruments=config.pulse_instruments
        or {program: preset.program_instrument(program) for program in range(128)},
        arpeggio_frames=config.arpeggio_frames or preset.arpeggio.frames,
        mixes=tuple(n for n in preset.samples if "+" in n)
        if config.mixes is None
        else config.mixes,
        attacks_s=_attacks_s(preset) if config.attacks_s is None else config.attacks_s,
        drum_layers=1 if config.as_midi else config.drum_layers or preset.drum_layers,
        region=config.region or preset.engine.region,
    )


def _attacks_s(preset: "Preset") -> Mapping[str, float]:
    """Return when each instrument's volume is first at its greatest."""
    attacks_s: dict[str, float] = {}
    for name, instrument in preset.instruments.items():
        shape = instrument.volume_sequence
        held = shape.values[: shape.held_length]
        attacks_s[name] = (instrument.delay_frames + held.index(max(held))) / FRAMES_HZ
    attacks_s[""] = attacks_s[preset.voices.pulse2]
    return attacks_s
