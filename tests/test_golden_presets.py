"""Every shipped preset sounds as it did when it was last listened to."""

import pytest

from synth.chip.hardware import region_named
from synth.chip.stream import render
from synth.instrument.demos import demo_score, unheard_instruments, with_unheard
from synth.instrument.driver import drive
from synth.instrument.preset import Preset, load_preset, preset_names
from synth.instrument.voices import ChipScore
from tests import golden as kit
from tests.conftest import CheckGolden

SECONDS = 3.0
SOLO_S = 0.15
WITH_SOLOS = [name for name in preset_names() if unheard_instruments(load_preset(name))]


def check(name: str, score: ChipScore, preset: Preset, golden: CheckGolden) -> None:
    """Compare the first seconds of a score through the preset's own engine and filter."""
    log = drive(score, preset, region_named(preset.engine.region))
    samples = render(log, kit.RATE_HZ, preset.engine.filter)
    golden(name, samples[: round(SECONDS * kit.RATE_HZ)])


@pytest.mark.golden
@pytest.mark.parametrize("name", preset_names())
def test_the_preset_sounds_as_stored(name: str, golden: CheckGolden) -> None:
    """The beginning of what `chipgen preset audition` plays."""
    preset = load_preset(name)
    check(f"preset-{name}", demo_score(preset), preset, golden)


@pytest.mark.golden
@pytest.mark.parametrize("name", WITH_SOLOS)
def test_other_instruments_sound_as_stored(name: str, golden: CheckGolden) -> None:
    """The instruments that the demonstration leaves out, one by one."""
    preset = load_preset(name)
    check(f"solos-{name}", with_unheard(ChipScore(), preset, SOLO_S), preset, golden)


def test_no_stored_preset_is_left_over() -> None:
    """What is stored belongs to a preset that is shipped."""
    stored = {path.stem.removeprefix("preset-") for path in kit.FOLDER.glob("preset-*.flac")}
    assert stored <= set(preset_names())
    solos = {path.stem.removeprefix("solos-") for path in kit.FOLDER.glob("solos-*.flac")}
    assert solos <= set(WITH_SOLOS)
