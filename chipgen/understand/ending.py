"""Finds where a seed ends: the bar line, meter and tempo from which a continuation starts."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from chipgen.errors import ChipgenError
from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Meter, Score, Tempo
from chipgen.understand.phrases import carried_bars, whole_pattern

_STEPS: Final = 8  # a beat, on which a nominal bar may be cut short
OVERHANG_BEATS: Final = 0.125  # a note may ring so far into the next bar without filling it
SETTLED_BARS: Final = 4  # a ritardando keeps no tempo so long


@dataclass(frozen=True, slots=True)
class Ending:
    """The bars of a continuation.

    Attributes
    ----------
    start_beats
        Where the seed ends and the continuation begins: a bar line.
    bar_beats
        Length of a bar.
    seed_bars
        Bars before that.
    pattern_bars
        How many of the seed's last bars are carried on in rhythm, 1 to 8.
    meter, tempo
        In force in the continuation.
    short_bar
        The seed's last bar, where it is cut short so that no silence comes between: in files of
        the chip's own voices, whose bars are nominal.
    closing_bars
        Number of bars at the seed's end, its closing, that are not continued.
    """

    start_beats: float
    bar_beats: float
    seed_bars: int
    pattern_bars: int
    meter: Meter
    tempo: Tempo
    short_bar: Meter | None = None
    closing_bars: int = 0

    @property
    def pattern_end(self) -> float:
        """The beat at which the bars that are carried on end."""
        return self.start_beats - self.closing_bars * self.bar_beats

    def pattern_start(self, bar: int) -> float:
        """Return the beat at which the seed's bar begins that generated bar `bar` is played in."""
        back = self.pattern_bars - bar % self.pattern_bars
        return self.pattern_end - back * self.bar_beats


def find_ending(seed: Score, *, nominal: bool, needs_pitch: bool = True) -> Ending:
    """Find the bar line at which a seed ends, its meter and the tempo that it has settled in.

    Parameters
    ----------
    seed
        Any piece.
    nominal
        Whether its beats, and so its bars, are only its file's.
    needs_pitch
        Whether drums alone are refused.

    Raises
    ------
    ChipgenError
        If the seed has no notes that count, or they last less than a beat.
    """
    every = [note for track in seed.tracks for note in track.notes]
    notes = [note for track in pitched_tracks(seed) for note in track.notes]
    notes = notes or ([] if needs_pitch else every)
    if not notes:
        drums = bool(every)
        raise ChipgenError(
            "the seed has no pitched notes to go on from; give it a melody"
            + (
                ", have voices written to its drums (--keep noise), or play it (render --as-is)"
                if drums
                else ""
            )
        )
    first = min(note.onset_beats for note in notes)
    last_onset = max(note.onset_beats for note in every)
    end = max(note.end_beats for note in every)
    lasts = max(note.end_beats for note in notes) - first
    if needs_pitch and lasts < 1 - 1e-6:
        raise ChipgenError(
            f"the seed's pitched notes last {lasts:.2f} beats; they have to last at least "
            "1 to be gone on from"
        )
    meter = seed.meter_at(last_onset)
    bar_beats = meter.bar_beats
    bars = max(1, int(np.ceil((end - OVERHANG_BEATS - meter.beat) / bar_beats - 1e-6)))
    while meter.beat + bars * bar_beats <= last_onset + 1e-6:
        bars += 1
    start = meter.beat + bars * bar_beats
    before = sum(line < meter.beat - 1e-6 for line in seed.bar_starts_beats())
    pattern, closing = carried_bars(seed, meter, bars)
    short_bar = None
    if nominal:
        line = start - bar_beats
        closing = 0  # bars that are nominal say nothing of phrases
        pattern = whole_pattern(bars)
        steps, struck = (int((beat - line) * _STEPS + 1e-6) for beat in (end, last_onset))
        steps = max(steps, struck + 1)
        if 0 < steps < bar_beats * _STEPS:
            length = Fraction(steps, 4 * _STEPS)
            denominator = max(4, length.denominator)
            short_bar = Meter(line, int(length * denominator), denominator)
            start = line + steps / _STEPS
    tempo = Tempo(start, _settled_bpm(seed, end, SETTLED_BARS * bar_beats))
    return Ending(start, bar_beats, before + bars, pattern, meter, tempo, short_bar, closing)


def _settled_bpm(seed: Score, end: float, least_beats: float) -> float:
    """Return the last tempo that is kept for so many beats, so that a final ritardando passes.

    If none is, it is the one in force for most beats.
    """
    beats = Counter[float]()
    settled = kept = 0.0
    last = seed.tempos[0].bpm
    for tempo, until in zip(seed.tempos, [*(t.beat for t in seed.tempos[1:]), end], strict=True):
        lasts = max(0.0, min(until, end) - tempo.beat)
        kept = lasts + (kept if tempo.bpm == last else 0.0)
        last = tempo.bpm
        beats[last] += lasts  # type: ignore[assignment]
        if kept >= least_beats - OVERHANG_BEATS:
            settled = last
    return settled or max(beats, key=lambda bpm: beats[bpm])
