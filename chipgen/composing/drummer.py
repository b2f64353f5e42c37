"""Plays a seed's drums on: its own pattern, with a fill at the end of some phrases."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from chipgen.composing.form import USUAL_PHRASE
from chipgen.composing.kit_pattern import (
    CRASH,
    TOMS,
    Feel,
    double_hats,
    has_fills,
    hats_on_pulses,
    last_stroke,
    with_crash,
    write_fill,
)
from chipgen.composing.lent_bars import LentBars
from chipgen.music.score import Note, Score

_FILLS: Final = (0.2, 0.4)  # of phrases that end with a fill, and of every second one
_CRASHES: Final = 0.5  # of phrases that begin with a crash, where the seed has one
_ALIKE: Final = 0.7  # of two bars' strokes, or one of them is a fill already
_EMPTY: Final = 0.5  # of the usual strokes, under which a bar is a hole
# Shares of the sections of a long piece whose hats are as usual, on the pulses, and doubled.
_HATS: Final = (0.34, 0.33, 0.33)
_SEED, _SECTION_SEED = 0xD2, 0xD3  # apart from the numbers that phrases draw from

Strokes = dict[int, tuple[Note, ...]]


class Drummer:
    """The drum tracks of a seed, bar by bar.

    Parameters
    ----------
    seed
        The piece.
    tracks
        Its drum tracks.
    bars
        What the bars to come are modelled on.
    rng_seed
        Decides where fills are.
    varies
        Whether new sections may have fewer hats.
    """

    def __init__(
        self,
        seed: Score,
        tracks: tuple[int, ...],
        bars: LentBars,
        rng_seed: int,
        *,
        varies: bool = False,
    ) -> None:
        self.tracks = tracks
        self._bars, self._rng_seed, self._varies = bars, rng_seed, varies
        self._notes = {track: seed.tracks[track].notes for track in tracks}
        self._kit = frozenset(note.pitch for notes in self._notes.values() for note in notes)
        pattern = range(bars.ending.pattern_bars)
        self._counts = [_count(self._strokes_at(bars.ending.pattern_start(k))) for k in pattern]

    def play(self, bar: int) -> Strokes:
        """Return what each track plays in a bar, onsets counted from its bar line."""
        if not self.tracks:
            return {}
        first = self.tracks[0]
        if self._bars.closes(bar):
            return {
                track: last_stroke(self._kit) if track == first else () for track in self.tracks
            }
        strokes = self._usual(bar)
        hats = self._hats(bar) if self._varies else 0
        if hats:
            meter, bpm = self._bars.ending.meter, self._bars.ending.tempo.bpm
            strokes = {
                track: hats_on_pulses(own, meter) if hats == 1 else double_hats(own, meter, bpm)
                for track, own in strokes.items()
            }
        rng = np.random.default_rng([self._rng_seed, bar, sum(self._counts), _SEED])
        chance = _FILLS[(bar + 1) % (2 * USUAL_PHRASE) == 0]
        fills = self._bars.ends_phrase(bar) and rng.random() < chance and has_fills(self._kit)
        if fills and self._is_plain(bar, strokes):
            strokes = self._filled(strokes, rng)
        begins = bar > 0 and self._bars.ends_phrase(bar - 1)
        if begins and CRASH in self._kit and rng.random() < _CRASHES:
            strokes[first] = with_crash(strokes[first])
        return strokes

    def _hats(self, bar: int) -> int:
        """Return which of `_HATS` the hats of a bar's section are."""
        section = self._bars.section(bar)
        if section is None:
            return 0
        rng = np.random.default_rng([self._rng_seed, section, _SECTION_SEED])
        return int(rng.choice(len(_HATS), p=_HATS))

    def _filled(self, strokes: Strokes, rng: np.random.Generator) -> Strokes:
        owner = {note.pitch: track for track, notes in strokes.items() for note in notes}
        loud = max(self.tracks, key=lambda track: len(strokes[track]))
        kit = self._kit | (set(TOMS) if CRASH in self._kit else set())
        ending = self._bars.ending
        feel = Feel(ending.tempo.bpm, self._bars.timing.units_a_beat, np.zeros(0), 0.0)
        usual = [note for notes in strokes.values() for note in notes]
        filled = write_fill(usual, ending.meter, feel, kit, rng)
        return {
            track: tuple(note for note in filled if owner.get(note.pitch, loud) == track)
            for track in self.tracks
        }

    def _usual(self, bar: int) -> Strokes:
        """Return the strokes of the seed's bar that a bar is played in, or of a near one."""
        ending, pattern = self._bars.ending, self._bars.pattern(bar)
        source = self._bars.source(bar)
        found = self._strokes_at(ending.pattern_start(pattern) if source is None else source)
        usual = float(np.median(self._counts))
        if _count(found) < _EMPTY * usual:
            full = [k for k, count in enumerate(self._counts) if count >= usual]
            near = min(full, key=lambda k: (abs(k - pattern), k))
            found = self._strokes_at(ending.pattern_start(near))
        return found

    def _strokes_at(self, beat: float) -> Strokes:
        end = beat + self._bars.length
        return {
            track: tuple(
                replace(
                    note,
                    onset_beats=max(0.0, note.onset_beats - beat),
                    duration_beats=min(note.duration_beats, end - note.onset_beats),
                )
                for note in notes
                if beat - 1e-3 <= note.onset_beats < end - 1e-3
            )
            for track, notes in self._notes.items()
        }

    def _is_plain(self, bar: int, strokes: Mapping[int, tuple[Note, ...]]) -> bool:
        """Whether a bar goes on as the one before: if not, it is a fill by itself."""
        if not bar:
            return True
        one, other = (
            {
                (round(note.onset_beats * 12), note.pitch)
                for notes in bars.values()
                for note in notes
            }
            for bars in (strokes, self._usual(bar - 1))
        )
        return len(one & other) >= _ALIKE * max(1, len(one | other))


def _count(strokes: Strokes) -> int:
    return sum(map(len, strokes.values()))
