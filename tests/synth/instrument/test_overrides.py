"""Overridden parameters that are saved as a preset drive the chip with the same writes."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.studio.page_messages import SoundSettings
from chipgen.studio.voicer import turned_preset
from synth.chip.voices import VOICES
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.overrides import KEPT, turn_preset, turned_yaml
from synth.instrument.parameters import parameters_of
from synth.instrument.preset_loader import load_preset, preset_names, read_preset

TUNE = ChipScore(
    pulse1=(ChipNote(0.0, 0.5, 69),),
    pulse2=(ChipNote(0.1, 0.6, 76),),
    triangle=(ChipNote(0.0, 0.6, 45),),
    noise=(ChipNote(0.2, 0.4, 5),),
    end_s=0.7,
)


@st.composite
def turns(draw: st.DrawFn) -> tuple[str, dict[str, float], list[str]]:
    """Draw a preset, values for some of its knobs, and voices to silence."""
    name = draw(st.sampled_from(preset_names()))
    values = {}
    for parameter in parameters_of(load_preset(name)).values():
        if draw(st.booleans()):
            low, high = parameter.minimum, parameter.maximum
            number = st.integers(int(low), int(high)) if parameter.whole else st.floats(low, high)
            values[parameter.name] = float(draw(number))
    return name, values, draw(st.lists(st.sampled_from(VOICES), max_size=4))


@settings(max_examples=60, deadline=None)
@given(turns())
def test_a_saved_preset_sounds_as_it_was_turned(turn: tuple[str, dict[str, float], Any]) -> None:
    """The file that is saved of turned knobs drives the chip with the very same writes."""
    name, values, silent = turn
    preset = load_preset(name)
    turned = turn_preset(preset, values, silent)
    text = turned_yaml(preset, turned, "mine")
    saved = read_preset(text.encode(), "mine.yaml")
    one, other = drive(TUNE, turned), drive(TUNE, saved)
    assert one.value.tolist() == other.value.tolist()
    assert one.cycle.tolist() == other.cycle.tolist()
    assert len(text) < 700, "a saved preset says what differs, not everything"
    again = parameters_of(saved)
    for knob in KEPT & values.keys() - {f"{voice}_level" for voice in silent}:
        assert again[knob].default == values[knob], knob


def test_a_silenced_voice_is_silent() -> None:
    """Muting and others' solo leave a voice no sound."""
    wish = SoundSettings(preset="plain", muted=["noise"], solo=["pulse2", "noise"])
    log = drive(TUNE, turned_preset(wish))
    assert not any(value & 15 for value in log.value[log.address == 0x4000].tolist())
    assert not any(value & 15 for value in log.value[log.address == 0x400C].tolist())
    assert any(value & 15 for value in log.value[log.address == 0x4004].tolist())


def test_a_held_duty_wins_over_all() -> None:
    """A pulse's duty knob holds whatever the instrument or the note itself asks for."""
    note = ChipNote(0.0, 0.5, 69, timbre_changes=((0.0, 3), (0.2, 2)))
    preset = turn_preset(load_preset("default"), {"pulse1_duty": 0})
    log = drive(ChipScore(pulse1=(note,), end_s=0.5), preset)
    assert {value >> 6 for value in log.value[log.address == 0x4000].tolist()} == {0}
