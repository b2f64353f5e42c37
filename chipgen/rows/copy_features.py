"""Copy features: which row the past suggests next, and how far to trust it.

Chip music loops and repeats its phrases. Attention has to learn to find the place that is being
repeated; here it is found outright, for every lag at once, from the past alone, and handed to the
network as candidate rows with the evidence for them. What weight they get the network learns.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.row_states import HIGHEST_PITCH, LOWEST_PITCH, VOICES
from synth.kernels import compiled, kernel

MAX_LAG_ROWS: Final = 2048

# Candidates for the next row, each four states:
#   0 after the longest run of equal rows      1 after the longest such run that says otherwise
#   2 after the longest run transposed         3, 4 at the lag that agreed best lately, and for long
#   5 each voice after the longest run of its own   6 each at the lag that agreed best for it lately
#   7 each melodic voice as the echo of another one, at the delay that agreed best
CANDIDATES: Final = 8
# Evidence codes 0–15: (run, onsets, lag) of 0; (run, onsets) of 1 and 2; (run, score, lag) of 3 and
# 4; then voice by voice run of 5, onsets of 5, run of 6, score of 6, score of 7, delay of 7.
EVIDENCE: Final = 13 + 4 * 6
EVIDENCE_CODES: Final = 16

# What the music sounds like before the row, voice by voice: pitch sounding (0 if silent), last
# pitch begun, rows since it began or ended (log code), last volume, last timbre.
CONTEXT: Final = 5

MAX_ECHO_ROWS: Final = 48
_FAST: Final = np.float32(0.9)
_VOICE: Final = np.float32(0.94)
_SLOW: Final = np.float32(0.985)


class CopyFeatures:
    """The suggestions of the rows so far, updated row by row, in constant memory.

    Parameters
    ----------
    capacity
        Rows after which the oldest are dropped, as far as no lag reaches them.
    """

    def __init__(self, capacity: int = 2 * MAX_LAG_ROWS) -> None:
        lags = min(capacity, MAX_LAG_ROWS) + 1
        self.rows = 0
        self._held = 0  # of them, at the beginning of `_states`
        self._states = np.zeros((capacity, VOICES), dtype=np.uint8)
        self._runs = np.zeros((lags, 14), dtype=np.int32)
        self._scores = np.zeros((lags, 6), dtype=np.float32)
        self._echoes = np.zeros((MAX_ECHO_ROWS + 1, 3, 3), dtype=np.float32)
        self._norms = np.zeros(6, dtype=np.float32)
        self._context = np.zeros((VOICES, CONTEXT), dtype=np.int32)
        arrays = {
            "states": self._states, "runs": self._runs, "scores": self._scores,
            "echoes": self._echoes, "norms": self._norms, "context": self._context,
        }  # fmt: skip
        self._look = _look.bind(**arrays, best=np.empty((2, VOICES), dtype=np.int64))
        self._push = _push.bind(**arrays)

    @property
    def last(self) -> NDArray[np.uint8] | None:
        """The states of the newest row, shape (4,); None before the first."""
        return self._states[self._held - 1] if self._held else None

    def save(self) -> tuple[int, int, tuple[NDArray[Any], ...]]:
        """Return what `restore` needs, as long as no room is made in between."""
        return self.rows, self._held, tuple(array.copy() for array in self._arrays())

    def restore(self, saved: tuple[int, int, tuple[NDArray[Any], ...]]) -> None:
        """Forget the rows that were pushed since `save`."""
        self.rows, self._held, arrays = saved
        for mine, array in zip(self._arrays(), arrays, strict=True):
            mine[...] = array

    def make_room(self, rows: int) -> None:
        """Drop the oldest rows if `rows` more (at most 2,048) would not fit."""
        if self._held + rows > len(self._states):
            kept = self._states[self._held - MAX_LAG_ROWS : self._held].copy()
            self._states[:MAX_LAG_ROWS] = kept
            self._held = MAX_LAG_ROWS

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self._runs, self._scores, self._echoes, self._norms, self._context

    def is_sounding(self, voice: int) -> bool:
        """Whether a voice's last note is still held."""
        return bool(self._context[voice, 0] != 0)

    def look(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
        """Return candidates (8, 4), evidence (37,) and context (4, 5) for the row to come."""
        candidates = np.zeros((CANDIDATES, VOICES), dtype=np.uint8)
        evidence = np.zeros(EVIDENCE, dtype=np.uint8)
        context = np.zeros((VOICES, CONTEXT), dtype=np.uint8)
        self._look(self._held, candidates, evidence, context)
        return candidates, evidence, context

    def push(
        self,
        states: NDArray[np.uint8],
        volume: NDArray[np.uint8],
        timbre: NDArray[np.uint8],
    ) -> None:
        """Add a row: states, volumes and timbres of the four voices, each of shape (4,)."""
        self.make_room(1)
        self._states[self._held] = states
        self._push(self._held, _bytes(volume), _bytes(timbre))
        self._held += 1
        self.rows += 1

    def push_all(
        self,
        states: NDArray[np.uint8],
        volume: NDArray[np.uint8],
        timbre: NDArray[np.uint8],
    ) -> None:
        """Add rows, each array of shape (rows, 4)."""
        for row in zip(states, volume, timbre, strict=True):
            self.push(*row)


def copy_features_all(
    states: NDArray[np.uint8], volume: NDArray[np.uint8], timbre: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return candidates, evidence and context for every row from the rows before it.

    Parameters
    ----------
    states, volume, timbre
        uint8, shape (rows, 4).

    Returns
    -------
    tuple
        Shapes (rows, 8, 4), (rows, 37) and (rows, 4, 5), uint8; the same that `CopyFeatures.look`
        gives before each row is pushed.
    """
    rows = len(states)
    memory = CopyFeatures(max(1, rows))
    memory._states[:rows] = states
    candidates = np.zeros((rows, CANDIDATES, VOICES), dtype=np.uint8)
    evidence = np.zeros((rows, EVIDENCE), dtype=np.uint8)
    context = np.zeros((rows, VOICES, CONTEXT), dtype=np.uint8)
    _all(
        memory._states, _bytes(volume), _bytes(timbre), memory._runs, memory._scores,
        memory._echoes, memory._norms, memory._context, candidates, evidence, context,
        np.empty((2, VOICES), dtype=np.int64),
    )  # fmt: skip
    return candidates, evidence, context


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return values as kernels take them: as bytes, in a row."""
    return np.ascontiguousarray(values, dtype=np.uint8)


@compiled
def _code(value: int) -> int:
    """Code a count logarithmically, 0–15: 0, 1, 2, 3, 4–5, 6–7, 8–11, 12–15, 16–23 and so on."""
    if value < 4:
        return value
    power = 2
    while (value >> (power + 1)) > 0:
        power += 1
    code = 2 * power + ((value >> (power - 1)) & 1)
    return min(15, code)


@compiled
def _likeness(one: int, other: int) -> np.float32:
    """How much two states speak for one being a copy of the other: onsets say most."""
    if one == other:
        return np.float32(1.0) if one > 1 else np.float32(0.1)
    return np.float32(-0.5) if one > 1 or other > 1 else np.float32(-0.1)


@compiled
def _grade(score: float, most: float) -> int:
    """Code 0–15 of a score against the most it could be."""
    return 1 + int(min(14.0, max(0.0, 14.0 * score / max(most, 1e-6))))


@kernel(
    states="uint8[:,:]", volume="uint8[:]", timbre="uint8[:]", runs="int32[:,:]",
    scores="float32[:,:]", echoes="float32[:,:,:]", norms="float32[:]", context="int32[:,:]",
)  # fmt: skip
def _push(
    states: Any, t: int, volume: Any, timbre: Any, runs: Any, scores: Any, echoes: Any, norms: Any,
    context: Any,
) -> None:  # fmt: skip
    """Bring every lag's runs and scores up to date with row t.

    Columns of `runs`: run, onsets in it; run transposed, onsets in it, shift; (spare);
    4 runs and 4 onset counts of single voices.
    """
    own = np.float32(0.0)
    for v in range(4):
        mine = np.float32(1.0) if states[t, v] > 1 else np.float32(0.1)
        norms[2 + v] = norms[2 + v] * _VOICE + mine
        own += mine
    norms[0] = norms[0] * _FAST + own
    norms[1] = norms[1] * _SLOW + own
    for lag in range(1, min(t, len(runs) - 1) + 1):
        equal = 0
        onsets = 0
        similar = np.float32(0.0)
        shift = runs[lag, 4]
        fresh = runs[lag, 3] == 0
        transposed = True
        melodic = 0
        for v in range(4):
            now = states[t, v]
            then = states[t - lag, v]
            if now == then:
                equal += 1
                runs[lag, 6 + v] += 1
                if now > 1:
                    onsets += 1
                    runs[lag, 10 + v] += 1
            else:
                runs[lag, 6 + v] = 0
                runs[lag, 10 + v] = 0
            alike = _likeness(now, then)
            scores[lag, 2 + v] = scores[lag, 2 + v] * _VOICE + alike
            similar += alike
            if v < 3:
                if now > 1 and then > 1:
                    step = np.int32(now) - np.int32(then)
                    if fresh and melodic == 0:
                        shift = step
                    elif step != shift:
                        transposed = False
                    melodic += 1
                elif now != then:
                    transposed = False
        scores[lag, 0] = scores[lag, 0] * _FAST + similar
        scores[lag, 1] = scores[lag, 1] * _SLOW + similar
        if equal == 4:
            runs[lag, 0] += 1
            runs[lag, 1] += onsets
        else:
            runs[lag, 0] = 0
            runs[lag, 1] = 0
        if transposed:
            runs[lag, 2] += 1
            runs[lag, 3] += melodic
            runs[lag, 4] = shift
        else:
            runs[lag, 2] = 0
            runs[lag, 3] = 0
            runs[lag, 4] = 0
    for lag in range(1, min(t, MAX_ECHO_ROWS) + 1):
        for v in range(3):
            for u in range(3):
                if u != v:
                    alike = _likeness(states[t, v], states[t - lag, u])
                    echoes[lag, v, u] = echoes[lag, v, u] * _VOICE + alike
    for v in range(4):
        now = states[t, v]
        if now > 1:
            context[v, 0] = now
            context[v, 1] = now
            context[v, 2] = 0
            context[v, 3] = volume[v]
            context[v, 4] = timbre[v]
        elif now == 0 and context[v, 0] != 0:
            context[v, 0] = 0
            context[v, 2] = 0
        context[v, 2] += 1


@kernel(
    states="uint8[:,:]", runs="int32[:,:]", scores="float32[:,:]", echoes="float32[:,:,:]",
    norms="float32[:]", context="int32[:,:]",
    candidates="uint8[:,:]", evidence="uint8[:]", heard="uint8[:,:]", best="int64[:,:]",
)  # fmt: skip
def _look(
    states: Any, t: int, runs: Any, scores: Any, echoes: Any, norms: Any, context: Any,
    candidates: Any, evidence: Any, heard: Any, best: Any,
) -> None:  # fmt: skip
    """Write the suggestions of the rows before t; `best` is scratch, shape (2, 4)."""
    for v in range(4):
        for k in range(5):
            heard[v, k] = context[v, k]
        heard[v, 2] = _code(context[v, 2])
    first, moved, fast, slow = 0, 0, 0, 0
    voice, lately = best[0], best[1]
    for v in range(4):
        voice[v] = lately[v] = 0
    last = min(t, len(runs) - 1)
    for lag in range(1, last + 1):
        if first == 0 or runs[lag, 0] > runs[first, 0]:
            first = lag
        heard_moved = runs[lag, 4] != 0 and runs[lag, 3] >= 2
        if heard_moved and (moved == 0 or runs[lag, 2] > runs[moved, 2]):
            moved = lag
        if fast == 0 or scores[lag, 0] > scores[fast, 0]:
            fast = lag
        if slow == 0 or scores[lag, 1] > scores[slow, 1]:
            slow = lag
        for v in range(4):
            if voice[v] == 0 or runs[lag, 6 + v] > runs[voice[v], 6 + v]:
                voice[v] = lag
            if lately[v] == 0 or scores[lag, 2 + v] > scores[lately[v], 2 + v]:
                lately[v] = lag
    if first == 0:
        return
    other = 0
    for lag in range(1, last + 1):
        if runs[lag, 0] > 0 and (other == 0 or runs[lag, 0] > runs[other, 0]):
            differs = False
            for v in range(4):
                if states[t - lag, v] != states[t - first, v]:
                    differs = True
            if differs:
                other = lag
    for v in range(4):
        candidates[0, v] = states[t - first, v]
        candidates[3, v] = states[t - fast, v]
        candidates[4, v] = states[t - slow, v]
        candidates[5, v] = states[t - voice[v], v]
        evidence[13 + v] = _code(runs[voice[v], 6 + v])
        evidence[17 + v] = _code(runs[voice[v], 10 + v])
        candidates[6, v] = states[t - lately[v], v]
        evidence[21 + v] = _code(runs[lately[v], 6 + v])
        evidence[25 + v] = _grade(scores[lately[v], 2 + v], norms[2 + v])
    for v in range(3):
        delay, source = 0, 0
        for lag in range(1, min(t, MAX_ECHO_ROWS) + 1):
            for u in range(3):
                if u != v and (delay == 0 or echoes[lag, v, u] > echoes[delay, v, source]):
                    delay, source = lag, u
        if delay > 0 and echoes[delay, v, source] > 0:
            heard_there = states[t - delay, source]
            if heard_there >= (33 if v < 2 else 21) or heard_there < 2:
                candidates[7, v] = heard_there
            evidence[29 + v] = _grade(echoes[delay, v, source], norms[2 + v])
            evidence[33 + v] = _code(delay)
    evidence[0] = _code(runs[first, 0])
    evidence[1] = _code(runs[first, 1])
    evidence[2] = min(15, _code(first // 2))
    if other > 0:
        for v in range(4):
            candidates[1, v] = states[t - other, v]
        evidence[3] = _code(runs[other, 0])
        evidence[4] = _code(runs[other, 1])
    if moved > 0:
        for v in range(4):
            state = np.int32(states[t - moved, v])
            if v < 3 and state > 1:
                state = np.int32(state + runs[moved, 4])
                if state < LOWEST_PITCH[v] or state > HIGHEST_PITCH[v]:
                    state = np.int32(0)
            candidates[2, v] = np.uint8(state)
        evidence[5] = _code(runs[moved, 2])
        evidence[6] = _code(runs[moved, 3])
    evidence[7] = _code(runs[fast, 0])
    evidence[8] = _grade(scores[fast, 0], norms[0])
    evidence[9] = _code(fast // 2)
    evidence[10] = _code(runs[slow, 0])
    evidence[11] = _grade(scores[slow, 1], norms[1])
    evidence[12] = _code(slow // 2)


@kernel(
    states="uint8[:,:]", volume="uint8[:,:]", timbre="uint8[:,:]", runs="int32[:,:]",
    scores="float32[:,:]", echoes="float32[:,:,:]", norms="float32[:]", context="int32[:,:]",
    candidates="uint8[:,:,:]", evidence="uint8[:,:]", heard="uint8[:,:,:]", best="int64[:,:]",
)  # fmt: skip
def _all(
    states: Any, volume: Any, timbre: Any, runs: Any, scores: Any, echoes: Any, norms: Any,
    context: Any, candidates: Any, evidence: Any, heard: Any, best: Any,
) -> None:  # fmt: skip
    for t in range(len(candidates)):
        _look(
            states, t, runs, scores, echoes, norms, context, candidates[t], evidence[t], heard[t],
            best,
        )  # fmt: skip
        _push(states, t, volume[t], timbre[t], runs, scores, echoes, norms, context)
