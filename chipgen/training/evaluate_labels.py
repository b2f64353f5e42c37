"""Measures labels of rows on POP909's test songs, whose chords, keys and bars are annotated.

Chords are estimated from the four voices that a song is arranged for, from all notes, and from the
tune alone, in its own bars. Bars are inferred from the four voices as the chip plays them, without
tempo map or meter, as NES-MDB's songs are.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.dataset.parallel import map_songs
from chipgen.dataset.pop909 import Pop909Song, list_test_songs, read_pop909
from chipgen.errors import ChipgenError
from chipgen.labels.bar_lines import BarLines
from chipgen.labels.chord_names import NO_CHORD, QUALITIES
from chipgen.labels.chords import find_chords
from chipgen.labels.key_probabilities import find_keys
from chipgen.labels.pitched_notes import PitchedNotes
from chipgen.rows.encode_score import EncodedPiece
from chipgen.rows.meter_inference import infer_meter
from chipgen.rows.prompt import Prompt
from chipgen.rows.quantise import RowSong, rows_of
from chipgen.rows.row_loops import find_row_loop
from chipgen.rows.row_states import REST
from chipgen.rows.score_conversion import voice_notes_of
from chipgen.training.chord_data import SOURCES, UNKNOWN, longest_chord
from chipgen.training.comparison import Cell, Table

NEAR_S: Final = 0.06  # bar lines this far apart are one
_SAME_LENGTH: Final = 0.03
_MET: Final = 0.6  # share of bar lines of either side, if bars are where inferred
_PHRASE_BARS: Final = 4
_BINS: Final = (0.0, 0.5, 0.7, 0.9, 0.95, 1.0)
_HEARD: Final = {"voices": "four voices", "score": "all notes", "tune": "the tune alone"}
METER_PARTS: Final = ("half bars", "bar's length", "bar's length and place")


@dataclass(frozen=True, slots=True, eq=False)
class LabelledSong:
    """The labels inferred for a song, and its annotations.

    Attributes
    ----------
    chords
        Of each source, the chord and its probabilities in each half bar that has one.
    key, told_key
        Of the whole song, 0–23.
    key_right, tune_key_right, phrases
        Of how many stretches of four bars the key is right, told from all notes and from pulse 1
        alone, and of how many.
    bars_right, bars_confidence, tune_bars_right
        Of `METER_PARTS`; the last told from pulse 1 alone.
    """

    chords: dict[str, tuple[NDArray[np.int64], NDArray[np.float32]]]
    key: int
    told_key: int
    key_right: int
    tune_key_right: int
    phrases: int
    bars_right: tuple[bool, bool, bool]
    bars_confidence: tuple[float, float, float]
    tune_bars_right: tuple[bool, bool, bool]


def evaluate_labels(folder: Path, *, every: int = 1, progress: bool = False) -> list[Table]:
    """Measure labels on POP909's test songs.

    Parameters
    ----------
    folder
        POP909 as its repository has it, with chords and keys.
    every
        Every how many-th test song.
    progress
        Whether a bar is drawn on standard error.

    Raises
    ------
    ChipgenError
        If there are no test songs with annotated chords.
    """
    paths = list_test_songs(folder)[::every]
    found = map_songs(label_test_song, paths, "labels", progress=progress)
    songs = [song for song in found if song is not None]
    if not songs:
        raise ChipgenError(
            f"{folder} holds no test song with its chords: take POP909 as its repository has it, "
            "with chord_midi.txt and key_audio.txt beside each song"
        )
    return [
        _chord_table(songs), _chord_reliability(songs), _key_table(songs), _bar_table(songs),
        *(_bar_reliability(songs, part) for part in range(len(METER_PARTS))),
    ]  # fmt: skip


def label_test_song(path: Path) -> LabelledSong | None:
    """Label a song of POP909; None if its chords or keys are not annotated."""
    song = read_pop909(path)
    if not song.chords or not song.keys:
        return None
    prompt = Prompt.of(song.score)
    piece = prompt.encoded
    lines = BarLines.known(song.score, piece)
    edges = np.interp(lines.halves, np.arange(len(piece.edges_beats)), piece.edges_beats)
    chord = longest_chord(song.chords, edges)
    known = chord != UNKNOWN
    heard = {
        "voices": PitchedNotes.of_rows(piece.rows),
        "score": PitchedNotes.of_score(song.score, piece.edges_beats),
        "tune": PitchedNotes.of_rows(piece.rows, voices=(0,)),
    }
    chords = {
        source: (chord[known], find_chords(notes, lines)[known]) for source, notes in heard.items()
    }
    told, key, right, phrases = _judge_keys(song, piece, lines, heard["score"])
    tune_right = _judge_keys(song, piece, lines, heard["tune"])[2]
    on_rows = rows_of(voice_notes_of(prompt.voiced))
    states = on_rows.rows.states.copy()
    states[:, 1:] = REST
    tune = RowSong.plain(replace(on_rows.rows, states=states))
    bar_lines = song.score.bar_starts_beats()
    found, from_tune = (
        BarLines.inferred(len(rows), infer_meter(rows, find_row_loop(rows)))
        for rows in (on_rows, tune)
    )
    return LabelledSong(
        chords, key, told, right, tune_right, phrases,
        judge_bars(bar_lines, song, on_rows, found),
        (found.half_confidence, found.length_confidence, found.downbeat_confidence),
        judge_bars(bar_lines, song, on_rows, from_tune),
    )  # fmt: skip


def _judge_keys(
    song: Pop909Song, piece: EncodedPiece, lines: BarLines, notes: PitchedNotes
) -> tuple[int, int, int, int]:
    """Return the song's key as annotated and as found, and how many phrases are right."""
    shares = notes.share(lines.starts)
    numbers = [2 * key.tonic + (key.mode == "minor") for _, _, key in song.keys]
    lengths = [end - start for start, end, _ in song.keys]
    told = numbers[int(np.argmax(lengths))]
    found = int(find_keys(shares).mean(axis=0).argmax())
    beats = np.interp(lines.starts, np.arange(len(piece.edges_beats)), piece.edges_beats)
    right = phrases = 0
    for bar in range(0, len(lines) - _PHRASE_BARS + 1, _PHRASE_BARS):
        heard = shares[bar : bar + _PHRASE_BARS].sum(axis=0, keepdims=True)
        middle = float(beats[bar] + beats[bar + _PHRASE_BARS]) / 2
        here = [n for (start, end, _), n in zip(song.keys, numbers, strict=True)
                if start <= middle < end]  # fmt: skip
        if here and heard.any():
            phrases += 1
            right += int(find_keys(heard)[0].argmax()) == here[0]
    return told, found, right, phrases


def judge_bars(
    bar_lines: Sequence[float], song: Pop909Song, rows: RowSong, found: BarLines
) -> tuple[bool, bool, bool]:
    """Return whether half bars, the bar's length, and the bar's length and place are right.

    Lines are right if three fifths of those of either side meet one of the other's. Half bars are
    right if the bars or the half bars that were found are the true half bars: whether a bar is 2/4
    or half of 4/4 is convention.

    Parameters
    ----------
    bar_lines
        Beats at which the song's bars begin.
    song
        In its true bars.
    rows
        Its rows as they were inferred.
    found
        The bars found on them.
    """
    score = song.score
    true_s = score.beats_to_seconds(np.array(bar_lines))
    halves = [
        line + beat for line in bar_lines for beat in range(0, score.meter_at(line).numerator, 2)
    ]
    half_s = score.beats_to_seconds(np.array(halves))
    clock = rows.grid.times_s

    def seconds(lines: NDArray[np.int64]) -> NDArray[np.float64]:
        return clock[lines[(lines >= 0) & (lines < len(clock))]]

    length = float(np.median(np.diff(seconds(found.starts)))) if len(found) > 2 else 0.0
    true_length = float(np.median(np.diff(true_s)))
    same = abs(length - true_length) <= _SAME_LENGTH * true_length
    half = _meet(seconds(found.starts), half_s) or _meet(seconds(found.halves), half_s)
    return half, same, same and _meet(seconds(found.starts), true_s)


def _meet(found: NDArray[np.float64], true: NDArray[np.float64]) -> bool:
    """Return whether most bar lines of either side are near one of the other's."""
    if not len(found) or not len(true):
        return False
    away = np.abs(found[:, None] - true[None, :])
    near = away <= NEAR_S
    return bool(min(near.any(axis=0).mean(), near.any(axis=1).mean()) >= _MET)


def _chord_table(songs: Sequence[LabelledSong]) -> Table:
    rows: list[list[Cell]] = []
    for source in SOURCES:
        chord, likely = _joined(songs, source)
        found, sure = likely.argmax(axis=1), likely.max(axis=1)
        sounds = chord != NO_CHORD
        sizes = len(QUALITIES)
        root = ((found - 1) // sizes == (chord - 1) // sizes) & (found != NO_CHORD)
        confident = sounds & (sure >= 0.7)
        rows.append(
            [
                _HEARD[source],
                float(root[sounds].mean()),
                float((found == chord)[sounds].mean()),
                float(confident[sounds].mean()),
                float((found == chord)[confident].mean()) if confident.any() else 0.0,
            ]
        )
    header = ["chords from", "root", "root and quality", "share from .7", "right there"]
    formats = ["", "{:.3f}", "{:.3f}", "{:.2f}", "{:.3f}"]
    count = sum(len(song.chords["score"][0]) for song in songs)
    return Table(f"{len(songs)} songs, {count:,} half bars:", header, rows, formats)


def _chord_reliability(songs: Sequence[LabelledSong]) -> Table:
    chord, likely = _joined(songs, "voices")
    return _reliability(
        "chords from four voices, by confidence:",
        likely.max(axis=1),
        likely.argmax(axis=1) == chord,
    )


def _key_table(songs: Sequence[LabelledSong]) -> Table:
    def tell(name: str, alike: Callable[[int], int]) -> list[Cell]:
        return [name, float(np.mean([alike(s.key) == alike(s.told_key) for s in songs]))]

    phrases = max(1, sum(song.phrases for song in songs))
    right, from_tune = (sum(getattr(s, n) for s in songs) for n in ("key_right", "tune_key_right"))
    rows = [
        tell("key of the song", lambda key: key),
        tell("key or its relative", lambda key: (key // 2 + 3 * (key % 2)) % 12),
        tell("tonic", lambda key: key // 2),
        ["key of four bars alone", right / phrases],
        ["key of four bars of pulse 1 alone", from_tune / phrases],
    ]
    return Table("keys:", ["", "right"], rows, ["", "{:.3f}"])


def _bar_table(songs: Sequence[LabelledSong]) -> Table:
    rows: list[list[Cell]] = [
        [
            name,
            sum(song.bars_right[part] for song in songs),
            sum(song.tune_bars_right[part] for song in songs),
        ]
        for part, name in enumerate(METER_PARTS)
    ]
    caption = f"bars without a tempo map, of {len(songs)} songs:"
    return Table(caption, ["", "right", "from pulse 1 alone"], rows)


def _bar_reliability(songs: Sequence[LabelledSong], part: int) -> Table:
    return _reliability(
        f"{METER_PARTS[part]}, by confidence:",
        np.array([song.bars_confidence[part] for song in songs]),
        np.array([song.bars_right[part] for song in songs]),
    )


def _reliability(caption: str, sure: NDArray[np.floating], right: NDArray[np.bool_]) -> Table:
    """Return how often labels of some confidence are right."""
    rows = []
    for low, high in itertools.pairwise(_BINS):
        inside = (sure >= low) & ((sure < high) | (high == _BINS[-1]))
        if inside.any():
            rows.append(
                [
                    low,
                    high,
                    int(inside.sum()),
                    float(sure[inside].mean()),
                    float(right[inside].mean()),
                ]
            )
    header = ["confidence from", "to", "how many", "mean confidence", "right"]
    return Table(caption, header, rows, ["{:g}", "{:g}", "{:,}", "{:.3f}", "{:.3f}"])


def _joined(
    songs: Sequence[LabelledSong], source: str
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    pairs = [song.chords[source] for song in songs]
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])
