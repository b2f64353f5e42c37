"""`chipgen preset` lists, shows, checks and begins presets."""

from pathlib import Path

from synth.instrument.preset_loader import load_preset, preset_names, preset_schema, read_preset
from tests.commandline import run


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
    """An unknown name is a one-line error with the nearest name, exit code 1."""
    result = run("preset", "show", "balad")
    assert result.exit_code == 1
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
    assert "gone.yaml: cannot be read" in result.stderr
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
