"""Every shipped preset sounds as it did when it was last listened to."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.chip.hardware import region_named
from synth.chip.render_log import render
from synth.instrument.chip_score import ChipScore
from synth.instrument.demo_scores import demo_score, unheard_instruments, with_unheard
from synth.instrument.driver import drive
from synth.instrument.preset_loader import Preset, load_preset, preset_names
from tests import golden as kit
from tests.conftest import CheckGolden

SECONDS = 2.5
SOLO_S = 0.15
WITH_SOLOS = [name for name in preset_names() if unheard_instruments(load_preset(name))]


def heard(score: ChipScore, preset: Preset) -> NDArray[np.float32]:
    """Return the samples of a score through the preset's own engine and filter."""
    log = drive(score, preset, region_named(preset.engine.region))
    return render(log, kit.RATE_HZ, preset.engine.filter)


@pytest.mark.golden
@pytest.mark.parametrize("name", preset_names())
def test_the_preset_sounds_as_stored(name: str, golden: CheckGolden) -> None:
    """The beginning of what `chipgen preset audition` plays."""
    preset = load_preset(name)
    golden(f"preset-{name}", heard(demo_score(preset), preset)[: round(SECONDS * kit.RATE_HZ)])


@pytest.mark.golden
@pytest.mark.parametrize("name", WITH_SOLOS)
def test_other_instruments_sound_as_stored(name: str, golden: CheckGolden) -> None:
    """The instruments that the demonstration leaves out, one by one."""
    preset = load_preset(name)
    golden(f"solos-{name}", heard(with_unheard(ChipScore(), preset, SOLO_S), preset))


def test_no_stored_preset_is_left_over() -> None:
    """What is stored belongs to a preset that is shipped."""
    stored = {path.stem.removeprefix("preset-") for path in kit.FOLDER.glob("preset-*.flac")}
    assert stored <= set(preset_names())
    solos = {path.stem.removeprefix("solos-") for path in kit.FOLDER.glob("solos-*.flac")}
    assert solos <= set(WITH_SOLOS)
