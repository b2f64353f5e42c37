"""Real songs as pieces whose bars are known or found: NES-MDB, POP909, chorales."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.listener.piece import Piece
from benchmarks.listener.pulse_estimate import find_bars
from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.music.midi import read_midi
from chipgen.music.score import Score

_BAR_SHARE: Final = 0.85  # of a song of POP909's bars that have four beats, else it is left out


def nes_scores(
    folder: Path, split: str, most: int, shortest_s: float
) -> Iterator[tuple[str, Score]]:
    """Yield songs of a split in an order drawn once, those long enough and not empty."""
    files = split_files(folder)[split]
    given = 0
    for index in np.random.default_rng(0).permutation(len(files)):
        try:
            song = read_midi(files[index])
        except ChipgenError:
            continue
        if song.duration_s < shortest_s or sum(len(t.notes) for t in song.tracks) < 32:
            continue
        yield files[index].stem, song
        given += 1
        if given == most:
            return


def nes_piece(song: Score) -> Piece | None:
    """Return a song of NES-MDB in beats and bars that are found, if any are."""
    return find_bars(Piece.of(song))


def pop909(folder: Path, most: int) -> Iterator[tuple[str, Piece]]:
    """Yield songs whose number ends in 7, by the beats and bars that come with them.

    They begin at the first bar line; notes are at the nearest sixteenth.
    """
    given = 0
    for path in sorted(folder.glob("*7.mid")):
        song = read_midi(path)
        beats = np.loadtxt(path.with_suffix(".beats.txt"))
        lines = np.flatnonzero(beats[:, 2])
        if len(lines) < 16 or np.mean(np.diff(lines) == 4) < _BAR_SHARE:
            continue
        times = beats[lines[0] : lines[-1] + 1, 0]
        # Each bar has four beats here, whatever its beats are there.
        places = np.interp(np.arange(lines[0], lines[-1] + 1), lines, 4.0 * np.arange(len(lines)))
        piece = Piece.of(song)
        start = _beats_at(song.beats_to_seconds(piece.start), times, places)
        end = _beats_at(song.beats_to_seconds(piece.end), times, places)
        inside = (start > -0.125) & (start < places[-1] + 3.875)  # the last bar line opens a bar
        piece = piece.take(inside)
        start = np.maximum(0.0, np.rint(4 * start[inside]) / 4)
        end = np.rint(4 * np.minimum(end[inside], places[-1] + 4.0)) / 4
        end = np.maximum(start + 0.25, end)
        order = np.argsort(start, kind="stable")
        kept = piece.take(order)
        yield path.stem, Piece(
            kept.voices, kept.voice, start[order], end[order], kept.pitch, kept.velocity,
            float(places[-1]) + 4.0, 4.0, float(np.median(np.diff(times))),
        )  # fmt: skip
        given += 1
        if given == most:
            return


def _beats_at(seconds: np.ndarray, times: np.ndarray, places: np.ndarray) -> np.ndarray:
    before = (seconds - times[0]) / max(1e-3, times[1] - times[0])
    after = places[-1] + (seconds - times[-1]) / max(1e-3, times[-1] - times[-2])
    inside = np.interp(seconds, times, places)
    return np.where(seconds < times[0], before, np.where(seconds > times[-1], after, inside))


def chorales(most: int) -> Iterator[tuple[str, Piece]]:
    """Yield four-part chorales of music21's corpus in 4/4, if music21 is installed."""
    try:
        from music21 import corpus
    except ImportError:
        return
    given = 0
    paths = [path for path in corpus.getComposer("bach") if Path(path).stem.startswith("bwv")]
    for path in sorted(paths, key=lambda path: Path(path).stem)[::7]:
        piece = _chorale(corpus.parse(path))
        if piece is None:
            continue
        yield Path(path).stem, piece
        given += 1
        if given == most:
            return


def _chorale(stream: object) -> Piece | None:
    from benchmarks.listener.piece import make_piece_of

    parts = list(stream.parts)  # type: ignore[attr-defined]
    meters = list(stream.recurse().getElementsByClass("TimeSignature"))  # type: ignore[attr-defined]
    if len(parts) != 4 or not meters or any(m.ratioString != "4/4" for m in meters):
        return None
    measures = list(parts[0].getElementsByClass("Measure"))
    up = float(measures[0].duration.quarterLength)
    zero = up if up < 4 else 0.0
    lines = {}
    for name, part in zip(("soprano", "alto", "tenor", "bass"), parts, strict=True):
        flat = part.stripTies().flatten().notes
        lines[name] = [
            (float(n.offset) - zero, float(n.quarterLength), int(n.pitches[-1].midi))
            for n in flat
            if float(n.offset) >= zero
        ]
    return make_piece_of(lines, beat_s=0.75)
