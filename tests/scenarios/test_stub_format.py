"""A format is a row: with nothing else, every command and the studio's page know it."""

import shutil
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from chipgen.music import formats
from chipgen.music.midi import read_midi
from chipgen.studio.exports import export, media_type
from chipgen.studio.page_messages import Document
from chipgen.studio.score_json import score_to_json
from synth.formats import chip_formats
from tests.browser import chromium, studio_tab
from tests.commandline import run
from tests.scenarios import stub_formats as stubs
from tests.studio_pages import running_studio

EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = EXAMPLES / "groove.mid"


@pytest.fixture(autouse=True)
def _rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add one row a format; help is written when a command's module is imported."""
    monkeypatch.setattr(chip_formats, "FORMATS", (*chip_formats.FORMATS, stubs.LOG, stubs.VOICES_))
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, stubs.SCORE))
    for name in [name for name in sys.modules if name.startswith("chipgen.cli.")]:
        if name != "chipgen.cli.main":
            monkeypatch.delitem(sys.modules, name)


def told(*arguments: str | Path) -> str:
    """Run a command that must succeed, and return what it said."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("words", "suffixes"),
    [
        ("render", ".slog .sscore .strk"),
        ("generate", ".slog .sscore .strk"),
        ("export", ".slog .sscore .strk"),
        ("play", ".slog .sscore .strk"),
        ("info", ".slog .sscore .strk"),
        ("batch", ".slog .sscore .strk"),
        ("arrange", ".sscore"),
        ("plot", ".sscore"),
        ("preset audition", ".slog .strk"),
    ],
)
def test_every_commands_help_lists_it(words: str, suffixes: str) -> None:
    """What a command reads and writes is what the rows say."""
    text = told(*words.split(), "--help-all")
    for suffix in suffixes.split():
        assert suffix in text


def test_a_score_format_goes_wherever_midi_goes(tmp_path: Path) -> None:
    """A score is read and written, told by its first bytes whatever it is called."""
    song, other = tmp_path / "a.sscore", tmp_path / "b.sscore"
    told("arrange", SEED, "-o", song)
    assert song.read_bytes()[:4] == b"SSCR"
    assert "format:     Stub score" in told("info", song)
    told("arrange", song, "-o", other)
    assert formats.read_score(other).dialect == "nesmdb"
    wav = tmp_path / "a.wav"
    nameless = tmp_path / "nameless"
    shutil.copy(song, nameless)
    told("render", nameless, "--as-is", "-o", wav)
    told("plot", song, "-o", tmp_path / "a.png", "--show", "1")
    (tmp_path / "songs").mkdir()
    shutil.copy(song, tmp_path / "songs")
    told(
        "batch", tmp_path / "songs", "-o", tmp_path / "out",
        "--as-is", "--format", "mid", "--jobs", "1",
    )  # fmt: skip
    assert (tmp_path / "out" / "a.mid").read_bytes()[:4] == b"MThd"


def test_a_log_format_goes_wherever_vgm_goes(tmp_path: Path) -> None:
    """Register writes come back as they were, and what the format loses is said."""
    log, vgm, again = tmp_path / "a.slog", tmp_path / "a.vgm", tmp_path / "b.vgm"
    assert "a stub keeps no artist" in told("render", SEED, "--as-is", "-o", log)
    told("export", SEED, "-o", vgm)
    told("export", log, "-o", again, "--title", "a")
    assert again.read_bytes() == vgm.read_bytes()
    assert "chips:      2A03" in told("info", log)
    told("preset", "audition", "soft", "-o", tmp_path / "soft.slog")
    told("batch", EXAMPLES, "-o", tmp_path / "out", "--as-is", "--format", "slog", "--jobs", "1")
    assert len(list((tmp_path / "out").glob("*.slog"))) == len(list(EXAMPLES.glob("*.mid")))


def test_a_chip_score_format_keeps_notes(tmp_path: Path) -> None:
    """Notes of the voices are written where they are known, and read back to be heard."""
    track = tmp_path / "a.strk"
    assert "the instruments of default are left out" in told("render", SEED, "--as-is", "-o", track)
    assert "format:     Stub tracker" in told("info", track)
    told("render", track, "-o", tmp_path / "a.wav", "--preset", "organ", "--seconds", "2")
    assert (tmp_path / "a.wav").stat().st_size == 44 + 2 * 2 * 44_100
    told("export", track, "-o", tmp_path / "again.strk")
    assert (tmp_path / "again.strk").read_bytes() == track.read_bytes()
    told("export", SEED, "-o", tmp_path / "a.vgm")
    refused = run("export", tmp_path / "a.vgm", "-o", tmp_path / "c.strk")
    assert refused.exit_code == 1
    assert "Stub tracker holds notes" in refused.stderr
    assert not (tmp_path / "c.strk").exists()
    for command in ("generate", "arrange"):
        refused = run(command, track, "-o", tmp_path / "c.mid")
        assert refused.exit_code == 1
        assert "not a score" in refused.stderr


def test_the_page_offers_and_makes_it(tmp_path: Path) -> None:
    """The page's lists are the rows', and what it takes away is what the command line makes."""
    with running_studio() as studio:
        about = httpx.get(f"{studio.address}api/about").json()
    found: dict[str, Any] = {group["heading"]: group["kinds"] for group in about["formats"]}
    assert {"kind": ".slog", "name": "Stub log"} in found["Chip"]
    assert {"kind": ".sscore", "name": "Stub score"} in found["Score"]
    assert {"kind": ".strk", "name": "Stub tracker"} in found["Tracker"]
    assert ".sscore" in about["opens"]
    score = score_to_json(read_midi(SEED), "groove.mid")
    given = Document.model_validate({"score": score})
    for suffix, head in ((".slog", b"SLOG"), (".sscore", b"SSCR"), (".strk", b"STRK")):
        folder = tmp_path / suffix
        folder.mkdir()
        name = export(given, suffix, folder)["file"]
        assert (folder / name).read_bytes()[:4] == head
        assert media_type(name) == "application/octet-stream"


def test_the_page_shows_it() -> None:
    """In a browser the dialog has its buttons, and the file chooser takes its scores."""
    with (
        chromium() as browser,
        running_studio() as studio,
        studio_tab(browser, studio.address) as page,
    ):
        page.click("#export")
        shown = page.eval_on_selector_all("[data-format]", "all => all.map(b => b.dataset.format)")
        accepted = page.get_attribute("#file", "accept")
    assert {".slog", ".sscore", ".strk"} <= set(shown)
    assert ".sscore" in accepted.split(",")
