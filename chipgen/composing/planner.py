"""Plans what is composed: its bars, form, chords and key, and which voices play how densely.

The plan of the seed is read (`seed_plan`); that of the bars to come is drawn from a form and a
progression. A model that reads plans is told both.
"""

from dataclasses import replace
from itertools import islice, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.form import (
    LONG,
    OF_THE_CHIP,
    PlannedBar,
    draw_phrases,
    plan_bars,
    usual_habits,
)
from chipgen.composing.progression import draw_chords
from chipgen.composing.seed_plan import SeedPlan
from chipgen.composing.theme import theme_bar
from chipgen.labels.chord_names import number_of
from chipgen.music.chord_symbols import Chord
from chipgen.music.key_names import Key
from chipgen.music.phrase_letters import Phrase
from chipgen.rows.plan_features import (
    CLOSE,
    DENSITY_EDGES,
    NEW,
    SPANS,
    VARIED,
    PlannedRows,
    RowPlan,
    count_bars,
    encode_known,
    encode_planned,
)
from chipgen.rows.row_states import HOLD, VOICES, Rows
from chipgen.rows.row_timing import RowTiming

Voices = tuple[bool, bool, bool, bool]

_CHUNK_BARS: Final = 64  # planned at once where a take never ends
_USUAL_ONSETS: Final = np.array([6, 5, 4, 8])  # a bar, of voices that the seed does not have
_RECENT_BARS: Final = 8  # of the seed, whose voices and densities go on


class Planner:
    """Plans a seed's own rows, and as many behind them as are asked for.

    Parameters
    ----------
    history
        The seed's rows.
    seed
        Its plan.
    timing
        When the rows are that follow.
    bar_beats
        Beats in a bar to come; None goes on in rows as the seed's bars do.
    voices
        Which voices play.
    bars
        How many bars are to come; None never ends.
    form
        What phrases they are; drawn, if none are given.
    chords
        A round of chords, one a bar, for all bars; drawn, if none are given.
    cadence
        Whether the last bar comes home.
    tells_key
        Whether chords are drawn until they tell the key; they are, too, where there is no seed.
    sung
        What the melody's own track plays of p1, shape (rows,), by which the seed's theme is found;
        all of it if None.
    rng
        Decides.
    """

    def __init__(
        self,
        history: Rows,
        seed: SeedPlan,
        timing: RowTiming,
        bar_beats: float | None,
        voices: Voices,
        bars: int | None,
        rng: np.random.Generator,
        *,
        form: tuple[Phrase, ...] = (),
        chords: tuple[Chord, ...] = (),
        cadence: bool = False,
        tells_key: bool = False,
        sung: NDArray[np.uint8] | None = None,
    ) -> None:
        self._seed, self._timing, self._bar_beats = seed, timing, bar_beats
        self._voices, self._bars, self._cadence, self._rng = voices, bars, cadence, rng
        self._tells_key = bar_beats is not None and (tells_key or not len(seed.starts))
        self._given = [number_of(chord) for chord in chords]
        self._plan = seed.plan
        self._chords = seed.chords
        self._rows = len(history)
        self._seed_bars = max(0, len(seed.starts) - 1)
        self._made = 0
        self.phrases: list[Phrase] = []
        self._onsets = usual_onsets(history, seed)
        habits = OF_THE_CHIP if bar_beats is None else usual_habits(_phrases(bars))
        phrases = iter(form * 4096) if form else draw_phrases(rng, _phrases(bars), habits)
        tune = history.states[:, 0]
        theme = 0 if bar_beats is None else theme_bar(tune, seed.starts, sung)
        self._form = plan_bars(phrases, self._seed_bars, bars, rng, theme=theme, habits=habits)
        self._begins = [int(row) for row in seed.starts[:-1]]
        codes = encode_planned(seed.plan, *self._seed_voices(history))
        reference = seed.plan.reference.copy()
        self.rows = PlannedRows(codes, reference)
        if self.has_bars and bars != 0:
            self.extend()

    @property
    def bar_beats(self) -> float | None:
        """Beats in a bar to come; None if rows alone tell its length."""
        return self._bar_beats

    @property
    def leans(self) -> bool:
        """Whether chords are leaned on: where bars are the music's own, or chords are given."""
        return self._bar_beats is not None or bool(self._given)

    @property
    def is_long(self) -> bool:
        """Whether there are bars enough for sections that differ in their accompaniment."""
        return usual_habits(_phrases(self._bars)) is LONG

    @property
    def closes(self) -> bool:
        """Whether the last bar comes home."""
        return self._cadence

    @property
    def key(self) -> Key:
        """The key."""
        return self._seed.key

    @property
    def chords(self) -> NDArray[np.int64]:
        """Chords of the bars to come that are planned, two a bar."""
        return self._chords[2 * self._seed_bars :]

    def copies(self, first: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return which earlier row each row repeats note for note, and in which voices.

        Returns
        -------
        source
            A row before `first`, or -1; shape (count,).
        voices
            Shape (count, 4); all False where there is no source.
        """
        span = slice(first, first + count)
        source = np.full(count, -1, dtype=np.int64)
        close = np.zeros((count, VOICES), dtype=np.bool_)
        told = self.rows.reference[span]
        there = (told >= 0) & (told < first)
        source[: len(told)] = np.where(there, told, -1)
        kind = self._plan.kind[span] == CLOSE
        close[: len(told), 0] = kind[:, 0] & there
        close[: len(told), 1:] = (kind[:, 1] & there)[:, None]
        return source, close

    def followed(self, first: int, count: int) -> NDArray[np.int64]:
        """Return the row whose accompaniment each row with a new tune has; -1 is none."""
        span = slice(first, first + count)
        told, is_new = self.rows.reference[span], self._plan.kind[span, 0] == NEW
        result = np.full(count, -1, dtype=np.int64)
        result[: len(told)] = np.where(is_new & (told >= 0) & (told < first), told, -1)
        return result

    @property
    def has_bars(self) -> bool:
        """Whether anything is planned in bars."""
        return self._seed_bars > 0 or (self._rows == 0 and self._bar_beats is not None)

    def ensure(self, rows: int) -> None:
        """Plan on until so many rows of the piece are planned, or its end."""
        while self.has_bars and len(self.rows.codes) < rows and self._made != self._bars:
            self.extend()

    def extend(self) -> None:
        """Plan the bars to come, or some of them where there is no end."""
        left = _CHUNK_BARS if self._bars is None else self._bars - self._made
        bars = list(islice(self._form, left))
        self.phrases += [bar.phrase for bar in bars if bar.place == 0]
        if not bars:
            self._bars = self._made
            return
        first = self._seed_bars + self._made
        ends = self._bars is not None and self._made + len(bars) == self._bars
        chords = draw_chords(
            bars, self._seed.key, self._chords, self._rng,
            first_bar=first, cadence=self._cadence and ends,
            own=None if self._bar_beats is None else self._seed.chords,
            tells_key=self._tells_key,
        )  # fmt: skip
        if self._given:
            at = (np.arange(2 * len(bars)) // 2 + self._made) % len(self._given)
            chords = np.array(self._given)[at]
        edges = self._edges(self._made, len(bars))
        self._begins += edges[:-1].tolist()
        self._chords = np.concatenate([self._chords, chords])
        bars = self._accompanied(bars, first)
        if self._cadence and ends:
            bars[-1] = replace(bars[-1], source=-1, tune=NEW, others=NEW)
            if len(bars) > 1 and bars[-2].tune == CLOSE:
                bars[-2] = replace(bars[-2], tune=VARIED, others=VARIED)
        more = self._lay_out(bars, edges, chords)
        old = len(self.rows.codes)
        more = self._unfinished(int(edges[0]) - old).then(more)
        whole = self._plan.then(more)
        codes = encode_planned(whole, *_padded(old, *self._voices_of(len(more))))
        if not self.leans:
            codes[:, SPANS["chords"]] = 0
        self.rows.codes = np.concatenate([self.rows.codes, codes[old:]])
        self.rows.reference = np.concatenate([self.rows.reference, more.reference])
        self._plan = whole
        self._made += len(bars)

    def onsets_hz(self, rows: Rows) -> NDArray[np.float64]:
        """Return how many notes a second each voice is planned to begin, at these rows' speed."""
        bar = self._timing.rows_in(self._bar_beats) if self._bar_beats else self._bar_rows()
        second = len(rows) / max(rows.seconds, 1e-9)
        return self._onsets * second / max(1, bar)

    def _bar_rows(self) -> int:
        return int(np.diff(self._seed.starts[-2:])[0]) if self._seed_bars else 16

    def keep(self, states: NDArray[np.uint8], known: NDArray[np.bool_]) -> None:
        """Tell what is fixed from the first row on; arrays of shape (rows, 4)."""
        self.rows.codes[: len(states), SPANS["known"]] = encode_known(states, known)

    def _edges(self, made: int, bars: int) -> NDArray[np.int64]:
        """Return the rows at which bars to come begin, and where the last of them ends."""
        if self._bar_beats is not None:
            at = [
                self._timing.rows_in(bar * self._bar_beats) for bar in range(made, made + bars + 1)
            ]
            return self._rows + np.array(at, dtype=np.int64)
        size = self._bar_rows()
        result: NDArray[np.int64] = int(self._seed.starts[-1]) + size * np.arange(
            made, made + bars + 1
        )
        return result

    def _accompanied(self, bars: list[PlannedBar], first: int) -> list[PlannedBar]:
        """Let bars with a new tune be accompanied as a bar with the same chords was.

        That is the bar of the round that they are over, or else the last one that has them.
        """
        pairs = self._chords.reshape(-1, 2)
        result = []
        for at, bar in enumerate(bars, first):
            in_round = 0 <= bar.round < at and bool((pairs[bar.round] == pairs[at]).all())
            if bar.tune == NEW and bar.others != NEW and not in_round:
                alike = np.flatnonzero((pairs[:at] == pairs[at]).all(axis=1))
                source = int(alike[-1]) if len(alike) else -1
                bar = replace(bar, source=source, others=VARIED if source >= 0 else NEW)
            result.append(bar)
        return result

    def _lay_out(
        self,
        bars: list[PlannedBar],
        edges: NDArray[np.int64],
        chords: NDArray[np.int64],
    ) -> RowPlan:
        """Return the plan of rows that are not planned yet, from the first edge to the last."""
        at = np.arange(max(int(edges[0]), len(self.rows.codes)), int(edges[-1]))
        bar = np.searchsorted(edges, at, side="right") - 1
        size = np.diff(edges)[bar]
        place = at - edges[bar]
        half = 2 * bar + (2 * place >= size)
        source = np.array([b.source for b in bars])[bar]
        begins = np.array(self._begins)
        reference = np.where(source >= 0, begins[np.maximum(source, 0)] + place, -1)
        left = None if self._bars is None else self._bars - (self._made + bar)
        return RowPlan(
            bar_start=edges[bar],
            bar_rows=size,
            phrase_bar=np.array([b.place for b in bars])[bar],
            phrase_left=np.array([b.left for b in bars])[bar],
            end_bars=np.full(len(at), -1) if left is None or not self._cadence else left,
            chord=chords[half],
            next_chord=np.append(chords[1:], -1)[half],
            key=np.full(len(at), self._seed.key.tonic * 2 + (self._seed.key.mode == "minor")),
            kind=np.array([(b.tune, b.others) for b in bars])[bar],
            reference=np.where(reference < at, reference, -1),
        )

    def _unfinished(self, count: int) -> RowPlan:
        """Return the plan of so many rows in which the seed's last bar ends, if it is cut off."""
        plan, seed = RowPlan.unknown(max(0, count)), self._seed
        if count <= 0:
            return plan
        last = RowPlan(*(getattr(seed.plan, name)[-1:] for name in plan.__dataclass_fields__))
        second = 2 * (np.arange(self._rows, self._rows + count) - last.bar_start) >= last.bar_rows
        half = 2 * (self._seed_bars - 1) + second
        return replace(
            plan,
            chord=self._chords[half],
            next_chord=self._chords[half + 1],
            **{
                name: np.repeat(getattr(last, name), count)
                for name in ("bar_start", "bar_rows", "phrase_bar", "phrase_left", "key")
            },
        )

    def _voices_of(self, count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return which voices play in so many rows, and how densely."""
        mask = 1 + int(np.array(self._voices) @ np.array([1, 2, 4, 8]))
        played = np.full((count, 2), mask, dtype=np.uint8)
        onsets = np.where(self._voices, self._onsets, 0)
        dense = np.broadcast_to(density_codes(onsets), (count, VOICES)).astype(np.uint8)
        return played, dense

    def _seed_voices(self, history: Rows) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return which voices play in the seed's bars, those that are to be added among them."""
        played, dense = count_bars(self._seed.plan, history.states)
        had = (history.states > HOLD).any(axis=0)
        added = np.array(self._voices) & ~had
        if added.any():
            bits = int(added @ np.array([1, 2, 4, 8]))
            played[played > 0] = 1 + ((played[played > 0].astype(np.int64) - 1) | bits)
            told = (dense > 0).any(axis=1)
            for voice in np.flatnonzero(added):
                dense[told, voice] = density_codes(self._onsets)[voice]
        return played, dense


def density_codes(onsets: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Return the codes of so many onsets a bar."""
    return (1 + np.searchsorted(DENSITY_EDGES, onsets, side="right")).astype(np.uint8)


def usual_onsets(history: Rows, seed: SeedPlan) -> NDArray[np.int64]:
    """Return how many notes each voice begins in a bar: as in the seed's last bars, or usually."""
    if len(seed.starts) < 2:
        return _USUAL_ONSETS.copy()
    begun = history.states > HOLD
    last = np.clip(seed.starts[-_RECENT_BARS - 1 :], 0, len(begun))
    counts = np.array([begun[a:b].sum(axis=0) for a, b in pairwise(last.tolist())])
    result = _USUAL_ONSETS.copy()
    for voice in range(VOICES):
        mine = counts[:, voice][counts[:, voice] > 0]
        if len(mine):
            result[voice] = int(np.median(mine))
    return result


def _padded(
    old: int, played: NDArray[np.uint8], dense: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    front = np.zeros((old, 2), np.uint8), np.zeros((old, VOICES), np.uint8)
    return np.concatenate([front[0], played]), np.concatenate([front[1], dense])


def _phrases(bars: int | None) -> int | None:
    return None if bars is None else -(-bars // 4)
