"""Keys of the examples are found."""

from pathlib import Path

import pytest

from chipgen.music.key_detection import detect_key
from chipgen.music.midi import read_midi
from chipgen.music.score import Score

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["chorale", "folk", "groove", "orchestra", "piano", "seed"])
def test_keys_of_the_examples_are_found(name: str) -> None:
    """Where a file says its key, the sound of it agrees, or is the relative one."""
    score = read_midi(ROOT / "examples" / f"{name}.mid")
    found = detect_key(score)
    assert found is not None
    assert found.signature == score.key
    unsigned = detect_key(Score(score.tracks, score.tempos, score.meters, score.end_beats))
    assert unsigned is not None
    assert len(unsigned.scale & found.scale) >= 6
