"""Options become a request; values out of range and contradictions are usage errors."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from chipgen.app.stage_settings import delivery_of
from chipgen.cli.options import asked, request_options
from chipgen.errors import RequestError
from chipgen.request.output_fields import DeliveryFields
from chipgen.request.sound_fields import SoundFields
from synth.output.delivery import Delivery


def parse(*arguments: str) -> Delivery:
    """Return what a command with these options would be asked for."""

    @click.command()
    @request_options(SoundFields, DeliveryFields)
    def command(**options: Any) -> Delivery:
        return delivery_of(asked(options), Path("song.wav"))

    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    wanted: Delivery = result.return_value
    return wanted


def test_without_options_the_music_is_written_once() -> None:
    """The defaults are those of the library."""
    assert parse() == Delivery()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--normalize", "--loudness"], Delivery(normalize_dbfs=-1.0, loudness=True)),
        (["--stems", "apu", "--bits", "float"], Delivery(stems="apu", bits="float")),
        (["--loops", "2", "--fade", "4"], Delivery(loops=2, fade_s=4.0)),
        (["--loop-points", "--rate", "48000"], Delivery(loop_points=True, rate_hz=48_000)),
        (["--split-intro"], Delivery(split_intro=True)),
    ],
)
def test_each_option_asks_for_what_it_says(arguments: list[str], expected: Delivery) -> None:
    """Options arrive in the value that the library takes."""
    assert parse(*arguments) == expected


@pytest.mark.parametrize(
    "arguments", [["--loops", "0"], ["--fade", "-1"], ["--stems", "solo"], ["--fade", "9999"]]
)
def test_values_out_of_range_are_wrong_usage(arguments: list[str]) -> None:
    """The error is click's own, and is about the option that was given."""
    with pytest.raises(click.BadParameter) as caught:
        parse(*arguments)
    assert caught.value.param is not None
    assert arguments[0] in caught.value.param.opts


def test_wishes_that_exclude_each_other_are_refused() -> None:
    """A fade without loops has no meaning."""
    with pytest.raises(RequestError, match="--fade needs --loops"):
        parse("--fade", "4")
