"""Row inference: the grid a song was written on is found from its onsets alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.rows.row_fit import measure_fit
from chipgen.rows.row_inference import NES_FRAME_HZ, infer_rows


def play(row_frames, rng, share=0.6, jitter_frames=0.05, start_frames=4.0):
    """Onsets and durations of a song with a note on most rows of given lengths."""
    times = start_frames + np.concatenate([[0], np.cumsum(row_frames)])
    struck = times[:-1][rng.random(len(row_frames)) < share]
    onsets = struck + rng.uniform(-jitter_frames, jitter_frames, len(struck))
    return onsets / NES_FRAME_HZ, np.full(len(struck), 5 / NES_FRAME_HZ), times / NES_FRAME_HZ


def infer(row_frames, seed=0):
    """Return the grid found, the onsets, and the true rows of a song."""
    onsets_s, durations_s, times_s = play(row_frames, np.random.default_rng(seed))
    grid = infer_rows(onsets_s, durations_s, float(times_s[-1]))
    return grid, onsets_s, times_s


@pytest.mark.parametrize("frames", [5, 6, 7, 8, 10, 12])
def test_constant_rows_are_found(frames):
    """Rows of one length are found with their phase; each true row is a row."""
    grid, _, times_s = infer([frames] * 200)
    inside = grid.frames[5:-5]
    assert np.mean(inside == frames) > 0.95
    nearest = grid.times_s[grid.nearest(times_s[5:-5])]
    assert np.abs(nearest - times_s[5:-5]).max() * NES_FRAME_HZ < 0.5
    assert grid.confidence > 0.95


@pytest.mark.parametrize("pair", [(6, 7), (7, 8), (8, 6), (9, 5)])
def test_two_speed_and_swung_rows_are_found(pair):
    """Rows whose lengths take turns are found as such, not as one constant length."""
    grid, _, _ = infer(list(pair) * 100)
    middle = list(zip(grid.frames[10:-10].tolist(), grid.frames[11:-9].tolist(), strict=True))
    right = sum(both in {pair, pair[::-1]} for both in middle)
    assert right > 0.9 * len(middle)
    assert grid.confidence > 0.95
    assert len(grid) < 1.05 * 200


def test_tempo_change_inside_a_song_is_found():
    """A song that changes from six to nine frames a row has both parts right."""
    grid, _, _ = infer([6] * 120 + [9] * 120)
    assert np.mean(grid.frames[5:110] == 6) > 0.95
    assert np.mean(grid.frames[-110:-5] == 9) > 0.95


@pytest.mark.parametrize(
    ("first", "second"),
    [((6,), (6, 7)), ((8, 6), (7,)), ((6, 7), (9, 5)), ((12,), (5,)), ((7, 6), (6, 5))],
)
def test_changes_between_kinds_of_rows_are_found(first, second):
    """Steady, two-speed and swung rows may follow each other; both parts are found as written."""
    row_frames = np.concatenate([np.resize(first, 128), np.resize(second, 128)])
    grid, _, times_s = infer(row_frames)
    assert grid.confidence > 0.9
    away = np.abs(grid.times_s[grid.nearest(times_s[4:-4])] - times_s[4:-4]) * NES_FRAME_HZ
    assert np.mean(away <= 1.0) > 0.98
    assert len(grid) <= 1.05 * len(row_frames)


def test_a_song_that_slows_down_is_followed():
    """Rows that grow by a frame every 48 stay within a frame of what is played."""
    row_frames = np.repeat(np.arange(5, 13), 48)
    grid, onsets_s, times_s = infer(row_frames)
    away = np.abs(grid.times_s[grid.nearest(onsets_s)] - onsets_s) * NES_FRAME_HZ
    assert np.mean(away <= 1.0) > 0.95
    assert np.mean(np.abs(grid.times_s[grid.nearest(times_s[3:-3])] - times_s[3:-3]) < 0.02) > 0.9


def test_free_onsets_fall_back_to_fine_rows():
    """Where no rows fit, rows are so fine that nearly every onset is near one."""
    rng = np.random.default_rng(3)
    onsets_s = np.sort(rng.uniform(0, 30, 400))
    grid = infer_rows(onsets_s, np.full(400, 0.1), 30.0)
    fit = measure_fit(grid, np.zeros(400, dtype=np.int8), onsets_s, np.full(400, 0.1), 30.0)
    assert fit.near_share > 0.9
    steady, _, _ = infer([6] * 200)
    assert grid.confidence < steady.confidence


@settings(max_examples=25, deadline=None)
@given(
    onsets=st.lists(st.floats(0, 20), min_size=0, max_size=40),
    tail_s=st.floats(0.01, 3),
)
def test_grid_always_covers_the_song(onsets, tail_s):
    """Whatever the onsets, rows rise, last 2–21 frames, and cover the song from onset to end."""
    onsets_s = np.array(sorted(onsets))
    length_s = float(onsets_s.max(initial=0.0)) + tail_s
    grid = infer_rows(onsets_s, np.full(len(onsets_s), 0.05), length_s)
    assert (np.diff(grid.times_s) > 0).all()
    assert grid.frames.min() >= 2
    assert grid.frames.max() <= 21
    assert grid.times_s[-1] >= length_s - 1.5 / NES_FRAME_HZ
    if len(onsets_s):
        assert grid.times_s[0] <= onsets_s[0] + 1.5 / NES_FRAME_HZ
    assert 0 <= grid.confidence <= 1


def test_bad_input_is_refused_in_one_line():
    """Shapes that differ, or a song without length, are errors that name the values."""
    with pytest.raises(ChipgenError, match="one length"):
        infer_rows(np.zeros(3), np.zeros(2), 1.0)
    with pytest.raises(ChipgenError, match="above 0"):
        infer_rows(np.zeros(3), np.zeros(3), 0.0)
