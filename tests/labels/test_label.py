"""Labels of rows: bars, chords, keys, phrases and voices of pieces where they are known."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.labels import (
    CHORD_NAMES,
    CHORDS,
    BarLines,
    LabelTable,
    RowLabels,
    label_prompt,
    label_rows,
    label_song,
)
from chipgen.music.score import Meter, Note, Score, Tempo, Track
from chipgen.rows.grid import RowSong, rows_of
from chipgen.rows.prompt import Prompt
from chipgen.rows.states import Rows
from tests.row_songs import Meter as RowMeter
from tests.row_songs import compose_bars, play

TRIADS = {
    "C": (60, 64, 67), "F": (60, 65, 69), "G": (59, 62, 67), "Am": (57, 60, 64),
    "Dm": (62, 65, 69), "Em": (59, 64, 67), "Bb": (58, 62, 65), "A": (57, 61, 64),
}  # fmt: skip
ROOTS = {"C": 36, "F": 41, "G": 43, "A": 45, "D": 38, "E": 40, "B": 46}


def progression(names: list[str], beats: float = 4.0, meters: tuple[Meter, ...] = ()) -> Score:
    """Return a score in which a piano plays a chord a bar over its root, and a tune its notes."""
    piano, bass, tune = [], [], []
    for bar, name in enumerate(names):
        at = bar * beats
        chord = TRIADS[name]
        root = ROOTS[name[0]]
        piano += [Note(at, beats, pitch) for pitch in chord]
        bass += [Note(at + k * beats / 2, beats / 2, root) for k in range(2)]
        tune += [Note(at + k, 1.0, chord[k % 3] + 12) for k in range(int(beats))]
    tracks = (
        Track("tune", 0, 80, tuple(tune)),
        Track("piano", 1, 0, tuple(sorted(piano))),
        Track("bass", 2, 33, tuple(bass)),
    )
    meter = meters or (Meter(0.0, int(beats), 4),)
    return Score(tracks, (Tempo(0.0, 120.0),), meter, end_beats=len(names) * beats)


def named(labels: RowLabels) -> list[str]:
    """Return the likeliest chord of each half bar by name."""
    return [CHORD_NAMES[number] for number in labels.chord.tolist()]


def test_a_scores_own_bars_chords_and_key_are_told() -> None:
    """Bars are those of its meter, for sure; each bar's chord is found, and C major."""
    names = ["C", "Am", "F", "G"] * 4
    labels = label_prompt(Prompt.of(progression(names)))
    assert labels.lines.downbeat_confidence == 1.0
    assert len(labels.lines) == 16
    assert set(np.diff(labels.lines.starts)) == {labels.bar_rows[0]}
    assert named(labels) == [name for name in names for _ in range(2)]
    assert (labels.key == 0).all()
    assert (labels.chord_confidence > 0.5).all()


def test_bars_of_three_have_halves_of_two_beats_and_one() -> None:
    """In 3/4 the second half of a bar is its third beat."""
    lines = label_prompt(Prompt.of(progression(["C", "G", "F", "C"] * 2, 3.0))).lines
    assert set(lines.beats) == {3}
    assert ((lines.middles - lines.starts[:-1]) * 3 == 2 * np.diff(lines.starts)).all()


def test_an_upbeat_begins_before_the_first_row() -> None:
    """Rows before the first whole bar belong to a bar that began earlier."""
    lines = BarLines.even(40, 16, first_bar=4)
    assert lines.starts.tolist() == [-12, 4, 20, 36, 52]
    assert lines.halves.tolist() == [-12, -4, 4, 12, 20, 28, 36, 44, 52]


def test_sections_come_again() -> None:
    """A phrase that returns has the section it had, and another one has its own."""
    one, two = ["C", "Am", "F", "G"], ["Dm", "Bb", "Em", "A"]
    labels = label_prompt(Prompt.of(progression(one + two + one + two)))
    assert labels.section.tolist() == [0] * 4 + [1] * 4 + [0] * 4 + [1] * 4
    assert labels.phrase_place.tolist() == [0, 1, 2, 3] * 4
    assert set(labels.phrase_bars) == {4}


def test_voices_and_density_are_those_of_the_rows() -> None:
    """A voice plays in a bar in which it sounds, be it held; density counts what begins."""
    states = np.zeros((32, 4), dtype=np.uint8)
    states[0, 0], states[1:20, 0] = 60, 1
    states[16:32:4, 3] = 20
    rows = Rows(states, states * 0, states * 0, np.full(32, 6))
    labels = label_rows(rows, BarLines.even(32, 16))
    assert labels.voices.tolist() == [[True, False, False, False], [True, False, False, True]]
    seconds = 16 * 6 / 60.0988
    assert labels.density[:, 3] == pytest.approx([0.0, 4 / seconds])


def test_the_bars_of_a_song_without_meter_are_inferred() -> None:
    """What is inferred has a confidence below 1, and every row a bar."""
    song = rows_of(play(compose_bars(RowMeter(4, 4), 16, np.random.default_rng(1)), 256))
    labels = label_song(song)
    assert 0.0 < labels.lines.length_confidence <= 1.0
    assert len(labels) == len(song)
    assert (labels.place < labels.bar_rows).all()


def test_a_seed_of_drums_alone_has_no_labels() -> None:
    """What has no pitched notes cannot be put on rows; the error is the user's to mend."""
    drums = Track("drums", 9, 0, tuple(Note(float(k), 0.5, 36) for k in range(8)))
    with pytest.raises(ChipgenError, match="pitched"):
        label_prompt(Prompt.of(Score((drums,))))


@given(
    rows=st.integers(1, 90),
    bar=st.integers(1, 40),
    first=st.integers(0, 40),
    seed=st.integers(0, 2**16),
)
def test_any_rows_have_labels(rows: int, bar: int, first: int, seed: int) -> None:
    """Every row has its bar; chords and keys are distributions, the same each time."""
    rng = np.random.default_rng(seed)
    states = rng.choice([0, 1, 1, 60, 64, 67], (rows, 4)).astype(np.uint8)
    states[:, 3] = np.where(states[:, 3] > 1, 20, states[:, 3])
    piece = Rows(states, states * 0, states * 0, rng.integers(2, 12, rows))
    lines = BarLines.even(rows, bar, first)
    assert lines.starts[0] <= 0 < lines.starts[1]
    assert lines.starts[-2] < rows <= lines.starts[-1]
    labels = label_rows(piece, lines)
    bars = len(lines)
    assert labels.chords.shape == (2 * bars, CHORDS)
    assert labels.chords.sum(axis=1) == pytest.approx(np.ones(2 * bars), abs=1e-4)
    assert labels.keys.sum(axis=1) == pytest.approx(np.ones(bars), abs=1e-4)
    assert (lines.starts[labels.bar] + labels.place == np.arange(rows)).all()
    assert (labels.half // 2 == labels.bar).all()
    assert labels.section[0] == 0
    assert (np.diff(np.unique(labels.section)) == 1).all()
    again = label_rows(piece, lines)
    for field in fields(RowLabels):
        if field.name != "lines":
            assert np.array_equal(getattr(labels, field.name), getattr(again, field.name))


def test_a_table_gives_each_song_its_labels_back() -> None:
    """Joined and parted again, labels are the same but for the precision of probabilities."""
    prompts = [Prompt.of(progression(["C", "G"] * n)) for n in (2, 4)]
    songs = [label_prompt(prompt) for prompt in prompts]
    songs.append(label_song(RowSong.plain(prompts[0].encoded.rows)))
    table = LabelTable.of(songs)
    for index, song in enumerate(songs):
        back = table.song(index)
        assert np.array_equal(back.lines.starts, song.lines.starts)
        assert np.array_equal(back.half, song.half)
        assert np.array_equal(back.section, song.section)
        assert back.lines.length_confidence == song.lines.length_confidence
        assert back.chords == pytest.approx(song.chords, abs=1e-3)
        assert back.keys == pytest.approx(song.keys, abs=1e-3)
