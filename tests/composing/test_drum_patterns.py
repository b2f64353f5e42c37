"""Drums of a continuation: the seed's own, or a plain kit."""

from dataclasses import replace

from chipgen.composing.drum_patterns import plain_kit
from chipgen.music.score import Meter, Note
from chipgen.understand import understand
from tests.seeds import band


def test_the_plain_kit_fits_the_bar() -> None:
    """Kick on one; in four the snare on two and four, in three on two and three."""
    four, three = (
        plain_kit(ending, ending.start_beats, ending.start_beats + ending.bar_beats)
        for n in (4, 3)
        for ending in (understand(replace(band(), meters=(Meter(0.0, n, 4),))).ending,)
    )

    def at(hits: list[Note], pitch: int) -> list[float]:
        first = hits[0].onset_beats
        return [hit.onset_beats - first for hit in hits if hit.pitch == pitch]

    assert (at(four, 36), at(four, 38)) == ([0, 2], [1, 3])
    assert (at(three, 36), at(three, 38)) == ([0], [1, 2])
