"""The options for levels, stems and loops, and what is told of the files."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from chipgen.cli.delivery import delivery, delivery_options, describe_level
from chipgen.cli.options import sound_options
from synth.errors import SynthError
from synth.output.audiofile import AudioInfo
from synth.output.delivery import Delivery


def parse(*arguments: str) -> Delivery:
    """Return what a command with these options would be asked for."""

    @click.command()
    @delivery_options
    @sound_options
    def command(**options: Any) -> Delivery:
        return delivery(options, ".wav")

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
    """Click names the option and the range."""
    with pytest.raises(click.BadParameter, match=r"range|one of"):
        parse(*arguments)


def test_wishes_that_exclude_each_other_are_refused() -> None:
    """A fade without loops has no meaning."""
    with pytest.raises(SynthError, match="--fade needs --loops"):
        parse("--fade", "4")


def test_clipping_is_never_passed_over_in_silence() -> None:
    """The line on what was written names peak, loudness where measured, and clipped samples."""
    info = AudioInfo(Path("a.wav"), 44_100, 1, 44_100, peak_dbfs=-3.04)
    assert describe_level(info) == "peak -3.0 dBFS"
    info = AudioInfo(Path("a.wav"), 44_100, 1, 44_100, peak_dbfs=1.2, lufs=-9.55, clipped_samples=7)
    assert describe_level(info).startswith("peak 1.2 dBFS, -9.6 LUFS, 7 samples clipped: use --nor")
