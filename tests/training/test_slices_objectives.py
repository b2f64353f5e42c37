"""An epoch holds every song once, transposed as a whole."""

from itertools import pairwise

import numpy as np

from chipgen.models.registry import settings_file
from chipgen.models.tonnetz_lstm.network import TonnetzLstm, TonnetzLstmConfig
from chipgen.training.slices_objectives import PredictorTask, transpose
from chipgen.training.slices_settings import TonnetzLstmSettings
from chipgen.training.training_settings import load_settings
from tests.tunes import make_songs


def test_an_epoch_hears_every_song_once() -> None:
    """The pieces of an epoch cover each song without overlap, but for too short ends."""
    songs = [*make_songs(5, 1, 20), *make_songs(3, 2, 200)]
    model = TonnetzLstm(TonnetzLstmConfig((3, 2), 8, 12, 2, 4, 1, 4))
    settings = load_settings(settings_file("tonnetz-lstm"), TonnetzLstmSettings).predictor
    settings = settings.model_copy(update={"crop_slices": 64, "batch_slices": 256})
    task = PredictorTask(model, songs, songs, settings, 3)
    plans = task.plan_epoch(np.random.default_rng(0))
    pieces = [piece for plan in plans for piece in plan]
    for index, song in enumerate(songs):
        covered = sorted((p.begin, p.end) for p in pieces if p.song == index)
        assert all(a[1] <= b[0] for a, b in pairwise(covered))
        assert sum(end - begin for begin, end in covered) >= len(song) - 2 * 10
    assert all(-3 <= piece.semitones <= 3 for piece in pieces)
    widths = [len(plan) * max(p.end - p.begin for p in plan) for plan in plans]
    assert max(widths) <= 256


def test_transposing_moves_every_pitch() -> None:
    """Up and down, and what leaves the keyboard is gone."""
    roll = np.zeros((2, 88), np.bool_)
    roll[0, [0, 40]] = roll[1, 87] = True
    assert np.argwhere(transpose(roll, 3)).tolist() == [[0, 3], [0, 43]]
    assert np.argwhere(transpose(roll, -3)).tolist() == [[0, 37], [1, 84]]
    assert (transpose(roll, 0) == roll).all()
