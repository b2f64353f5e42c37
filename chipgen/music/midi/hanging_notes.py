"""Ends notes and files that do not end where their music does."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.midi.loop_marks import LOOP_END
from chipgen.music.midi.smf_parser import MidiEvents, TrackEvents
from chipgen.music.score import Score, Track
from chipgen.music.score_edit import next_bar_beat

DEAD_AIR_S: Final = 5.0  # more silence than this at the end is no rest that somebody wrote
MAX_WAIT_S: Final = 60.0  # a longer wait than this between notes may be a damaged time
_MANY_ONSETS: Final = 8  # with fewer, a damaged time cannot be distinguished from an intended one
_ENDLESS: Final = 24.0  # times as long as the part's usual note
_ENDLESS_BEATS: Final = 32.0  # pedal points of eight bars are music
_PLAYS_ON: Final = 32  # number of notes of its own part that begin while an endless note sounds
_PEDALS: Final = frozenset({64, 66})
_TICK_BEATS: Final = 1 / 64  # a release so late is still on the bar line
_SINGLE_LINE: Final = 0.1  # of a part's notes at most overlap the next if it is a single line
_USUAL: Final = 3  # number of notes of one key that show how long that key is held


@dataclass(frozen=True, slots=True, order=True)
class TickNote:
    """A note in ticks; `ended` is whether a message of the file ended it."""

    start: int
    key: int
    end: int
    velocity: int
    ended: bool = True


def end_hanging(notes: Sequence[TickNote], beat: float) -> tuple[list[TickNote], int, int]:
    """End notes as the rest of their part does, where the file never ends them, or far too late.

    A single line's note lasts until the next begins, other notes as long as is usual for their key
    or, if it is seldom struck, for the part. A note that alone is heard lasts four quarter notes at
    most. Too late is a note that is held over `_PLAYS_ON` others of its part, `_ENDLESS` times as
    long as they usually are.

    Parameters
    ----------
    notes
        Sorted.
    beat
        Ticks in a quarter note.

    Returns
    -------
    notes
        Sorted, with ends that are never later than before.
    hanging, endless
        How many of either were ended.
    """
    starts = [note.start for note in notes]
    sound = [note.end - note.start for note in notes if note.ended]
    usual = median(sound) if sound else 0.0
    endless = {
        k
        for k, note in enumerate(notes)
        if note.ended
        and note.end - note.start > max(_ENDLESS * usual, _ENDLESS_BEATS * beat)
        and bisect_right(starts, note.end) - bisect_right(starts, note.start) >= _PLAYS_ON
    }
    hanging = {k for k, note in enumerate(notes) if not note.ended}
    if not hanging and not endless:
        return list(notes), 0, 0
    good = [note for k, note in enumerate(notes) if k not in hanging and k not in endless]
    lengths: defaultdict[int, list[int]] = defaultdict(list)
    for note in good:
        lengths[note.key].append(note.end - note.start)
    usual_of_key = {key: median(own) for key, own in lengths.items() if len(own) >= _USUAL}
    overlaps = sum(before.end > after.start + beat / 8 for before, after in pairwise(good))
    together = sum(before.start == after.start for before, after in pairwise(notes))
    single = max(overlaps, together) <= _SINGLE_LINE * len(notes)
    usual = median(note.end - note.start for note in good) if good else 0.0
    mended = list(notes)
    for k in sorted(hanging | endless):
        note = notes[k]
        lasts: float = usual_of_key.get(note.key, usual)
        later = bisect_right(starts, note.start)
        if later < len(starts) and (single or not lasts):
            until_next = starts[later] - note.start
            lasts = until_next if not lasts else min(until_next, 4 * lasts)
        end = min(note.end, note.start + max(1, round(lasts or 4 * beat)))
        mended[k] = replace(note, end=end)
    return sorted(mended), len(hanging), len(endless)


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait between two notes that is longer than all the rest of its piece."""

    start_tick: int
    left_out_ticks: int
    seconds: float


def find_absurd_wait(
    events: MidiEvents,
    seconds_at: Callable[[Sequence[int]], NDArray[np.float64]],
    bar_ticks: Callable[[int], float],
) -> Wait | None:
    """Find the one absurd time in a file: a minute or more without a note, longer than the piece.

    Parameters
    ----------
    events
        A file's.
    seconds_at
        Seconds at ticks.
    bar_ticks
        Length of a bar at a tick.

    Returns
    -------
    Wait or None
        Which ticks are to be left out: whole bars, after what still sounds has ended.
    """
    strikes = sorted(
        tick
        for track in events.tracks
        for tick, status, _, velocity in track.channel
        if status >> 4 == 0x9 and velocity
    )
    if len(strikes) < _MANY_ONSETS:
        return None
    times_s = seconds_at([0, *strikes])
    waits_s = np.diff(times_s)
    at = int(np.argmax(waits_s))
    before, after = [0, *strikes][at : at + 2]
    gap = after - before
    gap_s = float(waits_s[at])
    rest_s = float(times_s[-1]) - gap_s
    if gap_s < MAX_WAIT_S or gap_s < rest_s:
        return None
    bar = max(1.0, bar_ticks(before))
    releases = [
        tick - before
        for track in events.tracks
        for tick, status, _, velocity in track.channel
        if before < tick < after
        and (status >> 4 == 0x8 or (status >> 4 == 0x9 and not velocity))
        and tick - before <= 4 * bar
    ]
    kept = max([bar, *releases])
    left_out = round((gap - kept) // bar * bar)
    return Wait(before, left_out, gap_s) if left_out > 0 else None


def leave_out(events: MidiEvents, wait: Wait) -> MidiEvents:
    """Return a file's events without a wait: later events are moved forward."""
    limit, by = wait.start_tick, wait.left_out_ticks

    strikes = [
        tick
        for track in events.tracks
        for tick, status, _, velocity in track.channel
        if status >> 4 == 0x9 and velocity and tick > limit
    ]
    until = min(strikes, default=limit) - by  # where the next note comes to stand

    def moved(tick: int) -> int:
        return tick if tick <= until else max(until, tick - by)

    return replace(
        events,
        tracks=tuple(
            TrackEvents(
                [(moved(tick), *rest) for tick, *rest in track.channel],  # type: ignore[misc]
                [(moved(tick), kind, data) for tick, kind, data in track.meta],
                [(moved(tick), data) for tick, data in track.sysex],
                moved(track.end_tick),
                track.has_end,
                track.damage,
            )
            for track in events.tracks
        ),
    )


def trim_dead_air(score: Score, remarks: list[str]) -> Score:
    """Return a score without long silence at its end; `remarks` says how much was left out.

    What rings under a held pedal still counts as sound for a bar. The piece then ends with the bar
    of its last sound, or where its loop is marked to end.
    """
    notes = [note for track in score.tracks for note in track.notes]
    if not notes:
        return score
    last = max(note.end_beats for note in notes)
    bar = score.meter_at(last).bar_beats
    ups = [
        control.beat
        for track in score.tracks
        for control in track.controls
        if control.number in _PEDALS and last < control.beat <= last + bar
    ]
    last = max([last, *ups])
    end = next_bar_beat(score, last - _TICK_BEATS)
    marks = [marker.beat for marker in score.markers if marker.text == LOOP_END]
    end = max([end, *marks, *(note.end_beats for note in notes)])
    silence_s = score.duration_s - float(score.beats_to_seconds(last))
    if silence_s <= DEAD_AIR_S or end >= score.end_beats:
        return score
    left_out_s = score.duration_s - float(score.beats_to_seconds(end))
    remarks.append(
        f"{left_out_s:,.0f} s of silence at the end are left out (--keep-silence keeps them)"
    )
    return replace(
        score,
        tracks=tuple(_cut_controls(track, end) for track in score.tracks),
        end_beats=end,
        tempos=tuple(tempo for tempo in score.tempos if tempo.beat < end),
        meters=tuple(meter for meter in score.meters if meter.beat < end),
        markers=tuple(marker for marker in score.markers if marker.beat <= end),
    )


def _cut_controls(track: Track, end: float) -> Track:
    """Return a track without what would reach beyond the end."""
    return replace(
        track,
        controls=tuple(control for control in track.controls if control.beat <= end),
        bends=tuple(bend for bend in track.bends if bend.beat <= end),
    )
