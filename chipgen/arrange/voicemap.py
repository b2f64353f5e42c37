"""The text of `--map` to an explicit choice of voice for tracks and channels."""

from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.score import Score
from synth.chip.voices import SCORED, VOICES

TARGETS: Final = (*VOICES, "drop")
_ALIASES: Final = {
    **{name: voice.name for voice in SCORED for name in (voice.role, voice.part)},
    "lead": "pulse1",
}


def parse_map(text: str) -> tuple[tuple[str, str], ...]:
    """Read a voice map such as ``bass=track:3,pulse1=channel:0``.

    Targets are pulse1, pulse2, triangle, noise and drop, or what they are called for short: melody,
    harmony, bass, drums, p1, p2, tr, no. Selectors are ``track:N`` (counted from 0,
    like channels), ``track:NAME`` and ``channel:N`` (0-15). What no selector names is arranged
    as usual.

    Parameters
    ----------
    text
        Comma-separated ``target=selector`` pairs; empty means no map.

    Raises
    ------
    ChipgenError
        If an entry is not of that form.

    Examples
    --------
    >>> parse_map("bass=track:3, pulse1=channel:0")
    (('triangle', 'track:3'), ('pulse1', 'channel:0'))
    """
    pairs: list[tuple[str, str]] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        target, equals, selector = (part.strip() for part in entry.partition("="))
        target = _ALIASES.get(target, target)
        if not equals or target not in TARGETS:
            raise ChipgenError(
                f"map entry {entry!r}: begin with one of {', '.join(TARGETS)}, then =,"
                " as in bass=track:3"
            )
        kind, colon, value = selector.partition(":")
        if not colon or kind not in ("track", "channel") or not value:
            raise ChipgenError(f"map entry {entry!r}: choose with track:N, track:NAME or channel:N")
        if kind == "channel" and not (value.isdigit() and 0 <= int(value) <= 15):
            raise ChipgenError(f"map entry {entry!r}: channel {value} is not in 0-15")
        pairs.append((target, selector))
    return tuple(pairs)


def resolve_map(pairs: tuple[tuple[str, str], ...], score: Score) -> dict[int, str]:
    """Find the tracks that a voice map names.

    Parameters
    ----------
    pairs
        As `parse_map` returns them; where two name the same track the later wins.
    score
        The piece whose tracks are meant.

    Returns
    -------
    dict
        Position in `score.tracks` to target; tracks that are not named are absent.

    Raises
    ------
    ChipgenError
        If a selector names no track of the piece.
    """
    chosen: dict[int, str] = {}
    for target, selector in pairs:
        found = [index for index in range(len(score.tracks)) if _selects(selector, score, index)]
        if not found:
            raise ChipgenError(f"map {target}={selector}: the piece has {_describe_tracks(score)}")
        chosen.update(dict.fromkeys(found, target))
    return chosen


def _selects(selector: str, score: Score, index: int) -> bool:
    kind, _, value = selector.partition(":")
    track = score.tracks[index]
    if kind == "channel":
        return track.channel == int(value)
    if value.isdigit():
        return index == int(value)
    return track.name.strip().casefold() == value.strip().casefold()


def _describe_tracks(score: Score) -> str:
    names = [
        f"track:{index} {track.name!r} (channel:{track.channel})"
        for index, track in enumerate(score.tracks[:8])
    ]
    more = f" and {len(score.tracks) - 8} more" if len(score.tracks) > 8 else ""
    return (", ".join(names) or "no tracks") + more
