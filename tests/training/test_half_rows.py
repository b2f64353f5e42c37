"""Rows half as long hold the same notes, under the same labels."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.labels.label_piece import label_prompt
from chipgen.music.formats import write_score
from chipgen.rows.prompt import Prompt
from chipgen.rows.quantise import notes_of
from chipgen.rows.row_states import Rows
from chipgen.training.half_rows import halve_labels, halve_rows
from chipgen.training.rows_cache import prepare_rows
from tests.seeds import band
from tests.songs import write_song


@pytest.fixture(scope="module")
def prompt() -> Prompt:
    """Return a seed on long rows."""
    return Prompt.of(band())


def test_halved_rows_hold_the_same_notes(prompt: Prompt) -> None:
    """Each at the same time, as long, as loud; only there are twice as many rows."""

    def told(rows: Rows) -> np.ndarray:
        notes = notes_of(rows)
        clock = np.concatenate([[0], np.cumsum(rows.frames)])
        told = [notes.voice, notes.pitch, notes.volume, notes.timbre]
        return np.stack([*told, clock[notes.row], clock[notes.end_row]])

    rows = prompt.encoded.rows
    fine = halve_rows(rows)
    assert len(fine) == 2 * len(rows)
    assert fine.seconds == pytest.approx(rows.seconds)
    assert np.array_equal(told(fine), told(rows))


def test_halved_labels_say_the_same_of_each_moment(prompt: Prompt) -> None:
    """Bar, half bar and place in the bar are those of the row that was halved."""
    labels = label_prompt(prompt)
    fine = halve_labels(labels)
    assert len(fine) == 2 * len(labels)
    assert np.array_equal(fine.bar[::2], labels.bar)
    assert np.array_equal(fine.half[::2], labels.half)
    assert np.array_equal(fine.place, fine.bar_rows * 0 + np.arange(len(fine))
                          - fine.lines.starts[fine.bar])  # fmt: skip
    assert np.array_equal(fine.bar_rows[::2], 2 * labels.bar_rows)


def test_ordinary_midi_on_long_rows_is_prepared_twice(tmp_path: Path) -> None:
    """If asked for; a song of the chip's data set is on its own rows alone."""
    write_score(band(), tmp_path / "slow.mid", overwrite=False)
    write_song(tmp_path / "chip.mid", 0)
    files = sorted(tmp_path.glob("*.mid"))
    once, twice = (prepare_rows(files, labelled=True, halved=halved) for halved in (False, True))
    assert (once.names, twice.names) == (
        ["chip.mid", "slow.mid"],
        ["chip.mid", "slow.mid", "slow.mid"],
    )
    lengths = np.diff(twice.offsets)
    assert lengths[2] == 2 * lengths[1]
    assert twice.seconds[2] == pytest.approx(twice.seconds[1])
    assert twice.plan is not None
    assert len(twice.plan) == len(twice.codes) == lengths.sum()
    assert once.key != twice.key
