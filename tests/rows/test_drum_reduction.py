"""General MIDI drums as noise."""

import pytest

from chipgen.music.score import Note, Track
from chipgen.rows.drum_reduction import noise_period
from chipgen.rows.prompt import Prompt
from tests.seeds import band


@pytest.mark.parametrize(("drum", "period"), [(36, 2), (41, 2), (38, 9), (42, 14), (49, 14)])
def test_drums_are_heard_as_noise(drum, period):
    """A thud, a burst or a tick; of drums struck together the heaviest is heard."""
    assert noise_period(drum) == period
    seed = band()
    kit = Track("kit", 9, 0, (Note(0.0, 0.2, drum, 90), Note(0.0, 0.2, 44, 127)))
    seed = seed.with_tracks((*seed.tracks[:3], kit))
    heard = Prompt.of(seed).voiced
    assert [note.pitch for track in heard.tracks if track.role == "no" for note in track.notes] == [
        period
    ]
