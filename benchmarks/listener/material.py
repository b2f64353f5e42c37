"""What is measured: real music, takes after its beginnings and after other seeds, each once."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.listener.corpus import chorales, nes_piece, nes_scores, pop909
from benchmarks.listener.piece import Piece, score_of
from benchmarks.listener.seeds import METERS, melody, metric
from benchmarks.listener.takes import Takes
from benchmarks.listener.tune_and_bass import in_lines
from benchmarks.sample_rows import first as beginning
from chipgen.music.key_names import parse_key
from chipgen.music.midi import read_midi
from chipgen.music.score import Score
from chipgen.request import ComposeRequest

SEED_S, TAKE_S, NOMINAL_BEAT_S = 8.0, 16.0, 0.5
SEED_BARS, SHORT_BARS, LONG_BARS = 8, 16, 128
LATER_S: Final = 16.0  # behind the true continuation
MELODY_BARS: Final = 4
_UNDER: Final = ("pulse2", "triangle", "noise")
_KEY: Final = "key "  # as plans in words begin
_ENOUGH: Final = 12  # notes of a seed, and of what follows


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A seed of NES-MDB with what follows, all in nominal beats from 0.

    Attributes
    ----------
    name
        The song's.
    seed, real, ours
        8 s, the song's next 16 s, and the take's; ours is None if there is no take.
    later
        The song 16 s behind `real`; None if it is too short.
    scores
        The song's beginning and the piece that came out, as long as seed and take.
    """

    name: str
    seed: Piece
    real: Piece
    ours: Piece | None
    later: Piece | None
    scores: tuple[Score, Score | None]


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A take after a seed in bars of its own.

    Attributes
    ----------
    name
        The seed's.
    seed
        The seed as it was given.
    head, made
        The seed's bars and the composed bars of the piece that came out.
    meter
        The seed's.
    score
        The piece that came out.
    key
        Tonic 0–11 and mode to which it was planned; None if nothing was planned.
    """

    name: str
    seed: Piece
    head: Piece
    made: Piece
    meter: tuple[int, int]
    score: Score
    key: tuple[int, str] | None = None

    @property
    def whole(self) -> Piece:
        """The piece that came out."""
        return self.head.then(self.made)


@dataclass(eq=False)
class Material:
    """Real music and takes, each read or made when a measure first asks for it.

    Attributes
    ----------
    takes
        The composer.
    songs
        How many songs of each corpus at most.
    nes, pop909, seeds
        Folders: NES-MDB, POP909, MIDI files to be continued; None leaves them out.
    split
        Of NES-MDB.
    judge
        Weights of the row transformer that judges infilling: a name or a file.
    """

    takes: Takes
    songs: int = 40
    nes: Path | None = None
    pop909: Path | None = None
    seeds: Path | None = None
    split: str = "valid"
    judge: str = ComposeRequest().model

    @cached_property
    def pairs(self) -> list[Pair]:
        """Takes of 16 s after the first 8 s of songs, beside the songs."""
        if self.nes is None:
            return []
        found: list[Pair] = []
        songs = nes_scores(self.nes, self.split, 10 * self.songs, SEED_S + TAKE_S)
        for name, song in songs:
            seed = beginning(song, SEED_S / NOMINAL_BEAT_S)
            whole = Piece.of(song)
            given = _seconds(whole, 0, SEED_S)
            real = _seconds(whole, SEED_S, SEED_S + TAKE_S)
            if min((~given.drums).sum(), (~real.drums).sum()) < _ENOUGH:
                continue
            late = SEED_S + TAKE_S + LATER_S
            later = _seconds(whole, late, late + TAKE_S)
            has_later = song.duration_s >= late + TAKE_S and len(later) >= _ENOUGH
            made = self.takes(seed, bars=round(TAKE_S / NOMINAL_BEAT_S / 4), rng_seed=len(found))
            ours = made and _seconds(Piece.of(made.score), SEED_S, SEED_S + TAKE_S)
            beats = (SEED_S + TAKE_S) / NOMINAL_BEAT_S
            scores = (beginning(song, beats), made and beginning(made.score, beats))
            found.append(Pair(name, given, real, ours, later if has_later else None, scores))
            if len(found) == self.songs:
                break
        return found

    @cached_property
    def nes_songs(self) -> list[Piece]:
        """Songs of NES-MDB in bars that are found."""
        if self.nes is None:
            return []
        songs = nes_scores(self.nes, self.split, 3 * self.songs, 24.0)
        pieces = (nes_piece(song) for _, song in songs)
        return [piece for piece in pieces if piece is not None]

    @cached_property
    def pop_songs(self) -> list[tuple[str, Piece]]:
        """Songs of POP909 that are never trained on, in their own bars."""
        return [] if self.pop909 is None else list(pop909(self.pop909, max(self.songs, 20)))

    @cached_property
    def chorales(self) -> list[Piece]:
        """Chorales of music21's corpus."""
        return [piece for _, piece in chorales(min(30, self.songs))]

    @property
    def bar_songs(self) -> dict[str, list[Piece]]:
        """Real songs in bars, by corpus."""
        known = {"POP909": [piece for _, piece in self.pop_songs], "NES-MDB": self.nes_songs}
        return {name: pieces for name, pieces in known.items() if pieces}

    @cached_property
    def ordinary_seeds(self) -> list[tuple[str, Score]]:
        """Ordinary MIDI seeds: files, beginnings of pop songs, and pieces made here."""
        files = sorted(self.seeds.glob("*.mid")) if self.seeds else []
        seeds = [(path.stem, read_midi(path)) for path in files]
        for name, song in self.pop_songs[: max(4, self.songs // 3)]:
            seeds.append((f"pop {name}", score_of(song.between(0, SEED_BARS * 4.0))))
        for number in range(max(2, self.songs // 10)):
            seeds += [(f"made {number}", score_of(metric(number, "4/4")))]
        return [
            (name, seed)
            for name, seed in seeds
            if sum(len(t.notes) for t in seed.tracks) >= _ENOUGH
        ]

    @cached_property
    def short(self) -> list[Take]:
        """Takes of 16 bars after ordinary seeds."""
        return list(self._after(self.ordinary_seeds, SHORT_BARS))

    @cached_property
    def ended(self) -> list[Take]:
        """The same with a cadence asked for, if the composer can be asked."""
        return list(self._after(self.ordinary_seeds, SHORT_BARS, end="cadence"))

    @cached_property
    def long(self) -> list[Take]:
        """Takes of 128 bars after every other of these seeds."""
        return list(self._after(self.ordinary_seeds[::2], LONG_BARS))

    @cached_property
    def melodies(self) -> list[Take]:
        """Takes of 16 bars after four bars of melody alone."""
        seeds = []
        for name, song in self.pop_songs[: max(4, self.songs // 4)]:
            lines = in_lines(song)
            tune = lines.take_voice("tune")
            begin = _first_bar(tune)
            part = tune.bars_between(begin, begin + MELODY_BARS)
            if len(part) >= _ENOUGH:
                seeds.append((f"pop {name}", score_of(part)))
        for number in range(max(4, self.songs // 5)):
            seeds += [(f"made {number}", score_of(melody(number)))]
        seeds += [(name, seed) for name, seed in self._files() if name.startswith("melody")]
        return list(self._after(seeds, SHORT_BARS))

    @cached_property
    def accompanied(self) -> list[Take]:
        """Sixteen bars of melody with the other three voices written under them."""
        seeds = []
        for name, song in self.pop_songs[: max(4, self.songs // 4)]:
            tune = in_lines(song).take_voice("tune")
            begin = _first_bar(tune)
            part = tune.bars_between(begin, begin + SHORT_BARS)
            seeds.append((f"pop {name}", score_of(part)))
        for number in range(max(4, self.songs // 5)):
            seeds += [(f"made {number}", score_of(melody(number, SHORT_BARS)))]
        return list(self._after(seeds, None, only=_UNDER))

    @cached_property
    def metric(self) -> list[tuple[str, Take]]:
        """Takes of 16 bars after bands, melodies and files in five meters, with its name."""
        each = max(1, min(4, self.songs // 10))
        seeds = [
            (name, score_of(piece, METERS[name]))
            for name in METERS
            for number in range(each)
            for piece in (metric(number, name), melody(number, SEED_BARS, name))
        ]
        known = {meter: name for name, meter in METERS.items()}
        for _, seed in self._files():
            meter = (seed.meters[0].numerator, seed.meters[0].denominator)
            if meter in known and meter != METERS["4/4"]:
                seeds += [(known[meter], seed)] * each
        return [(take.name, take) for take in self._after(seeds, SHORT_BARS)]

    def _files(self) -> Iterator[tuple[str, Score]]:
        for path in sorted(self.seeds.glob("*.mid")) if self.seeds else []:
            yield path.stem, read_midi(path)

    def _after(
        self, seeds: list[tuple[str, Score]], bars: int | None, **wanted: Any
    ) -> Iterator[Take]:
        """Yield takes of so many bars behind each seed; None: the seed's own bars, rewritten."""
        length = {} if bars is None else {"bars": bars}
        for number, (name, seed) in enumerate(seeds):
            made = self.takes(seed, rng_seed=number, **length, **wanted)
            if made is None:
                continue
            piece = Piece.of(made.score)
            meter = seed.meters[-1]
            last = 0.0 if bars is None else made.seed_bars * meter.bar_beats
            yield Take(
                name, Piece.of(seed), piece.between(0, last), piece.between(last, piece.length),
                (meter.numerator, meter.denominator), made.score, _planned_key(made.plan),
            )  # fmt: skip


def _planned_key(plan: str) -> tuple[int, str] | None:
    """Return the key of a plan in words."""
    if not plan.startswith(_KEY):
        return None
    key = parse_key(plan.removeprefix(_KEY).split(",")[0])
    return key.tonic, key.mode


def _seconds(piece: Piece, first: float, last: float) -> Piece:
    return piece.between(first / piece.beat_s, last / piece.beat_s)


def _first_bar(tune: Piece) -> int:
    """Return the bar from which four bars of the tune have most notes, of the first 32."""
    counts = np.bincount(np.floor(tune.start / tune.bar_beats).astype(int), minlength=40)[:36]
    return int(np.argmax(np.convolve(counts, np.ones(MELODY_BARS), "valid")))
