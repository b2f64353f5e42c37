"""Pictures of songs: what sounds is on them, the same bytes each time, or one line says why not."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chipgen.arranging import Arrangement
from chipgen.errors import ChipgenError
from chipgen.music.score import Score
from chipgen.plot.picture import LOWER_PANELS, UNSTAMPED, Picture, draw, write_picture
from synth.errors import SynthError
from synth.instrument.chip_score import ChipScore
from tests.plot.pictures import RATE_HZ, picture

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("suffix", UNSTAMPED)
def test_same_song_same_bytes(tmp_path: Path, suffix: str) -> None:
    """Neither the time nor the process shows in a picture."""
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_picture(first, picture())
    code = (
        "import sys, pathlib; from tests.plot.pictures import picture;"
        "from chipgen.plot.picture import write_picture;"
        "write_picture(pathlib.Path(sys.argv[1]), picture())"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(second)], check=True, cwd=Path(__file__).parents[2]
    )
    magic = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()


def test_names_of_any_signs_are_drawn_in_silence(tmp_path: Path) -> None:
    """Neither a sign the font lacks nor what looks like a formula is an error or a warning."""
    write_picture(tmp_path / "a.png", picture(title="\N{MUSICAL NOTE} $x_{$"))
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_where_composing_begins_is_marked() -> None:
    """A dashed line stands there, and the legend says what it means."""
    figure = draw(picture(seed_end_s=1.5))
    for axes in figure.axes[:3]:
        assert any(list(line.get_xdata()) == [1.5, 1.5] for line in axes.lines)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[-1] == "composed from here"


def test_bars_are_numbered_where_they_begin() -> None:
    """In 3/4 at 120 a bar lasts 1.5 seconds."""
    (top,) = draw(picture()).axes[0].child_axes
    assert top.get_xticks().tolist() == pytest.approx([0.0, 1.5, 3.0])
    assert [label.get_text() for label in top.get_xticklabels()] == ["1", "2", "3"]


def test_a_song_of_nothing_is_drawn_empty() -> None:
    """No notes and no sound are no reason to fail."""
    empty = picture(
        samples=np.zeros(0, np.float32), span_s=(0.0, 1.0), lower=LOWER_PANELS[0], seed_end_s=0.5
    )
    draw(Picture(Score(), Arrangement(ChipScore(), (), "gm"), empty.samples, RATE_HZ))
    draw(empty)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.bmp", r"suffix '\.bmp' is no picture format; end it in one of \.png, \.svg, \.pdf"),
        ("a", "a name without a suffix is no picture format"),
        ("none/a.png", "does not exist"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path: Path, name: str, message: str) -> None:
    """A wrong name is one line, and leaves no file."""
    with pytest.raises(SynthError, match=message):
        write_picture(tmp_path / name, picture())
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_drawn_is_said() -> None:
    """Unknown panels and empty spans are named."""
    with pytest.raises(ChipgenError, match="'bode' is unknown; choose one of spectrogram"):
        draw(picture(lower="bode"))
    with pytest.raises(ChipgenError, match="nothing lies between 3 and 3 s"):
        draw(picture(span_s=(3.0, 3.0)))


def test_a_home_that_cannot_be_written_says_nothing(tmp_path: Path) -> None:
    """matplotlib, which would keep its settings there, makes no lines of its own."""
    home = {**os.environ, "MPLCONFIGDIR": "/proc/nowhere"}
    done = subprocess.run(
        [sys.executable, "-m", "chipgen", "plot", str(EXAMPLES / "seed.mid"), "--show", "1",
         "-o", str(tmp_path / "roll.png")],
        capture_output=True, text=True, check=True, env=home,
    )  # fmt: skip
    assert "atplotlib" not in done.stderr
    assert "nowhere" not in done.stderr
    assert done.stdout == ""
