"""Phrases and sections, measured on an invented song whose form is annotated."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from chipgen.dataset.pop909 import read_pop909
from chipgen.errors import ChipgenError
from chipgen.training.evaluate_form import (
    Form,
    evaluate_form,
    find_first_bar,
    label_form,
    read_tune,
)
from tests.commandline import run
from tests.dataset.test_pop909 import PROGRESSION, write_pop909

BARS = 16


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return songs in POP909's form."""
    folder = tmp_path_factory.mktemp("pop909")
    for number in ("007", "017"):
        write_pop909(folder, number, BARS)
    return folder


def annotate(folder: Path, number: str, first: str, second: str, moved: int = 0) -> Path:
    """Write an annotation whose bars begin where the invented song's do, and return the folder."""
    home = folder / number
    home.mkdir(parents=True, exist_ok=True)
    (home / "human_label1.txt").write_text(first + "\n")
    (home / "human_label2.txt").write_text(second)
    pitches = [PROGRESSION[bar % 4][1][beat % 3] + 12 for bar in range(BARS) for beat in range(4)]
    (home / "melody.txt").write_text("\n".join(f"{pitch + moved} 4" for pitch in pitches) + "\n")
    return folder


def test_a_form_is_read_as_it_is_written() -> None:
    """Phrases of one name are one section; those without a tune are each their own."""
    form = Form.parse("i1A2B3A2x1x1\n")
    assert form.section.tolist() == [0, 1, 1, 2, 2, 2, 1, 1, 4, 5]
    assert np.flatnonzero(form.begins).tolist() == [0, 1, 3, 6, 8, 9]
    for wrong in ("", "A", "4A", "A4 B4", "A1000", "A0", "A999B999C999"):
        with pytest.raises(ValueError, match=r"no form|bars; expected"):
            Form.parse(wrong)


def test_the_annotation_is_laid_where_its_tune_is(songs: Path, tmp_path: Path) -> None:
    """After the upbeat of one beat; another tune is nowhere."""
    song = read_pop909(songs / "007" / "007.mid")
    tune = annotate(tmp_path, "007", "A16", "A16") / "007" / "melody.txt"
    assert find_first_bar(song, read_tune(tune.read_text())) == 1.0
    other = annotate(tmp_path, "017", "A16", "A16", moved=1) / "017" / "melody.txt"
    assert find_first_bar(song, read_tune(other.read_text())) is None


def test_the_measure_knows_right_from_wrong(songs: Path, tmp_path: Path) -> None:
    """An annotation of what is labelled finds all of it right; another one does not."""
    song = label_form(read_pop909(songs / "007" / "007.mid"), 1.0, BARS)
    edges = [*np.flatnonzero(song.begins).tolist(), BARS]
    as_labelled = "".join(
        f"{'ABCD'[int(song.section[start])]}{end - start}" for start, end in pairwise(edges)
    )
    rows = {}
    for name, form in (("right", as_labelled), ("wrong", "A3B5C3D5")):
        annotate(tmp_path / name, "007", form, form)
        (table,) = evaluate_form(songs, tmp_path / name)
        assert table.caption == "form of 1 songs, 16 bars:"
        rows[name] = {row[0]: row[1:] for row in table.rows}
    assert rows["right"]["labels"] == [1.0] * 6
    assert rows["right"]["four bars, one section"][4] == 1.0
    assert rows["wrong"]["labels"][2] < 0.5  # type: ignore[operator]
    assert rows["wrong"]["labels"][3] < 0.5  # type: ignore[operator]
    assert rows["wrong"]["the second person"] == [1.0] * 6


def test_the_command_prints_it_beside_the_other_labels(songs: Path, tmp_path: Path) -> None:
    """With `--form`; a folder without annotations, or a damaged one, is refused in a line."""
    annotate(tmp_path / "good", "007", "A8A8", "A16")
    words = ["evaluate", "labels", "--data", songs, "--form"]
    told = run(*words, tmp_path / "good")
    assert told.exit_code == 0, told.stderr
    assert "form of 1 songs, 16 bars:" in told.stdout
    (tmp_path / "empty").mkdir()
    with pytest.raises(ChipgenError, match="no annotated form"):
        evaluate_form(songs, tmp_path / "empty")
    annotate(tmp_path / "bad", "007", "A8?", "A16")
    with pytest.raises(ChipgenError, match="no form such as"):
        evaluate_form(songs, tmp_path / "bad")
    (annotate(tmp_path / "odd", "007", "A16", "A16") / "007" / "melody.txt").write_text("60 x\n")
    with pytest.raises(ChipgenError, match="odd"):
        evaluate_form(songs, tmp_path / "odd")
