"""Gives resting voices something to play: spread chords, lost notes and echoes."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from chipgen.arranging.chip_notes import Voicing
from chipgen.arranging.chord_arpeggios import Segment
from synth.instrument.chip_score import ChipNote

LONG_REST_S: Final = 1.0  # a voice that rests this long is free to join the harmony
LEAST_SHARE: Final = 0.6  # of a note's length that has to be free for it
LEAST_S: Final = 0.05
TRIANGLE_TOP: Final = 67  # above this a triangle taking an inner note would stand out
ECHO_VOLUME: Final = 0.35


def use_gaps(voicing: Voicing, pulses: Sequence[str], triangle: bool) -> None:
    """Move chord notes and lost notes into voices that are free for them.

    A chord's highest fresh note leaves its arpeggio for another pulse if that one rests for
    `LONG_REST_S`; a dropped note is given to any voice that is free for most of its length. Nothing
    that already sounds is shortened.

    Parameters
    ----------
    voicing
        Changed in place.
    pulses
        The pulses that were free for arranging.
    triangle
        Whether the triangle was, too.
    """
    if len(pulses) == 2:
        for voice, other in (pulses, pulses[::-1]):
            _spread_chords(voicing, voice, other)
    dropped = [k for k, why in voicing.lost.items() if why not in ("unison", "octave")]
    for k in sorted(dropped):
        note = voicing.notes[k]
        if note.level == 0.0:
            continue
        candidates = list(pulses)
        if triangle and note.pitch <= TRIANGLE_TOP:
            candidates.append("triangle")
        for voice in candidates:
            free_s = _free_until(voicing.segments.setdefault(voice, []), note.start_s)
            end_s = min(note.end_s, free_s)
            if end_s - note.start_s >= max(LEAST_S, LEAST_SHARE * (note.end_s - note.start_s)):
                _insert(voicing.segments[voice], Segment(note.start_s, end_s, (k,), (k,)))
                del voicing.lost[k]
                voicing.why[k] = f"in a rest of {voice}"
                break


def add_echo(
    lead: Sequence[ChipNote], resting: Sequence[ChipNote], delay_s: Callable[[float], float]
) -> list[ChipNote]:
    """Let one pulse repeat the other's notes softly wherever it is free, later by `delay_s`."""
    notes = sorted(resting, key=lambda note: note.start_s)
    starts_s = [note.start_s for note in notes]
    added: list[ChipNote] = []
    for note in lead:
        later_s = delay_s(note.start_s)
        start_s, end_s = note.start_s + later_s, note.end_s + later_s
        at = bisect_right(starts_s, start_s)
        if at > 0 and notes[at - 1].end_s > start_s:
            continue
        if at < len(notes):
            end_s = min(end_s, starts_s[at])
        volume = round(note.volume * ECHO_VOLUME)
        if end_s - start_s < LEAST_S or volume == 0 or (added and added[-1].end_s > start_s):
            continue
        softer = tuple((t, round(v * ECHO_VOLUME)) for t, v in note.volume_changes)
        added.append(
            replace(note, start_s=start_s, end_s=end_s, volume=volume, volume_changes=softer)
        )
    return sorted([*notes, *added], key=lambda note: note.start_s)


def _spread_chords(voicing: Voicing, voice: str, other: str) -> None:
    segments = voicing.segments.get(voice, [])
    for at, segment in enumerate(segments):
        if len(segment.members) < 2 or len(segment.fresh) < 2:
            continue
        busy = voicing.segments.setdefault(other, [])
        if _free_until(busy, segment.start_s) - segment.start_s < LONG_REST_S:
            continue
        top = max(segment.fresh, key=lambda k: voicing.notes[k].pitch)
        end_s = min(segment.end_s, voicing.notes[top].tail_s, _free_until(busy, segment.start_s))
        _insert(busy, Segment(segment.start_s, end_s, (top,), (top,)))
        voicing.why[top] = f"harmony, in a rest of {other}"
        members = tuple(k for k in segment.members if k != top)
        rests_after_s = segment.rests_after_s if len(members) > 1 else None
        segments[at] = replace(
            segment,
            members=members,
            fresh=tuple(k for k in segment.fresh if k != top),
            rests_after_s=rests_after_s,
        )


def _free_until(segments: Sequence[Segment], time_s: float) -> float:
    """Return until when a voice rests after `time_s`; `time_s` itself if it sounds."""
    at = bisect_right(segments, time_s, key=lambda segment: segment.start_s)
    if at > 0 and segments[at - 1].end_s > time_s:
        return time_s
    return segments[at].start_s if at < len(segments) else float("inf")


def _insert(segments: list[Segment], segment: Segment) -> None:
    at = bisect_right(segments, segment.start_s, key=lambda other: other.start_s)
    segments.insert(at, segment)
