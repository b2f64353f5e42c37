"""Cadences: whether a piece ends, or could end at a bar line, as tonal music does."""

import numpy as np

from benchmarks.listener.figures import Figure, figure
from benchmarks.listener.key_estimate import find_key
from benchmarks.listener.material import Material
from benchmarks.listener.piece import Piece
from benchmarks.listener.tune_and_bass import LINES, in_lines

_LONG: float = 1.0  # beats that the last bass or tune is held at least


def last_strong_place(piece: Piece) -> float | None:
    """Return where the last bass note begins that is held and with which the piece ends."""
    piece = in_lines(piece)
    pitched = piece.take(~piece.drums)
    if not len(pitched):
        return None
    low = _lowest_line(piece)
    held = low.take(np.minimum(low.end, piece.length) - low.start >= _LONG)
    return float(held.start[-1]) if len(held) else float(pitched.start[-1])


def is_cadence(piece: Piece, beat: float, key: tuple[int, str]) -> bool:
    """Tell whether a piece that is heard up to here comes to rest at `beat`.

    What sounds there is held for a beat at least; the lowest note is the tonic, and was another one
    or another chord's before; above it is nothing but the tonic's triad.

    Parameters
    ----------
    beat
        The last strong place.
    key
        Tonic 0–11 and mode.
    """
    piece = in_lines(piece)
    pitched = piece.take(~piece.drums)
    here = pitched.take((pitched.start <= beat + 0.13) & (pitched.end > beat + 0.13))
    if not len(here):
        return False
    tonic, _ = key
    triad = {tonic, (tonic + 3) % 12, (tonic + 4) % 12, (tonic + 7) % 12}  # minor may end in major
    lowest = here.take(np.array([int(np.argmin(here.pitch))]))
    if int(lowest.pitch[0]) % 12 != tonic:
        return False
    # Held: for the next beat nothing strange to the triad begins.
    soon = pitched.take((pitched.start > beat + 0.13) & (pitched.start < beat + _LONG - 0.05))
    heard = set((here.pitch % 12).tolist()) | set((soon.pitch % 12).tolist())
    if not heard <= triad:
        return False
    rests = float(max(here.end.max(), soon.end.max() if len(soon) else 0.0)) - beat
    if rests < _LONG - 0.05:
        return False
    before = pitched.take((pitched.start < beat - 0.05) & (pitched.end > beat - 2.05))
    if not len(before):
        return False
    near = before.take(before.end > beat - 1.05)
    strange = {int(p) % 12 for p in near.pitch} - triad
    low = before.take(before.end > beat - 0.3)
    moved = bool(len(low)) and int(low.pitch.min()) % 12 != tonic
    return bool(strange) or moved


def ends_with_cadence(piece: Piece, key: tuple[int, str] | None = None) -> bool:
    """Tell whether a piece ends with a cadence, in its own key if none is given."""
    key = key or find_key(piece)
    place = last_strong_place(piece)
    return key is not None and place is not None and is_cadence(piece, place, key)


def last_bass_class(piece: Piece) -> int | None:
    """Return the pitch class of the last bass note; None of a piece without notes."""
    low = _lowest_line(in_lines(piece))
    return int(low.pitch[-1]) % 12 if len(low) else None


def measure(material: Material) -> list[Figure]:
    """Return how often pieces end with a cadence: as they are, and where one is asked for."""
    rng = np.random.default_rng(0)
    pop = [song for _, song in material.pop_songs]
    real = material.chorales or pop

    def at_random(songs: list[Piece]) -> list[bool]:
        return [
            is_cadence(song, song.bar_beats * int(rng.integers(2, max(3, song.bars - 2))), key)
            for song in songs
            for _ in range(4)
            if (key := find_key(song)) is not None
        ]

    controls = {
        "POP909's ends": map(ends_with_cadence, pop),
        "random bar lines": at_random(real),
        "random bar lines of POP909": at_random(pop),
    }
    return [
        figure("ends with a cadence, by itself",
               ours=[ends_with_cadence(take.whole) for take in material.short],
               real=map(ends_with_cadence, real), controls=controls),
        figure("a cadence where one is asked for, in the key that is heard",
               ours=[ends_with_cadence(take.whole) for take in material.ended],
               real=map(ends_with_cadence, real)),
        figure("  on the plan's own tonic",
               ours=[ends_with_cadence(take.whole, take.key) for take in material.ended],
               at_least=0.90),
    ]  # fmt: skip


def _lowest_line(piece: Piece) -> Piece:
    low = piece.take(piece.voice == LINES.index("bass"))
    return low if len(low) else piece.take(~piece.drums)
