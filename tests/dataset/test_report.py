"""`chipgen dataset report`: what is told of songs, be they the chip's or ordinary MIDI."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.dataset.measure_songs import measure_song
from chipgen.dataset.report import format_report
from chipgen.music.formats import write_score
from tests.labels.test_label_piece import progression
from tests.row_songs import Meter, compose_bars, play, score_of


def test_keys_chords_and_form_of_any_song_are_told(tmp_path: Path) -> None:
    """A song in its own beats has its key, chords and returning sections in the table."""
    one, two = ["C", "F", "G", "C"], ["Em", "Dm", "Am", "G"]
    write_score(progression(one + two + one), tmp_path / "own.mid", overwrite=False)
    own = measure_song(tmp_path / "own.mid", "train")
    assert own.entry.grid == "beats"
    assert own.harmony is not None
    assert not own.harmony.minor
    assert own.harmony.sure_chords > 0.5
    assert own.harmony.returning == pytest.approx(1 / 3)
    assert own.harmony.phrase_bars == 4
    notes = play(compose_bars(Meter(4, 4), 16, np.random.default_rng(1)), 256)
    write_score(score_of(notes), tmp_path / "chip.mid", overwrite=False)
    chip = measure_song(tmp_path / "chip.mid", "train")
    assert chip.harmony is not None
    told = format_report([own, chip])
    assert "| bars in sections heard before |" in told
    assert "| songs in phrases of four bars |" in told
