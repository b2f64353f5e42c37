"""Understands a score: its parts, roles and ending, as all other packages use them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from chipgen.music.nesmdb_dialect import has_nominal_beats
from chipgen.music.played_notes import PlayedNote, perform_score
from chipgen.music.score import NES_TRACKS, Score
from chipgen.understand.ending import Ending, find_ending
from chipgen.understand.roles import Roles, find_roles


def understand(
    score: Score, notes: Sequence[PlayedNote] | None = None, *, nominal: bool | None = None
) -> "Parts":
    """Find who plays what in a score.

    Parameters
    ----------
    score
        Any piece.
    notes
        The performed notes by which tracks are judged; every pitched note that is heard and that
        no voice of the chip plays, if not given.
    nominal
        Whether the score's beats are only its file's, if that is known.
    """
    return Parts(score, notes, nominal)


@dataclass(frozen=True, eq=False)
class Parts:
    """Who plays what in a score. Each answer is found when it is first asked for, and kept.

    Attributes
    ----------
    score
        The piece.
    judged
        The notes by which `roles` are found; None for all audible notes.
    known_nominal
        Whether its beats are nominal, if that was known before.
    """

    score: Score
    judged: Sequence[PlayedNote] | None = None
    known_nominal: bool | None = None

    @cached_property
    def nominal(self) -> bool:
        """Whether its beats are only its file's, not the music's, as in NES-MDB."""
        known = self.known_nominal
        return has_nominal_beats(self.score) if known is None else known

    @cached_property
    def is_voiced(self) -> bool:
        """Whether its tracks are the chip's own voices."""
        return any(track.role in NES_TRACKS for track in self.score.tracks)

    @cached_property
    def drums(self) -> tuple[int, ...]:
        """The tracks that play General MIDI's drums or the chip's noise."""
        return tuple(k for k, track in enumerate(self.score.tracks) if track.plays_drums)

    @cached_property
    def ending(self) -> Ending:
        """Where the piece ends and can be gone on from.

        Raises
        ------
        ChipgenError
            If it has no pitched notes, or lasts less than a beat.
        """
        return find_ending(self.score, nominal=self.nominal)

    @cached_property
    def roles(self) -> Roles:
        """What every pitched note that is judged does in the music."""
        notes = self.judged
        if notes is None:
            pitched = [
                k
                for k, track in enumerate(self.score.tracks)
                if track.role not in NES_TRACKS and not track.is_drums
            ]
            notes = [note for note in perform_score(self.score, pitched) if note.level > 0.0]
        return find_roles(self.score, notes)
