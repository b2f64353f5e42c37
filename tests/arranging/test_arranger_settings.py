"""Settings of the arranger are checked, and filled in from a preset."""

import pytest

from chipgen.arranging.arranger_settings import ArrangeConfig, with_preset
from chipgen.errors import ChipgenError
from synth.instrument.preset_loader import load_preset


@pytest.mark.parametrize("choice", [{"poly": "chords"}, {"arpeggio_order": "down-up"}])
def test_an_unknown_choice_is_refused(choice: dict[str, str]) -> None:
    """The error names the value and the choices."""
    with pytest.raises(ChipgenError, match="choose one of") as error:
        ArrangeConfig(**choice)  # type: ignore[arg-type]
    assert repr(*choice.values()) in str(error.value)


def test_a_preset_fills_in_what_is_left_open() -> None:
    """What was chosen stays; ``auto`` takes the preset's way with chords."""
    preset = load_preset("default")
    filled = with_preset(ArrangeConfig(), preset)
    assert filled.poly == preset.poly
    assert filled.arpeggio_order == preset.arpeggio.order
    assert filled.arpeggio_frames == preset.arpeggio.frames
    chosen = with_preset(ArrangeConfig(poly="hold", arpeggio_order="down", region="pal"), preset)
    assert (chosen.poly, chosen.arpeggio_order, chosen.region) == ("hold", "down", "pal")
