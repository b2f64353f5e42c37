"""A picture's panel of labels names the chords, the key and the sections that are heard."""

from typing import TYPE_CHECKING

from chipgen.music.score import Note, Score, Track
from chipgen.plot.label_panel import LANES, HeardLabels
from chipgen.plot.picture import draw
from tests.plot.pictures import picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHORDS = {"C": (60, 64, 67), "F": (53, 57, 60), "G": (55, 59, 62)}


def song(bars: str) -> Score:
    """Return a bar of 4/4 for each chord that is named."""
    notes = [
        Note(4.0 * bar + beat, 1.0, pitch + octave)
        for bar, name in enumerate(bars)
        for beat in range(4)
        for octave, pitch in ((0, CHORDS[name][beat % 3]), (12, CHORDS[name][(beat + 1) % 3]))
    ]
    notes += [Note(4.0 * bar, 4.0, CHORDS[name][0] - 24) for bar, name in enumerate(bars)]
    return Score((Track("song", 0, 0, tuple(sorted(notes))),), end_beats=4.0 * len(bars))


def panel(heard: HeardLabels | None, end_s: float) -> "Axes":
    """Return the lower panel of a picture with these labels."""
    return draw(picture(lower="labels", heard=heard, span_s=(0.0, end_s))).axes[2]


def test_chords_key_and_form_are_named_where_they_are_heard() -> None:
    """Each chord stands over its bars; the key is one block; what comes again has its letter."""
    axes = panel(HeardLabels.of(song("CFGC" * 4)), 32.0)
    lanes: dict[str, list[tuple[float, str]]] = {name: [] for name in LANES}
    for text in axes.texts:
        x, y = text.get_position()
        lanes[LANES[int(y)]].append((x, text.get_text()))
    chords = [name for _, name in sorted(lanes["chords"])]
    assert "".join(chords) == "CFGC" + "FGC" * 3, "a chord that goes on is one block"
    first = sorted(lanes["chords"])[1]
    assert 2.0 < first[0] < 4.0, "F is heard in the second bar"
    assert [name for _, name in lanes["key"]] == ["C major"]
    assert {name for _, name in lanes["form"]} == {"A"}


def test_only_what_is_shown_is_drawn() -> None:
    """Blocks are cut where the picture begins and ends."""
    axes = panel(HeardLabels.of(song("CFGC" * 4)), 6.0)
    assert all(0.0 <= bar.get_x() <= bar.get_x() + bar.get_width() <= 6.01 for bar in axes.patches)
    assert len(axes.patches) < 10


def test_a_piece_without_pitches_has_an_empty_panel() -> None:
    """Nothing is heard, and nothing is drawn."""
    drums = Track("drums", 9, 0, tuple(Note(float(k), 0.5, 36) for k in range(16)))
    heard = HeardLabels.of(Score((drums,), end_beats=16.0))
    assert heard is None
    assert not panel(heard, 4.0).patches
