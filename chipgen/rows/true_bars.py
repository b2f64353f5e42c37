"""Puts a score in its true beats and bars, where NES-MDB's are nominal.

Nothing is moved in time: notes keep their seconds; only the places of beats and bars are new.
A tempo holds for as long as it meets every beat within a frame; then the next one begins at a beat.
Tempi are whole microseconds a quarter note, as MIDI writes them, and each is chosen from where the
map really is, so that rounding does not add up.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.music.midi import LOOP_END, LOOP_START
from chipgen.music.score import Marker, Meter, Score, Tempo, Track
from chipgen.rows.musical_time import MusicalTime, musical_time_of
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.score_conversion import voice_notes_of

TOLERANCE_S: Final = 1.0 / NES_FRAME_HZ  # beats may be this far from their row
_SURE_LOOP: Final = 0.5  # loops below this confidence are marked only when asked for
_FINEST: Final = 32  # the shortest note an upbeat is counted in


@dataclass(frozen=True, slots=True)
class Barred:
    """A score in bars, and what it was made from."""

    score: Score
    time: MusicalTime


def put_in_bars(score: Score, *, guess_loop: bool = False) -> Barred:
    """Return a score of the chip's voices in its own beats, with marks where it loops.

    Parameters
    ----------
    score
        In NES-MDB's dialect; its tempo and meter are taken as nominal and replaced.
    guess_loop
        Whether a loop that is not heard to repeat, or not surely, is marked, too.

    Raises
    ------
    ChipgenError
        If no rows or no bars can be inferred.
    """
    time = musical_time_of(voice_notes_of(score))
    meter = time.meter
    if meter is None:
        why = "its onsets fit no rows" if not time.has_rows else "it is shorter than two bars"
        raise ChipgenError(f"the score has no bars to be found: {why}; leave it as it is")
    quarters, seconds = _beats(time)
    tempos = _tempo_map(quarters, seconds)
    upbeat = float(quarters[_first_bar_beat(time)])
    bar = Meter(0.0, meter.numerator, meter.denominator)
    meters: tuple[Meter, ...] = (bar,)
    if short := upbeat % bar.bar_beats:
        parts = round(short * _FINEST / 4)
        denominator = _FINEST
        while parts % 2 == 0 and denominator > 4:
            parts, denominator = parts // 2, denominator // 2
        meters = (Meter(0.0, parts, denominator), replace(bar, beat=short))
    barred = Score((), tempos, meters)

    def moved(beats: float | NDArray[np.float64]) -> NDArray[np.float64]:
        return barred.seconds_to_beats(score.beats_to_seconds(beats))

    loop = time.loop
    markers = tuple(Marker(float(moved(mark.beat)), mark.text) for mark in score.markers)
    if loop is not None and (guess_loop or loop.confidence >= _SURE_LOOP):
        rows = np.array([loop.start, loop.end]) - meter.first_bar
        places = np.maximum(upbeat + rows / meter.beat_rows * meter.beat_quarters, 0.0).tolist()
        markers += (Marker(places[0], LOOP_START), Marker(places[1], LOOP_END))
    tracks = tuple(_move_track(track, score, barred) for track in score.tracks)
    end = float(moved(score.end_beats))
    return Barred(
        replace(barred, tracks=tracks, end_beats=end, dialect=score.dialect, markers=markers), time
    )


def tell_bars(time: MusicalTime) -> str:
    """Describe a song's tempo, meter and loop in one line."""
    meter, loop = time.meter, time.loop
    if meter is None:
        return "no bars"
    told = (
        f"{meter.numerator}/{meter.denominator} at {meter.bpm:.1f} beats a minute, "
        f"{meter.bar_rows} rows a bar (confidence {meter.confidence:.2f}; "
        f"rows {time.grid.confidence:.2f})"
    )
    if loop is None:
        return f"{told}; no loop"
    start_s, end_s = time.grid.times_s[[loop.start, min(loop.end, len(time.grid))]].tolist()
    how = "loop" if loop.repeated_rows else "loop guessed"
    return f"{told}; {how} {max(0.0, start_s):.2f}-{end_s:.2f} s (confidence {loop.confidence:.2f})"


def _first_bar_beat(time: MusicalTime) -> int:
    """Return the index, among the beats, of the one that begins the first bar."""
    assert time.meter is not None
    if time.grid.times_s[time.meter.first_bar] <= 2.0 * TOLERANCE_S:
        return 0
    return 1


def _beats(time: MusicalTime) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where beats are, in quarter notes and seconds; the first is the score's beginning."""
    meter = time.meter
    assert meter is not None
    rows = np.arange(meter.first_bar, len(time.grid) + 1, meter.beat_rows)
    seconds = time.grid.times_s[rows]
    first = _first_bar_beat(time)
    counted = np.arange(len(seconds), dtype=np.float64) * np.float64(meter.beat_quarters)
    if not first:
        seconds = seconds.copy()
        seconds[0] = 0.0
        return counted, seconds
    quarter_s = 60.0 / meter.bpm / meter.beat_quarters
    upbeat = max(1, round(float(seconds[0]) / quarter_s * _FINEST / 4)) * 4 / _FINEST
    return np.concatenate([[0.0], upbeat + counted]), np.concatenate([[0.0], seconds])


def _tempo_map(quarters: NDArray[np.float64], seconds: NDArray[np.float64]) -> tuple[Tempo, ...]:
    """Return the fewest tempi, one after the other, that meet every beat within a frame."""
    tempos: list[Tempo] = []
    at, now_s = 0, 0.0
    while at < len(quarters) - 1:
        # Slopes, in seconds a quarter, that meet all beats so far: a cone that narrows.
        least, most = 0.0, np.inf
        until = at + 1
        slope = float(seconds[until] - now_s) / float(quarters[until] - quarters[at])
        for beat in range(at + 1, len(quarters)):
            span = float(quarters[beat] - quarters[at])
            away = float(seconds[beat] - now_s)
            low, high = (away - TOLERANCE_S) / span, (away + TOLERANCE_S) / span
            if max(least, low) > min(most, high):
                break
            least, most = max(least, low), min(most, high)
            until, slope = beat, min(max(away / span, least), most)
        microseconds = max(1, round(1e6 * slope))
        tempos.append(Tempo(float(quarters[at]), 60e6 / microseconds))
        now_s += float(quarters[until] - quarters[at]) * microseconds / 1e6
        at = until
    return tuple(tempos) or (Tempo(0.0, 120.0),)


def _move_track(track: Track, score: Score, barred: Score) -> Track:
    """Return a track with all its times in another tempo map's beats."""

    def moved(beats: list[float]) -> list[float]:
        result: list[float] = barred.seconds_to_beats(score.beats_to_seconds(beats)).tolist()
        return result

    onsets = moved([note.onset_beats for note in track.notes])
    ends = moved([note.end_beats for note in track.notes])
    return replace(
        track,
        notes=tuple(
            replace(note, onset_beats=max(0.0, onset), duration_beats=end - max(0.0, onset))
            for note, onset, end in zip(track.notes, onsets, ends, strict=True)
        ),
        controls=tuple(
            replace(control, beat=beat)
            for control, beat in zip(
                track.controls, moved([c.beat for c in track.controls]), strict=True
            )
        ),
        bends=tuple(
            replace(bend, beat=beat)
            for bend, beat in zip(track.bends, moved([b.beat for b in track.bends]), strict=True)
        ),
    )
