"""Plays General MIDI drums on the noise voice, with pitch drops on a free triangle."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chipgen.arranging.arrangement import Placement
from chipgen.arranging.drum_kit import DrumSound
from chipgen.music.played_notes import PlayedNote, chip_volume, loud_level
from synth.instrument.chip_score import ChipNote, SampleHit
from synth.instrument.triangle_drums import lay_drums

CLOSED_HAT: Final = 42  # replaces keys that are not in the table
SAME_MOMENT_S: Final = 0.012  # closer hits cannot be distinguished at 60 frames a second
PROTECTED_S: Final = 0.05  # a hit's attack, which a hit of lower priority may not cut
SHORT_S: Final = 0.25  # what lasts longer rings, and its ringing is protected, too
LAYER_S: Final = 2 / 60  # between drums of one moment: heard as one stroke, each with its attack
SHORTEST_LAYER_S: Final = 1 / 60  # where there is no room for more


def place_drums(
    hits: Sequence[PlayedNote],
    drums: Mapping[int, DrumSound],
    gain: float = 1.0,
    layers: int = 1,
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
    layers
        How many drums of one moment are played, `LAYER_S` apart, the shortest first so that the
        longest rings on. If more than one, what rings also goes on after a hit of lower priority,
        which otherwise waits.

    Returns
    -------
    notes
        The noise voice.
    placements
        One for every hit.
    """
    strokes, placements = _find_strokes(hits, drums, layers)
    notes: list[ChipNote] = []
    ring: ChipNote | None = None
    for k, stroke in enumerate(strokes):
        next_s = strokes[k + 1].start_s if k + 1 < len(strokes) else math.inf
        room_s = next_s - stroke.start_s
        played, left_out = _layer(stroke, int(min(layers, room_s / SHORTEST_LAYER_S)))
        placements += left_out
        layer_s = max(min(LAYER_S, room_s / len(played)), SHORTEST_LAYER_S)
        starts_s = [stroke.start_s + at * layer_s for at in range(len(played))]
        for layer, start_s, stop_s in zip(played, starts_s, [*starts_s[1:], next_s], strict=True):
            end_s = min(start_s + layer.sound.length_s, stop_s)
            notes.append(_noise_note(layer, start_s, end_s, gain))
            known = layer.hit.pitch in drums
            reason = (
                "" if known else f"drum {layer.hit.pitch} is not in the table; played as a hi-hat"
            )
            placements.append(_keep(layer.hit, "noise", end_s - start_s, reason))
        if not stroke.over:
            last = notes[-1]
            ring = replace(last, end_s=last.start_s + played[-1].sound.length_s)
        elif ring is not None:
            notes += _go_on(ring, notes[-1].end_s, next_s)
    return notes, placements


@dataclass(slots=True)
class _Stroke:
    """A hit on the noise voice, with the less important ones of its moment.

    `over` says that a more important one rings on after it.
    """

    hit: PlayedNote
    sound: DrumSound
    others: "list[_Stroke]" = field(default_factory=list)
    over: bool = False

    @property
    def rank(self) -> tuple[int, float]:
        """What decides which of two is played."""
        return self.sound.priority, self.hit.level

    @property
    def start_s(self) -> float:
        """When it is struck."""
        return self.hit.start_s

    def is_covered(self, rank: tuple[int, float], start_s: float) -> bool:
        """Return whether a hit is of lower rank and comes while this one is protected."""
        return rank < self.rank and start_s - self.start_s < _protected_s(self.sound, rank[0])


def _find_strokes(
    hits: Sequence[PlayedNote], drums: Mapping[int, DrumSound], layers: int
) -> tuple[list[_Stroke], list[Placement]]:
    """Gather hits into strokes; return also what becomes of those that are not heard."""
    strokes: list[_Stroke] = []
    placements: list[Placement] = []
    ring: _Stroke | None = None
    fallback = drums.get(CLOSED_HAT, DrumSound(2))
    for hit in hits:
        if hit.level == 0.0:
            placements.append(_drop(hit, "its volume is 0"))
            continue
        stroke = _Stroke(hit, drums.get(hit.pitch, fallback))
        winner = None
        while strokes and winner is None:
            last = strokes[-1]
            same = hit.start_s - last.start_s < SAME_MOMENT_S
            if same and stroke.rank > last.rank:
                strokes.pop()
                stroke.others += [last, *last.others]
            elif same or last.is_covered(stroke.rank, hit.start_s):
                winner = last
            else:
                break
        if winner is not None and hit.start_s - winner.start_s < PROTECTED_S:
            winner.others.append(stroke)
        elif winner is not None and layers == 1:
            placements.append(_drop(hit, f"drum {winner.hit.pitch} still rings"))
        else:
            stroke.over = (
                layers > 1 and ring is not None and ring.is_covered(stroke.rank, hit.start_s)
            )
            ring = ring if stroke.over else stroke
            strokes.append(stroke)
    return strokes, placements


def _go_on(ring: ChipNote, start_s: float, next_s: float) -> list[ChipNote]:
    """Return what still sounds of a drum after a hit that interrupted it."""
    end_s = min(ring.end_s, next_s)
    if end_s - start_s < LAYER_S:
        return []
    return [replace(ring, start_s=start_s, end_s=end_s, begun_s=start_s - ring.start_s)]


def _layer(stroke: _Stroke, layers: int) -> tuple[list[_Stroke], list[Placement]]:
    """Return what is played of a stroke, in order, and what becomes of the other hits."""
    played, left_out = [stroke], []
    for other in sorted(stroke.others, key=lambda other: other.rank, reverse=True):
        pitch = stroke.hit.pitch
        if any(other.sound == layer.sound for layer in played):
            left_out.append(_keep(other.hit, "noise", 0.0, f"as drum {pitch}", "doubled"))
        elif len(played) < layers:
            played.append(other)
        else:
            left_out.append(_drop(other.hit, f"drum {pitch} comes first at the same moment"))
    played.sort(key=lambda layer: layer.sound.length_s)
    return played, left_out


def _noise_note(stroke: _Stroke, start_s: float, end_s: float, gain: float) -> ChipNote:
    sound = stroke.sound
    volume = chip_volume(gain * stroke.hit.level * sound.volume_scale)
    changes = () if sound.mode is None else ((0.0, sound.mode),)
    return ChipNote(start_s, end_s, sound.period, volume, sound.instrument, timbre_changes=changes)


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
                placements.append(_keep(hit, "dmc", end_s - start_s))
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
    """Let kicks and toms fall on the triangle (see `lay_drums`)."""
    drops: list[tuple[ChipNote, bool]] = []
    for hit in hits:
        sound = drums.get(hit.pitch)
        if sound is None or not sound.drop_pitch or hit.level == 0.0:
            continue
        fall = ((0.0, 0.0), (sound.drop_s, -100.0 * sound.drop_semitones))
        drop = ChipNote(
            hit.start_s, hit.start_s + sound.drop_s, sound.drop_pitch,
            instrument=sound.drop_instrument, bend=fall if sound.drop_semitones else (),
        )  # fmt: skip
        drops.append((drop, sound.drop_over_bass))
    return list(lay_drums(sorted(triangle, key=lambda note: note.start_s), drops))


def _protected_s(sound: DrumSound, priority: int) -> float:
    """Return for how long a drum is not cut by one of lower priority.

    Its attack always, and of what it rings beyond `SHORT_S` a share that grows with the square of
    the difference: a hi-hat waits for a crash, a kick or a snare hardly does.
    """
    share = ((sound.priority - priority) / 100.0) ** 2
    return PROTECTED_S + share * max(0.0, sound.length_s - SHORT_S)


def _keep(
    hit: PlayedNote, voice: str, heard_s: float, reason: str = "", status: str = "kept"
) -> Placement:
    return Placement(
        hit.track, hit.index, hit.start_s, hit.pitch, status, voice, 0, reason, heard_s
    )


def _drop(hit: PlayedNote, reason: str) -> Placement:
    return Placement(hit.track, hit.index, hit.start_s, hit.pitch, "dropped", reason=reason)
