"""A seed that lacks voices is given them under its own bars, and keeps every note."""

from dataclasses import replace

import numpy as np
import pytest

from chipgen.composing.band import complete, is_tuneless, missing_voices
from chipgen.models.row_transformer.inference import RowWeights
from chipgen.music.score import Meter, Note, Score, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import HOLD
from tests.row_models import planning_weights
from tests.seeds import band, chip, line

TUNE = [67, 69, 71, 74, 72, 71, 69, 67]


@pytest.fixture(scope="module")
def weights() -> RowWeights:
    """Return a small model that reads plans and answers at random."""
    return planning_weights()


def whistle() -> Prompt:
    """Return four bars of a tune alone."""
    return Prompt.of(Score((Track("", 0, 73, line(TUNE, 0.5, 4)),), end_beats=16.0))


def test_a_tune_is_completed_to_a_band(weights: RowWeights) -> None:
    """Harmony, bass and drums are new tracks in the seed's bars; the tune is as it was."""
    prompt = whistle()
    made = complete(weights, prompt, ComposeRequest())
    before, *added = made.prompt.seed.tracks
    assert before == prompt.seed.tracks[0]
    assert [track.name for track in added] == ["harmony", "bass", "drums"]
    assert added[-1].is_drums
    assert all(note.end_beats <= 16.0 + 1e-6 for track in added for note in track.notes)
    assert made.remark == "harmony, bass and drums added"
    # Read again, each voice is where it was written.
    assert (made.prompt.rows.states[:, 0] == prompt.rows.states[:, 0]).all()
    assert (made.prompt.rows.states > HOLD).any(axis=0).all()


def test_the_same_number_adds_the_same(weights: RowWeights) -> None:
    """What is added depends on the request's number alone."""
    one, two, other = (
        complete(weights, whistle(), ComposeRequest(rng_seed=number)).prompt.seed
        for number in (1, 1, 2)
    )
    assert one == two
    assert one != other


def test_only_what_is_missing_and_asked_for_is_added() -> None:
    """A whole band lacks nothing; drums are added only where the seed's own are wanted."""
    whole = Prompt.of(band())
    assert not any(missing_voices(whole, ComposeRequest()))
    assert missing_voices(whistle(), ComposeRequest(drums="none")) == (False, True, True, False)
    assert not any(missing_voices(whistle(), ComposeRequest(band="seed")))


def test_music_of_the_chip_gets_no_voice_unless_asked(weights: RowWeights) -> None:
    """With a pulse alone in the chip's dialect, only a full band adds the others, as themselves."""
    score = chip()
    alone = Prompt.of(score.with_tracks(score.tracks[:1]))
    assert not any(missing_voices(alone, ComposeRequest()))
    made = complete(weights, alone, ComposeRequest(band="full"))
    assert [track.role for track in made.prompt.seed.tracks] == ["p1", "p2", "tr", "no"]
    assert np.array_equal(made.prompt.rows.states[:, 0], alone.rows.states[:, 0])


def block_chords(low: int = 60) -> Score:
    """Return eight bars of chords, one a bar; `low` is the first one's lowest note."""
    progression = [(48, 52, 55), (45, 48, 52), (41, 45, 48), (43, 47, 50)] * 2
    notes = tuple(
        Note(4.0 * bar, 4.0, low - 48 + pitch, 80)
        for bar, chord in enumerate(progression)
        for pitch in chord
    )
    return Score((Track("piano", 0, 0, notes),), end_beats=32.0)


def test_chords_are_given_a_tune_and_a_bass(weights: RowWeights) -> None:
    """They are tracks of their own above and below the chords, which stay as they are."""
    prompt = Prompt.of(block_chords())
    assert is_tuneless(prompt)
    made = complete(weights, prompt, ComposeRequest())
    assert made.remark == "melody, bass and drums added"
    piano, melody, bass, drums = made.prompt.seed.tracks
    assert piano == prompt.seed.tracks[0]
    assert melody.notes
    assert np.median([note.pitch for note in bass.notes]) < 53
    assert drums.is_drums
    assert (made.prompt.rows.states > HOLD).any(axis=0).all()
    assert not complete(weights, prompt, ComposeRequest(band="seed")).remark


def test_chords_that_reach_down_are_their_own_bass(weights: RowWeights) -> None:
    """What plays where a bass does is one."""
    made = complete(weights, Prompt.of(block_chords(48)), ComposeRequest())
    assert made.remark == "melody and drums added"


def test_what_moves_is_a_tune() -> None:
    """A whistle, a band and a hymn that moves with each beat have one."""
    hymn = [(48, 64, 67, 72), (43, 62, 67, 71), (45, 60, 64, 69), (40, 59, 64, 67)]
    notes = tuple(
        Note(float(beat), 1.0, pitch, 80) for beat in range(16) for pitch in hymn[beat % 4]
    )
    for score in (whistle().seed, band(), Score((Track("", 0, 0, notes),), end_beats=16.0)):
        assert not is_tuneless(Prompt.of(score))


def test_added_drums_are_a_kit_in_every_bar(weights: RowWeights) -> None:
    """Kick, snare and hats, three strokes a bar or more, also in three four and without a model."""
    seed = whistle().seed
    waltz = replace(seed, meters=(Meter(0.0, 3, 4),), end_beats=15.0)
    for score in (seed, waltz):
        drums = complete(weights, Prompt.of(score), ComposeRequest()).prompt.seed.tracks[-1]
        bar = score.meters[0].bar_beats
        counts = np.bincount([int(note.onset_beats // bar) for note in drums.notes])
        assert counts[: int(score.end_beats // bar)].min() >= 3
        assert {36, 42} <= {note.pitch for note in drums.notes}
