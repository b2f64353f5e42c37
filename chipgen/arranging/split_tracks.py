"""Splits tracks whose parts are arranged differently: by program, and by a voice map."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from chipgen.arranging.arrangement import Placement
from chipgen.arranging.voice_map import map_notes, map_sections
from chipgen.music.score import Score, Track

Span = tuple[float, float]
"""From which beat to which."""


_KINDS: Final = (  # of General MIDI programs, from 0; all others are solo instruments
    ("bass", frozenset({*range(32, 40), 43, 58})),
    ("ground", frozenset({44, *range(48, 56), *range(88, 104)})),  # ensembles, choirs, pads
    ("percussion", frozenset({47, *range(112, 128)})),
)


@dataclass(frozen=True, slots=True)
class Split:
    """A score whose tracks are of one kind and have one target each, and where they came from.

    Attributes
    ----------
    score
        The piece; the very one that was given if no track had to be split.
    targets
        The map's targets, by track of `score`.
    origins
        For each track of `score` the track it comes from, and which of its notes it has; none
        stand for all.
    sections
        By voice, when it belongs to the map; a voice that is not there is free all the time.
    """

    score: Score
    targets: dict[int, str]
    origins: tuple[tuple[int, tuple[int, ...]], ...]
    sections: dict[str, tuple[Span, ...]]

    def placements(self, placed: Iterable[Placement]) -> tuple[Placement, ...]:
        """Return placements of the split score's notes as those of the source, in its order."""
        found = []
        for placement in placed:
            track, indices = self.origins[placement.track]
            index = indices[placement.index] if indices else placement.index
            found.append(replace(placement, track=track, index=index))
        return tuple(sorted(found, key=lambda placement: (placement.track, placement.index)))


def split_tracks(
    score: Score, voice_map: tuple[tuple[str, str], ...], *, excerpt: bool = False
) -> Split:
    """Split tracks that change to a program of another kind, or of which a map names some notes.

    Parameters
    ----------
    score
        Any piece.
    voice_map, excerpt
        As in `ArrangeConfig`.

    Raises
    ------
    ChipgenError
        If the map names what the piece does not have.
    """
    mapped = map_notes(voice_map, score, excerpt=excerpt)
    tracks: list[Track] = []
    targets: dict[int, str] = {}
    origins: list[tuple[int, tuple[int, ...]]] = []
    for k, track in enumerate(score.tracks):
        wanted = mapped.get(k, ("",) * len(track.notes))
        one_program = track.is_drums or track.role or not track.program_changes
        groups: dict[tuple[str, str], list[int]] = {}
        for index, (note, target) in enumerate(zip(track.notes, wanted, strict=True)):
            family = "" if one_program else _family(track.program_at(note.onset_beats))
            groups.setdefault((target, family), []).append(index)
        if len(groups) < 2:
            targets.update({len(tracks): target for target, _ in groups if target})
            tracks.append(track)
            origins.append((k, ()))
            continue
        for (target, _), indices in groups.items():
            targets.update({len(tracks): target} if target else {})
            notes = tuple(track.notes[index] for index in indices)
            program = track.program_at(notes[0].onset_beats)
            tracks.append(replace(track, notes=notes, program=program))
            origins.append((k, tuple(indices)))
    is_split = len(tracks) > len(score.tracks)
    return Split(
        score.with_tracks(tuple(tracks)) if is_split else score,
        targets,
        tuple(origins),
        map_sections(voice_map, score),
    )


def _family(program: int) -> str:
    """Return what kind of part a program is for, as far as voices are concerned."""
    return next((name for name, programs in _KINDS if program in programs), "solo")
