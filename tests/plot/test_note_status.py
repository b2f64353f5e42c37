"""Dropped and folded notes are marked, numbered and explained."""

from dataclasses import replace

import pytest

from chipgen.arranging import Arrangement, Placement
from chipgen.music.score import Note, Score, Tempo, Track
from chipgen.plot.picture import Picture, draw
from synth.instrument.chip_score import ChipNote, ChipScore
from tests.plot.pictures import RATE_HZ, picture, sound


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
