"""The notebooks of the documents run, and show what is stored in them."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))


def shown(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Return what each code cell shows, without figures: text, a roll, a player."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        texts = ["text" for output in cell.outputs if "data" in output]
        for output in cell.outputs:
            page = output.get("data", {}).get("text/html", "")
            texts += ["roll"] * len(re.findall(r"<svg.*<path.*</svg>", page))
            texts += ["plays"] * page.count('src="data:audio/ogg;base64,T2dnU')
        found.append(texts)
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the kernel's own libraries
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_is_stored(path: Path, tmp_path: Path) -> None:
    """Each cell ends well; three lines are enough to hear and see a song."""
    stored = nbformat.read(path, as_version=4)
    running = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(running, timeout=300, kernel_name="python3", resources=resources).execute()
    assert shown(running) == shown(stored)
    first = next(cell for cell in stored.cells if cell.cell_type == "code")
    assert len(list(filter(None, first.source.splitlines()))) == 3
    assert shown(running)[0] == ["text", "roll", "plays"]
    assert path.stat().st_size < 400_000
