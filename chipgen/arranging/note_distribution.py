"""Distributes pitched notes to free voices: by role, as chords, or as three streams."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from chipgen.arranging.chip_notes import Voicing, segment_line
from chipgen.arranging.chord_arpeggios import ChordTiming, Segment, build_segments
from chipgen.arranging.idle_voices import use_gaps
from chipgen.arranging.separator import is_three_voiced, separate_notes
from chipgen.arranging.split_tracks import Split
from chipgen.arranging.voice_assignment import assign_parts
from chipgen.arranging.voice_map import EARLY_BEATS
from chipgen.music.score import Score
from chipgen.understand import Parts, understand
from chipgen.understand.melody_bass_search import CHORD_SPREAD_S
from chipgen.understand.roles import Roles
from synth.chip.voices import PITCHED, PULSES


def distribute_notes(
    split: Split,
    voicing: Voicing,
    positions: list[int],
    busy: set[str],
    poly: str,
    timing: ChordTiming,
    parts: Parts | None,
) -> None:
    """Distribute the notes at `positions` to the voices that are free where they begin.

    A voice of the map is taken in the bars that the map names, or else in the whole piece.
    """
    score, notes = split.score, voicing.notes
    taken = {voice: split.sections.get(voice, ((0.0, float("inf")),)) for voice in voicing.segments}
    edges = sorted(
        {0.0, float("inf"), *(beat for spans in taken.values() for s in spans for beat in s)}
    )
    onsets = [score.tracks[notes[k].track].notes[notes[k].index].onset_beats for k in positions]
    silent = {k: why for k, why in voicing.lost.items() if notes[k].level == 0.0}
    for start, end in pairwise(edges):
        own = voicing if len(edges) == 2 else Voicing(notes, lost=dict(silent))
        free = [
            voice for voice in PITCHED
            if voice not in busy and not any(a <= start < b for a, b in taken.get(voice, ()))
        ]  # fmt: skip
        inside = [
            k for k, onset in zip(positions, onsets, strict=True)
            if start <= onset + EARLY_BEATS < end or (not start and onset + EARLY_BEATS < end)
        ]  # fmt: skip
        _distribute_by_role(score, own, inside, free, poly, timing, parts)
        if own is voicing:
            return
        voicing.lost.update(own.lost)
        voicing.why.update(own.why)
        voicing.roles.update(own.roles)
        for voice, segments in own.segments.items():
            voicing.segments[voice] = [*voicing.segments.get(voice, ()), *segments]


def _distribute_by_role(
    score: Score,
    voicing: Voicing,
    positions: list[int],
    free: list[str],
    poly: str,
    timing: ChordTiming,
    parts: Parts | None,
) -> None:
    """Find melody, bass and harmony among the notes at `positions`, and give each a free voice."""
    notes = voicing.notes
    positions = [k for k in positions if k not in voicing.lost]
    if not positions:
        return
    if not free:
        voicing.lost.update(dict.fromkeys(positions, "every voice is taken by a track of its own"))
        return
    own = [notes[k] for k in positions]
    if free == list(PITCHED) and is_three_voiced(own):
        _distribute_streams(voicing, positions)
        return
    roles = (parts or understand(score, own)).roles
    if poly == "auto" and set(PULSES) <= set(free):
        assign_parts(voicing, roles, positions, free, timing)
    else:
        _distribute_chords(voicing, roles, positions, free, poly, timing)


def _distribute_chords(
    voicing: Voicing,
    roles: Roles,
    positions: list[int],
    free: list[str],
    poly: str,
    timing: ChordTiming,
) -> None:
    """Give melody and bass a voice each, and the rest to the other pulse as `poly` says."""
    notes = voicing.notes
    pulses = [voice for voice in free if voice != "triangle"]
    one_line = poly in ("newest", "hold")
    leading = pulses[:1] if len(pulses) == 2 or one_line else []  # a pulse alone plays all
    lead = [*leading, *(["triangle"] if "triangle" in free else [])]
    kept = ("tune", "bass") if leading else ("bass",)
    alone = Roles(tuple(part for part in roles.parts if part.role in kept))
    known = {(part.track, index) for part in alone.parts for index in part.notes}
    main = [k for k in positions if (notes[k].track, notes[k].index) in known]
    assign_parts(voicing, alone, main, lead, timing)
    heard = {k for voice in lead for s in voicing.segments[voice] for k in s.fresh}
    inner = [k for k in positions if k not in heard]
    for k in inner:
        voicing.lost.pop(k, None)
    if leading:
        inner = _leave_unisons(voicing, inner, voicing.segments[pulses[0]])
    unsung = [voice for voice in pulses if voice not in leading]
    if unsung and inner:
        segments, lost = build_segments(notes, inner, poly, timing)
        voicing.segments[unsung[0]] = segments
        voicing.lost.update(lost)
        voicing.why.update(dict.fromkeys(inner, "harmony"))
    elif inner:
        voicing.lost.update(dict.fromkeys(inner, "no voice is free for harmony"))
    use_gaps(voicing, pulses, "triangle" in free)


def _leave_unisons(voicing: Voicing, inner: Sequence[int], melody: Sequence[Segment]) -> list[int]:
    """Return the notes that do not merely double the melody; the others are heard in it."""
    notes = voicing.notes
    starts_s = [segment.start_s for segment in melody]
    kept = []
    for k in inner:
        note = notes[k]
        at = bisect_right(starts_s, note.start_s + CHORD_SPREAD_S) - 1
        sung = melody[at] if at >= 0 else None
        if (
            sung is not None
            and notes[sung.members[0]].pitch == note.pitch
            and abs(sung.start_s - note.start_s) <= CHORD_SPREAD_S
            and abs(notes[sung.members[0]].end_s - note.end_s) <= CHORD_SPREAD_S
        ):
            voicing.lost[k] = "unison"
        else:
            kept.append(k)
    return kept


def _distribute_streams(voicing: Voicing, positions: list[int]) -> None:
    """Separate the notes at `positions`, at most three at a time, into three voices."""
    own = [voicing.notes[k] for k in positions]
    streams = separate_notes(own)
    heights = [
        sum(note.pitch for note, k in zip(own, streams, strict=True) if k == pulse)
        / max(1, streams.count(pulse))
        for pulse in (0, 1)
    ]
    names = PITCHED
    if heights[1] > heights[0]:
        names = ("pulse2", "pulse1", "triangle")
    for stream, voice in enumerate(names):
        line = [k for k, found in zip(positions, streams, strict=True) if found == stream]
        voicing.segments[voice] = segment_line(voicing.notes, line)
    for k, found in zip(positions, streams, strict=True):
        if found < 0:
            voicing.lost[k] = "all voices begin another note at that moment"
    use_gaps(voicing, list(PULSES), triangle=True)
