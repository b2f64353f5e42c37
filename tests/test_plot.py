"""Pictures of songs: what sounds is on them, the same bytes each time, or one line says why not."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chipgen.arrange import Arrangement, Placement
from chipgen.errors import ChipgenError
from chipgen.music.score import Meter, Note, Score, Tempo, Track
from chipgen.plot.picture import COLOURS, LOWER_PANELS, UNSTAMPED, Picture, draw, write_picture
from synth.errors import SynthError
from synth.instrument.chip_score import ChipNote, ChipScore
from tests.commandline import run

RATE_HZ = 44_100
EXAMPLES = Path(__file__).parents[1] / "examples"


def sound(seconds: float = 4.0) -> NDArray[np.float32]:
    """Return a 1 kHz tone that stops half-way, shape (frames,)."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tone = np.sin(2 * np.pi * 1000 * time_s) * (time_s < seconds / 2)
    return (0.3 * tone).astype(np.float32)


def picture(**changes: object) -> Picture:
    """Return four seconds of four voices in 3/4, with a chord, a bend and two dropped notes."""
    score = Score(
        tracks=(
            Track(name="melody", notes=(Note(0.0, 1.0, 72), Note(1.0, 1.0, 50))),
            Track(name="drums", channel=9, notes=(Note(0.0, 0.5, 36), Note(0.0, 0.5, 38))),
        ),
        tempos=(Tempo(0.0, 120.0),),
        meters=(Meter(0.0, 3, 4),),
        end_beats=8.0,
    )
    voices = ChipScore(
        pulse1=(ChipNote(0.0, 0.5, 72), ChipNote(1.0, 2.0, 76, bend=((0.0, 0.0), (0.5, 200.0)))),
        pulse2=(ChipNote(0.0, 1.0, 60, arpeggio=(0, 4, 7), volume=8),),
        triangle=(ChipNote(0.0, 4.0, 36),),
        noise=(ChipNote(0.0, 0.1, 12), ChipNote(0.5, 0.501, 3, volume_changes=((0.0, 4),))),
        end_s=4.0,
    )
    placements = (
        Placement(0, 0, 0.0, 72, "kept", "pulse1"),
        Placement(0, 1, 0.5, 50, "dropped"),
        Placement(1, 0, 0.0, 36, "kept", "noise"),
        Placement(1, 1, 0.0, 38, "dropped"),
    )
    arrangement = Arrangement(voices, placements, "gm")
    values: dict[str, object] = {"title": "Tune", "samples": sound(), "rate_hz": RATE_HZ}
    return Picture(score=score, arrangement=arrangement, **(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", UNSTAMPED)
def test_same_song_same_bytes(tmp_path: Path, suffix: str) -> None:
    """Neither the time nor the process shows in a picture."""
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_picture(first, picture())
    code = (
        "import sys, pathlib; from tests.test_plot import picture, write_picture;"
        "write_picture(pathlib.Path(sys.argv[1]), picture())"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(second)], check=True, cwd=Path(__file__).parents[1]
    )
    magic = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()


def test_every_note_is_drawn_in_its_voices_colour() -> None:
    """The roll holds a bar for each note at its time and pitch, and thin ones for a chord."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgb

    roll, noise, _ = draw(picture()).axes[:3]
    bars: dict[str, list[tuple[float, float, float]]] = {}
    for axes in (roll, noise):
        for collection in axes.collections:
            if not isinstance(collection, PolyCollection):
                continue
            for path, colour in zip(
                collection.get_paths(), np.resize(collection.get_facecolor(), (99, 4)), strict=False
            ):
                voice = next(
                    (name for name, hue in COLOURS.items() if np.allclose(to_rgb(hue), colour[:3])),
                    "",
                )
                (left, low), (_, high) = path.vertices.min(axis=0), path.vertices.max(axis=0)
                bars.setdefault(voice, []).append((left, (low + high) / 2, high - low))
    places = {
        voice: np.round([bar[:2] for bar in drawn], 6).tolist() for voice, drawn in bars.items()
    }
    assert places == {
        "pulse1": [[0.0, 72.0], [1.0, 76.0]],
        "pulse2": [[0.0, 60.0], [0.0, 64.0], [0.0, 67.0]],
        "triangle": [[0.0, 36.0]],
        "noise": [[0.0, 12.0], [0.5, 3.0]],
    }
    assert bars["pulse2"][1][2] < bars["pulse2"][0][2]


def test_what_was_dropped_is_marked_where_it_would_have_been() -> None:
    """A dropped note is a cross at its pitch, a dropped drum one in the noise lane."""
    from matplotlib.collections import PathCollection

    figure = draw(picture())
    roll, noise, _ = figure.axes[:3]
    for axes, expected in ((roll, [0.5, 50.0]), (noise, [0.0])):
        (crosses,) = [c for c in axes.collections if isinstance(c, PathCollection)]
        offset = list(crosses.get_offsets()[0])
        assert offset[: len(expected)] == pytest.approx(expected)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[:4] == ["pulse 1", "pulse 2", "triangle", "noise"]
    assert "dropped (2)" in texts


def folded_picture() -> Picture:
    """Return a melody an octave too high for its voice, a doubled note and a shared chord."""
    score = Score(
        tracks=(
            Track(name="flute", notes=(Note(0.0, 1.0, 110), Note(2.0, 1.0, 60))),
            Track(name="$trings", notes=(Note(0.0, 2.0, 60), Note(0.0, 2.0, 64))),
        ),
        tempos=(Tempo(0.0, 120.0),),
        end_beats=8.0,
    )
    voices = ChipScore(
        pulse1=(ChipNote(0.0, 0.5, 98),),
        pulse2=(ChipNote(0.0, 1.0, 60, arpeggio=(0, 4)),),
        end_s=4.0,
    )
    placements = (
        Placement(0, 0, 0.0, 110, "kept", "pulse1", -12, "folded"),
        Placement(0, 1, 1.0, 60, "doubled", reason="another voice has its unison"),
        Placement(1, 0, 0.0, 60, "arpeggiated", "pulse2", 0, "harmony"),
        Placement(1, 1, 0.0, 64, "arpeggiated", "pulse2", 0, "harmony"),
    )
    return Picture(score, Arrangement(voices, placements, "gm"), sound(), RATE_HZ)


def test_folded_notes_show_where_they_were_written() -> None:
    """A frame stands at the written pitch, an arrow leads to the played one, within the roll."""
    from matplotlib.collections import LineCollection, PolyCollection

    roll = draw(folded_picture()).axes[0]
    frames = [c for c in roll.collections if isinstance(c, PolyCollection) and c.get_linestyle()]
    hollow = [c for c in frames if len(c.get_paths()) and not len(c.get_facecolor())]
    (frame,) = [path for c in hollow for path in c.get_paths()]
    assert frame.vertices[:, 0].max() == pytest.approx(0.5)
    assert frame.vertices[:, 1].mean() == pytest.approx(110, abs=0.5)
    arrows = [
        path.vertices.tolist()
        for c in roll.collections
        if isinstance(c, LineCollection)
        for path in c.get_paths()
    ]
    assert [[0.25, 110.0], [0.25, 98.0]] in arrows
    low, high = roll.get_ylim()
    assert low < 60 < 110 < high


def test_the_picture_says_why() -> None:
    """Below the roll each thing that was done has a line with its notes, its reason, its tracks."""
    figure = draw(folded_picture())
    texts = [text.get_text() for text in figure.axes[3].texts]
    assert texts == [
        "(1) 1 note folded: folded (flute)",
        "(2) 1 note doubled: another voice has its unison (flute)",
        r"(3) 2 notes arpeggiated: harmony (\$trings)",
    ]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[4:] == ["arpeggio (2 notes)", "folded from (1)", "doubled (1)"]


def test_names_of_any_signs_are_drawn_in_silence(tmp_path: Path) -> None:
    """Neither a sign the font lacks nor what looks like a formula is an error or a warning."""
    write_picture(tmp_path / "a.png", picture(title="\N{MUSICAL NOTE} $x_{$"))
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_the_columns_of_reasons_lie_apart() -> None:
    """However long the tracks' names are, a line on the left ends before the right one begins."""
    plain = picture()
    tracks = tuple(replace(track, name="W" * 60) for track in plain.score.tracks)
    lost = tuple(Placement(1, k, 0.0, 36, "dropped", reason=f"reason {k}") for k in range(4))
    arrangement = Arrangement(plain.arrangement.chip_score, lost, "gm")
    figure = draw(
        replace(plain, score=replace(plain.score, tracks=tracks), arrangement=arrangement)
    )
    figure.canvas.draw()
    axes = figure.axes[3]
    middle = axes.transData.transform((0.5, 0.0))[0]
    boxes = [text.get_tightbbox(figure.canvas.get_renderer()) for text in axes.texts]
    assert all(box.x1 < middle for box in boxes[:2])
    assert all(box.x0 > middle for box in boxes[2:])


def test_crosses_bear_the_number_of_their_reason() -> None:
    """Two drums lost at one moment for two reasons are one cross with two numbers."""
    plain = picture()
    lost = [Placement(1, k, 0.0, 36 + k, "dropped", reason=f"reason {k}") for k in range(2)]
    arrangement = Arrangement(plain.arrangement.chip_score, tuple(lost), "gm")
    figure = draw(replace(plain, arrangement=arrangement))
    assert [text.get_text() for text in figure.axes[1].texts] == ["1,2"]
    assert [text.get_text()[:3] for text in figure.axes[3].texts] == ["(1)", "(2)"]


def test_only_what_is_shown_is_counted() -> None:
    """A picture of some bars lists and counts the notes of those bars."""
    figure = draw(picture(span_s=(0.0, 0.4)))
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "dropped (1)" in texts


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


def test_the_spectrogram_shows_the_tone_where_it_sounds() -> None:
    """The darkest row in the first half is 1 kHz; the second half is as light as silence."""
    image = draw(picture(title="")).axes[2].images[0]
    level_db = np.asarray(image.get_array())
    row = int(level_db[:, level_db.shape[1] // 4].argmax())
    hz = 50.0 * (16_000.0 / 50.0) ** (row / (len(level_db) - 1))
    assert hz == pytest.approx(1000, rel=0.03)
    assert level_db[:, 3 * level_db.shape[1] // 4].max() < -60
    assert image.get_extent()[1] == pytest.approx(4.0, abs=0.02)


def test_the_waveform_spans_the_sound() -> None:
    """The band reaches the sound's peaks, and the picture shows only the span asked for."""
    figure = draw(picture(lower="waveform", span_s=(1.0, 3.0)))
    wave = figure.axes[2].collections[0].get_paths()[0].vertices
    assert wave[:, 1].max() == pytest.approx(0.3, abs=0.01)
    assert figure.axes[0].get_xlim() == (1.0, 3.0)
    assert wave[:, 0].min() >= 1.0


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


def test_the_command_draws_an_example(tmp_path: Path) -> None:
    """`chipgen plot` draws a file, refuses to overwrite, and names bars that are not there."""
    output = tmp_path / "roll.png"
    done = run("plot", EXAMPLES / "seed.mid", "-o", output, "--show", "2-3")
    assert done.exit_code == 0, done.output
    assert output.read_bytes().startswith(b"\x89PNG")
    again = run("plot", EXAMPLES / "seed.mid", "-o", output)
    assert again.exit_code == 1
    assert "--force" in again.stderr
    beyond = run("plot", EXAMPLES / "seed.mid", "-o", tmp_path / "b.png", "--show", "900")
    assert beyond.exit_code == 2
    assert "--show 900" in beyond.stderr
    wrong = run("plot", EXAMPLES / "seed.mid", "-o", tmp_path / "b.png", "--show", "5-2")
    assert wrong.exit_code == 2
    assert "no span of bars" in wrong.stderr
