"""How much of a song its rows hold."""

from dataclasses import replace

from chipgen.music.score import Note, Score, Track
from chipgen.rows.coverage import measure_coverage
from chipgen.rows.prompt import Prompt
from tests.seeds import band, chip


def test_a_band_is_on_its_rows_whole() -> None:
    """Every row sounds and every note of the tune begins on one."""
    found = measure_coverage(Prompt.of(band()))
    assert found.busy == 1.0
    assert found.tune == 1.0


def test_rests_count_as_rests() -> None:
    """A tune that plays every other bar leaves half of the rows silent."""
    notes = tuple(Note(8.0 * bar + k, 1.0, 60 + k) for bar in range(8) for k in range(4))
    found = measure_coverage(Prompt.of(Score((Track("Melody", 0, 0, notes),), end_beats=64.0)))
    assert 0.45 <= found.busy <= 0.55
    assert found.tune == 1.0


def test_notes_between_rows_are_not_learned() -> None:
    """Of notes shorter than a row only those are counted that begin one."""
    tune = tuple(Note(k / 16, 1 / 16, 72 + 2 * (k % 2)) for k in range(256))
    seed = replace(band(), tracks=(Track("Melody", 0, 0, tune), *band().tracks[2:]))
    assert measure_coverage(Prompt.of(seed)).tune < 0.9


def test_the_chip_s_own_voices_are_their_rows() -> None:
    """There is no tune to be looked for."""
    assert measure_coverage(Prompt.of(chip())).tune == 1.0
