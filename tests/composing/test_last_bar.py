"""A seed that breaks off in its last bar is finished to the bar line; others end as they do."""

import pytest

from chipgen.composing.last_bar import breaks_off, finish_last_bar
from chipgen.models.row_transformer.inference import RowWeights
from chipgen.music.score import Note, Score, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from tests.row_models import planning_weights
from tests.seeds import chip

RUN = (60, 62, 64, 65, 67, 69, 71, 72)


@pytest.fixture(scope="module")
def weights() -> RowWeights:
    """Return a small model that reads plans and answers at random."""
    return planning_weights()


def run(*last: tuple[float, float]) -> Prompt:
    """Return three bars of sixteenths and half a bar, with (onset, length) of what follows."""
    notes = [Note(k / 4, 0.25, RUN[k % 8]) for k in range(56)]
    notes += [Note(onset, length, 72) for onset, length in last]
    bass = tuple(Note(4.0 * bar, 2.0, 36) for bar in range(4))
    return Prompt.of(Score((Track("right", 0, 6, tuple(notes)), Track("left", 1, 32, bass))))


def test_a_run_is_carried_to_the_bar_line(weights: RowWeights) -> None:
    """Its notes stay, and its own track has more in the half bar that was empty."""
    seed = run()
    assert breaks_off(seed) == pytest.approx(14.0)
    made = finish_last_bar(weights, seed, ComposeRequest())
    assert made.ending == seed.ending
    assert [(t.name, t.channel) for t in made.seed.tracks] == [("right", 0), ("left", 1)]
    for before, after in zip(seed.seed.tracks, made.seed.tracks, strict=True):
        more = [note for note in after.notes if note not in before.notes]
        assert len(before.notes) + len(more) == len(after.notes)
        assert all(14.0 <= note.onset_beats < note.end_beats <= 16.0 + 1e-6 for note in more)
    assert len(made.seed.tracks[0].notes) > 56
    again = finish_last_bar(weights, seed, ComposeRequest())
    assert again.seed == made.seed


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(run((14.0, 1.0)), id="a longer note"),
        pytest.param(run((14.0, 0.25), (14.25, 0.25), (14.5, 0.25)), id="less than half is empty"),
        pytest.param(Prompt.of(chip()), id="the chip's own voices"),
    ],
)
def test_what_ends_is_left_alone(weights: RowWeights, seed: Prompt) -> None:
    """A phrase that ends on a longer note is followed by its rest."""
    assert breaks_off(seed) is None
    assert finish_last_bar(weights, seed, ComposeRequest()) is seed


def test_the_seed_alone_is_not_added_to(weights: RowWeights) -> None:
    """With the seed's own band nothing is written under its bars."""
    seed = run()
    assert finish_last_bar(weights, seed, ComposeRequest(band="seed")) is seed
