"""One answer to who plays what, for arranging as for composing."""

from pathlib import Path

import pytest

from chipgen.arrange import ArrangeConfig, arrange
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


def test_what_a_track_is_like() -> None:
    """A flute above all is the likeliest melody, a bass says so, chords are no single line."""
    parts = understand(band())
    assert min(parts.tracks, key=lambda k: parts.tracks[k].melody) == 0
    assert min(parts.tracks, key=lambda k: parts.tracks[k].bass) == 2
    assert parts.tracks[2].is_bass
    assert not parts.tracks[0].is_bass
    assert [parts.tracks[k].is_single_line for k in (0, 1, 2)] == [True, False, True]
    assert parts.drums == (3,)


def test_voices_of_the_chip_are_their_own_answer() -> None:
    """No track of theirs is judged; the noise is drums."""
    parts = understand(chip())
    assert parts.is_voiced
    assert parts.tracks == {}
    assert parts.drums == (3,)


def test_nothing_has_no_parts() -> None:
    """A score without notes is understood as one."""
    parts = understand(Score())
    assert (parts.is_voiced, parts.drums, parts.tracks, parts.nominal) == (False, (), {}, False)
