"""One answer to who plays what, for arranging as for composing."""

from pathlib import Path

import pytest

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.music.midi import read_midi
from chipgen.music.score import Score
from chipgen.understand import understand
from tests.seeds import band, chip

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.mid")))
def test_the_arranger_and_the_composer_ask_the_same(name: str) -> None:
    """An arrangement is the same whether parts are handed to it or it asks for them."""
    score = read_midi(EXAMPLES / f"{name}.mid")
    assert arrange(score, parts=understand(score)) == arrange(score)


def test_a_map_leaves_fewer_tracks_to_be_judged() -> None:
    """Parts of the whole score do not decide where the map has taken a track away."""
    score = band()
    config = ArrangeConfig(voice_map=(("pulse1", "track:2"),))
    assert arrange(score, config, parts=understand(score)) == arrange(score, config)


def test_a_band_is_told_apart() -> None:
    """A flute above all has the tune, a bass is one, a piano between them plays harmony."""
    parts = understand(band())
    assert [part.track for part in parts.roles.of("tune")] == [0]
    assert [part.track for part in parts.roles.of("bass")] == [2]
    assert {part.track for part in parts.roles.of("harmony")} == {1}
    assert parts.drums == (3,)


def test_voices_of_the_chip_are_their_own_answer() -> None:
    """No track of theirs is judged; the noise is drums."""
    parts = understand(chip())
    assert parts.is_voiced
    assert parts.roles.parts == ()
    assert parts.drums == (3,)


def test_nothing_has_no_parts() -> None:
    """A score without notes is understood as one."""
    parts = understand(Score())
    assert (parts.is_voiced, parts.drums, parts.roles.parts, parts.nominal) == (
        False,
        (),
        (),
        False,
    )
