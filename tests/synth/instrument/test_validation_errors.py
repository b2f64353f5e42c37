"""`chipgen preset validate` says all that is wrong with a file, each in one line."""

from pathlib import Path

import pytest

from synth.errors import SynthError
from synth.instrument.preset_loader import (
    list_errors,
    read_preset,
)
from tests.commandline import run

HEAD = "format: 1\nname: mine\nextends: plain\n"


WRONG = """\
format: 2
name: bad
extends: default
engine: {region: ntcs}
instruments:
  lead:
    volume: 15 13 99
    dutty: 1
    dury: 2
    vibrato: {rate_hz: 99}
  other: 5
voices:
  pulse1: laed
drums:
  36: {period: 99, instrument: nowhere}
  999: {period: 3}
mix: {pulse1: 2}
"""

FOUND = [
    ":1: format = 2: must be 1",
    ":4: engine.region = 'ntcs': must be one of ntsc, pal; did you mean 'ntsc'?",
    ":7: instruments.lead.volume = '15 13 99': 99 is not in 0 to 15",
    ":8: instruments.lead.dutty = 1: unknown field; did you mean 'duty'?",
    ":9: instruments.lead.dury = 2: unknown field; did you mean 'duty'?",
    ":10: instruments.lead.vibrato.rate_hz = 99: must be a number from above 0 to 30",
    ":11: instruments.other = 5: must be a mapping of fields",
    ":13: voices.pulse1 = 'laed': no instrument 'laed'; did you mean 'lead'?",
    ":15: drums.36.period = 99: must be a whole number from 0 to 15",
    ":15: drums.36.instrument = 'nowhere': no instrument 'nowhere'; did you mean 'other'?",
    ":16: drums.999.instrument: is needed here and not given",
    ":16: drums.999: key 999 is not in 0-127",
    ":17: mix.pulse1 = 2: must be a number from 0 to 1",
]


def test_every_error_is_said(tmp_path: Path) -> None:
    """Unknown fields side by side, wrong values and names, all at once, in the file's order."""
    file = tmp_path / "bad.yaml"
    file.write_text(WRONG)
    result = run("preset", "validate", file)
    assert result.exit_code == 1
    lines = [line.removeprefix(f"chipgen: {file}") for line in result.stderr.splitlines()]
    assert lines == FOUND


def test_mending_what_is_said_makes_it_right(tmp_path: Path) -> None:
    """No error is told that mending the others would do away with, and none is held back."""
    file = tmp_path / "bad.yaml"
    mended = [
        ("format: 2", "format: 1"), ("ntcs", "ntsc"), (" 99\n", "\n"), ("    dutty: 1\n", ""),
        ("    dury: 2\n", ""), ("rate_hz: 99", "rate_hz: 9"), ("other: 5", "other: {}"),
        ("laed", "lead"), ("period: 99", "period: 9"), ("nowhere", "other"),
        ("  999: {period: 3}\n", ""), ("999", "99"), ("pulse1: 2", "pulse1: 1"),
    ]  # fmt: skip
    text = WRONG
    for wrong, right in mended[:-1]:
        text = text.replace(wrong, right)
    file.write_text(text)
    assert list_errors(file) == [f"{file}:14: mix.pulse1 = 2: must be a number from 0 to 1"]
    file.write_text(text.replace(*mended[-1]))
    assert list_errors(file) == []


def test_errors_of_a_parent_name_the_parent(tmp_path: Path) -> None:
    """What is wrong in an extended file is told of with that file's name, after one's own."""
    (tmp_path / "base.yaml").write_text("format: 1\nname: base\nextends: plain\npoly: no\n")
    child = tmp_path / "child.yaml"
    child.write_text("format: 1\nname: child\nextends: ./base.yaml\nmix: {noise: -1}\n")
    own, parents = list_errors(child)
    assert own.startswith(f"{child}:4: mix.noise = -1")
    assert parents.startswith(f"{tmp_path / 'base.yaml'}:4: poly = 'no'")


def test_a_file_of_errors_ends(tmp_path: Path) -> None:
    """Thousands of errors are neither slow nor endless."""
    file = tmp_path / "many.yaml"
    file.write_text("format: 1\nname: x\n" + "".join(f"k{n}: 1\n" for n in range(3000)))
    assert len(list_errors(file)) == 100


def read(text: str, head: str = HEAD) -> object:
    """Read a preset that extends `plain`."""
    return read_preset((head + text).encode(), "mine.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("instruments:\n  steady: {dutty: 1}",
         "mine.yaml:5: instruments.steady.dutty = 1: unknown field; did you mean 'duty'?"),
        ("instruments:\n  steady:\n    duty: 7",
         "mine.yaml:6: instruments.steady.duty = 7: 7 is not in 0 to 3"),
        ("voices: {pulse1: stedy}",
         "mine.yaml:4: voices.pulse1 = 'stedy': no instrument 'stedy'; did you mean 'steady'?"),
        ("drums:\n  36: {instrument: hit, period: 99}",
         "mine.yaml:5: drums.36.period = 99: must be a whole number from 0 to 15"),
        ("programs: {pianno: steady}",
         "mine.yaml:4: programs.pianno = 'steady': no such family; did you mean 'piano'?"),
        ("poly: arpp", "mine.yaml:4: poly = 'arpp': must be one of auto, arp, newest, hold, "
         "split; did you mean 'arp'?"),
        ("mix: {pulse1: 2}", "mine.yaml:4: mix.pulse1 = 2: must be a number from 0 to 1"),
        ("engine: {tick_hz: 1e300}",
         "mine.yaml:4: engine.tick_hz = 1e+300: must be a number from 10 to 1000"),
        ("instruments: {a: {volume: 3, adsr: {}}}", "mine.yaml:4: instruments.a.adsr: an "
         "instrument has volume or adsr, not both; take volume away"),
        ("a: 1\na: 2", "mine.yaml:5: 'a' is given twice"),
        ("arpeggio: {frames: 3.5}",
         "mine.yaml:4: arpeggio.frames = 3.5: must be a whole number from 1 to 60"),
        ("x: !!python/object:os.system 1",
         "mine.yaml:4: tags such as tag:yaml.org,2002:python/object:os.system are not used "
         "here"),
    ],
)  # fmt: skip
def test_errors_say_where_and_what_is_allowed(text: str, message: str) -> None:
    """An error names file, line, field and value, the range, and the nearest name."""
    with pytest.raises(SynthError) as error:
        read(text)
    assert str(error.value) == message
