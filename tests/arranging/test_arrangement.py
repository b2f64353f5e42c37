"""The account of an arrangement says what the listener should know."""

from chipgen.arranging import ArrangeConfig, arrange, parse_map, remark_effects
from chipgen.music.score import Note, Score, Track

TUNE = Track("Tune", 0, 80, tuple(Note(float(k), 1.0, 72 + k % 5) for k in range(16)))
SEA = Track("Sea", 1, 122, (Note(0.0, 16.0, 90),))
WOOD = Track("", 2, 115, tuple(Note(k / 2, 0.25, 76) for k in range(32)))


def test_sound_effects_are_said_once() -> None:
    """What is left out and what is on the noise, and how to have it otherwise."""
    score = Score((TUNE, SEA, WOOD), end_beats=16.0)
    (remark,) = remark_effects(score, arrange(score))
    assert "left out track:1 'Sea'" in remark
    assert "on the noise track:2" in remark
    assert "--map noise=track:1" in remark


def test_what_the_map_says_is_no_news() -> None:
    """Nor is a piece without effects."""
    score = Score((TUNE, WOOD), end_beats=16.0)
    mapped = arrange(score, ArrangeConfig(voice_map=parse_map("noise=track:1")))
    assert remark_effects(score, mapped) == ()
    alone = Score((TUNE,), end_beats=16.0)
    assert remark_effects(alone, arrange(alone)) == ()
