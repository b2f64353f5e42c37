"""Composed rows are played as the seed was: the same ornaments, timing, ends and volumes."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.music.score import Note
from chipgen.performer.network import shipped_weights
from chipgen.performer.perform import Events, Performer
from chipgen.rows.row_states import Rows
from tests.performer.chip_performances import (
    EARLY,
    FRAME_BEATS,
    LATE,
    ROW_FRAMES,
    ROWS,
    edges_s,
    performed,
)

ROW = ROW_FRAMES * FRAME_BEATS


def performer(rng_seed: int = 0) -> Performer:
    """Return who plays as the piece is played."""
    return Performer(shipped_weights(), performed(), edges_s(), FRAME_BEATS, rng_seed)


def same_again(rows: int = 64) -> Rows:
    """Return rows that go on as the piece does."""
    states = np.zeros((rows, 4), dtype=np.uint8)
    states[:, 0] = [(72, 1, 76, 1, 79, 1, 76, 1)[k % 8] for k in range(rows)]
    states[:, 2] = [48 - (k % 8) if k % 4 == 0 else 1 for k in range(rows)]
    begun = states > 1
    return Rows(
        states, (12 * begun).astype(np.uint8), (0 * begun).astype(np.uint8),
        np.full(rows, ROW_FRAMES),
    )  # fmt: skip


def edges_of(first: int, rows: int) -> np.ndarray:
    """Return where rows after the piece begin, in beats."""
    return (ROWS + first + np.arange(rows + 1)) * ROW


def play(rows: Rows, rng_seed: int = 0) -> dict[str, Events]:
    """Play rows after the piece at once."""
    return performer(rng_seed).play(rows, 0, len(rows), edges_of(0, len(rows)))


def test_what_goes_on_as_the_seed_is_played_as_the_seed() -> None:
    """Grace notes come where they came; notes are as late, and end as early."""
    notes, controls = play(same_again())["p1"]
    begin = ROWS * ROW
    main = [note for note in notes if note.duration_beats > 4 * FRAME_BEATS]
    graces = [note for note in notes if note not in main]
    assert len(main) == 32
    late = [(note.onset_beats - begin - k * 2 * ROW) / FRAME_BEATS for k, note in enumerate(main)]
    assert np.mean(np.abs(np.array(late) - LATE) < 0.1) > 0.9
    lasts = [note.duration_beats / FRAME_BEATS for note in main]
    usual = 2 * ROW_FRAMES - LATE - EARLY
    assert np.mean(np.abs(np.array(lasts) - usual) < 2.1) > 0.7
    assert 6 <= len(graces) <= 10, "of eight"
    assert {note.pitch for note in graces} == {75}
    assert {control.value for control in controls if control.number == 11} >= {51, 102}


def test_a_voice_that_is_plain_stays_plain() -> None:
    """No ornament, no delay and no volume comes to a voice that has none."""
    notes, controls = play(same_again())["tr"]
    starts = np.array([note.onset_beats for note in notes]) / ROW - ROWS
    assert starts == pytest.approx(np.arange(0, 64, 4), abs=1e-3)
    assert controls == ()


def test_the_same_number_gives_the_same_notes() -> None:
    """Another may give others."""
    assert play(same_again(), 3) == play(same_again(), 3)


@given(
    seed=st.integers(0, 999),
    states=st.lists(st.sampled_from([0, 1, 1, 40, 72, 76, 79, 90, 108]), min_size=8, max_size=40),
    cuts=st.lists(st.integers(1, 7), min_size=1, max_size=5),
)
@settings(deadline=None, max_examples=30)
def test_any_rows_are_one_note_at_a_time_and_within_their_passage(
    seed: int, states: list[int], cuts: list[int]
) -> None:
    """Whatever is composed, a voice sounds one note, and no note begins outside what is played."""
    table = np.zeros((len(states), 4), dtype=np.uint8)
    table[:, 0] = states
    begun = table > 1
    rows = Rows(
        table, (9 * begun).astype(np.uint8), (0 * begun).astype(np.uint8),
        np.full(len(states), ROW_FRAMES),
    )  # fmt: skip
    player = performer(seed)
    every: list[Note] = []
    first = 0
    for count in [*cuts, len(states)]:
        count = min(count, len(states) - first)
        if not count:
            break
        left = rows[first:]
        edges = edges_of(first, len(left))
        notes, controls = player.play(left, first, count, edges)["p1"]
        inside = [*(note.onset_beats for note in notes), *(control.beat for control in controls)]
        assert all(edges[0] - 1e-9 <= beat for beat in inside)
        assert all(note.onset_beats < edges[count] for note in notes)
        every += notes
        first += count
    assert all(note.duration_beats > 0 for note in every)
    assert all(1 <= note.velocity <= 127 and 33 <= note.pitch <= 127 for note in every)
    for before, after in pairwise(every):
        assert before.end_beats <= after.onset_beats + 1e-9
    assert len(every) >= int(begun.sum())


def test_voices_that_hardly_play_are_left_to_others() -> None:
    """There is no telling how a voice without notes plays."""
    assert set(play(same_again())) == {"p1", "tr"}
