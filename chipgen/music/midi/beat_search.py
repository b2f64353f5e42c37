"""Finds beats and bars where a file's own are not the music's.

A recording that was quantised at its own tempo may lie beside the file's beats, all notes by the
same part of a beat; and a file whose bars last one beat tells beats alone. Most files of POP909 are
both. Notes keep their seconds: only the places of beats and bars are new.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import Meter, Note, Score, Tempo, Track
from chipgen.music.score_edit import move_events

_FEWEST_NOTES: Final = 64
_SAME_PLACE: Final = 0.8  # mean resultant length of onsets within a sixteenth
_LEAST_SHIFT: Final = 0.03  # beats; players are that early or late
_LONGEST: Final = 4.0  # beats that a note's length counts
_USUAL_BEATS: Final = 4
_TOUCH: Final = 0.1  # beats; notes overlap by as much without sounding together


def find_beats(score: Score, remarks: list[str]) -> Score:
    """Return a score in its music's beats and bars where those of its file are others.

    Beats are moved if the notes lie on sixteenths that are not the file's: to where the longest
    notes begin. Bars that last one beat become bars of 4/4; they begin where the bass and the
    harmony change most (see docs/midi.md for how often both are right).

    Parameters
    ----------
    score
        Ordinary MIDI.
    remarks
        Gets a line where something was changed.
    """
    notes = [note for track in score.tracks if not track.is_drums for note in track.notes]
    meter = max(score.meters, key=lambda meter: _reach(score, meter))
    if len(notes) < _FEWEST_NOTES or meter.denominator != _USUAL_BEATS:
        return score
    is_beat = meter.numerator == 1
    shift = _find_shift(notes, sure=not is_beat)
    if not (shift or is_beat):
        return score
    beats = _USUAL_BEATS if is_beat else meter.numerator
    if shift:
        every = [note for track in score.tracks for note in track.notes]
        score = _shifted(score, shift, min(note.onset_beats for note in every))
        notes = [note for track in score.tracks if not track.is_drums for note in track.notes]
    first = _find_first_bar(notes, beats)
    bar = Meter(float(first), beats, _USUAL_BEATS)
    meters = (bar,) if not first else (Meter(0.0, first, _USUAL_BEATS), bar)
    moved = f"notes lie {shift:.2f} of a beat behind the file's beats" if shift else ""
    barred = "the file's bars last one beat" if is_beat else ""
    upbeat = f", the first after {first} {'beat' if first == 1 else 'beats'}" if first else ""
    remarks.append(
        f"{' and '.join(filter(None, (moved, barred)))}; bars of {beats}/{_USUAL_BEATS} are found "
        f"by ear{upbeat}"
    )
    return replace(score, meters=meters)


def _reach(score: Score, meter: Meter) -> float:
    """Return how long a meter is in force."""
    later = [other.beat for other in score.meters if other.beat > meter.beat]
    return min(later, default=score.end_beats) - meter.beat


def _find_shift(notes: Sequence[Note], *, sure: bool) -> float:
    """Return how far, 0–1, the music's beats lie behind the file's.

    Where the file's beats may be meant, one must be `sure`: only notes all beside them count.
    """
    onsets = np.array([note.onset_beats for note in notes])
    lengths = np.minimum([note.duration_beats for note in notes], _LONGEST)
    sixteenth = np.exp(8j * np.pi * onsets).mean()
    within = float(np.angle(sixteenth)) / (8 * np.pi)
    if sure and (abs(sixteenth) < _SAME_PLACE or abs(within) < _LEAST_SHIFT):
        return 0.0
    beat = float(np.angle((lengths * np.exp(2j * np.pi * onsets)).sum())) / (2 * np.pi)
    shift = (within + round((beat - within) * 4) / 4) % 1.0
    if min(shift, 1.0 - shift) < _LEAST_SHIFT:
        return 0.0
    return shift


def _shifted(score: Score, shift: float, first: float) -> Score:
    """Return a score whose beats lie `shift` later; what is before note `first` is stretched."""
    until = first if first >= _TOUCH else shift
    places = [until - shift + beats for beats in range(3)]
    place = min(
        (place for place in places if place > 0), key=lambda place: abs(np.log(place / until))
    )
    faster = place / until

    def moved(beat: float) -> float:
        return beat * faster if beat < until else beat - until + place

    tempos = [Tempo(t.beat * faster, t.bpm * faster) for t in score.tempos if t.beat < until]
    held = [tempo for tempo in score.tempos if tempo.beat <= until][-1]
    tempos.append(replace(held, beat=place))
    tempos += [replace(t, beat=moved(t.beat)) for t in score.tempos if t.beat > until]

    def track_moved(track: Track) -> Track:
        notes = tuple(
            replace(
                note, onset_beats=moved(note.onset_beats),
                duration_beats=moved(note.end_beats) - moved(note.onset_beats),
            )
            for note in track.notes
        )  # fmt: skip
        return replace(move_events(track, moved), notes=notes)

    return replace(
        score,
        tracks=tuple(map(track_moved, score.tracks)),
        tempos=tuple(tempos),
        markers=tuple(replace(marker, beat=moved(marker.beat)) for marker in score.markers),
        end_beats=moved(score.end_beats),
    )


def _find_first_bar(notes: Sequence[Note], beats: int) -> int:
    """Return the beat, 0 … `beats` − 1, with which the first whole bar begins."""
    changes = _changes(notes)
    strength = [float(changes[first::beats].sum()) for first in range(beats)]
    return int(np.argmax(strength))


def _changes(notes: Sequence[Note]) -> NDArray[np.float64]:
    """Return how much begins to be another at each beat: the bass, and two beats of harmony."""
    count = int(max(note.end_beats for note in notes)) + 2
    classes = np.zeros((count + 1, 12))
    bass = np.full(count, 128)
    for note in notes:
        end = min(note.end_beats, note.onset_beats + 2 * _LONGEST)
        for beat in range(int(note.onset_beats + _TOUCH), int(np.ceil(end - _TOUCH))):
            shared = min(end, beat + 1) - max(note.onset_beats, beat)
            if shared > 0:
                classes[beat, note.pitch % 12] += shared
                bass[beat] = min(bass[beat], note.pitch)
    pairs = classes[:-1] + classes[1:]
    norms = np.linalg.norm(pairs, axis=1)
    alike = np.ones(count)
    both = norms[2:] * norms[:-2]
    dots = (pairs[2:] * pairs[:-2]).sum(axis=1)
    alike[2:] = np.divide(dots, both, out=np.ones(count - 2), where=both > 0)
    other_bass = np.zeros(count)
    other_bass[1:] = (bass[1:] % 12 != bass[:-1] % 12) & (bass[1:] < 128) & (bass[:-1] < 128)
    harmony = 1.0 - alike
    return np.asarray(harmony / max(harmony.sum(), 1e-9) + other_bass / max(other_bass.sum(), 1e-9))
