"""The beginning of every example sounds as it did when it was last listened to."""

from pathlib import Path

import numpy as np
import pytest

from chipgen import pipeline
from synth.instrument.preset import load_preset
from tests import golden as kit
from tests.conftest import CheckGolden

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.mid"))
SECONDS = 2.0


def test_there_are_examples() -> None:
    """The examples are found, so that the tests below cannot pass by testing none."""
    assert len(EXAMPLES) >= 5


@pytest.mark.golden
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_sounds_as_stored(path: Path, golden: CheckGolden) -> None:
    """The file as it is, through the default preset: reader, arranger, driver, chip and filter."""
    job = pipeline.Job(pipeline.SoundConfig(load_preset("default")))
    sound = pipeline.make_sound(path, job)
    wanted = round(SECONDS * kit.RATE_HZ)
    blocks, have = [], 0
    for block in pipeline.audio_blocks(sound, kit.RATE_HZ):
        blocks.append(block)
        have += len(block)
        if have >= wanted:
            break
    golden(f"example-{path.stem}", np.concatenate(blocks)[:wanted])


def test_no_stored_example_is_left_over() -> None:
    """What is stored belongs to an example that exists."""
    stored = {path.stem.removeprefix("example-") for path in kit.FOLDER.glob("example-*.flac")}
    assert stored <= {path.stem for path in EXAMPLES}
