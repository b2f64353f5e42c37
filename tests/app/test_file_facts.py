"""Facts of files are plain values."""

from pathlib import Path

from chipgen.app.file_facts import READERS
from chipgen.app.source_files import list_tracks
from chipgen.music.formats import source_format

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_score_s_facts_are_numbers() -> None:
    """Not texts that have to be parsed."""
    path = EXAMPLES / "seed.mid"
    facts, labels = READERS[source_format(path).reads](path, 1)
    assert facts["tempos"] == [{"beat": 0.0, "bpm": 144.0}]
    assert facts["meters"] == [{"beat": 0.0, "numerator": 4, "denominator": 4}]
    assert [track["drums"] for track in facts["tracks"]] == [False, False, False, True]
    assert labels is not None
    assert [track.number for track in list_tracks(path)] == [1]
