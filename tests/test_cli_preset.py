"""`chipgen preset validate` says all that is wrong with a file, each in one line."""

from pathlib import Path

from synth.instrument.preset_loader import list_errors
from tests.commandline import run

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


def test_right_and_wrong_files_together(tmp_path: Path) -> None:
    """Each file is answered, and the last line counts those that are wrong."""
    file = tmp_path / "no.yaml"
    file.write_text("- 1\n")
    result = run("preset", "validate", "plain", file, tmp_path / "none.yaml")
    assert result.exit_code == 1
    assert result.stdout == "plain: right (2 instruments, 9 drums)\n"

    assert "a preset is a mapping" in result.stderr
    assert "cannot be read" in result.stderr
    assert result.stderr.splitlines()[-1] == "chipgen: 2 of 3 files are not right"


def test_a_file_of_errors_ends(tmp_path: Path) -> None:
    """Thousands of errors are neither slow nor endless."""
    file = tmp_path / "many.yaml"
    file.write_text("format: 1\nname: x\n" + "".join(f"k{n}: 1\n" for n in range(3000)))
    assert len(list_errors(file)) == 100
