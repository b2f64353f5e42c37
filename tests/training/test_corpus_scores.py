"""Scores of music21's corpus: parts renamed and merged, their labels kept."""

import pytest

from chipgen.music.score import Note, Score, Track
from chipgen.training.corpus_scores import LAYOUTS, WORKS, merge_parts, read_corpus

QUARTET = Score(
    tracks=tuple(
        Track(name, k, 40 + k, tuple(Note(float(beat), 1.0, 76 - 8 * k) for beat in range(4)))
        for k, name in enumerate(("Violin I", "Violin II", "Viola", "Violoncello"))
    ),
    end_beats=4.0,
)


@pytest.mark.parametrize(
    ("layout", "tracks"), [("parts", 4), ("two parts a staff", 2), ("one staff", 1)]
)
def test_parts_are_merged_and_nameless(layout: str, tracks: int) -> None:
    """However they share tracks, the first part's notes are the tune and the last's the bass."""
    known = merge_parts(QUARTET, LAYOUTS[layout])
    assert len(known.score.tracks) == tracks
    assert all(not track.name and not track.program for track in known.score.tracks)
    found = {
        label: {
            known.score.tracks[k].notes[i].pitch
            for (k, i), own in known.labels.items()
            if own == label
        }
        for label in ("tune", "bass")
    }
    assert found == {"tune": {76}, "bass": {52}}


def test_the_corpus_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chorale has four parts and both labels; the package is needed."""
    pytest.importorskip("music21", reason="chipgen[corpora] is not installed")
    monkeypatch.setattr("chipgen.training.corpus_scores.WORKS", WORKS[:1])
    (chorale,) = read_corpus("parts")
    assert len(chorale.score.tracks) == 4
    assert set(chorale.labels.values()) == {"tune", "bass"}
