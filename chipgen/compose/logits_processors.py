"""Adjusts a model's logits row by row, so that each voice keeps the seed's style.

The model was trained on whole songs, so it also imitates how songs end, fade and stall, and does so
after a closing. A processor watches the rows that are drawn and makes less likely what the seed
never did: voices that rest or hold longer, leave their range, repeat one note or one bar again and
again. Where the seed's bars are known it makes their rhythm likelier. It only adds to logits; the
model decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.models.row_transformer.inference import NEVER
from chipgen.rows.quantise import notes_of
from chipgen.rows.row_states import HOLD, Rows

Array = NDArray[np.float32]

_ROOM: Final = 2  # semitones beyond the seed's range that cost nothing
_BEYOND: Final = 0.5  # for each semitone more
_MOST_BEYOND: Final = 6.0
_TIRED: Final = 0.35  # for each row that a voice rests or holds longer than in the seed
_MOST_TIRED: Final = 8.0
_SILENT: Final = 3.0  # for each row of silence after half a bar
_LONGEST_BARS: Final = 2  # that a voice rests or holds at most, even if the seed does so for longer
_SAME: Final = 0.8  # for each time a pitch is repeated more often than in the seed
_MOST_REPEATED: Final = 8  # times in a row, even if the seed repeats more
_MONOTONOUS: Final = 1.2  # for each pitch of two bars that have fewer different ones than usual
_LOOPED: Final = (1.0, 2.0)  # when a loop is too long, and more for each further bar
_MOST_LOOPED: Final = 5.0
_CHANGED: Final = 3  # rows that a loop is thought shorter for each voice that leaves it
_LOUDNESS: Final = 1.5  # for each volume beyond the seed's usual ones
_SELDOM, _STRANGE = 0.02, 3.0  # share of notes with a timbre that is strange, and what it costs
_FEWEST: Final = 8  # fewest notes of a voice that show its style
_TELLING: Final = 4  # fewest notes in two bars that show their variety
_KEPT_ROWS: Final = 512  # what is drawn is remembered so far back


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceRow:
    """The row of the seed that a composed row is modelled on, and how closely.

    Attributes
    ----------
    states
        Of the four voices; uint8, shape (4,).
    rhythm
        Added to the logits of an onset, a hold or a rest where the seed has them.
    pitch
        Added to the logit of the seed's pitch; below 0 leans away from it.
    """

    states: NDArray[np.uint8]
    rhythm: float
    pitch: float


_FREE: Final = (np.zeros(16, dtype=np.float32), np.zeros(4, dtype=np.float32))

Reference = Callable[[int], ReferenceRow | None]
"""What a composed row is modelled on, if there is something."""


@dataclass(frozen=True, slots=True)
class VoiceStyle:
    """How one voice plays in the seed.

    Attributes
    ----------
    low, high
        Nearly all its pitches lie between, as states.
    held, rested
        Rows that it seldom holds or rests longer.
    repeated
        Times that it plays a pitch in a row at most.
    variety
        Different pitches that it plays in two bars at least.
    volume, timbre
        What the volumes and timbres cost that it does not use; shapes (16,) and (4,).
    """

    low: int
    high: int
    held: float
    rested: float
    repeated: int
    variety: int
    volume: Array
    timbre: Array


class SeedLogitsProcessor:
    """Adjusts the logits of each row to keep it in the seed's style.

    Parameters
    ----------
    history
        The seed.
    bar_rows
        Rows in a bar, as near as can be.
    reference
        Which of the seed's rows a composed row is modelled on.
    again
        How much of a stretch of bars may be heard a second time: 1 all of it, 0.5 its first half,
        so that the second half is an answer.
    """

    def __init__(
        self, history: Rows, bar_rows: int, reference: Reference, again: float = 1.0
    ) -> None:
        self._bar = max(4, bar_rows)
        self._again = again
        self._reference = reference
        self._styles = [style_of(history, voice, self._bar) for voice in range(4)]
        self._since = np.zeros(4, dtype=np.int64)  # rows since the voice's last event
        self._sounding = np.zeros(4, dtype=np.bool_)
        self._last = np.zeros(4, dtype=np.int64)  # pitch begun last, as a state
        self._times = np.zeros(4, dtype=np.int64)  # that it was begun in a row
        self._rows: NDArray[np.uint8] = np.zeros((0, 4), dtype=np.uint8)
        self._loops = np.zeros(8 * self._bar + 1, dtype=np.int64)  # equal rows, lag by lag
        self._count = 0
        self._here: ReferenceRow | None = None
        self._looping: tuple[int, float] = (0, 0.0)
        self._quiet = 0  # rows since anything sounded
        for states in history.states[-self._bar * 16 :]:
            self._observe(states)
        self._since[:] = np.minimum(self._since, self._bar)
        self._sounding[:] = False  # what the seed held ends with it
        self._loops[:] = np.minimum(self._loops, self._bar)  # the seed's own loops are its own
        self._look()

    def save(self) -> Any:
        """Return what `restore` needs."""
        arrays = self._since, self._sounding, self._last, self._times, self._loops
        return tuple(array.copy() for array in arrays), self._rows, self._count, self._quiet

    def restore(self, saved: Any) -> None:
        """Go back to where `save` was called."""
        arrays, self._rows, self._count, self._quiet = saved
        self._since, self._sounding, self._last, self._times, self._loops = (
            array.copy() for array in arrays
        )
        self._look()

    def observe(self, states: NDArray[np.uint8]) -> None:
        """Take in the row that was drawn, shape (4,)."""
        self._observe(states)
        self._count += 1
        self._look()

    def process(self, logits: Array, voice: int) -> None:
        """Change one voice's logits for the row to come, shape (128,), in place."""
        style = self._styles[voice]
        logits[2:] -= _beyond(style.low, style.high)
        if self._sounding[voice]:
            tired = min(_MOST_TIRED, _TIRED * max(0.0, self._since[voice] - style.held))
            logits[HOLD] -= np.float32(tired)
            over = self._times[voice] - style.repeated
            if over >= 0 and voice < 3:
                logits[self._last[voice]] -= np.float32(_SAME * (over + 1))
        else:
            tired = min(_MOST_TIRED, _TIRED * max(0.0, self._since[voice] - style.rested))
            logits[0] -= np.float32(tired)
        logits[0] -= np.float32(_SILENT * max(0, self._quiet + 1 - self._bar // 2))
        if not self._count:
            logits[HOLD] = NEVER
        if voice < 3:
            late = self._rows[-2 * self._bar :, voice]
            late = late[late > HOLD]
            if len(late) >= _TELLING and len(worn := np.unique(late)) < style.variety:
                logits[worn] -= np.float32(_MONOTONOUS)
        if self._here is not None:
            state = int(self._here.states[voice])
            if state > HOLD:
                logits[2:] += np.float32(self._here.rhythm)
                # Drums keep their pattern while tunes vary.
                logits[state] += np.float32(self._here.pitch if voice < 3 else self._here.rhythm)
            else:
                logits[state] += np.float32(self._here.rhythm)
        lag, strength = self._looping
        if lag and voice < 3:
            state = int(self._rows[-lag, voice])
            logits[state] -= np.float32(strength if state > HOLD else strength / 4)

    def process_expression(self, volume: Array, timbre: Array, voice: int) -> None:
        """Change the logits of a beginning note's volume (16,) and timbre (4,), in place."""
        volume -= self._styles[voice].volume
        timbre -= self._styles[voice].timbre

    def _observe(self, states: NDArray[np.uint8]) -> None:
        for voice in range(4):
            state = int(states[voice])
            if state > HOLD:
                self._times[voice] = self._times[voice] + 1 if state == self._last[voice] else 1
                self._last[voice] = state
                self._since[voice], self._sounding[voice] = 0, True
            elif state == 0 and self._sounding[voice]:
                self._since[voice], self._sounding[voice] = 0, False
            self._since[voice] += 1
        self._quiet = 0 if self._sounding[:3].any() else self._quiet + 1
        most = min(len(self._rows), len(self._loops) - 1)
        if most:
            # Drums may go on as they are, and a note changed here and there makes no new tune.
            changed = (self._rows[-most:, :3] != states[:3]).sum(axis=1)[::-1]
            runs = self._loops[1 : most + 1]
            runs[:] = np.maximum(0, np.where(changed, runs - _CHANGED * changed, runs + 1))
        self._rows = np.concatenate([self._rows[-_KEPT_ROWS:], states[None]])

    def _look(self) -> None:
        """Find the reference, and the loop that has gone on for too long."""
        self._here = self._reference(self._count)
        lags = np.arange(len(self._loops))
        # Patterns shorter than a bar may fill two bars; longer ones may repeat in part.
        longer = np.maximum(self._bar, (self._again * lags).astype(np.int64))
        allowed = np.where(lags < self._bar, 2 * self._bar - lags, longer)
        over = self._loops - allowed
        worst = int(np.argmax(over[1:])) + 1
        self._looping = (0, 0.0)
        if over[worst] >= 0:
            first, more = _LOOPED
            self._looping = (worst, min(_MOST_LOOPED, first + more * over[worst] / self._bar))


def style_of(history: Rows, voice: int, bar_rows: int) -> VoiceStyle:
    """Measure how a voice plays in a seed; voices that hardly play may stay so.

    Parameters
    ----------
    history
        The seed.
    bar_rows
        Rows in a bar.
    """
    notes = notes_of(history)
    mine = notes.voice == voice
    if mine.sum() < _FEWEST:
        low, high = ((57, 86), (50, 79), (33, 57), (17, 32))[voice]
        return VoiceStyle(low, high, float(bar_rows), np.inf, 4, 0, *_FREE)
    row, end, pitch = notes.row[mine], notes.end_row[mine], notes.pitch[mine]
    if voice == 3:
        pitch = pitch + 16
    low, high = np.percentile(pitch, [3, 97]).astype(int)
    held = float(np.percentile(end - row, 90))
    rests = np.maximum(0, row[1:] - end[:-1])
    longest = float(np.percentile(rests[rests > 0], 90)) if (rests > 0).any() else 0.0
    runs = np.diff(np.flatnonzero(np.concatenate([[True], np.diff(pitch) != 0, [True]])))
    return VoiceStyle(
        int(low),
        int(high),
        min(max(2.0, held), float(_LONGEST_BARS * bar_rows)),
        min(max(2.0, longest), float(_LONGEST_BARS * bar_rows)),
        min(_MOST_REPEATED, max(2, int(np.percentile(runs, 98)))),
        _variety(history.states[:, voice], bar_rows),
        *_expression(history, voice),
    )


def _expression(history: Rows, voice: int) -> tuple[Array, Array]:
    """Return what volumes outside the seed's, and timbres that it does not use, cost."""
    begun = history.states[:, voice] > HOLD
    volume, timbre = history.volume[begun, voice], history.timbre[begun, voice]
    low, high = np.percentile(volume, [10, 97])
    level = np.arange(16)
    beyond = np.maximum(0, np.maximum(low - level, level - high))
    usual = np.bincount(np.minimum(timbre, 3), minlength=4) >= _SELDOM * len(timbre)
    return (
        (_LOUDNESS * beyond).astype(np.float32),
        np.where(usual, 0, _STRANGE).astype(np.float32),
    )


def _variety(states: NDArray[np.uint8], bar_rows: int) -> int:
    """Return how many different pitches two bars have at least, but for the plainest."""
    found = []
    for begin in range(0, max(1, len(states) - 2 * bar_rows + 1), bar_rows):
        onsets = states[begin : begin + 2 * bar_rows]
        onsets = onsets[onsets > HOLD]
        if len(onsets) >= _TELLING:
            found.append(len(np.unique(onsets)))
    return int(np.percentile(found, 30)) if found else 0


def _beyond(low: int, high: int) -> Array:
    """Return what each pitch state costs for lying beyond a range, shape (126,)."""
    state = np.arange(2, 128)
    outside = np.maximum(0, np.maximum(low - _ROOM - state, state - high - _ROOM))
    return np.minimum(_MOST_BEYOND, _BEYOND * outside).astype(np.float32)
