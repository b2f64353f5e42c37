"""Every shipped preset sounds as it did when it was last listened to."""

import pytest

from synth.chip.hardware import region_named
from synth.chip.stream import render
from synth.instrument.driver import drive
from synth.instrument.preset import Preset, load_preset, preset_names
from synth.instrument.voices import ChipNote, ChipScore
from tests import golden as kit
from tests.conftest import CheckGolden

STEP_S = 0.16
REST_S = 0.2
MELODY = (76, 79, 84, 83, 81, 79, 77, 74)
BASS = (48, 43, 45, 43)
DRUMS = (36, 42, 38, 42, 36, 46, 38, 49)
SOLO_S = 0.15


def phrase(preset: Preset) -> ChipScore:
    """Return a phrase of all four voices, then the other instruments of the preset one by one.

    Instruments inherited unchanged are left to the preset that they come from.
    """
    length_s = STEP_S * len(MELODY)
    melody = [
        ChipNote(k * STEP_S, (k + 0.9) * STEP_S, pitch, volume=15 - k)
        for k, pitch in enumerate(MELODY[:-1])
    ]
    slide = ((0.0, 0.0), (0.6 * STEP_S, 200.0), (STEP_S, -50.0))
    melody.append(ChipNote(length_s - STEP_S, length_s, MELODY[-1], bend=slide))
    chords = [
        ChipNote(0.0, 3.5 * STEP_S, 60, volume=12, arpeggio=(0, 4, 7)),
        ChipNote(4 * STEP_S, 5.5 * STEP_S, 57, volume=12, arpeggio=(0, 3, 7)),
        ChipNote(6 * STEP_S, 7.5 * STEP_S, 55, volume=9),
    ]
    bass = [ChipNote(2 * k * STEP_S, (2 * k + 1.5) * STEP_S, pitch) for k, pitch in enumerate(BASS)]
    noise = []
    for k, key in enumerate(DRUMS):
        hit = preset.drum_notes(key, k * STEP_S, end_s=(k + 1) * STEP_S)
        noise.append(hit[0] if hit else ChipNote(k * STEP_S, (k + 0.5) * STEP_S, 4 + k))
    at_s = length_s + REST_S
    inherited = load_preset(preset.extends).instruments if preset.extends else {}
    for name, instrument in sorted(preset.instruments.items()):
        if inherited.get(name) != instrument:
            melody.append(ChipNote(at_s, at_s + 0.8 * SOLO_S, 72, instrument=name))
            at_s += SOLO_S
    return ChipScore(
        pulse1=tuple(melody),
        pulse2=tuple(chords),
        triangle=tuple(bass),
        noise=tuple(noise),
        end_s=at_s,
    )


@pytest.mark.golden
@pytest.mark.parametrize("name", preset_names())
def test_the_preset_sounds_as_stored(name: str, golden: CheckGolden) -> None:
    """A fixed phrase through the preset's own engine, instruments, drums and filter."""
    preset = load_preset(name)
    log = drive(phrase(preset), preset, region_named(preset.engine.region))
    samples = render(log, kit.RATE_HZ, preset.engine.filter)
    golden(f"preset-{name}", samples)


def test_no_stored_preset_is_left_over() -> None:
    """What is stored belongs to a preset that is shipped."""
    stored = {path.stem.removeprefix("preset-") for path in kit.FOLDER.glob("preset-*.flac")}
    assert stored <= set(preset_names())
