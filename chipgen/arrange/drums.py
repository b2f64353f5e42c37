"""Plays General MIDI drums on the noise voice, with pitch drops on a free triangle."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from chipgen.arrange.arrangement import Placement
from chipgen.arrange.drum_kit import DrumSound
from chipgen.music.played_notes import PlayedNote, chip_volume, loud_level
from synth.instrument.chip_score import ChipNote, SampleHit

CLOSED_HAT: Final = 42  # stands in for keys that the table does not know
SAME_MOMENT_S: Final = 0.012  # closer hits cannot be told apart at 60 frames a second
PROTECTED_S: Final = 0.05  # a hit's attack, which a hit of lower priority may not cut
SHORT_S: Final = 0.25  # what lasts longer rings, and its ringing is protected, too


def place_drums(
    hits: Sequence[PlayedNote], drums: Mapping[int, DrumSound], gain: float = 1.0
) -> tuple[list[ChipNote], list[Placement]]:
    """Play drum hits on the noise voice, the more important winning where they collide.

    Parameters
    ----------
    hits
        Sorted by onset.
    drums
        Sounds by General MIDI key; an unknown key sounds like a closed hi-hat.
    gain
        What levels are multiplied by.

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
        if hit.level == 0.0:
            placements.append(_drop(hit, "its volume is 0"))
            continue
        sound = drums.get(hit.pitch, fallback)
        rank = (sound.priority, hit.level)
        winner = None
        while kept and winner is None:
            last, last_sound = kept[-1]
            gap_s = hit.start_s - last.start_s
            last_rank = (last_sound.priority, last.level)
            if gap_s < SAME_MOMENT_S and rank > last_rank:
                kept.pop()
                placements.append(_drop(last, f"drum {hit.pitch} comes first at the same moment"))
            elif gap_s < SAME_MOMENT_S or (
                rank < last_rank and gap_s < _protected_s(last_sound, sound.priority)
            ):
                winner = last
            else:
                break
        if winner is None:
            kept.append((hit, sound))
        else:
            near = hit.start_s - winner.start_s < PROTECTED_S
            word = "comes first at the same moment" if near else "still rings"
            placements.append(_drop(hit, f"drum {winner.pitch} {word}"))
    notes: list[ChipNote] = []
    for k, (hit, sound) in enumerate(kept):
        next_s = kept[k + 1][0].start_s if k + 1 < len(kept) else hit.start_s + sound.length_s
        end_s = min(hit.start_s + sound.length_s, next_s)
        changes = () if sound.mode is None else ((0.0, sound.mode),)
        volume = chip_volume(gain * hit.level * sound.volume_scale)
        notes.append(
            ChipNote(
                hit.start_s, end_s, sound.period, volume, sound.instrument,
                timbre_changes=changes,
            )
        )  # fmt: skip
        known = hit.pitch in drums
        reason = "" if known else f"drum {hit.pitch} is not in the table; played as a hi-hat"
        placements.append(
            Placement(
                hit.track,
                hit.index,
                hit.start_s,
                hit.pitch,
                "kept",
                "noise",
                0,
                reason,
                end_s - hit.start_s,
            )
        )
    return notes, placements


def place_samples(
    hits: Sequence[PlayedNote], drums: Mapping[int, DrumSound], mixes: Collection[str] = ()
) -> tuple[list[SampleHit], list[Placement], list[PlayedNote]]:
    """Play the drums that have a sample on the DMC; each stops the one before.

    Parameters
    ----------
    hits
        Sorted by onset.
    drums
        Sounds by General MIDI key.
    mixes
        Samples that are two others at once, named by both with a plus, in alphabetical order.

    Returns
    -------
    samples
        What the DMC plays.
    placements
        One for every hit that it plays.
    rest
        The other hits, for the noise voice; of those that come at one moment all but the most
        important one and what there is a mix for.
    """
    moments: list[list[PlayedNote]] = []
    rest: list[PlayedNote] = []
    for hit in hits:
        sound = drums.get(hit.pitch)
        if sound is None or not sound.sample or hit.level == 0.0:
            rest.append(hit)
        elif moments and hit.start_s - moments[-1][0].start_s < SAME_MOMENT_S:
            moments[-1].append(hit)
        else:
            moments.append([hit])
    samples: list[SampleHit] = []
    placements: list[Placement] = []
    for k, struck in enumerate(moments):
        start_s = struck[0].start_s
        struck.sort(key=lambda hit: (drums[hit.pitch].priority, hit.level), reverse=True)
        first = drums[struck[0].pitch]
        names = {first.sample: first.sample_s}
        for hit in struck[1:]:
            sound = drums[hit.pitch]
            pair = "+".join(sorted((first.sample, sound.sample)))
            if sound.sample in names or len(names) > 1:
                continue
            if pair in mixes:
                names[sound.sample] = sound.sample_s
        sample = "+".join(sorted(names))
        next_s = moments[k + 1][0].start_s if k + 1 < len(moments) else float("inf")
        end_s = min(start_s + max(names.values()), next_s)
        samples.append(SampleHit(start_s, end_s, sample))
        for hit in struck:
            if drums[hit.pitch].sample in names:
                placements.append(
                    Placement(
                        hit.track, hit.index, hit.start_s, hit.pitch, "kept", "dmc", 0, "",
                        end_s - start_s,
                    )
                )  # fmt: skip
            else:
                rest.append(hit)
    rest.sort(key=lambda hit: hit.start_s)
    return samples, placements, rest


def find_drum_gain(hits: Sequence[PlayedNote], gain: float) -> float:
    """Return what drums are raised by: as the pulses are, or less if loud hits would clip."""
    return max(1.0, min(gain, 1.0 / loud_level(hits)))


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
        if sound is None or not sound.drop_pitch or hit.level == 0.0:
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


def _protected_s(sound: DrumSound, priority: int) -> float:
    """Return for how long a drum is not cut by one of lower priority.

    Its attack always, and of what it rings beyond `SHORT_S` a share that grows with the square of
    the difference: a hi-hat waits for a crash, a kick or a snare hardly does.
    """
    share = ((sound.priority - priority) / 100.0) ** 2
    return PROTECTED_S + share * max(0.0, sound.length_s - SHORT_S)


def _drop(hit: PlayedNote, reason: str) -> Placement:
    return Placement(hit.track, hit.index, hit.start_s, hit.pitch, "dropped", reason=reason)
