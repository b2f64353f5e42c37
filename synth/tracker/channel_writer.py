"""Writes the events of one channel: its notes with their instruments, volumes and slides."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.instrument.chip_score import MAX_VOLUME
from synth.instrument.macro_sequence import NOT_RELEASED
from synth.tracker.contours import Contour
from synth.tracker.detail import Detail
from synth.tracker.fitting import right_levels
from synth.tracker.player import values
from synth.tracker.song import RELEASE, STOP, Event, Rules, TrackerInstrument

Ints = NDArray[np.int64]

ATTACK_COST: Final = 1.5  # frames that a change of volume with a note has to put right
SILENCE_COST: Final = 0.01  # frames by which another volume is the better one, if both are silent
GOOD: Final = 0.97  # share of frames from which one volume does for a note
MOST_FINE: Final = 127
STRAIGHT: Final = 2  # timer steps by which a slide may be off


def write_channel(
    notes: Sequence[Contour], played: Mapping[int, tuple[str, TrackerInstrument]], rows: Ints,
    rules: Rules, loop: int | None, detail: Detail,
) -> dict[int, Event]:  # fmt: skip
    """Return the events of a channel by frame.

    Parameters
    ----------
    notes
        What it plays, in time order.
    played
        For the `id` of each note the name of its instrument, and the instrument.
    rows
        The frames on which rows begin.
    rules
        Whose tracker.
    loop
        Frame to which the song goes back.
    detail
        How closely.
    """
    events: dict[int, Event] = {}
    now = MAX_VOLUME
    sliding, fine = False, 0
    looped = loop is None
    for index, note in enumerate(notes):
        name, instrument = played[id(note)]
        following = notes[index + 1].start if index + 1 < len(notes) else None
        if not looped and note.start >= (loop or 0):
            looped, now = True, -1  # it is not known which volume the end leaves
        volumes = _volumes(note, instrument, rows, rules, now, detail)
        event = Event(
            note=note.note, instrument=name, arpeggio=note.chord, reset_phase=note.strike,
            slide=0 if sliding else None, fine_pitch=0 if fine else None,
        )  # fmt: skip
        events[note.start] = event
        for frame, volume in volumes:
            if volume != now:
                events[frame] = replace(events.get(frame, Event()), volume=volume)
                now = volume
        sliding, fine = False, 0
        if note.moving or detail.each_frame:
            for frame, moved in _moves(note, instrument, rows, rules, detail).items():
                begun = events.get(frame, Event())
                events[frame] = replace(
                    begun, slide=moved.get("slide", begun.slide),
                    fine_pitch=moved.get("fine_pitch", begun.fine_pitch),
                )  # fmt: skip
                sliding = bool(moved.get("slide", sliding))
                fine = moved.get("fine_pitch", fine)
        if note.held != NOT_RELEASED and instrument.volume.release is not None:
            events[note.start + note.held] = replace(
                events.get(note.start + note.held, Event()), note=RELEASE
            )
        end = note.stop if following is None else min(note.stop, following)
        told = detail.each_frame or not rules.row_events  # a silent note's pitch may move on
        if end != following and (told or _rings(note, instrument, following)):
            events[end] = Event(note=STOP)
    if loop is not None and not any(note.start <= loop < note.stop for note in notes):
        events.setdefault(loop, Event(note=STOP))
    if loop is not None and (sliding or fine):  # the end leaves the pitch moved
        begun = events.get(loop, Event())
        events[loop] = replace(
            begun, slide=0 if begun.slide is None and sliding else begun.slide,
            fine_pitch=0 if begun.fine_pitch is None and fine else begun.fine_pitch,
        )  # fmt: skip
    return dict(sorted(events.items()))


def _rings(note: Contour, instrument: TrackerInstrument, following: int | None) -> bool:
    """Tell whether a note would sound on beyond its end."""
    last = note.stop + 1 if following is None else following
    frame = np.arange(note.stop, max(last, note.stop + 1), dtype=np.int64) - note.start
    shape = values(instrument.volume, frame, note.held)
    return bool(shape.any()) or instrument.volume.loop is not None


def _volumes(
    note: Contour, instrument: TrackerInstrument, rows: Ints, rules: Rules, now: int,
    detail: Detail,
) -> list[tuple[int, int]]:  # fmt: skip
    """Return the frames of a note on which its volume is set, as few as make most frames right."""
    if note.model.voice == "triangle":
        return [(note.start, now if now >= 0 else MAX_VOLUME)]
    if not note.level.any():
        return [(note.start, 0)]
    right = right_levels(note, instrument, rules).astype(np.float64)
    # Silence is the envelope's to make, but for an instrument that has none on frames of its own.
    right[0] = right[0] - SILENCE_COST if detail.each_frame else -1.0
    total = right.sum(axis=1) - np.abs(np.arange(MAX_VOLUME + 1) - note.volume) / 4.0
    if now >= 0:
        total[now] += min(ATTACK_COST, detail.change)
    best = int(total.argmax())
    if right[best].mean() >= (1.0 if detail.each_frame else GOOD):
        return [(note.start, best)]
    inside = rows[(rows > note.start) & (rows < note.stop)] - note.start
    edges = np.concatenate((np.zeros(1, dtype=np.int64), inside))
    gain = np.add.reduceat(right, edges, axis=1)
    score = gain[:, 0].copy()
    if now >= 0:
        score[now] += min(ATTACK_COST, detail.change)
    came = []
    for k in range(1, len(edges)):
        leap = int(score.argmax())
        stays = score >= score[leap] - detail.change
        came.append(np.where(stays, np.arange(len(score)), leap))
        score = np.where(stays, score, score[leap] - detail.change) + gain[:, k]
    at = int(score.argmax())
    path = [at]
    for step in reversed(came):
        at = int(step[at])
        path.append(at)
    path.reverse()
    return [(note.start + int(edge), volume) for edge, volume in zip(edges, path, strict=True)]


def _moves(
    note: Contour, instrument: TrackerInstrument, rows: Ints, rules: Rules, detail: Detail
) -> dict[int, dict[str, int]]:
    """Return what moves a note's pitch by frame: slides, or fine pitch where there are none."""
    if note.voice == "noise":
        return {}
    frame = np.arange(len(note.level), dtype=np.int64)
    off = note.rest - values(instrument.pitch, frame, note.held)
    inside = rows[(rows > note.start) & (rows < note.stop)] - note.start
    edges = [0, *inside.tolist(), len(off)]
    moves: dict[int, dict[str, int]] = {}
    if detail.each_frame or not rules.row_events:
        now = 0
        for first, last in pairwise(edges):
            wanted = int(np.clip(np.median(off[first:last]), -MOST_FINE - 1, MOST_FINE))
            heard = last == len(off) or note.level[first:last].any()  # a rest holds the last one
            if wanted != now and heard:
                moves[note.start + first] = {"fine_pitch": wanted}
                now = wanted
        return moves
    at, rate = 0.0, 0
    first_fine = int(off[0])
    if abs(first_fine) > STRAIGHT:
        moves[note.start] = {"fine_pitch": int(np.clip(first_fine, -MOST_FINE - 1, MOST_FINE))}
        at = float(first_fine)
    for first, last in pairwise(edges):
        target = float(off[min(last, len(off) - 1)])
        wanted = round((target - at) / (last - first))
        if abs(target - at) <= STRAIGHT:
            wanted = 0
        wanted = min(max(wanted, -255), 255)
        if wanted != rate:
            moves.setdefault(note.start + first, {})["slide"] = rate = wanted
        at += rate * (last - first)
    return moves
