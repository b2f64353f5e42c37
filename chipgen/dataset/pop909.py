"""Reads POP909: songs in their true beats and bars, with chords and keys where annotated.

The files' own tempo and meter are nominal; beats and downbeats lie beside them. Two layouts are
known: that of the data set's repository (`001/001.mid`, `001/beat_midi.txt`, `001/chord_midi.txt`,
`001/key_audio.txt`), and a flat one (`001.mid`, `001.beats.txt`), which has no chords.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.labels.chord_names import NO_CHORD, QUALITIES, chord_number
from chipgen.music.formats import read_score
from chipgen.music.key_names import Key, parse_key
from chipgen.music.score import Meter, Note, Score, Tempo
from synth.errors import SynthError
from synth.fileformat import read_regular

TEST_DIGIT: Final = "7"  # songs whose number ends in it are never learned from
_VALID_EVERY: Final = 30
_SHORTEST_BEAT_S: Final = 0.01
_LONGEST_S: Final = 6 * 3600
_MOST_BYTES: Final = 4_000_000  # of an annotation; they have some 10 kB
_SAME_TEMPO: Final = 1e-3  # beats whose lengths differ by less go on in one tempo
_KINDS: Final = (("min", "min"), ("maj", "maj"), ("sus", "sus"), ("dim", "dim"), ("hdim", "dim"),
                 ("7", "7"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord and where it is heard.

    Attributes
    ----------
    start, end
        Quarter notes.
    chord
        Its number (`chipgen.labels.chord_names`); None if it is of no quality that has one.
    """

    start: float
    end: float
    chord: int | None


@dataclass(frozen=True, slots=True)
class Pop909Song:
    """A song and its annotations.

    Attributes
    ----------
    number
        Of the song, three digits.
    score
        In its beats and bars.
    chords
        In order; empty where none are annotated.
    keys
        Start and end in quarter notes, and the key.
    """

    number: str
    score: Score
    chords: tuple[ChordSpan, ...]
    keys: tuple[tuple[float, float, Key], ...]

    @property
    def split(self) -> str:
        """The split it belongs to."""
        return split_of(self.number)


def split_of(number: str) -> str:
    """Return the split of a song.

    Examples
    --------
    >>> [split_of(number) for number in ("001", "017", "033")]
    ['train', 'test', 'valid']
    """
    if number.endswith(TEST_DIGIT):
        return "test"
    return "valid" if int(number) % _VALID_EVERY == 3 else "train"


def list_pop909(folder: Path) -> list[Path]:
    """List the songs of POP909 in a folder or its subfolders, other versions left out.

    Raises
    ------
    ChipgenError
        If there are none with beats.
    """
    if not folder.is_dir():
        raise ChipgenError(f"{folder}: no such folder; name one that holds POP909's songs")
    found = sorted(
        path for path in folder.rglob("[0-9][0-9][0-9].mid") if _beside(path, "beats").is_file()
    )
    if not found:
        raise ChipgenError(
            f"{folder} holds no song of POP909 (such as 001.mid, with 001.beats.txt or "
            "beat_midi.txt beside it)"
        )
    return found


def list_test_songs(folder: Path) -> list[Path]:
    """List the songs of POP909 of which no training learns; as `list_pop909`."""
    return [path for path in list_pop909(folder) if split_of(path.stem) == "test"]


def read_pop909(path: Path) -> Pop909Song:
    """Read a song of POP909.

    Raises
    ------
    ChipgenError
        If the song or its beats cannot be read.
    """
    score = read_score(path)
    table = _read_table(_beside(path, "beats"))
    if len(table) < 2:
        raise ChipgenError(f"{_beside(path, 'beats')} holds fewer than two beats")
    try:
        beats_s = np.array([float(row[0]) for row in table])
        is_down = np.array([float(row[-1]) > 0 for row in table])
    except ValueError as error:
        raise ChipgenError(f"{_beside(path, 'beats')}: {error}; expected times of beats") from error
    rises = (np.diff(beats_s) >= _SHORTEST_BEAT_S).all()
    if not rises or not (abs(beats_s) <= _LONGEST_S).all():
        raise ChipgenError(
            f"{_beside(path, 'beats')}: its beats do not rise by {_SHORTEST_BEAT_S} s or more, "
            f"up to {_LONGEST_S} s at most"
        )
    beats = _Beats.around(score, beats_s, is_down)
    return Pop909Song(
        path.stem,
        beats.retime(score),
        tuple(_read_chords(_beside(path, "chord"), beats)),
        tuple(_read_keys(_beside(path, "key"), beats)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Beats:
    """When beats are, and which of them begin bars."""

    seconds: NDArray[np.float64]
    is_down: NDArray[np.bool_]

    @classmethod
    def around(
        cls, score: Score, seconds: NDArray[np.float64], is_down: NDArray[np.bool_]
    ) -> "_Beats":
        """Return beats that go on before the first and after the last as far as notes do."""
        notes = [note for track in score.tracks for note in track.notes]
        if not notes:
            raise ChipgenError("the song holds no notes")
        first_s = float(score.beats_to_seconds(min(note.onset_beats for note in notes)))
        last_s = float(score.beats_to_seconds(max(note.end_beats for note in notes)))
        beat_s = float(np.median(np.diff(seconds)))
        before = max(0, int(np.ceil((seconds[0] - first_s) / beat_s - 0.25)))
        after = max(0, int(np.ceil((last_s - seconds[-1]) / beat_s))) + 1
        ahead = seconds[0] - beat_s * np.arange(before, 0, -1)
        behind = seconds[-1] + beat_s * np.arange(1, after + 1)
        nothing = np.zeros(before, dtype=np.bool_), np.zeros(after, dtype=np.bool_)
        return cls(
            np.concatenate([ahead, seconds, behind]),
            np.concatenate([nothing[0], is_down, nothing[1]]),
        )

    def at(self, seconds: float) -> float:
        """Return a time in quarter notes, not before 0."""
        return float(np.interp(seconds, self.seconds, np.arange(len(self.seconds))))

    def retime(self, score: Score) -> Score:
        """Return a score whose beats and bars are these."""
        lengths = np.diff(self.seconds)
        tempos: list[Tempo] = []
        for beat, length in enumerate(lengths.tolist()):
            bpm = 60.0 / length
            if not tempos or abs(bpm - tempos[-1].bpm) > _SAME_TEMPO * bpm:
                tempos.append(Tempo(float(beat), bpm))
        downs = np.nonzero(self.is_down)[0].tolist() or [0]
        lines = sorted({0, *downs})
        meters: list[Meter] = []
        for line, following in zip(lines, [*lines[1:], None], strict=True):
            beats = following - line if following else meters[-1].numerator if meters else 4
            if not meters or beats != meters[-1].numerator:
                meters.append(Meter(float(line), beats, 4))
        tracks = []
        for track in score.tracks:
            notes = []
            for note in track.notes:
                onset = self.at(float(score.beats_to_seconds(note.onset_beats)))
                end = self.at(float(score.beats_to_seconds(note.end_beats)))
                notes.append(Note(onset, max(end - onset, 1e-3), note.pitch, note.velocity))
            tracks.append(replace(track, notes=tuple(sorted(notes)), controls=(), bends=()))
        return Score(
            tuple(tracks), tuple(tempos), tuple(meters), end_beats=float(len(self.seconds) - 1)
        )


def parse_chord(name: str) -> int | None:
    """Return the number of a chord as POP909 writes it; None for a quality that has no number.

    Examples
    --------
    >>> from chipgen.labels.chord_names import CHORD_NAMES
    >>> [CHORD_NAMES[parse_chord(name)] for name in ("N", "Bb:min7/b7", "C#:sus4(b7)", "F:7/3")]
    ['N', 'Bbm', 'Dbsus', 'F7']
    >>> parse_chord("C:aug") is None
    True
    """
    if name == "N":
        return NO_CHORD
    root, _, kind = name.partition(":")
    quality = next((to for begin, to in _KINDS if kind.startswith(begin)), None)
    if quality is None:
        return None
    return chord_number(parse_key(root).tonic, QUALITIES.index(quality))


def _read_chords(path: Path, beats: _Beats) -> Iterator[ChordSpan]:
    for start, end, name in _read_spans(path):
        yield ChordSpan(beats.at(start), beats.at(end), parse_chord(name))


def _read_keys(path: Path, beats: _Beats) -> Iterator[tuple[float, float, Key]]:
    for start, end, name in _read_spans(path):
        tonic, _, mode = name.partition(":")
        yield beats.at(start), beats.at(end), Key(parse_key(tonic).tonic, f"{mode}or")


def _read_spans(path: Path) -> Iterator[tuple[float, float, str]]:
    if not path.is_file():
        return
    for row in _read_table(path):
        try:
            start, end, name = float(row[0]), float(row[1]), row[2]
        except (ValueError, IndexError) as error:
            raise ChipgenError(f"{path}: {error}; expected start, end and a name") from error
        yield start, end, name


def read_annotation(path: Path) -> str:
    """Return the text of a file that says something of a song.

    Raises
    ------
    ChipgenError
        If it cannot be read.
    """
    try:
        return read_regular(path, "annotation", _MOST_BYTES).decode()
    except UnicodeDecodeError as error:
        raise ChipgenError(f"{path}: cannot be read ({error})") from error
    except SynthError as error:
        raise ChipgenError(str(error)) from None


def _read_table(path: Path) -> list[list[str]]:
    text = read_annotation(path)
    return [line.split() for line in text.splitlines() if line.strip()]


def _beside(path: Path, what: str) -> Path:
    """Return the file with the beats, chords or keys of a song."""
    flat = path.with_suffix(f".{what}.txt")
    if flat.is_file():
        return flat
    names = {"beats": "beat_midi.txt", "chord": "chord_midi.txt", "key": "key_audio.txt"}
    return path.parent / names[what]
