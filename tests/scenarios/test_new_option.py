"""A new option is one field: it appears in the help, in the studio and in the recipe by itself."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import chipgen

ROOT = Path(chipgen.__file__).parents[1]
BEFORE = "    without_seed: bool = request_field("
FIELD = """    brightness: float = request_field(
        0.25, "How brightly notes are chosen.", unit="lux", ge=0.0, le=2.0, sources=SEEDED,
        tasks=COMPOSING,
    )  # fmt: skip
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the code with one field more, and nothing else changed."""
    house = tmp_path_factory.mktemp("house")
    for room in ("chipgen", "synth", "presets", "examples"):
        ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
        shutil.copytree(ROOT / room, house / room, ignore=ignored)
    for file in (ROOT / "chipgen").rglob("*.safetensors"):
        (house / file.relative_to(ROOT)).symlink_to(file)
    fields = house / "chipgen" / "request" / "compose_fields.py"
    text = fields.read_text(encoding="utf-8")
    assert text.count(BEFORE) == 1
    fields.write_text(text.replace(BEFORE, FIELD + BEFORE), encoding="utf-8")
    return house


def python(house: Path, *arguments: str) -> str:
    """Run Python with the changed code and return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=house, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(house), "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", ["render", "generate", "batch", "play", "export", "plot"])
def test_it_is_in_the_help(house: Path, command: str) -> None:
    """Every command that composes has the option, with its range and default."""
    told = " ".join(python(house, "-m", "chipgen", command, "--help-all").split())
    assert "--brightness X How brightly notes are chosen." in told
    assert "[default: 0.25; 0.0<=x<=2.0]" in told


def test_it_is_among_the_studios_controls(house: Path) -> None:
    """The page is told all it needs to draw the control, and a message may ask for it."""
    code = (
        "import json\n"
        "from chipgen.studio.controls import controls_json\n"
        "from chipgen.studio.page_messages import MESSAGES\n"
        "message = {'type': 'compose', 'id': 1, 'request': {'brightness': 1.5}}\n"
        "asked = MESSAGES.validate_json(json.dumps(message)).request\n"
        "print(json.dumps([controls_json(), asked.model_dump(mode='json')]))\n"
    )
    controls, asked = json.loads(python(house, "-c", code))
    told: dict[str, Any] = next(each for each in controls if each["name"] == "brightness")
    assert told["page"]
    assert told["composes"]
    assert (told["label"], told["help"], told["unit"]) == (
        "Brightness", "How brightly notes are chosen.", "lux",
    )  # fmt: skip
    assert (told["kind"], told["minimum"], told["maximum"], told["default"]) == (
        "number", 0.0, 2.0, 0.25,
    )  # fmt: skip
    assert asked["brightness"] == 1.5


def test_it_is_in_the_recipe(house: Path) -> None:
    """What a take was made with is told, and the command line reads it again."""
    code = (
        "from pathlib import Path\n"
        "from chipgen.app.provenance import recipe_of\n"
        "from chipgen.request import ComposeRequest\n"
        "seed = Path('examples/seed.mid')\n"
        "for request in (ComposeRequest(), ComposeRequest(brightness=1.75, only='noise')):\n"
        "    print(recipe_of(request, seed).command)\n"
    )
    usual, rewriting = python(house, "-c", code).splitlines()
    assert "--brightness 0.25" in usual
    assert "--brightness 1.75" in rewriting


def test_it_is_refused_where_nothing_is_composed(house: Path) -> None:
    """The table knows it without a word more."""
    code = (
        "from chipgen.app.pipeline import make_file\n"
        "from chipgen.errors import RequestError\n"
        "from chipgen.request import Request\n"
        "from pathlib import Path\n"
        "try:\n"
        "    make_file(Path('examples/seed.mid'), Path('a.wav'), Request(bars=0, brightness=1.0))\n"
        "except RequestError as error:\n"
        "    print(error)\n"
    )
    assert "leave out --brightness" in python(house, "-c", code)
