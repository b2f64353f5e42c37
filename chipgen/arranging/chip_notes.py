"""Turns the segments of a voice into the notes that the chip plays, within its range."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chipgen.arranging.arrangement import Placement
from chipgen.arranging.chord_arpeggios import Segment
from chipgen.arranging.octave_folding import fold_into, fold_phrases
from chipgen.music.played_notes import SHORTEST_S, PlayedNote, chip_volume, loud_level
from synth.chip.voices import PULSES
from synth.instrument.chip_score import MAX_VOLUME, ChipNote

LOUD_VOLUME: Final = 14  # of the loud notes; accents beyond them still have a step to go


@dataclass(slots=True)
class Voicing:
    """The arranger's decisions so far about the pitched notes.

    Attributes
    ----------
    notes
        All of them, sorted by onset.
    segments
        What each voice plays.
    lost
        Positions of notes that no segment holds, with the reason; ``"unison"`` and ``"octave"``
        mark doublings.
    heard_in
        For notes that double another one the voice that plays it.
    why
        A word on how a note came to its voice.
    roles
        What each note does in the music, where that was asked.
    gain
        What levels are multiplied by on the pulses, so that the piece's loud notes are loud there.
    """

    notes: Sequence[PlayedNote]
    segments: dict[str, list[Segment]] = field(default_factory=dict)
    lost: dict[int, str] = field(default_factory=dict)
    heard_in: dict[int, str] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)
    gain: float = 1.0


def segment_line(notes: Sequence[PlayedNote], line: Sequence[int]) -> list[Segment]:
    """Turn the positions of a line's notes, in order, into segments that do not overlap."""
    segments: list[Segment] = []
    for at, k in enumerate(line):
        end_s = notes[k].tail_s
        if at + 1 < len(line):
            end_s = min(end_s, notes[line[at + 1]].start_s)
        if end_s > notes[k].start_s:
            segments.append(Segment(notes[k].start_s, end_s, (k,), (k,)))
        elif segments:
            raise AssertionError("a line's notes begin one after the other")
    return segments


def play_voice(
    voice: str, voicing: Voicing, order: str, instruments: Mapping[int, str]
) -> tuple[list[ChipNote], list[Placement]]:
    """Write the chip notes of one voice, and the placement of each note in it.

    Parameters
    ----------
    voice
        ``"pulse1"``, ``"pulse2"`` or ``"triangle"``.
    voicing
        The decisions.
    order
        Order of arpeggios: one of `ArrangeConfig.arpeggio_order`.
    instruments
        The preset's instrument by the position of a note.

    Returns
    -------
    notes
        In time order.
    placements
        One for every note that is heard in this voice for the first time.
    """
    notes, segments = voicing.notes, voicing.segments.get(voice, [])
    segments = sorted(segments, key=lambda segment: segment.start_s)
    shifts = _fold_tracks(notes, segments, voice)
    played: list[ChipNote] = []
    placements: list[Placement] = []
    for at, (segment, shift) in enumerate(zip(segments, shifts, strict=True)):
        until_s = segments[at + 1].start_s if at + 1 < len(segments) else segment.end_s
        end_s = min(segment.end_s, max(until_s, segment.start_s + SHORTEST_S))
        carrier = notes[segment.members[0]]
        base = carrier.pitch + shift
        sounding = {k: fold_into(notes[k].pitch + shift, voice) for k in segment.members}
        offsets = _order_offsets([pitch - base for pitch in sounding.values()], order)
        volume = chip_volume(voicing.gain * max(notes[k].level for k in segment.fresh))
        played.append(
            ChipNote(
                segment.start_s, end_s, base,
                volume=15 if voice == "triangle" and volume else volume,
                instrument=instruments.get(segment.members[0], ""),
                arpeggio=offsets,
                bend=tuple(point for point in carrier.bend if point[0] < end_s - segment.start_s),
                volume_changes=() if voice == "triangle" else _volume_steps(
                    carrier, voicing.gain, end_s - segment.start_s
                ),
                arpeggio_s=segment.rests_after_s if offsets else None,
            )
        )  # fmt: skip
        placements += [
            _place(voicing, k, voice, sounding[k], end_s, chord=len(segment.members) > 1)
            for k in segment.fresh
        ]
    return played, placements


def _fold_tracks(notes: Sequence[PlayedNote], segments: Sequence[Segment], voice: str) -> list[int]:
    """Choose the octaves of a voice's segments, for each track separately: lines stay whole."""
    shifts = [0] * len(segments)
    by_track: dict[int, list[int]] = {}
    for at, segment in enumerate(segments):
        by_track.setdefault(notes[segment.members[0]].track, []).append(at)
    for own in by_track.values():
        folded = fold_phrases(
            [notes[segments[at].members[0]].pitch for at in own],
            [segments[at].start_s for at in own],
            [segments[at].end_s for at in own],
            voice,
        )
        for at, shift in zip(own, folded, strict=True):
            shifts[at] = shift
    return shifts


def set_gain(voicing: Voicing) -> None:
    """Raise the pulses until the piece's loud notes there come to `LOUD_VOLUME`.

    The triangle has no volume: beside its full sound a piece of soft velocities would drown in its
    own bass. All notes are raised alike, so what is soft beside them stays so.
    """
    heard = [
        voicing.notes[k]
        for voice in PULSES
        for segment in voicing.segments.get(voice, ())
        for k in segment.fresh
    ]
    voicing.gain = max(1.0, LOUD_VOLUME / MAX_VOLUME / loud_level(heard))


def place_lost(voicing: Voicing) -> list[Placement]:
    """Return the placements of the notes that no voice plays."""
    placements = []
    for k, reason in voicing.lost.items():
        note = voicing.notes[k]
        doubled = reason in ("unison", "octave")
        placements.append(
            Placement(
                note.track, note.index, note.start_s, note.pitch,
                "doubled" if doubled else "dropped",
                voicing.heard_in.get(k, "") if doubled else "",
                reason=f"another voice has its {reason}" if doubled else reason,
                role=voicing.roles.get(k, ""),
            )
        )  # fmt: skip
    return placements


def _volume_steps(note: PlayedNote, gain: float, length_s: float) -> tuple[tuple[float, int], ...]:
    """Return a note's own changes of volume; nothing for one that stays at its first."""
    steps: list[tuple[float, int]] = []
    for time_s, level in note.level_changes:
        volume = chip_volume(gain * level)
        if time_s < length_s and (not steps or steps[-1][1] != volume):
            steps.append((time_s, volume))
    return tuple(steps) if len(steps) > 1 else ()


def _place(
    voicing: Voicing, k: int, voice: str, pitch: int, end_s: float, *, chord: bool
) -> Placement:
    note = voicing.notes[k]
    shift = pitch - note.pitch
    words = [voicing.why.get(k, ""), "its chord shares one voice" if chord else ""]
    if shift:
        words.append(f"folded with its phrase into the range of {voice}")
    return Placement(
        note.track, note.index, note.start_s, note.pitch, "arpeggiated" if chord else "kept",
        voice, shift, "; ".join(filter(None, words)), min(end_s, note.tail_s) - note.start_s,
        voicing.roles.get(k, ""),
    )  # fmt: skip


def _order_offsets(played: Sequence[int], order: str) -> tuple[int, ...]:
    """Return the steps of an arpeggio, the carrier's 0 first; nothing for a single note."""
    ascending = sorted(set(played))
    if len(ascending) < 2:
        return ()
    if order == "played":
        steps = list(dict.fromkeys(played))
    elif order == "updown":
        steps = [*ascending, *ascending[-2:0:-1]]
    else:
        steps = ascending if order == "up" else ascending[::-1]
    first = steps.index(0)
    return tuple(steps[first:] + steps[:first])
