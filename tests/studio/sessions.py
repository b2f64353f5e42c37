"""What tests of a session share."""

from pathlib import Path
from typing import Any

import numpy as np

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.music.midi import read_midi
from chipgen.music.score import Score
from chipgen.studio.page_document import changed
from chipgen.studio.page_messages import CHANGES
from chipgen.studio.score_json import ScoreJson, score_of, score_to_json
from synth.chip.render_log import render
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset

EXAMPLES = Path(__file__).parents[2] / "examples"


SEED = EXAMPLES / "seed.mid"


RATE = 48_000


def document(
    score: dict[str, Any] | None = None, *, loops: bool = False, **more: Any
) -> dict[str, Any]:
    """Return a score, by default the example seed, as a document that goes around if it `loops`."""
    score = score or score_to_json(read_midi(SEED), "seed")
    if loops:
        score["markers"].append([0.0, "loopStart"])
    return {"score": score, "preset": "default", **more}


def made_of(score: dict[str, Any], changes: list[dict[str, Any]]) -> Score:
    """Return the score that a composing's changes make of the one that was given."""
    seed = score_of(ScoreJson.model_validate(score))
    return changed(seed, "", CHANGES.validate_python(changes))[0]


def rendered(preset: str = "default") -> np.ndarray[Any, Any]:
    """Return the example seed's samples, as a file has them."""
    chosen = load_preset(preset)
    chip_score = arrange(read_midi(SEED), ArrangeConfig(), chosen).chip_score
    return render(drive(chip_score, chosen), RATE, chosen.engine.filter)


def error_of(page: Any) -> dict[str, Any]:
    """Read on until an error comes, and return it."""
    while True:
        try:
            page.until("error")
        except AssertionError:
            last: dict[str, Any] = page.texts[-1]
            assert last["type"] == "error", last
            return last
        else:
            found: dict[str, Any] = page.texts[-1]
            return found
