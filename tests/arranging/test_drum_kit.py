"""Every key of the usual kits has a sound of its own kind."""

import pytest

from chipgen.arranging.arranger_settings import ArrangeConfig, with_preset
from chipgen.arranging.drum_kit import GM_DRUMS
from synth.instrument.preset_loader import load_preset, preset_names


def test_general_midi_2_s_keys_are_what_they_are() -> None:
    """An open surdo is a low drum, sticks are a click, a shaker hisses; none is a hi-hat."""
    drums = GM_DRUMS
    assert set(range(25, 88)) <= set(drums)
    hat = drums[42]
    for key in (*range(25, 35), 84, 85, 86, 87):
        assert drums[key] != hat, key
    assert drums[87] == drums[41]
    assert drums[87].drop_pitch
    assert drums[25] == drums[38]
    assert drums[31] == drums[37]
    assert drums[82] == drums[70]


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_s_own_kit_is_filled_up(name: str) -> None:
    """With its own sounds; what it says itself stays."""
    preset = load_preset(name)
    drums = with_preset(ArrangeConfig(), preset).drums or {}
    if 38 in drums:
        assert drums[25] == drums[38] or 25 in preset.drums
    if 41 in drums:
        assert drums[87] == drums[41] or 87 in preset.drums
