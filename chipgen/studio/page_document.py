"""Keeps the page's score, changed by what the page sends of its edits."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from chipgen.errors import ChipgenError
from chipgen.music.score import (
    Bend,
    Control,
    Marker,
    Meter,
    Note,
    ProgramChange,
    Score,
    Tempo,
    Track,
)
from chipgen.studio.page_messages import Change, EditMessage, RowsChange, TracksChange
from chipgen.studio.score_json import (
    MAX_EVENTS,
    ScoreJson,
    TrackJson,
    check_limits,
    say,
    score_of,
)

EVENTS: Final[dict[str, type]] = {
    "tempos": Tempo, "meters": Meter, "markers": Marker,
    "notes": Note, "controls": Control, "bends": Bend, "program_changes": ProgramChange,
}  # fmt: skip
"""The lists of a score, then those of a track; their places count in a digest."""

_COLUMNS: Final[dict[str, Callable[[Any], tuple[float, ...]]]] = {
    "tempos": lambda event: (event.beat, event.bpm),
    "meters": lambda event: (event.beat, event.numerator, event.denominator),
    "markers": lambda event: (event.beat,),
    "notes": lambda note: (note.onset_beats, note.duration_beats, note.pitch, note.velocity),
    "controls": lambda event: (event.beat, event.number, event.value),
    "bends": lambda event: (event.beat, event.semitones),
    "program_changes": lambda event: (event.beat, event.program),
}
_WORD: Final = 2**32

Splices = Sequence[tuple[int, int, list[Any]]]


class OutOfStepError(ChipgenError):
    """An edit is of another score than the one kept here."""


class PageDocument:
    """The score of a page, and how many edits it has had.

    Attributes
    ----------
    score, name
        The piece as the page has it; None before it has sent one.
    revision
        The number of the last edit.
    """

    def __init__(self) -> None:
        self.score: Score | None = None
        self.name = ""
        self.revision = 0
        self._parts: list[Change] = []
        self._digests: dict[int, tuple[Track, int]] = {}

    def put(self, given: ScoreJson, revision: int) -> Score:
        """Take a whole score, and return it.

        Raises
        ------
        ChipgenError
            As `score_of`.
        """
        self._parts = []
        self.score, self.name, self.revision = score_of(given), given.name, revision
        return self.score

    def edit(self, message: EditMessage) -> Score | None:
        """Apply an edit; None while parts of it are missing.

        Raises
        ------
        OutOfStepError
            If it does not follow the last one, or gives another score than the page has: the page
            has to send the whole.
        ChipgenError
            If the page may not have such a score.
        """
        parts, self._parts = [*self._parts, *message.changes], []
        if self.score is None or message.revision != self.revision + 1:
            raise OutOfStepError(f"edit {message.revision} follows {self.revision}")
        if sum(_size(change) for change in parts) > 2 * MAX_EVENTS:
            raise ChipgenError(f"an edit is too large; the studio takes {2 * MAX_EVENTS} events")
        if message.more:
            self._parts = parts
            return None
        score, name = changed(self.score, self.name, parts)
        if self._digest(score) != message.digest:
            raise OutOfStepError(f"edit {message.revision} gives another score")
        check_limits(score)
        self.score, self.name, self.revision = score, name, message.revision
        return score

    def _digest(self, score: Score) -> int:
        """Return the digest of a score; that of a track which is the same is known."""
        known = self._digests
        self._digests = {
            id(track): known.get(id(track)) or (track, _track_digest(track))
            for track in score.tracks
        }
        return _sum_digest(score, lambda track: self._digests[id(track)][1])


def changed(score: Score, name: str, changes: Sequence[Change]) -> tuple[Score, str]:
    """Return a score and its name after changes.

    Raises
    ------
    OutOfStepError
        If they name tracks or rows that there are not.
    ChipgenError
        If they hold values that no score may have.
    """
    tracks = list(score.tracks)
    fields: dict[str, Any] = {"end_beats": score.end_beats}
    splices: dict[tuple[int | None, str], list[tuple[int, int, list[Any]]]] = {}
    try:
        for change in changes:
            if isinstance(change, TracksChange):
                old = dict(enumerate(score.tracks))
                if any(origin is not None and origin not in old for origin in change.tracks):
                    raise OutOfStepError("there is no such track")
                tracks = [Track() if k is None else old[k] for k in change.tracks]
                continue
            place = change.track
            if place is not None and place >= len(tracks):
                raise OutOfStepError(f"there is no track {place}")
            if isinstance(change, RowsChange):
                splices.setdefault((place, change.rows), []).extend(change.splices)
            elif place is None:
                fields |= _checked(ScoreJson, change.set)
            else:
                tracks[place] = replace(tracks[place], **_checked(TrackJson, change.set))
        for (place, rows), given in splices.items():
            old_rows = getattr(score if place is None else tracks[place], rows, None)
            if old_rows is None:
                raise OutOfStepError(f"no {rows} are there")
            found = _spliced(old_rows, rows, ScoreJson if place is None else TrackJson, given)
            if place is None:
                fields[rows] = found
            else:
                events: dict[str, Any] = {rows: found}
                tracks[place] = replace(tracks[place], **events)
    except ValidationError as error:
        raise ChipgenError(say(error)) from None
    name = fields.pop("name", name)
    ends = [note.end_beats for track in tracks for note in track.notes]
    fields["end_beats"] = max([fields["end_beats"], *ends])
    return replace(score, tracks=tuple(tracks), **fields), name


def _checked(model: type[ScoreJson] | type[TrackJson], values: dict[str, Any]) -> dict[str, Any]:
    checked = model.model_validate(values)
    return {name: getattr(checked, name) for name in values if name not in EVENTS}


def _spliced(
    old: Sequence[Any], rows: str, model: type[ScoreJson] | type[TrackJson], splices: Splices
) -> tuple[Any, ...]:
    """Return events of which some have given way to others, in order."""
    found: list[Any] = []
    at = 0
    for start, count, added in splices:
        if start < at or start + count > len(old):
            raise OutOfStepError(f"there is no row {start + count}")
        found += old[at:start]
        if added:
            checked = getattr(model.model_validate({rows: added}), rows)
            found += [EVENTS[rows](*row) for row in checked]
        at = start + count
    found += old[at:]
    if rows in ("notes", "program_changes"):
        return tuple(sorted(found, key=_COLUMNS[rows]))
    return tuple(sorted(found, key=lambda event: event.beat))


def digest_of(score: Score) -> int:
    """Return the number by which the page's copy of a score is compared with this one.

    It is over all events but their texts, as `digestOf` of the page's score-changes.js.

    Examples
    --------
    >>> digest_of(Score()) == digest_of(Score(tempos=(Tempo(0.0, 121.0),)))
    False
    """
    return _sum_digest(score, _track_digest)


def _sum_digest(score: Score, digest_track: Callable[[Track], int]) -> int:
    head = sum(_rows_digest(getattr(score, rows), rows) for rows in list(EVENTS)[:3])
    tracks = sum(digest_track(track) * (2 * k + 1) for k, track in enumerate(score.tracks))
    return (head + tracks) % _WORD


def _track_digest(track: Track) -> int:
    return 1 + sum(_rows_digest(getattr(track, rows), rows) for rows in list(EVENTS)[3:])


def _rows_digest(events: Sequence[Any], rows: str) -> int:
    """Return the sum of a mixture of each event's numbers, in which their order does not matter."""
    if not events:
        return 0
    numbers = np.array([_COLUMNS[rows](event) for event in events], "<f8") + 0.0
    mixed = np.full(len(events), 1 + list(EVENTS).index(rows), np.uint32)
    for low, high in numbers.view("<u4").reshape(len(events), -1, 2).transpose(1, 2, 0):
        mixed = (mixed ^ low) * np.uint32(0x9E3779B1)
        mixed ^= mixed >> np.uint32(15)
        mixed = (mixed ^ high) * np.uint32(0x85EBCA77)
        mixed ^= mixed >> np.uint32(13)
    return int(mixed.sum(dtype=np.uint64))


def _size(change: Change) -> int:
    """Return how many rows a change puts in or takes out, about."""
    if isinstance(change, RowsChange):
        return sum(1 + len(added) for _, _, added in change.splices)
    return 1
