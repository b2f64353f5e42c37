"""The documentation site: every command and option is in its reference, and nothing is broken."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.site_pages import command_reference
from chipgen.cli.command import Option, subcommands
from chipgen.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]


def test_the_reference_has_every_command_and_option() -> None:
    """Old names that are hidden from the help are not in it."""
    page = command_reference()
    for name, (module, _) in COMMANDS.items():
        for words, command in subcommands(importlib.import_module(module).command, name):
            assert f"chipgen {words}" in page
            for param in command.params:
                if isinstance(param, Option):
                    assert max(param.opts, key=len) in page
    assert "--without-seed" not in page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does: a broken link or a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_is_whole_and_needs_no_network(site: Path) -> None:
    """Every document has its page; pages load nothing from elsewhere."""
    for document in (ROOT / "docs").rglob("*.md"):
        page = site / document.relative_to(ROOT / "docs").with_suffix(".html")
        assert page.exists(), page
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text, page
        assert '<link rel="stylesheet" href="http' not in text, page
    api = (site / "reference" / "api.html").read_text(encoding="utf-8")
    for name in ("compose", "arrange", "render", "batch", "to_pretty_midi", "top_p"):
        assert name in api
    assert "Give 0 to 4096." in api  # the keywords have their ranges
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert "1&lt;=x&lt;=999" in commands
    assert (site / "sounds" / "seed.ogg").stat().st_size < 200_000
