"""Writes drums under a seed's own bars that fit its meter, tempo and accents."""

from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from chipgen.composing.form import USUAL_PHRASE
from chipgen.composing.kit_pattern import KICK, SNARE, Feel, write_fill, write_groove
from chipgen.composing.row_statistics import onsets_hz
from chipgen.music.score import DRUM_CHANNEL, Meter, Note, Track
from chipgen.rows.drum_reduction import put_stroke
from chipgen.rows.prompt import CompletedPrompt, Prompt
from chipgen.rows.row_states import HOLD, NOISE, REST, TRIANGLE, Rows

_FILLS: Final = 0.4  # of the seed's phrases that end with a fill


def drum_track(prompt: Prompt, rng: np.random.Generator) -> Track:
    """Return a track of drums for all whole bars of a seed, with a fill at its end or not."""
    rows_a_beat = prompt.timing.units_a_beat
    grooves: dict[tuple[int, int], tuple[tuple[Note, ...], ...]] = {}
    notes: list[Note] = []
    for number, (begin, end) in enumerate(pairwise(prompt.bar_lines)):
        meter = prompt.seed.meter_at(begin)
        if end - begin < meter.bar_beats - 1e-3:
            continue  # a pickup, or a bar that is cut short
        kind = (meter.numerator, meter.denominator)
        feel = _feel(prompt, meter, rows_a_beat)
        if kind not in grooves:
            grooves[kind] = write_groove(meter, feel, rng)
        bar = grooves[kind][number % 2]
        if number and (number + 1) % USUAL_PHRASE == 0 and rng.random() < _FILLS:
            bar = write_fill(bar, meter, feel, frozenset((KICK, SNARE)), rng)
        notes += [replace(note, onset_beats=begin + note.onset_beats) for note in bar]
    return Track("drums", DRUM_CHANNEL, notes=tuple(sorted(notes)))


def _feel(prompt: Prompt, meter: Meter, rows_a_beat: float) -> Feel:
    """Return what drums are to fit: how often the seed's voices begin notes at each place."""
    rows = prompt.carried_rows
    size = max(1, round(meter.bar_beats * rows_a_beat))
    begun = (rows.states[:, :NOISE] > HOLD).astype(np.float64)
    weights = np.array([0.5, 0.4, 1.0]) if begun[:, TRIANGLE].any() else np.array([1.0, 0.4, 0.0])
    bars = len(begun) // size
    accents = np.zeros(size)
    if bars:
        last = (begun @ weights)[len(begun) - bars * size :].reshape(bars, size)
        accents = np.minimum(1.0, last.mean(axis=0))
    return Feel(prompt.ending.tempo.bpm, rows_a_beat, accents, float(onsets_hz(rows)[:NOISE].sum()))


def with_drums(prompt: Prompt, history: Rows, kit: Track) -> Rows:
    """Return rows whose noise plays drums: of those struck together the heaviest is heard."""
    edges = prompt.encoded.edges_beats
    begin = len(edges) - 1 - prompt.closing_rows - len(history)
    states, volume = history.states.copy(), history.volume.copy()
    states[:, NOISE], volume[:, NOISE] = REST, 0
    for note in kit.notes:
        row = int(np.searchsorted(edges, note.onset_beats + 1e-3, side="right")) - 1 - begin
        put_stroke(states, volume, row, note)
    return replace(history, states=states, volume=volume)


def with_kit(prompt: Prompt, rng: np.random.Generator) -> Prompt:
    """Return a piece in the chip's voices whose noise plays a kit's pattern."""
    rows = prompt.encoded.rows
    history = rows[: len(rows) - prompt.closing_rows]
    drummed = with_drums(prompt, history, drum_track(prompt, rng))
    return CompletedPrompt(prompt.parts, prompt, drummed.then(rows[len(history) :]), (), {})
