"""The drum kit: how each General MIDI drum sounds on the noise voice, by default or by a preset."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from synth.chip.hardware import region_named
from synth.instrument.dmc_writes import drum_sample_s

if TYPE_CHECKING:
    from synth.instrument.preset_loader import Preset

FRAMES_HZ: Final = 60.0  # presets count drums in sixtieths of a second


@dataclass(frozen=True, slots=True)
class DrumSound:
    """How one drum of the General MIDI kit is played on the noise voice.

    Attributes
    ----------
    period
        Index of the hardware's period table, 0 (highest) to 15 (lowest).
    mode
        0 for the long sequence, 1 for the short, metallic one, None as the instrument has it.
    priority
        0–100: when hits collide, the greater wins.
    length_s
        How long the note is held; the instrument's envelope may end sooner.
    instrument
        Name of a noise instrument of the preset; empty means the preset's default.
    volume_scale
        Loudness in the kit, 0-1.
    drop_pitch
        MIDI pitch at which the triangle doubles the hit (kicks and toms); 0 means it does not.
    drop_semitones
        How far the triangle falls in the time of the hit.
    drop_s
        How long the triangle's part lasts.
    drop_instrument
        Name of the preset's instrument for it, which may fall by itself.
    drop_over_bass
        Whether it also sounds within a note of the triangle, which goes on after it.
    sample, sample_s
        The preset's sample that plays it on the DMC, and how long that sounds; empty has none.
    """

    period: int
    mode: int | None = None
    priority: int = 10
    length_s: float = 0.1
    instrument: str = ""
    volume_scale: float = 1.0
    drop_pitch: int = 0
    drop_semitones: float = 0.0
    drop_s: float = 0.1
    drop_instrument: str = ""
    drop_over_bass: bool = False
    sample: str = ""
    sample_s: float = 0.0


def _gm_drums() -> dict[int, DrumSound]:
    kick = DrumSound(14, 0, 90, 0.12, drop_pitch=45, drop_semitones=24.0)
    snare = DrumSound(7, 0, 80, 0.15)
    closed_hat = DrumSound(2, 0, 30, 0.05)
    open_hat = DrumSound(2, 0, 40, 0.25)
    crash = DrumSound(4, 0, 95, 1.0)
    ride = DrumSound(3, 1, 40, 0.2)
    wood = DrumSound(5, 1, 20, 0.05)
    shaker = DrumSound(1, 0, 10, 0.05)
    metal = DrumSound(4, 1, 30, 0.1)

    def tom(period: int, pitch: int) -> DrumSound:
        return DrumSound(period, 0, 60, 0.15, drop_pitch=pitch, drop_semitones=12.0)

    def hand(period: int) -> DrumSound:
        return DrumSound(period, 0, 30, 0.08)

    # General MIDI 1, percussion key map.
    return {
        35: kick, 36: kick, 37: DrumSound(5, 0, 50, 0.05), 38: snare, 39: DrumSound(6, 0, 60, 0.12),
        40: snare, 41: tom(13, 43), 42: closed_hat, 43: tom(12, 45), 44: closed_hat,
        45: tom(12, 48), 46: open_hat, 47: tom(11, 50), 48: tom(10, 53), 49: crash, 50: tom(10, 55),
        51: ride, 52: DrumSound(5, 0, 94, 1.0), 53: DrumSound(3, 1, 40, 0.3), 54: shaker,
        55: DrumSound(3, 0, 92, 0.5), 56: metal, 57: crash, 58: DrumSound(8, 1, 30, 0.3), 59: ride,
        60: hand(8), 61: hand(9), 62: hand(8), 63: hand(9), 64: hand(11), 65: hand(7), 66: hand(9),
        67: metal, 68: metal, 69: shaker, 70: shaker, 71: metal, 72: metal, 73: shaker,
        74: DrumSound(2, 0, 20, 0.2), 75: wood, 76: wood, 77: wood, 78: metal, 79: metal,
        80: DrumSound(1, 1, 20, 0.05), 81: DrumSound(1, 1, 30, 0.4),
    }  # fmt: skip


# What General MIDI 2 and GS put around General MIDI's keys, and the key of General MIDI that sounds
# most like it: effects and clicks below the kick, more percussion above the triangle.
SIMILAR_KEYS: Final[Mapping[int, int]] = MappingProxyType({
    25: 38,  # snare roll
    26: 39,  # finger snap: a clap
    27: 80,  # high Q: a muted triangle
    28: 39,  # slap
    29: 73, 30: 74,  # scratches: short and long guiro
    31: 37,  # sticks: a side stick
    32: 75, 33: 76,  # square and metronome clicks: claves, wood block
    34: 81,  # metronome bell: a triangle
    82: 70,  # shaker: maracas
    83: 54,  # jingle bell: a tambourine
    84: 81,  # bell tree
    85: 75,  # castanets: claves
    86: 64, 87: 41,  # surdo, muted and open: low conga, low tom
})  # fmt: skip


def with_similar(sounds: dict[int, DrumSound]) -> dict[int, DrumSound]:
    """Return a kit with the keys that it lacks and that another of its keys can stand for."""
    more = {key: sounds[near] for key, near in SIMILAR_KEYS.items() if near in sounds}
    return {**more, **sounds}


GM_DRUMS: Final[Mapping[int, DrumSound]] = MappingProxyType(with_similar(_gm_drums()))


def preset_drums(preset: "Preset", *, as_midi: bool) -> Mapping[int, DrumSound]:
    """Return a preset's kit, by General MIDI key; `GM_DRUMS` if it has none.

    Parameters
    ----------
    as_midi
        Whether samples, and drops within notes of the bass, are left out.
    """
    if not preset.drums:
        return GM_DRUMS
    sounds: dict[int, DrumSound] = {}
    for key, drum in preset.drums.items():
        sound = DrumSound(
            drum.period, drum.mode, drum.priority, drum.frames / FRAMES_HZ, drum.instrument,
            drum.volume_scale,
        )  # fmt: skip
        if drum.triangle is not None:
            sound = replace(
                sound,
                drop_pitch=drum.triangle.pitch,
                drop_s=drum.triangle.frames / FRAMES_HZ,
                drop_instrument=drum.triangle.instrument,
                drop_over_bass=drum.triangle.over_bass and not as_midi,
            )
        if drum.sample is not None and not as_midi:
            lasts_s = drum_sample_s(drum, preset, region_named(preset.engine.region))
            sound = replace(sound, sample=drum.sample, sample_s=lasts_s)
        sounds[key] = sound
    return with_similar(sounds)
