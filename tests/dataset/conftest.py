"""Fixtures that these tests share."""

from pathlib import Path

import pytest

from chipgen.music.formats import write_score
from tests.dataset.tunes import tune


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three songs to train on and one to validate with."""
    for split, pitches in {"train": (50, 60, 70), "valid": (55,)}.items():
        (tmp_path / "midi" / split).mkdir(parents=True)
        for pitch in pitches:
            write_score(tune(pitch), tmp_path / "midi" / split / f"{pitch}.mid", overwrite=False)
    return tmp_path / "midi"
