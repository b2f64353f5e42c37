"""`chipgen preset` lists, shows, checks, begins and plays presets."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from synth.chip.render_log import render
from synth.instrument.demo_scores import (
    demo_score,
)
from synth.instrument.driver import drive
from synth.instrument.preset_loader import (
    load_preset,
    preset_names,
    preset_schema,
    read_preset,
)
from synth.output import playback
from tests.commandline import run

RATE_HZ = 22_050


def test_right_and_wrong_files_together(tmp_path: Path) -> None:
    """Each file is answered, and the last line counts those that are wrong."""
    file = tmp_path / "no.yaml"
    file.write_text("- 1\n")
    result = run("preset", "validate", "plain", file, tmp_path / "none.yaml")
    assert result.exit_code == 1
    assert result.stdout == "plain: right (2 instruments, 9 drums)\n"

    assert "a preset is a mapping" in result.stderr
    assert "does not exist" in result.stderr
    assert result.stderr.splitlines()[-1] == "chipgen: 2 of 3 files are not right"


def test_list_names_every_preset() -> None:
    """Each shipped preset is listed with its description."""
    lines = run("preset", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == preset_names()
    assert load_preset("default").description in lines[preset_names().index("default")]


def test_show_prints_a_preset_that_stands_alone() -> None:
    """What is shown reads back as the same preset; the source is the file itself."""
    shown = run("preset", "show", "boss")
    assert shown.exit_code == 0
    preset = read_preset(shown.stdout.encode(), "shown.yaml")
    assert preset == load_preset("boss").model_copy(update={"extends": None})
    source = run("preset", "show", "boss", "--source").stdout
    assert "extends: kit-big" in source


def test_show_of_nothing() -> None:
    """An unknown name is a one-line error with the nearest name, exit code 2."""
    result = run("preset", "show", "balad")
    assert result.exit_code == 2
    assert "did you mean 'ballad'?" in result.stderr


def test_new_then_validate(tmp_path: Path) -> None:
    """A new preset is right as it is written; an existing file is replaced only by force."""
    assert run("preset", "new", "mine", "--extends", "soft", cwd=tmp_path).exit_code == 0
    preset = load_preset(tmp_path / "mine.yaml")
    assert (preset.name, preset.extends, preset.voices.pulse1) == ("mine", "soft", "my-lead")
    checked = run("preset", "validate", "mine.yaml", cwd=tmp_path)
    assert checked.exit_code == 0
    assert "mine.yaml: right" in checked.stdout
    again = run("preset", "new", "mine", cwd=tmp_path)
    assert again.exit_code == 1
    assert "--force" in again.stderr
    assert run("preset", "new", "mine", "--force", cwd=tmp_path).exit_code == 0


def test_new_refuses_what_cannot_be(tmp_path: Path) -> None:
    """A name that is no name, a parent that is none and a wrong suffix leave no file."""
    for arguments in (["a/b"], ["mine", "--extends", "nope"], ["mine", "-o", "mine.txt"]):
        result = run("preset", "new", *arguments, cwd=tmp_path)
        assert result.exit_code == 1
        assert len(result.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_validate_reports_every_file(tmp_path: Path) -> None:
    """Every wrong file gets its line, the right ones too, and the exit code is 1."""
    (tmp_path / "bad.yaml").write_text("format: 1\nname: x\nextends: plain\npoly: arpp\n")
    (tmp_path / "good.yaml").write_text("format: 1\nname: x\nextends: plain\n")
    result = run("preset", "validate", "bad.yaml", "gone.yaml", "good.yaml", cwd=tmp_path)
    assert result.exit_code == 1
    assert "bad.yaml:4: poly = 'arpp'" in result.stderr
    assert "gone.yaml does not exist" in result.stderr
    assert "good.yaml: right" in result.stdout
    assert run("preset", "validate").exit_code == 2


def test_schema_is_printed() -> None:
    """The schema for editors is printed as it is shipped."""
    assert run("preset", "schema").stdout == preset_schema()


def test_help_shows_examples() -> None:
    """The help of the group and of each command shows how to call it."""
    assert "chipgen preset show default" in run("preset", "--help").stdout
    for name in ("show", "audition", "validate", "new", "schema"):
        assert f"chipgen preset {name}" in run("preset", name, "--help").stdout


def test_audition_writes_sound(tmp_path: Path) -> None:
    """The command writes the demonstration to any format; a file is replaced by force.

    A rate is for sound: a chip file has none.
    """
    audition = ("preset", "audition", "lead-echo", "-o")
    for arguments in (("lead.flac", "--rate", "22050"), ("lead.nsf",)):
        result = run(*audition, *arguments, cwd=tmp_path)
        assert result.exit_code == 0, result.output
    refused = run(*audition, "other.nsf", "--rate", "22050", cwd=tmp_path)
    assert refused.exit_code == 2
    assert "--rate" in refused.stderr
    samples, rate_hz = soundfile.read(tmp_path / "lead.flac")
    assert rate_hz == RATE_HZ
    preset = load_preset("lead-echo")
    expected = render(drive(demo_score(preset), preset), RATE_HZ, preset.engine.filter)[:, 0]
    np.testing.assert_allclose(samples, expected, atol=2 / 2**15)
    again = run("preset", "audition", "lead-echo", "-o", "lead.flac", cwd=tmp_path)
    assert again.exit_code == 1
    assert "--force" in again.stderr


def test_audition_of_other_kinds_and_one_by_one(tmp_path: Path) -> None:
    """--demo plays another kind, --all adds the instruments that were left out."""
    lengths = []
    for options in ([], ["--demo", "slow"], ["--all"]):
        arguments = ["preset", "audition", "hardware", "-o", "x.wav", "--force", *options]
        assert run(*arguments, cwd=tmp_path).exit_code == 0
        lengths.append(soundfile.info(tmp_path / "x.wav").duration)
    assert lengths[1] > lengths[0] + 1
    assert lengths[2] == pytest.approx(lengths[0] + 2 * 0.4, abs=0.4)


def test_audition_plays_what_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the demonstration goes to the device that was named."""
    played: list[NDArray[np.float32]] = []

    def play(blocks: Iterable[NDArray[np.float32]], rate_hz: int, *given: Any, **_: Any) -> None:
        assert (rate_hz, given) == (RATE_HZ, ("loud",))
        played.extend(blocks)

    monkeypatch.setattr(playback, "find_device", lambda name: name)
    monkeypatch.setattr(playback, "play", play)
    result = run("preset", "audition", "kit-tight", "--rate", "22050", "--device", "loud")
    assert result.exit_code == 0, result.output
    preset = load_preset("kit-tight")
    expected = render(drive(demo_score(preset), preset), RATE_HZ, preset.engine.filter)
    np.testing.assert_array_equal(np.concatenate(played), expected)


def test_audition_of_what_cannot_be(tmp_path: Path) -> None:
    """An unknown preset, kind or suffix is refused in a line, and nothing is written."""
    assert run("preset", "audition", "leed-echo", cwd=tmp_path).exit_code == 2
    wrong = run("preset", "audition", "soft", "-o", "x.txt", cwd=tmp_path)
    assert wrong.exit_code == 2
    assert ".wav" in wrong.stderr
    assert run("preset", "audition", "soft", "--demo", "jazz", cwd=tmp_path).exit_code == 2
    assert not list(tmp_path.iterdir())
