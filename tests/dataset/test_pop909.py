"""POP909: songs come out in their true beats and bars, with chords and keys where they are told."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.dataset.import_corpus import import_corpus
from chipgen.dataset.pop909 import list_pop909, read_pop909, split_of
from chipgen.errors import ChipgenError
from chipgen.labels import CHORD_NAMES
from chipgen.music.formats import read_score, write_score
from chipgen.music.score import Meter, Note, Score, Tempo, Track

LEAD_S, BEAT_S = 0.3, 0.6
PROGRESSION = [("C:maj", (60, 64, 67)), ("A:min7", (57, 60, 64)), ("F:maj/3", (57, 60, 65)),
               ("G:sus4(b7)", (55, 60, 62))]  # fmt: skip


def write_pop909(folder: Path, number: str, bars: int = 8, *, chords: bool = True) -> Path:
    """Write an invented song as POP909's repository has them: an upbeat of a beat, then 4/4."""
    home = folder / number
    home.mkdir(parents=True)
    ticks_a_second = 2.0  # beats of the file's nominal 120 a minute
    melody, piano = [], []
    for bar in range(bars):
        pitches = PROGRESSION[bar % 4][1]
        for beat in range(4):
            at = (LEAD_S + (1 + 4 * bar + beat) * BEAT_S) * ticks_a_second
            melody.append(Note(at, BEAT_S, pitches[beat % 3] + 12, 90))
            if beat % 2 == 0:
                piano += [
                    Note(at, 1.8 * BEAT_S, pitch, 70) for pitch in (*pitches, pitches[0] - 24)
                ]
    tracks = (Track("MELODY", 0, 0, tuple(melody)), Track("PIANO", 1, 0, tuple(sorted(piano))))
    score = Score(tracks, (Tempo(0.0, 120.0),), (Meter(0.0, 2, 4),))
    write_score(score, home / f"{number}.mid", overwrite=False)
    beats = LEAD_S + BEAT_S * np.arange(1 + 4 * bars)
    lines = [f"{t:.6f} {float(k % 2):.1f} {float(k % 4 == 1):.1f}" for k, t in enumerate(beats)]
    (home / "beat_midi.txt").write_text("\n".join(lines) + "\n")
    if chords:
        told = [(LEAD_S, LEAD_S + BEAT_S, "N")]
        for bar in range(bars):
            start = LEAD_S + (1 + 4 * bar) * BEAT_S
            told.append((start, start + 4 * BEAT_S, PROGRESSION[bar % 4][0]))
        text = "\n".join(f"{a:.6f}\t{b:.6f}\t{name}" for a, b, name in told)
        (home / "chord_midi.txt").write_text(text + "\n")
        (home / "key_audio.txt").write_text(f"{LEAD_S}\t{told[-1][1]}\tC:maj\n")
    return home / f"{number}.mid"


def test_beats_bars_chords_and_keys_are_those_that_are_told(tmp_path: Path) -> None:
    """The nominal 2/4 gives way to an upbeat and 4/4; notes and chords lie on the beats."""
    song = read_pop909(write_pop909(tmp_path, "011"))
    assert [(m.beat, m.numerator) for m in song.score.meters] == [(0.0, 1), (1.0, 4)]
    assert song.score.tempos[0].bpm == pytest.approx(100.0)
    onsets = [note.onset_beats for note in song.score.tracks[0].notes]
    assert onsets == pytest.approx(np.arange(1, 33), abs=0.01)
    names = [CHORD_NAMES[chord.chord or 0] for chord in song.chords]
    assert names[:5] == ["N", "C", "Am", "F", "Gsus"]
    assert song.chords[1].start == pytest.approx(1.0)
    assert [key.name for _, _, key in song.keys] == ["C major"]
    assert song.split == "train"


def test_the_flat_layout_tells_no_chords(tmp_path: Path) -> None:
    """`001.mid` with `001.beats.txt` beside it is the same song without its chords."""
    path = write_pop909(tmp_path / "full", "012", chords=False)
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / "012.mid").write_bytes(path.read_bytes())
    (flat / "012.beats.txt").write_bytes(path.with_name("beat_midi.txt").read_bytes())
    song = read_pop909(list_pop909(flat)[0])
    assert song.chords == ()
    assert song.score.tracks == read_pop909(path).score.tracks


def test_songs_whose_number_ends_in_7_are_test(tmp_path: Path) -> None:
    """They are written where training does not look; the rest is train and valid."""
    numbers = ["003", "004", "007", "014", "017"]
    for bars, number in enumerate(numbers, 2):
        write_pop909(tmp_path / "POP909", number, bars)
    counts = import_corpus("pop909", tmp_path / "out", tmp_path / "POP909")
    held = {path.stem for path in (tmp_path / "out" / "test").iterdir()}
    assert held == {"007", "017"}
    assert {split: count["written"] for split, count in counts.items()} == {
        "train": 2, "valid": 1, "test": 2,
    }  # fmt: skip
    back = read_score(tmp_path / "out" / "train" / "004.mid")
    assert [(m.beat, m.numerator) for m in back.meters] == [(0.0, 1), (1.0, 4)]
    assert {split_of(f"{n:03d}") for n in range(7, 900, 10)} == {"test"}


@pytest.mark.parametrize(
    ("beats", "said"),
    [("", "fewer than two"), ("1 0 1\n0 0 0\n", "do not rise"), ("one 0 1\ntwo 0 0\n", "beats")],
)
def test_broken_beats_are_named(tmp_path: Path, beats: str, said: str) -> None:
    """What is wrong with a file is said in one line that names it."""
    path = write_pop909(tmp_path, "021", 2)
    path.with_name("beat_midi.txt").write_text(beats)
    with pytest.raises(ChipgenError, match=said) as error:
        read_pop909(path)
    assert "beat_midi.txt" in str(error.value)


def test_a_folder_that_is_no_corpus_is_refused(tmp_path: Path) -> None:
    """Nothing is written over, and a missing source is asked for."""
    with pytest.raises(ChipgenError, match="no song of POP909"):
        list_pop909(tmp_path)
    with pytest.raises(ChipgenError, match="--source"):
        import_corpus("pop909", tmp_path / "out")
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(ChipgenError, match="new folder"):
        import_corpus("pop909", tmp_path, tmp_path)


@pytest.mark.parametrize("time", ["inf", "nan", "1e308", "0.30001"])
def test_beats_that_are_none_are_refused(tmp_path: Path, time: str) -> None:
    """Neither endless beats nor countless ones are laid over a song."""
    path = write_pop909(tmp_path, "001", bars=2)
    beats = path.with_name("beat_midi.txt")
    lines = beats.read_text().splitlines()
    beats.write_text("\n".join([lines[0], f"{time} 0.0 0.0"]))
    with pytest.raises(ChipgenError, match=r"beat_midi\.txt"):
        read_pop909(path)
