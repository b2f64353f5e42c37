"""A request becomes the settings of the stages, and defaults are theirs."""

from pathlib import Path

import pytest

from chipgen.app.stage_settings import arrange_config, check, chip_choices, delivery_of, rate_of
from chipgen.arranging import ArrangeConfig
from chipgen.errors import RequestError
from chipgen.music.formats import MIDI
from chipgen.request import Request
from chipgen.request.targets import target_of
from synth.chip.audio_stream import HARDWARE
from synth.output.audioformats import audio_format
from synth.output.delivery import Delivery

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"


def test_a_plain_request_changes_nothing() -> None:
    """Without options the arranger, the chip and the files are as their own defaults."""
    request = Request()
    assert arrange_config(request) == ArrangeConfig()
    assert chip_choices(request) == HARDWARE
    assert delivery_of(request, Path("a.wav")) == Delivery()


def test_the_rate_is_the_formats_unless_asked_for() -> None:
    """Opus is sampled at 48 kHz, other files at 44.1 kHz."""
    assert [rate_of(Request(), Path(name)) for name in ("a.wav", "a.opus")] == [44_100, 48_000]
    assert rate_of(Request(rate_hz=22_050), Path("a.wav")) == 22_050


def test_what_a_target_cannot_hold_is_refused() -> None:
    """The line names the option."""
    check(Request(stems="apu"), SEED, target_of(audio_format(Path("a.wav"))))
    with pytest.raises(RequestError, match="--stems"):
        check(Request(stems="apu"), SEED, target_of(MIDI))
