"""Every example, and a take composed on from one, sound as when they were last listened to."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chipgen.app import pipeline
from chipgen.app.sound import audio_blocks
from chipgen.request import Request
from tests import golden as kit
from tests.conftest import CheckGolden

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.mid"))
TAKE = kit.FOLDER / "take-folk.mid"
SECONDS = 2.0
WHOLE_RATE_HZ = 8_000


def test_there_are_examples() -> None:
    """The examples are found, so that the tests below cannot pass by testing none."""
    assert len(EXAMPLES) >= 5


@pytest.mark.golden
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_begins_as_stored(path: Path, golden: CheckGolden) -> None:
    """The first seconds, at full rate: reader, arranger, driver, chip and filter."""
    golden(f"example-{path.stem}", heard(path, kit.RATE_HZ, SECONDS))


@pytest.mark.golden
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_whole_example_sounds_as_stored(path: Path, golden: CheckGolden) -> None:
    """Every note to the end, at the least rate there is, which holds all that is played."""
    golden(f"whole-{path.stem}", heard(path, WHOLE_RATE_HZ), rate_hz=WHOLE_RATE_HZ)


@pytest.mark.golden
def test_a_composed_take_sounds_as_stored(golden: CheckGolden) -> None:
    """Eight bars that a model once wrote, after a seed: what it writes today is not asked here."""
    golden("take-folk", heard(TAKE, WHOLE_RATE_HZ), rate_hz=WHOLE_RATE_HZ)


def heard(path: Path, rate_hz: int, seconds: float | None = None) -> NDArray[np.float32]:
    """Return the samples of a file as it is through the default preset, from its beginning."""
    request = Request(bars=0, seconds=seconds)
    blocks = list(audio_blocks(pipeline.make_sound(path, request), rate_hz))
    return np.concatenate(blocks)[: None if seconds is None else round(seconds * rate_hz)]


def test_no_stored_example_is_left_over() -> None:
    """What is stored belongs to an example that exists."""
    names = {path.stem for path in EXAMPLES}
    for kind in ("example-", "whole-"):
        stored = {path.stem.removeprefix(kind) for path in kit.FOLDER.glob(f"{kind}*.flac")}
        assert stored <= names
