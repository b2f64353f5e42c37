"""The examples' notation reads lengths, marks, chords, ties and drums, and names a wrong bar."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture
def notation(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import the reader of note strings as the script does, from its own folder."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("notation")


def test_notation_reads_lengths_marks_chords_and_ties(notation: ModuleType) -> None:
    """One bar with one of each."""
    notes = notation.music("C4:4. r:8 E4+G4:8t E4' E4! C4:4~ | C4:1", gate=1.0, velocity=90)
    assert [(n.pitch, round(n.onset_beats, 3), round(n.duration_beats, 3)) for n in notes] == [
        (60, 0.0, 1.5),
        (64, 2.0, 0.333),
        (67, 2.0, 0.333),
        (64, 2.333, 0.167),
        (64, 2.667, 0.333),
        (60, 3.0, 5.0),
    ]
    assert notes[4].velocity == 108


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("C4:4 C4 C4 | C4:1", "bar 1 has 3 beats, not 4"),
        ("C4:1 | C4:2. C4:2", "bar 2 has 5 beats"),
        ("C4:1 | H4:1", "'H4' is not a pitch"),
        ("C4:1 | :4", "bar 2: cannot read ':4'"),
    ],
)
def test_notation_names_the_bar_that_is_wrong(
    notation: ModuleType, text: str, message: str
) -> None:
    """A slip of the pen does not shift all that follows."""
    with pytest.raises(ValueError, match=message):
        notation.music(text)


def test_drum_notation(notation: ModuleType) -> None:
    """Strokes have four strengths; a bar of the wrong length is named."""
    notes = notation.drums({"kick": "X...x...o...g... - x..............."})
    assert [note.onset_beats for note in notes] == [0.0, 1.0, 2.0, 3.0, 8.0]
    loud, stroke, soft, ghost, again = (note.velocity for note in notes)
    assert loud > stroke > soft > ghost
    assert again == stroke
    with pytest.raises(ValueError, match="snare, bar 2: 3 steps, not 16"):
        notation.drums({"snare": "- x.."})
