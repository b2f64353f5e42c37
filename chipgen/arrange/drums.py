"""General MIDI drum hits to the noise voice, with pitch drops on a free triangle."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

from chipgen.arrange.config import DrumSound
from chipgen.arrange.performance import PlayedNote
from chipgen.arrange.report import Placement
from synth.instrument.voices import ChipNote

CLOSED_HAT: Final = 42  # stands in for keys that the table does not know
SAME_MOMENT_S: Final = 0.012  # closer hits cannot be told apart at 60 frames a second
PROTECTED_S: Final = 0.05  # a hit's attack, which a hit of lower priority may not cut


def place_drums(
    hits: Sequence[PlayedNote], drums: Mapping[int, DrumSound]
) -> tuple[list[ChipNote], list[Placement]]:
    """Play drum hits on the noise voice, the more important winning where they collide.

    Parameters
    ----------
    hits
        Sorted by onset.
    drums
        Sounds by General MIDI key; an unknown key sounds like a closed hi-hat.

    Returns
    -------
    notes
        The noise voice.
    placements
        One for every hit.
    """
    kept: list[tuple[PlayedNote, DrumSound]] = []
    placements: list[Placement] = []
    fallback = drums.get(CLOSED_HAT, DrumSound(2))
    for hit in hits:
        if hit.volume == 0:
            placements.append(_drop(hit, "its volume is 0"))
            continue
        sound = drums.get(hit.pitch, fallback)
        rank = (sound.priority, hit.volume)
        winner = None
        while kept and winner is None:
            last, last_sound = kept[-1]
            gap_s = hit.start_s - last.start_s
            last_rank = (last_sound.priority, last.volume)
            if gap_s < SAME_MOMENT_S and rank > last_rank:
                kept.pop()
                placements.append(_drop(last, f"drum {hit.pitch} comes first at the same moment"))
            elif gap_s < SAME_MOMENT_S or (gap_s < PROTECTED_S and rank < last_rank):
                winner = last
            else:
                break
        if winner is None:
            kept.append((hit, sound))
        else:
            placements.append(_drop(hit, f"drum {winner.pitch} comes first at the same moment"))
    notes: list[ChipNote] = []
    for k, (hit, sound) in enumerate(kept):
        next_s = kept[k + 1][0].start_s if k + 1 < len(kept) else hit.start_s + sound.length_s
        end_s = min(hit.start_s + sound.length_s, next_s)
        changes = () if sound.mode is None else ((0.0, sound.mode),)
        volume = max(1, round(hit.volume * sound.volume_scale))
        notes.append(
            ChipNote(
                hit.start_s, end_s, sound.period, volume, sound.instrument,
                timbre_changes=changes,
            )
        )  # fmt: skip
        known = hit.pitch in drums
        reason = "" if known else f"drum {hit.pitch} is not in the table; played as a hi-hat"
        placements.append(
            Placement(hit.track, hit.index, hit.start_s, hit.pitch, "kept", "noise", 0, reason)
        )
    return notes, placements


def add_pitch_drops(
    triangle: Sequence[ChipNote], hits: Sequence[PlayedNote], drums: Mapping[int, DrumSound]
) -> list[ChipNote]:
    """Let kicks and toms fall on the triangle wherever it is free for their whole length."""
    notes = sorted(triangle, key=lambda note: note.start_s)
    starts_s = [note.start_s for note in notes]
    free_from_s = 0.0
    added: list[ChipNote] = []
    for hit in hits:
        sound = drums.get(hit.pitch)
        if sound is None or not sound.drop_pitch or hit.volume == 0:
            continue
        end_s = hit.start_s + sound.drop_s
        k = bisect_left(starts_s, hit.start_s)
        busy = k > 0 and notes[k - 1].end_s > hit.start_s
        if busy or hit.start_s < free_from_s or (k < len(notes) and starts_s[k] < end_s):
            continue
        fall = ((0.0, 0.0), (sound.drop_s, -100.0 * sound.drop_semitones))
        added.append(
            ChipNote(
                hit.start_s, end_s, sound.drop_pitch, instrument=sound.drop_instrument,
                bend=fall if sound.drop_semitones else (),
            )
        )  # fmt: skip
        free_from_s = end_s
    return sorted([*notes, *added], key=lambda note: note.start_s)


def _drop(hit: PlayedNote, reason: str) -> Placement:
    return Placement(hit.track, hit.index, hit.start_s, hit.pitch, "dropped", reason=reason)
