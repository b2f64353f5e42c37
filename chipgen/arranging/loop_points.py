"""Finds where a score loops, by marks or by repetition, and makes its chip score loop there."""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from chipgen.errors import ChipgenError
from chipgen.music.repeats import find_repeats
from chipgen.music.score import Score
from synth.chip.voices import VOICES
from synth.instrument.chip_score import ChipNote, ChipScore

START_MARKERS: Final = frozenset({"loopstart", "loop start", "loop_start", "loop"})
END_MARKERS: Final = frozenset({"loopend", "loop end", "loop_end"})
MIN_LOOP_S: Final = 4.0  # shorter repetitions are figures, not loops
_SAME_TIME_S: Final = 0.02  # a driver's frame: repetitions may fall on its other side
_SAME_BEAT: Final = 1e-3  # a tick or so: ends are rounded to ticks
START_CONTROL: Final = 111  # RPG Maker's mark of where music continues after its end


def find_loop(score: Score) -> tuple[float, float] | None:
    """Find where a piece loops.

    A marker ``loopStart``, or else control change 111 on any track, is the start; a marker
    ``loopEnd``, or else the end of the piece, is the end. The first of each counts. A file that is
    cut off where its last note is released says nothing of the rest behind it: there the piece ends
    with the beat of its meter, so that the loop keeps time.

    Returns
    -------
    tuple or None
        Start and end in quarter notes; None if nothing marks a start.

    Raises
    ------
    ChipgenError
        If the loop ends before it begins.

    Examples
    --------
    >>> from chipgen.music.score import Marker
    >>> find_loop(Score(markers=(Marker(8.0, "loopStart"),), end_beats=32.0))
    (8.0, 32.0)
    """
    named = [(marker.text.strip().lower(), marker.beat) for marker in score.markers]
    starts = [beat for text, beat in named if text in START_MARKERS]
    if not starts:
        starts = sorted(
            control.beat
            for track in score.tracks
            for control in track.controls
            if control.number == START_CONTROL
        )
    if not starts:
        return None
    end = next((beat for text, beat in named if text in END_MARKERS), None)
    if end is None:
        end = _end_of_piece(score)
    if not starts[0] < end:
        raise ChipgenError(
            f"the loop is marked to begin at beat {starts[0]:g} and to end at {end:g}; "
            "move the markers"
        )
    return starts[0], end


def detect_loop(score: Score) -> tuple[float, float] | None:
    """Find the repetition that a piece ends with, as recordings of looping music do.

    Of all lags over which the piece's end repeats at least once whole, the one that holds for
    longest is the loop; it begins where the repeating begins. A few notes may differ, as they do
    where a recording was cut; see `chipgen.music.repeats`.

    Returns
    -------
    tuple or None
        Start and end in quarter notes; None if nothing of at least 4 s comes twice at the end.

    Examples
    --------
    >>> from chipgen.music.score import Note, Track
    >>> tune = [60, 62, 64, 65, 67, 65, 64, 62, 60, 59]
    >>> pitches = [48, 50, *tune, *tune]
    >>> notes = tuple(Note(float(beat), 1.0, pitch) for beat, pitch in enumerate(pitches))
    >>> detect_loop(Score(tracks=(Track(notes=notes),), end_beats=22.0))
    (2.0, 12.0)
    """
    events = sorted(
        (note.onset_beats, number, note.pitch)
        for number, track in enumerate(score.tracks)
        for note in track.notes
    )
    if not events:
        return None
    onset_s = score.beats_to_seconds([onset for onset, _, _ in events])
    keys = np.array([(number << 7) + pitch for _, number, pitch in events])
    best_s = 0.0
    found: tuple[float, float] | None = None
    for repeat in find_repeats(
        onset_s, keys, score.duration_s, shortest=MIN_LOOP_S, tolerance=_SAME_TIME_S
    ):
        repeated_s = score.duration_s - repeat.first
        if repeated_s >= repeat.lag - _SAME_TIME_S and repeated_s > best_s + _SAME_TIME_S:
            best_s = repeated_s
            start_s = max(0.0, repeat.first - repeat.lag)
            start, end = score.seconds_to_beats([start_s, repeat.first])
            found = float(start), float(end)
    return found


def with_loop(chip_score: ChipScore, score: Score, *, detect: bool = False) -> ChipScore:
    """Return the four voices looping as the piece they were arranged from is marked.

    What lies beyond the loop's end is never heard and is left out; a note that lasts beyond it ends
    there. Without marks the voices come back as they are, unless `detect` asks for the repetition
    that the piece ends with.

    Raises
    ------
    ChipgenError
        As `find_loop`.
    """
    loop = find_loop(score)
    if loop is None and detect:
        loop = detect_loop(score)
    if loop is None:
        return chip_score
    start_s, end_s = (float(second) for second in score.beats_to_seconds(loop))
    voices = {voice: _cut(chip_score.voice(voice), end_s) for voice in VOICES}
    bars = tuple(bar for bar in chip_score.bars if bar.start_s < end_s)
    dmc = tuple(
        replace(hit, end_s=min(hit.end_s, end_s)) for hit in chip_score.dmc if hit.start_s < end_s
    )
    return ChipScore(
        **voices, end_s=end_s, loop_s=start_s, bars=bars, dmc=dmc, remarks=chip_score.remarks
    )


def _end_of_piece(score: Score) -> float:
    """Return where a piece ends: with a beat, if the file stops at its last note off."""
    last = max((note.end_beats for track in score.tracks for note in track.notes), default=0.0)
    if last < score.end_beats - _SAME_BEAT:
        return score.end_beats  # the rest that follows is written out
    meter = score.meter_at(max(0.0, score.end_beats - _SAME_BEAT))
    beat = 4.0 / meter.denominator
    return meter.beat + beat * math.ceil((score.end_beats - meter.beat - _SAME_BEAT) / beat)


def _cut(notes: tuple[ChipNote, ...], end_s: float) -> tuple[ChipNote, ...]:
    return tuple(
        note if note.end_s <= end_s else replace(note, end_s=end_s)
        for note in notes
        if note.start_s < end_s
    )
