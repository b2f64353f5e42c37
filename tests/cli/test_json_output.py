"""Results as JSON: one document on standard output, with the fields that docs/json.md promises."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chipgen.training import synthetic_scores
from chipgen.training.comparison import Table
from synth.instrument.preset_loader import preset_names
from synth.output import playback
from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"
DOCS = Path(__file__).parents[2] / "docs" / "json.md"
TYPES = {
    str: "text", bool: "true or false", int: "whole number", float: "number", type(None): "null",
}  # fmt: skip


def result_of(*words: str | Path, code: int = 0) -> Any:
    """Return what a command prints as JSON."""
    done = run(*words, "--json")
    assert done.exit_code == code, done.stderr
    return json.loads(done.stdout)


def promised(heading: str) -> dict[str, set[str]]:
    """Return the fields under a heading of the document, each with the types it can have."""
    section = DOCS.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    fields: dict[str, set[str]] = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if "`" in cells[-3 if len(cells) > 2 else 0] and line.startswith("|"):
            for name in re.findall(r"`([^`]+)`", cells[-3]):
                fields[name] = set(cells[-2].split(" or null")[:1])
                fields[name] |= {"null"} if cells[-2].endswith("or null") else set()
    return fields


def found(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each plain value's path in a document, and its type."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from found(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in value:
            yield from found(item, f"{path}[]")
    else:
        yield path, TYPES[type(value)]


def check(heading: str, *documents: Any) -> None:
    """Compare documents with what is promised: no other field, no other type, none missing."""
    fields = promised(heading)
    seen: set[str] = set()
    for path, kind in itertools.chain.from_iterable(map(found, documents)):
        if kind == "null" and any(name.startswith(f"{path}.") for name in fields):
            continue  # an object that is not there
        assert path in fields, f"{path} is not in docs/json.md"
        allowed = fields[path]
        assert kind in allowed or (kind == "whole number" and "number" in allowed), (path, kind)
        seen.add(path)
    unseen = {name for name in fields if name not in seen and not name.endswith("[]")}
    assert not unseen, f"promised, and not there: {unseen}"


def test_info(tmp_path: Path) -> None:
    """Of a score, a take, a chip file, a tracker's text, and all tracks of an album."""
    take, chip, text = (tmp_path / name for name in ("take.mid", "a.vgm", "a.famistudio.txt"))
    assert run("generate", EXAMPLES / "seed.mid", "-o", take, "--bars", "1").exit_code == 0
    groove = EXAMPLES / "groove.mid"  # it has loop marks
    for path in (chip, text):
        words = ["--as-is", "-o", path, "--title", "T", "--artist", "A", "--copyright", "1989"]
        assert run("render", groove, *words).exit_code == 0
    scores = [result_of("info", path) for path in (take, groove, EXAMPLES / "nes.mid")]
    check("info: a score", *scores)
    assert scores[0]["made_by"]["command"].startswith("chipgen generate")
    assert (scores[1]["format"], scores[1]["dialect"]) == ("MIDI", "gm")
    assert scores[1]["loop"]["end_beat"] > scores[1]["loop"]["start_beat"]
    check("info: a chip file", result_of("info", chip))
    check("info: a tracker's text", result_of("info", text))
    check("info: all tracks", result_of("info", chip, "--track", "all"))


def test_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices, examples, presets and models; without a sound device the list is empty."""
    device = playback.Device(3, "Speakers", "ALSA", 2, 48_000, is_default=True)
    monkeypatch.setattr(playback, "list_devices", lambda: (device,))
    devices = result_of("devices")
    assert (devices[0]["index"], devices[0]["rate_hz"]) == (3, 48_000)
    presets, models, examples = (
        result_of(*words) for words in (("preset", "list"), ("model", "list"), ("examples",))
    )
    assert [row["name"] for row in presets] == preset_names()
    assert "row-transformer" in [row["name"] for row in models]
    assert examples[0]["name"] == "example:seed"
    check("Lists", devices, presets, models, examples)
    monkeypatch.setattr(playback, "list_devices", lambda: ())
    assert result_of("devices") == []
    assert run("devices").exit_code == 1


def test_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of the notes, in numbers that add up."""
    four = tmp_path / "four.mid"
    report = result_of("arrange", EXAMPLES / "piano.mid", "-o", four, "--report")
    check("arrange", report)
    assert sum(track["notes"] for track in report["tracks"]) == report["all"]["notes"]
    assert run("arrange", EXAMPLES / "piano.mid", "-o", tmp_path / "b.mid", "--json").exit_code == 2
    few = [*synthetic_scores.make_cases()][:2]
    monkeypatch.setattr(synthetic_scores, "make_cases", lambda: few)
    results = result_of("evaluate", "arrange", "--cases", "synthetic")["synthetic"]
    assert all(isinstance(result["tune"], float) for result in results)


def test_tables_hold_numbers() -> None:
    """A table is shown with few digits, and told to programs with all."""
    table = Table("", ["", "nats a slice"], [["ours", 7.351], ["none", None]], ["", "{:.2f}"])
    assert table.cells() == [["ours", "7.35"], ["none", ""]]
    assert table.records()[0] == {"name": "ours", "nats_a_slice": 7.351}


def test_a_batch_lists_its_files(tmp_path: Path) -> None:
    """Failures with their reasons, and the exit code still tells of them."""
    folder = tmp_path / "songs"
    folder.mkdir()
    (folder / "a.mid").write_bytes((EXAMPLES / "nes.mid").read_bytes())
    (folder / "b.mid").write_bytes(b"MThd")
    told = result_of(
        "batch", folder, "-o", tmp_path / "out", "--as-is", "--format", "vgm", "-j", "1", code=1
    )
    check("batch and dataset render", told)
    assert told["counts"] == {"rendered": 1, "up to date": 0, "failed": 1, "left out": 0}
    assert [file["status"] for file in told["files"]] == ["rendered", "failed"]
    assert told["files"][1]["reason"]
