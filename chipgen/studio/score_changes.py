"""Lists what differs between two scores, as the page and the server tell each other."""

from collections.abc import Sequence
from typing import Any, Final

Told = dict[str, Any]
"""A score or a track as `chipgen.studio.score_json` tells it, or a change of one."""

_SCORE_FIELDS: Final = ("name", "dialect", "key", "end_beats")
_SCORE_ROWS: Final = ("tempos", "meters", "markers")
_TRACK_FIELDS: Final = ("name", "role", "channel", "program", "drums")
_TRACK_ROWS: Final = ("notes", "controls", "bends", "program_changes")
_NO_TRACK: Final[Told] = {
    "name": "", "role": "", "channel": 0, "program": 0, "drums": None,
    **{rows: [] for rows in _TRACK_ROWS},
}  # fmt: skip


def changes_between(before: Told, after: Told) -> list[Told]:
    """Return what makes one score the other: nothing of what is alike.

    Both are as `score_json.score_to_json` gives them; `page_document.changed` and the page's
    score-changes.js make the changes.

    Examples
    --------
    >>> from chipgen.music.score import Note, Score, Track
    >>> from chipgen.studio.score_json import score_to_json
    >>> one, other = (
    ...     score_to_json(Score(tracks=(Track(notes=(Note(0.0, 1.0, 60), last)),), end_beats=2.0))
    ...     for last in (Note(1.0, 1.0, 62), Note(1.0, 1.0, 64))
    ... )
    >>> changes_between(one, other)
    [{'track': 0, 'rows': 'notes', 'splices': [(1, 1, [[1.0, 1.0, 64, 100]])]}]
    """
    old, new = before["tracks"], after["tracks"]
    changes: list[Told] = []
    if len(old) != len(new):
        changes.append({"tracks": [k if k < len(old) else None for k in range(len(new))]})
    changes += _differences(before, after, _SCORE_FIELDS, _SCORE_ROWS, {})
    for index, track in enumerate(new):
        known = old[index] if index < len(old) else _NO_TRACK
        changes += _differences(known, track, _TRACK_FIELDS, _TRACK_ROWS, {"track": index})
    return changes


def _differences(
    before: Told, after: Told, fields: Sequence[str], lists: Sequence[str], place: Told
) -> list[Told]:
    """Return the changes of a track, or of the score's own fields and lists."""
    new = {name: after[name] for name in fields if before.get(name) != after[name]}
    changes: list[Told] = [{**place, "set": new}] if new else []
    for rows in lists:
        splices = _splices(before.get(rows, []), after[rows], in_order=rows == "notes")
        if splices:
            changes.append({**place, "rows": rows, "splices": splices})
    return changes


def _splices(old: list[Any], new: list[Any], *, in_order: bool) -> list[tuple[int, int, list[Any]]]:
    """Return the splices that make one list of rows the other.

    Rows in order are compared one by one; of others all between what begins and ends alike is
    replaced.
    """
    shorter = min(len(old), len(new))
    first = next((k for k in range(shorter) if old[k] != new[k]), shorter)
    last = next((k for k in range(shorter - first) if old[-1 - k] != new[-1 - k]), shorter - first)
    old_end, new_end = len(old) - last, len(new) - last
    if first == old_end and first == new_end:
        return []
    if not in_order:
        return [(first, old_end - first, new[first:new_end])]
    splices = []
    at = then = first
    while at < old_end or then < new_end:
        start, added = at, then
        while at < old_end or then < new_end:
            if at < old_end and then < new_end and old[at] == new[then]:
                break
            if then == new_end or (at < old_end and old[at] < new[then]):
                at += 1
            else:
                then += 1
        splices.append((start, at - start, new[added:then]))
        while at < old_end and then < new_end and old[at] == new[then]:
            at, then = at + 1, then + 1
    return splices
