"""Results as JSON: one document on standard output, the same facts as the text."""

import json
from pathlib import Path

import pytest

from synth.instrument.preset_loader import preset_names
from synth.output import playback
from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"


def result_of(*words: str | Path, code: int = 0) -> object:
    """Return what a command prints as JSON."""
    done = run(*words, "--json")
    assert done.exit_code == code, done.stderr
    return json.loads(done.stdout)


def test_info_and_lists() -> None:
    """Fields are named; what comes several times is a list."""
    info = result_of("info", EXAMPLES / "seed.mid")
    assert isinstance(info, dict)
    assert (info["format"], len(info["tracks"])) == ("MIDI", 4)
    presets = result_of("preset", "list")
    assert isinstance(presets, list)
    assert [row["name"] for row in presets] == preset_names()
    models = result_of("model", "list")
    assert isinstance(models, list)
    assert "row-transformer" in [row["name"] for row in models]
    examples = result_of("examples")
    assert isinstance(examples, list)
    assert examples[0]["name"] == "example:seed"


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its number, name and rate."""
    device = playback.Device(3, "Speakers", "ALSA", 2, 48_000, is_default=True)
    monkeypatch.setattr(playback, "list_devices", lambda: (device,))
    devices = result_of("devices")
    assert isinstance(devices, list)
    assert (devices[0]["index"], devices[0]["rate_hz"]) == (3, 48_000)


def test_reports(tmp_path: Path) -> None:
    """What became of the notes, in numbers that add up."""
    four = tmp_path / "four.mid"
    report = result_of("arrange", EXAMPLES / "piano.mid", "-o", four, "--report")
    assert isinstance(report, dict)
    assert sum(track.get("notes", 0) for track in report["tracks"]) == report["all"]["notes"]
    assert run("arrange", EXAMPLES / "piano.mid", "-o", tmp_path / "b.mid", "--json").exit_code == 2
    assert result_of("evaluate", "arrange", "--cases", "synthetic")["synthetic"]  # type: ignore[index]


def test_a_batch_lists_its_files(tmp_path: Path) -> None:
    """Failures with their reasons, and the exit code still tells of them."""
    folder = tmp_path / "songs"
    folder.mkdir()
    (folder / "a.mid").write_bytes((EXAMPLES / "nes.mid").read_bytes())
    (folder / "b.mid").write_bytes(b"MThd")
    told = result_of(
        "batch", folder, "-o", tmp_path / "out", "--as-is", "--format", "vgm", "-j", "1", code=1
    )
    assert isinstance(told, dict)
    assert told["counts"] == {"rendered": 1, "up to date": 0, "failed": 1, "left out": 0}
    assert [file["status"] for file in told["files"]] == ["rendered", "failed"]
    assert told["files"][1]["reason"]
