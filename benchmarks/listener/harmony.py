"""Harmony: chords by templates, voices in them, roots in the bass, a bass that is stuck."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.listener.figures import Figure, figure
from benchmarks.listener.form import windows
from benchmarks.listener.material import Material
from benchmarks.listener.piece import Piece
from benchmarks.listener.tune_and_bass import LINES, in_lines

_CHORDS: Final = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 3, 6),
    (0, 5, 7),
    (0, 4, 7, 10),
    (0, 3, 7, 10),
    (0, 4, 7, 11),
)
_LIKING: Final = (1.0, 1.0, 0.9, 0.86, 0.95, 0.95, 0.93)  # the plainer chord of two as good
_SUREST: Final = 0.75  # cosine under which nothing is called a chord
_FEWEST_CLASSES: Final = 2
_TRIAD: Final = 3  # pitch classes
_FEWEST_ASKED: Final = 6
_HEARD: Final = 0.05  # beats that a pitch class sounds at least
STUCK_BARS: Final = 8
_CHANGES: Final = 3  # of the chord while the bass stands


def templates() -> tuple[NDArray[np.float64], list[frozenset[int]]]:
    """Return unit chroma of each chord with its liking, and each chord's classes, the root first.

    Row 12 k + r is the k-th kind of chord on pitch class r.
    """
    rows, classes = [], []
    for kind, liking in zip(_CHORDS, _LIKING, strict=True):
        for root in range(12):
            row = np.zeros(12)
            row[[(root + step) % 12 for step in kind]] = (1.0, 0.9, 0.8, 0.5)[: len(kind)]
            rows.append(liking * row / np.linalg.norm(row))
            classes.append(frozenset((root + step) % 12 for step in kind))
    return np.array(rows), classes


def halves(piece: Piece) -> NDArray[np.float64]:
    """Return where half bars begin, and the end; a bar of three or five is one.

    Bars of 4/4 have two, of 6/8 two, of 3/4 and 5/4 one.
    """
    step = piece.bar_beats / (2 if piece.bar_beats in (4.0, 8.0, 2.0) else 1)
    return np.arange(0.0, piece.length - 0.25 + step, step)


def chroma(piece: Piece, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return beats that each pitch class sounds between edges, shape (edges − 1, 12)."""
    result = np.zeros((len(edges) - 1, 12))
    for k in range(len(edges) - 1):
        lasts = np.minimum(piece.end, edges[k + 1]) - np.maximum(piece.start, edges[k])
        sounding = lasts > 0
        np.add.at(result[k], piece.pitch[sounding] % 12, lasts[sounding])
    return result


def chords(piece: Piece, edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the chord between edges, by number in `templates`; −1 where there is none.

    Drums are not heard. Each place is judged with a little of its neighbours.
    """
    table, _ = templates()
    heard = chroma(piece.take(~piece.drums), edges)
    bare = (heard > _HEARD).sum(axis=1) < _FEWEST_CLASSES
    fits = table @ (heard / np.maximum(1e-9, np.linalg.norm(heard, axis=1, keepdims=True))).T
    best = np.argmax(fits, axis=0)
    sure = fits[best, np.arange(fits.shape[1])] >= _SUREST
    return np.where(sure & ~bare, best, -1)


def sounding_at(piece: Piece, beat: float) -> Piece:
    """Return the notes that sound at a place, or begin within a sixteenth of a beat of it."""
    return piece.take((piece.start <= beat + 1 / 16) & (piece.end > beat + 1 / 16))


def in_chord(piece: Piece, name: str) -> tuple[int, int]:
    """Return on how many strong beats a line sounds in the chord, and on how many it could.

    The chord is that of the other lines in the half bar. A line that begins nothing within the beat
    and rests is not asked.
    """
    piece = in_lines(piece)
    number = LINES.index(name)
    own, others = piece.take(piece.voice == number), piece.take(piece.voice != number)
    edges = halves(piece)
    _, classes = templates()
    found = chords(others, edges)
    hits = asked = 0
    for chord, beat in zip(found, edges[:-1], strict=True):
        notes = sounding_at(own, beat)
        if chord < 0 or not len(notes):
            continue
        asked += 1
        hits += int(notes.pitch.max() % 12 in classes[chord])
    return hits, asked


def root_in_bass(piece: Piece) -> tuple[int, int]:
    """Return on how many first beats the bass has the root of the others' triad, and of how many.

    The triad is heard in the first beat; if the others have fewer than three pitch classes there,
    in the first two, or the first four. Bars in which they never do are not asked.
    """
    bass, others = _apart(in_lines(piece))
    others = others.take(~others.drums)
    table = templates()[0][:24]
    hits = asked = 0
    for bar in range(piece.bars):
        beat = bar * piece.bar_beats
        notes = sounding_at(bass, beat)
        if not len(notes):
            continue
        for width in (1.0, 2.0, 4.0):
            heard = chroma(others, np.array([beat, beat + min(width, piece.bar_beats)]))[0]
            if (heard > _HEARD).sum() >= _TRIAD:
                fits = table @ (heard / np.linalg.norm(heard))
                if fits.max() >= _SUREST:
                    asked += 1
                    hits += int(notes.pitch.min() % 12 == np.argmax(fits) % 12)
                break
    return hits, asked


def is_stuck(piece: Piece) -> bool:
    """Tell whether the bass stays on one pitch for eight bars under chords that change."""
    bass, others = _apart(in_lines(piece))
    found = chords(others, np.arange(piece.bars + 1) * piece.bar_beats)
    first = run = -1
    for bar in range(piece.bars):
        begin, end = bar * piece.bar_beats, (bar + 1) * piece.bar_beats
        sounds = (bass.start < end - 1e-3) & (bass.end > begin + _HEARD)
        pitches = np.unique(bass.pitch[sounds])
        if len(pitches) == 1 and pitches[0] == run:
            inside = found[first : bar + 1]
            inside = inside[inside >= 0]
            changes = int((np.diff(inside) != 0).sum())
            if bar - first + 1 >= STUCK_BARS and changes >= _CHANGES:
                return True
        else:
            first, run = bar, int(pitches[0]) if len(pitches) == 1 else -1
    return False


def _apart(piece: Piece) -> tuple[Piece, Piece]:
    """Return the bass, and the other lines."""
    bass = piece.voice == LINES.index("bass")
    return piece.take(bass), piece.take(~bass)


def measure(material: Material) -> list[Figure]:
    """Return the figures of harmony: of takes after melodies and after ordinary seeds."""
    rng = np.random.default_rng(0)
    takes = [take.made for take in (*material.melodies, *material.short)]
    under = [take.made for take in material.accompanied]
    songs = material.bar_songs
    pop = songs.get("POP909", [])
    # A voice that knows nothing of the others: its bars in another order.
    strange = [_tune_shuffled(song, rng) for song in pop or songs.get("NES-MDB", [])]
    found = []
    for name, who, bar in (("tune", "tune", 0.70), ("second voice", "second", 0.75)):
        controls = {
            corpus: _shares(in_chord(song, who) for song in each)
            for corpus, each in songs.items() if corpus != "POP909"
        }  # fmt: skip
        controls["chorales"] = _shares(in_chord(song, who) for song in material.chorales)
        if who == "tune":
            controls["the tune's bars shuffled"] = _shares(in_chord(song, who) for song in strange)
        found.append(
            figure(f"strong beats on which the {name} is in the chord",
                   ours=_shares(in_chord(take, who) for take in takes),
                   real=_shares(in_chord(song, who) for song in pop),
                   controls=controls, at_least=bar)
        )  # fmt: skip
    roots = _shares(root_in_bass(take) for take in takes)
    real = _shares(root_in_bass(song) for song in pop)
    others = {
        "NES-MDB": _shares(root_in_bass(song) for song in songs.get("NES-MDB", [])),
        "chorales": _shares(root_in_bass(song) for song in material.chorales),
    }
    return [
        *found,
        figure("bars with the root in the bass on the first beat", ours=roots, real=real,
               controls=others, at_least=0.80),
        figure("pieces with the root in under half of the bars", ours=[s < 0.5 for s in roots],
               real=[s < 0.5 for s in real], at_most=0.0),
        figure("16 bars in which the bass is stuck under changing chords",
               ours=map(is_stuck, takes),
               real=[is_stuck(w) for song in pop for w in windows(song)],
               controls={"NES-MDB": [is_stuck(w) for song in songs.get("NES-MDB", [])
                                     for w in windows(song)]},
               at_most=0.05),
        figure("  under a melody of 16 bars (--only): tune in the chord",
               ours=_shares(in_chord(take, "tune") for take in under), at_least=0.70),
        figure("  root in the bass", ours=_shares(root_in_bass(take) for take in under),
               at_least=0.80),
        figure("  the bass is stuck", ours=map(is_stuck, under), at_most=0.05),
    ]  # fmt: skip


def _shares(counts: Iterable[tuple[int, int]]) -> list[float]:
    """Return hits a question of each piece that was asked often enough."""
    return [hits / asked for hits, asked in counts if asked >= _FEWEST_ASKED]


def _tune_shuffled(song: Piece, rng: np.random.Generator) -> Piece:
    lines = in_lines(song)
    tune = lines.take(lines.voice == LINES.index("tune"))
    moved = tune.in_order(rng.permutation(song.bars))
    both = lines.take(lines.voice != LINES.index("tune"))
    return replace(
        both,
        voice=np.concatenate([both.voice, moved.voice]),
        start=np.concatenate([both.start, moved.start]),
        end=np.concatenate([both.end, moved.end]),
        pitch=np.concatenate([both.pitch, moved.pitch]),
        velocity=np.concatenate([both.velocity, moved.velocity]),
    )
