"""A folder of songs, and the command that renders it."""

import shutil
from pathlib import Path
from typing import Final

from tests.commandline import Result, run

EXAMPLES: Final = Path(__file__).parents[1] / "examples"


def make_songs(folder: Path) -> Path:
    """Make a folder with two good files, one of them in a sub-folder, and return it."""
    (folder / "inner").mkdir(parents=True)
    shutil.copy(EXAMPLES / "seed.mid", folder / "a.mid")
    shutil.copy(EXAMPLES / "folk.mid", folder / "inner" / "b.mid")
    return folder


def batch(songs: Path, *more: str) -> Result:
    """Render `songs` as they are into a folder beside them."""
    return run("batch", songs, "-o", songs.parent / "out", "--as-is", "--jobs", "1", *more)
