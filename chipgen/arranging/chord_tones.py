"""Ranks the notes of a chord: third and seventh before root, fifth and doublings."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from chipgen.music.played_notes import PlayedNote

_WINDOW_S: Final = 1.0  # stretches in which a chord is looked for
_DEGREES: Final[dict[str, tuple[int, ...]]] = {
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "seventh": (0, 4, 7, 10),
    "minor seventh": (0, 3, 7, 10),
    "major seventh": (0, 4, 7, 11),
    "diminished": (0, 3, 6),
    "half-diminished": (0, 3, 6, 10),
    "augmented": (0, 4, 8),
    "suspended": (0, 5, 7),
}
_THIRDS: Final = frozenset({3, 4})
_SEVENTHS: Final = frozenset({10, 11})
_FIFTHS: Final = frozenset({6, 7, 8})
_PENALTY: Final = 0.12  # a chord of four notes has to earn the fourth
_BASS: Final = 0.35  # how much the lowest note speaks for the root
_LEAP: Final = 0.07  # a semitone away from the note before
_CLOSE: Final = 1.0  # within two semitones of a note that sounds
_ABOVE: Final = 1.2  # above the tune
_HIGHEST: Final = 4.0  # of what a player of the tune plays besides


class Harmony:
    """The chords of a piece, by what sounds in each stretch of it.

    Parameters
    ----------
    notes
        All pitched notes, sorted by onset.
    positions
        Which of them make up the harmony.
    """

    def __init__(self, notes: Sequence[PlayedNote], positions: Sequence[int]) -> None:
        self._notes = notes
        length_s = max((notes[k].end_s for k in positions), default=0.0)
        count = int(length_s / _WINDOW_S) + 1
        self._weights = [[0.0] * 12 for _ in range(count)]
        self._lowest = [128] * count
        for k in positions:
            note = notes[k]
            first, last = int(note.start_s / _WINDOW_S), int(note.end_s / _WINDOW_S)
            for window in range(first, min(last, count - 1) + 1):
                begin_s, end_s = window * _WINDOW_S, (window + 1) * _WINDOW_S
                share_s = min(note.end_s, end_s) - max(note.start_s, begin_s)
                if share_s > 0.02:
                    self._weights[window][note.pitch % 12] += share_s
                    self._lowest[window] = min(self._lowest[window], note.pitch)
        self._chords = [
            _chord(tuple(round(w, 3) for w in weights), low % 12 if low < 128 else -1)
            for weights, low in zip(self._weights, self._lowest, strict=True)
        ]

    def choose(
        self,
        candidates: Sequence[int],
        heard: Sequence[int],
        before: int | None,
        *,
        under_tune: bool = False,
    ) -> int:
        """Choose the note of a chord that one voice should play.

        Parameters
        ----------
        candidates
            Positions of the notes that begin together.
        heard
            Pitches that other voices sound at that moment.
        before
            Pitch that the voice played last, or None.
        under_tune
            Whether they are what one player plays under his own tune; he may go on with it here.
        """
        if len(candidates) == 1:
            return candidates[0]
        window = min(int(self._notes[candidates[0]].start_s / _WINDOW_S), len(self._chords) - 1)
        root = self._chords[window]
        classes = {pitch % 12 for pitch in heard}
        top = max(heard, default=128)
        highest = max(self._notes[k].pitch for k in candidates)

        def worth(k: int) -> tuple[float, int]:
            pitch = self._notes[k].pitch
            degree = (pitch - root) % 12
            value = 0.5
            if degree in _THIRDS:
                value = 3.0
            elif degree in _SEVENTHS:
                value = 2.2
            elif degree == 0:
                value = 1.6
            elif degree in _FIFTHS:
                value = 1.0
            if under_tune and pitch == highest:
                value += _HIGHEST
            if pitch % 12 in classes:
                value -= 2.0
            if before is not None:
                value -= _LEAP * abs(pitch - before)
            if any(abs(pitch - other) <= 2 for other in heard):
                value -= _CLOSE
            if len(heard) > 1 and pitch > top:
                value -= _ABOVE
            if not 33 <= pitch <= 108:
                value -= 2.0
            return value, -k

        return max(candidates, key=worth)


@lru_cache(maxsize=4096)
def _chord(weights: tuple[float, ...], bass: int) -> int:
    """Return the root of the chord that these weights of the twelve pitch classes suggest."""
    total = sum(weights) or 1.0
    best, found = -1.0, max(bass, 0)
    for root in range(12):
        for degrees in _DEGREES.values():
            inside = sum(weights[(root + degree) % 12] for degree in degrees) / total
            value = inside - _PENALTY * (len(degrees) - 3) + _BASS * (root == bass)
            if value > best:
                best, found = value, root
    return found
