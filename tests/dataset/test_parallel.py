"""The number of processes changes nothing."""

from pathlib import Path

from chipgen.dataset.slice_cache import (
    DatasetConfig,
    prepare,
)
from chipgen.music.formats import write_score
from tests.dataset.tunes import tune


def test_the_number_of_processes_does_not_matter(folder: Path) -> None:
    """Two processes give what one gives (a pool is used from 32 files on)."""
    for k in range(30):
        write_score(tune(40 + k), folder / "train" / f"more-{k}.mid", overwrite=False)
    one = prepare(folder, DatasetConfig(), processes=1)
    two = prepare(folder, DatasetConfig(), processes=2)
    assert one.fingerprint == two.fingerprint
    assert all((a == b).all() for a, b in zip(one.songs["train"], two.songs["train"], strict=True))
