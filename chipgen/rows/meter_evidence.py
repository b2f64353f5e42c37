"""Measures what speaks for a bar: accents, repetition, and the place of onsets in the bar.

Accents and repetition are measured alike: by how much better a row of numbers is described by one
mean for each strength of metrical place (off the beat, half beat, beat, middle of the bar,
downbeat), where a stronger place never has a lower mean, than by one mean for all.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.quantise import RowSong
from chipgen.rows.row_states import HOLD, NOISE
from synth.kernels import kernel
from synth.kernels.elementary import log

_LONGEST_NOTE_ROWS: Final = 16  # longer notes are no stronger accents
_DRUMS: Final = 3
_LEAN: Final = 3.0  # observations that what is known of wider places is worth
_LEVELS: Final = 5


def off_beat(begun: NDArray[np.bool_], beat_rows: int) -> float:
    """Return the share of notes that begin off the commonest place of the beat."""
    places = np.zeros(beat_rows)
    np.add.at(places, np.arange(len(begun)) % beat_rows, begun.sum(axis=1))
    return float(1.0 - places.max() / places.sum())


def accents(song: RowSong) -> list[NDArray[np.float64]]:
    """Return how much of an accent each row is: by melody, bass notes, bass changes and drums."""
    rows = len(song)
    begun = song.rows.states > HOLD
    lengths = np.zeros((rows, 3))
    for voice in range(3):
        at = np.nonzero(begun[:, voice])[0]
        gaps = np.minimum(np.diff(np.append(at, rows)), _LONGEST_NOTE_ROWS)
        lengths[at, voice] = np.log2(1 + gaps)
    changes = np.zeros(rows)
    at = np.nonzero(begun[:, 2])[0]
    if len(at):
        pitches = song.rows.states[at, 2].astype(np.int64)
        changes[at] = np.concatenate([[True], np.diff(pitches) % 12 != 0])
    drums = begun[:, 3] * (0.5 + song.rows.volume[:, 3] / 15)
    return [lengths[:, 0] + lengths[:, 1], lengths[:, 2], changes, drums]


def kinds_of_onset(song: RowSong) -> NDArray[np.bool_]:
    """Return the onsets on each row: of each melodic voice, and of each usual drum."""
    noise = song.rows.states[:, 3]
    periods, counts = np.unique(noise[noise > 1], return_counts=True)
    usual = periods[np.argsort(-counts, kind="stable")][:_DRUMS]
    columns = [song.rows.states[:, voice] > HOLD for voice in range(NOISE)]
    return np.stack([*columns, *(noise == period for period in usual.tolist())], axis=1)


@kernel(states="uint8[:,:]", result="float64[:]")
def repeats(states: NDArray[np.uint8], result: NDArray[np.float64]) -> None:
    """Write the share of onsets that repeat after each lag; other pitches count 0.3."""
    for lag in range(1, len(result)):
        same = 0.0
        heard = 4.0  # few onsets prove little
        for t in range(lag, len(states)):
            for voice in range(4):
                now = states[t, voice]
                then = states[t - lag, voice]
                if now > 1 or then > 1:
                    heard += 1.0
                    if now == then:
                        same += 1.0
                    elif now > 1 and then > 1:
                        same += 0.3
        result[lag] = same / heard


@kernel(begun="bool[:,:]", counts="float64[:,:,:]")
def pattern_nats(
    begun: NDArray[np.bool_], beat: int, half: int, bar: int, counts: NDArray[np.float64]
) -> float:
    """Return the nats by which the place in the bar predicts onsets (adaptive counts).

    Each place of the bar leans on that of the half bar, this on that of the beat, and this on the
    mean, so a bar costs little where its halves or beats are alike. `counts` is scratch, shape
    (2, 3, bar).
    """
    rows, voices = begun.shape
    saved = 0.0
    yes, seen = counts[0], counts[1]
    for voice in range(voices):
        onsets = 0
        for t in range(rows):
            onsets += begun[t, voice]
        mean = (onsets + 0.5) / (rows + 1.0)
        for level in range(3):
            for place in range(bar):
                yes[level, place] = seen[level, place] = 0.0
        for t in range(rows):
            share = mean
            for level, span in enumerate((beat, half, bar)):
                place = t % span
                share = (yes[level, place] + _LEAN * share) / (seen[level, place] + _LEAN)
            saved += log(share / mean if begun[t, voice] else (1.0 - share) / (1.0 - mean))
            for level, span in enumerate((beat, half, bar)):
                seen[level, t % span] += 1.0
                yes[level, t % span] += begun[t, voice]
    return saved


def gains(
    values: NDArray[np.float64],
    known: NDArray[np.bool_],
    beats: int,
    beat_rows: int,
    parts: int,
    phases: int,
) -> NDArray[np.float64]:
    """Return nats a value that metrical places save, for bars that begin at 0 … phases − 1."""
    result = np.zeros(phases)
    places, levels = np.zeros((2, beats * beat_rows)), np.empty((2, _LEVELS))
    _place_gains(
        np.ascontiguousarray(values), known, beats, beat_rows, parts, places, levels, result
    )
    return result


@kernel(
    values="float64[:]", known="bool[:]", places="float64[:,:]", levels="float64[:,:]",
    result="float64[:]",
)  # fmt: skip
def _place_gains(
    values: NDArray[np.float64],
    known: NDArray[np.bool_],
    beats: int,
    beat_rows: int,
    parts: int,
    places: NDArray[np.float64],
    levels: NDArray[np.float64],
    result: NDArray[np.float64],
) -> None:
    """Write the gains, which are 0 before; `places`, all 0, and `levels` are scratch."""
    bar = beats * beat_rows
    place_sum, place_count = places[0], places[1]
    sums, counts = levels[0], levels[1]
    squares = 0.0
    for t in range(len(values)):
        if known[t]:
            place_sum[t % bar] += values[t]
            place_count[t % bar] += 1.0
            squares += values[t] * values[t]
    count, total = 0.0, 0.0
    for place in range(bar):
        count += place_count[place]
        total += place_sum[place]
    spread = squares - total * total / count
    if spread <= 1e-9:
        return
    for phase in range(len(result)):
        for level in range(_LEVELS):
            sums[level] = counts[level] = 0.0
        for place in range(bar):
            after = (place - phase) % bar
            if after == 0:
                level = 4
            elif beats == 4 and after == 2 * beat_rows:
                level = 3
            elif after % beat_rows == 0:
                level = 2
            elif beat_rows % parts == 0 and after % (beat_rows // parts) == 0:
                level = 1
            else:
                level = 0
            sums[level] += place_sum[place]
            counts[level] += place_count[place]
        # Means that rise with the level: neighbours that do not are pooled.
        pools = 0
        for level in range(_LEVELS):
            if counts[level] == 0.0:
                continue
            sums[pools], counts[pools] = sums[level], counts[level]
            pools += 1
            while pools > 1 and sums[pools - 1] * counts[pools - 2] < (
                sums[pools - 2] * counts[pools - 1]
            ):
                sums[pools - 2] += sums[pools - 1]
                counts[pools - 2] += counts[pools - 1]
                pools -= 1
        left = squares
        for pool in range(pools):
            left -= sums[pool] * sums[pool] / counts[pool]
        result[phase] = -0.5 * log(max(left / spread, 1e-3))
