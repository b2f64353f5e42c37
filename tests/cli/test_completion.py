"""Completion in the shell: commands, options, presets, models, formats, examples."""

import os
import subprocess
import sys

import pytest

from chipgen.models.registry import MODELS
from synth.instrument.preset_loader import preset_names


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("chipgen ren", {"render"}),
        ("chipgen preset sh", {"show"}),
        ("chipgen render --click", {"--click-free"}),
        ("chipgen render --preset br", {n for n in preset_names() if n.startswith("br")}),
        ("chipgen render --model ", set(MODELS)),
        ("chipgen render --format fami", {"famistudio", "famitracker"}),
        ("chipgen render example:s", {"example:seed"}),
        ("chipgen preset show sof", {"soft"}),
    ],
)
def test_words_are_completed(line: str, expected: set[str]) -> None:
    """As bash asks, with the variable that docs/command-line.md names."""
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-c", "from chipgen.__main__ import main; main()"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "_CHIPGEN_COMPLETE": "bash_complete", "COMP_WORDS": line,
             "COMP_CWORD": str(len(words) - 1)},
    )  # fmt: skip
    found = {entry.partition(",")[2] for entry in done.stdout.splitlines()}
    assert found == expected, done.stderr
