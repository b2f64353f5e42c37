"""Composes an end that leads back to where the loop begins, and marks the loop."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from chipgen.arranging.loop_points import END_MARKERS, START_CONTROL, START_MARKERS
from chipgen.errors import ChipgenError
from chipgen.music.midi import LOOP_END, LOOP_START
from chipgen.music.score import Bend, Control, Marker, Score, Track
from chipgen.rows.periods import phrase_rows
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import Rows


def unmarked(score: Score) -> Score:
    """Return a score without loop marks: what is composed behind it is not to be cut off by them.

    Examples
    --------
    >>> unmarked(Score(markers=(Marker(0.0, "loopStart"), Marker(4.0, "verse")))).markers
    (Marker(beat=4.0, text='verse'),)
    """
    marks = START_MARKERS | END_MARKERS
    tracks = tuple(
        replace(track, controls=tuple(c for c in track.controls if c.number != START_CONTROL))
        for track in score.tracks
    )
    markers = tuple(m for m in score.markers if m.text.strip().lower() not in marks)
    return replace(score, tracks=tracks, markers=markers)


def loop_start_beats(score: Score) -> float:
    """Return where a whole piece loops back to: its first full bar, so a pickup is heard once.

    Examples
    --------
    >>> from chipgen.music.score import Meter
    >>> loop_start_beats(Score(meters=(Meter(0.0, 1, 4), Meter(1.0, 3, 4))))
    1.0
    """
    if len(score.meters) > 1:
        first, second = score.meters[:2]
        is_one_bar = second.beat <= first.bar_beats + 1e-6
        if is_one_bar and second.beat < second.bar_beats - 1e-6:
            return second.beat
    return 0.0


def rows_after_loop(prompt: Prompt, count: int) -> tuple[Rows, int]:
    """Return the rows that come after the end of a loop of the whole piece, and the seed's length.

    Returns
    -------
    rows : Rows
        At most `count`, from the loop's start on.
    length : int
        Rows from there to the seed's end.
    """
    piece = prompt.encoded
    begin = piece.edge_at(loop_start_beats(prompt.seed))
    return piece.rows[begin : begin + count], len(piece.rows) - begin


def whole_phrases(prompt: Prompt, rows: int, before: int) -> int:
    """Return how many rows to compose so that the loop comes round in step.

    Parameters
    ----------
    prompt
        Where its beats are its own, bars are whole already and `rows` come back.
    rows
        How many were asked for.
    before
        Rows of the loop that come before them.
    """
    if not prompt.nominal:
        return rows
    phrase = phrase_rows(prompt.rows.states)
    whole = max(1, round((before + rows) / phrase))
    while whole * phrase <= before:
        whole += 1
    return whole * phrase - before


def close_loop(score: Score, start_beats: float) -> Score:
    """Mark a loop from `start_beats` to the end of a score, and leave nothing across its seams.

    Notes end where the loop ends. Where it begins, controls and bends are set again to what was in
    force there, and notes from before end, so that every round sounds as the first.

    Raises
    ------
    ChipgenError
        If the score ends before its loop begins.
    """
    end = score.end_beats
    if not start_beats < end - 1e-6:
        raise ChipgenError(f"a loop from beat {start_beats:g} to {end:g} has no length")
    plain = unmarked(score)
    tracks = tuple(_closed(track, start_beats, end) for track in plain.tracks)
    marks = (Marker(start_beats, LOOP_START), Marker(end, LOOP_END))
    markers = sorted((*plain.markers, *marks), key=lambda marker: marker.beat)
    return replace(plain, tracks=tracks, markers=tuple(m for m in markers if m.beat <= end))


def _closed(track: Track, start: float, end: float) -> Track:
    notes = []
    for note in track.notes:
        until = start if note.onset_beats < start - 1e-6 else end
        if note.onset_beats >= end - 1e-6:
            continue
        if note.end_beats > until:
            note = replace(note, duration_beats=until - note.onset_beats)
        notes.append(note)
    controls = tuple(control for control in track.controls if control.beat < end)
    bends = tuple(bend for bend in track.bends if bend.beat < end)
    if any(control.beat > start for control in controls):
        controls = _set_again(controls, start)
    if bends and not any(bend.beat == start for bend in bends):
        before = [bend for bend in bends if bend.beat < start]
        now = Bend(start, before[-1].semitones if before else 0.0)
        bends = tuple(sorted((*bends, now), key=lambda bend: bend.beat))
    return replace(track, notes=tuple(notes), controls=controls, bends=bends)


def _set_again(controls: Iterable[Control], start: float) -> tuple[Control, ...]:
    """Return controls that set, where the loop begins, everything that changes inside it."""
    all_of_them = tuple(controls)
    said = {c.number for c in all_of_them if c.beat == start}
    later = {c.number for c in all_of_them if c.beat > start} - said
    before = {c.number: c.value for c in all_of_them if c.beat < start}
    first = {c.number: c.value for c in reversed(all_of_them) if c.beat > start}
    again = [
        # Controls not set by then begin at their first value, the pedal released.
        Control(start, number, before.get(number, 0 if number == _PEDAL else first[number]))
        for number in sorted(later)
    ]
    return tuple(sorted((*all_of_them, *again), key=lambda control: control.beat))


_PEDAL: Final = 64
