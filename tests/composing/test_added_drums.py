"""Drums that are added lie in a seed's own bars, and are heard in its rows."""

import numpy as np

from chipgen.composing.added_drums import drum_track, with_drums
from chipgen.music.score import Meter, Score, Track
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import HOLD, NOISE
from tests.seeds import line


def test_a_bar_that_is_cut_short_has_none() -> None:
    """A pickup is left to the tune; the bars behind it begin with a kick."""
    meters = (Meter(0.0, 4, 4), Meter(1.0, 4, 4))
    tune = Track("", 0, 73, line([67, 69], 0.5, 17))
    prompt = Prompt.of(Score((tune,), meters=meters, end_beats=17.0))
    kit = drum_track(prompt, np.random.default_rng(0))
    assert prompt.bar_lines == [0.0, 1.0, 5.0, 9.0, 13.0, 17.0]
    assert {1.0, 5.0, 9.0, 13.0} <= {note.onset_beats for note in kit.notes if note.pitch == 36}
    assert min(note.onset_beats for note in kit.notes) == 1.0
    rows = with_drums(prompt, prompt.carried_rows, kit)
    begun = np.flatnonzero(rows.states[:, NOISE] > HOLD)
    places = prompt.encoded.edges_beats[begun]
    assert set(places.tolist()) == {note.onset_beats for note in kit.notes}
    assert np.array_equal(rows.states[:, :NOISE], prompt.carried_rows.states[:, :NOISE])
