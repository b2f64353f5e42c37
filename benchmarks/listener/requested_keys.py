"""Wishes: the key and the meter that were asked for, by notes alone."""

from itertools import pairwise
from typing import Final

from benchmarks.listener.cadence import last_bass_class
from benchmarks.listener.figures import Figure, figure
from benchmarks.listener.key_estimate import find_key, relative
from benchmarks.listener.material import Material
from benchmarks.listener.piece import Piece, score_of
from benchmarks.listener.seeds import METERS, metric
from chipgen.music.key_names import parse_key

KEYS: Final = (
    "C", "G", "D", "Eb", "F", "A", "B", "C minor", "D minor", "E minor", "F# minor", "G minor",
    "A minor", "Bb minor",
)  # fmt: skip
_BARS: Final = 16


def shared_notes(one: Piece, other: Piece) -> float:
    """Return the share of notes that two pieces have in common: the same voice, place and pitch."""
    sets = [
        {
            (int(v), round(float(a), 2), int(p))
            for v, a, p in zip(piece.voice, piece.start, piece.pitch, strict=True)
        }
        for piece in (one, other)
    ]
    return 2 * len(sets[0] & sets[1]) / max(1, len(sets[0]) + len(sets[1]))


def measure(material: Material) -> list[Figure]:
    """Return how often the key is the one asked for, and how alike two meters' pieces are."""
    exact, near, last = [], [], []
    for number, name in enumerate(KEYS):
        key = parse_key(name)
        wanted = (key.tonic, key.mode or "major")
        for piece in _in_key(material, name, number):
            found = find_key(piece)
            exact.append(found == wanted)
            near.append(found in (wanted, relative(wanted)))
            last.append(last_bass_class(piece) == key.tonic)
    pop = [song for _, song in material.pop_songs]
    halves = [
        (find_key(song.bars_between(0, song.bars // 2)), find_key(song))
        for song in pop
    ]  # fmt: skip
    shared = []
    for number in range(4):
        made = [
            material.takes(
                None, from_scratch=True, meter=METERS[meter], bars=_BARS, rng_seed=number
            )
            for meter in ("3/4", "6/8")
        ]
        if made[0] and made[1]:
            shared.append(shared_notes(Piece.of(made[0].score), Piece.of(made[1].score)))
    strange = [shared_notes(a, b) for a, b in pairwise(pop)]
    return [
        figure("the key asked for", ours=exact, at_least=0.85,
               controls={"POP909: half a song's key is the song's": [a == b for a, b in halves]}),
        figure("that or its relative", ours=near, at_least=0.95),
        figure("the last bass is its tonic", ours=last, at_least=0.95),
        figure("notes that 3/4 and 6/8 from the same number share", ours=shared,
               controls={"two songs": strange}, at_most=0.30),
    ]  # fmt: skip


def _in_key(material: Material, name: str, number: int) -> list[Piece]:
    """Return a piece from nothing and one after a seed, both asked for in a key."""
    scratch = material.takes(None, from_scratch=True, key=name, bars=_BARS, rng_seed=number)
    mode = parse_key(name).mode or "major"
    seed = score_of(metric(number, "4/4")) if mode == "major" else None
    after = seed and material.takes(seed, key=name, bars=_BARS, rng_seed=number, without_seed=True)
    return [Piece.of(made.score) for made in (scratch, after) if made]
