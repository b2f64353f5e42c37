"""Parses `--map`: which voice plays which tracks, channels, keys and bars."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from chipgen.errors import ChipgenError, RequestError
from chipgen.music.pitch_names import PITCH, read_pitch
from chipgen.music.score import Score, Track
from synth.chip.voices import SCORED, VOICES
from synth.whole_number import parse_whole

TARGETS: Final = (*VOICES, "drop")
_ALIASES: Final = {
    **{name: voice.name for voice in SCORED for name in (voice.role, voice.part)},
    "lead": "pulse1",
}
_KEYS: Final = re.compile(rf"(?P<low>{PITCH})?(?P<to>-)?(?P<high>{PITCH})?", re.ASCII)
_BARS: Final = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)
EARLY_BEATS: Final = 1 / 64  # a note played a little before the bar line belongs to the bar


@dataclass(frozen=True, slots=True)
class MapRule:
    """One entry of a map.

    Attributes
    ----------
    text
        As it was given.
    target
        One of `TARGETS`.
    kind, value
        ``"track"`` and a number or name, or ``"channel"`` and a number.
    lowest, highest
        MIDI keys, both meant.
    first_bar, last_bar
        Counted from 1, both meant; 0 for the whole piece.
    """

    text: str
    target: str
    kind: str
    value: str
    lowest: int = 0
    highest: int = 127
    first_bar: int = 0
    last_bar: int = 0

    def selects(self, track: Track, index: int) -> bool:
        """Return whether a track is meant, or some of its notes."""
        if self.kind == "channel":
            return track.channel == int(self.value)
        number = parse_whole(self.value)
        if number is not None:
            return index == number
        return track.name.strip().casefold() == self.value.strip().casefold()

    def beats(self, score: Score) -> tuple[float, float]:
        """Return from which beat to which the rule holds.

        Raises
        ------
        ChipgenError
            If the piece has no such bars.
        """
        if not self.first_bar:
            return 0.0, float("inf")
        bars = [*score.bar_starts_beats(), score.end_beats]
        if self.first_bar >= len(bars):
            raise RequestError(f"--map {self.text}: the piece has {len(bars) - 1} bars")
        return bars[self.first_bar - 1], bars[min(self.last_bar, len(bars) - 1)]


def parse_map(text: str) -> tuple[tuple[str, str], ...]:
    """Read a voice map such as ``bass=track:3,pulse1@17-24=channel:0,noise=channel:9:36-51``.

    Targets are pulse1, pulse2, triangle, noise and drop, or what they are called for short: melody,
    harmony, bass, drums, p1, p2, tr, no; behind ``@`` stand the bars for which they hold. Selectors
    are ``track:N`` (counted from 0, like channels), ``track:NAME`` and ``channel:N`` (0-15); a
    range of keys may follow, as numbers or names (``36-51``, ``C4-``, ``-B3``, where C4 is 60).
    What no selector names is arranged as usual.

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
    >>> parse_map("lead@17-24=track:Flute:C4-")
    (('pulse1@17-24', 'track:Flute:C4-'),)
    """
    pairs: list[tuple[str, str]] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        target, equals, selector = (part.strip() for part in entry.partition("="))
        name, at, bars = (part.strip() for part in target.partition("@"))
        target = _ALIASES.get(name, name) + at + bars
        if not equals:
            selector = ""
        read_rule(target, selector, entry)
        pairs.append((target, selector))
    return tuple(pairs)


def read_rule(target: str, selector: str, entry: str = "") -> MapRule:
    """Read one pair of a map.

    Raises
    ------
    ChipgenError
        If it is not of the form that `parse_map` takes.
    """
    entry = entry or f"{target}={selector}"
    name, at, bars = target.partition("@")
    if name not in TARGETS or not selector:
        raise ChipgenError(
            f"map entry {entry!r}: begin with one of {', '.join(TARGETS)}, then =,"
            " as in bass=track:3"
        )
    first_bar, last_bar = _bars(bars, entry) if at else (0, 0)
    kind, colon, value = selector.partition(":")
    if not colon or kind not in ("track", "channel") or not value:
        raise ChipgenError(f"map entry {entry!r}: choose with track:N, track:NAME or channel:N")
    value, lowest, highest = _split_keys(value, entry)
    number = parse_whole(value)
    if kind == "channel" and (number is None or number > 15):
        raise ChipgenError(f"map entry {entry!r}: channel {value!r} is not in 0-15")
    return MapRule(f"{target}={selector}", name, kind, value, lowest, highest, first_bar, last_bar)


def map_notes(
    pairs: tuple[tuple[str, str], ...], score: Score, *, excerpt: bool = False
) -> dict[int, tuple[str, ...]]:
    """Find the notes that a voice map names.

    Parameters
    ----------
    pairs
        As `parse_map` returns them; where two name the same note the later wins.
    score
        The piece whose tracks are meant.
    excerpt
        Whether notes of the piece are missing, so that selectors may name nothing.

    Returns
    -------
    dict
        Position in `score.tracks` to the target of each of its notes, empty for those that are not
        named; tracks of which nothing is named are absent.

    Raises
    ------
    ChipgenError
        If a selector names nothing of the piece.
    """
    chosen: dict[int, list[str]] = {}
    for target, selector in pairs:
        rule = read_rule(target, selector)
        found = [k for k, track in enumerate(score.tracks) if rule.selects(track, k)]
        if not found and not excerpt:
            raise RequestError(f"--map {rule.text}: the piece has {_describe_tracks(score)}")
        start, end = rule.beats(score)
        named = 0
        for k in found:
            notes = score.tracks[k].notes
            first = bisect_left(notes, start, key=lambda note: note.onset_beats + EARLY_BEATS)
            last = bisect_left(notes, end, key=lambda note: note.onset_beats + EARLY_BEATS)
            for index in range(first, last):
                if rule.lowest <= notes[index].pitch <= rule.highest:
                    chosen.setdefault(k, [""] * len(notes))[index] = rule.target
                    named += 1
        if not named and not excerpt and any(score.tracks[k].notes for k in found):
            pitches = [note.pitch for k in found for note in score.tracks[k].notes]
            raise ChipgenError(
                f"map {rule.text}: it matches no note; the keys are {min(pitches)}-{max(pitches)}"
            )
    return {k: tuple(targets) for k, targets in chosen.items()}


def map_sections(
    pairs: tuple[tuple[str, str], ...], score: Score
) -> dict[str, tuple[tuple[float, float], ...]]:
    """Return from which beats to which the voices of a map belong to it; all other time is free."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for target, selector in pairs:
        rule = read_rule(target, selector)
        if rule.target != "drop":
            spans.setdefault(rule.target, []).append(rule.beats(score))
    return {voice: tuple(sorted(found)) for voice, found in spans.items()}


def _bars(text: str, entry: str) -> tuple[int, int]:
    found = _BARS.fullmatch(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise ChipgenError(
            f"map entry {entry!r}: {text!r} is no span of bars, such as 17-24, counted from 1"
        )
    return first, last


def _split_keys(value: str, entry: str) -> tuple[str, int, int]:
    """Split a range of keys off a selector's value, if one follows."""
    name, colon, keys = value.rpartition(":")
    found = _KEYS.fullmatch(keys.strip())
    if not colon or not found or not keys.strip("- "):
        return value, 0, 127
    lowest = read_pitch(found["low"]) if found["low"] else 0
    highest = read_pitch(found["high"]) if found["high"] else 127 if found["to"] else lowest
    if not 0 <= lowest <= highest <= 127:
        raise ChipgenError(
            f"map entry {entry!r}: {keys!r} is no range of keys, such as 36-51 or C4-B5, in 0-127"
        )
    return name, lowest, highest


def _describe_tracks(score: Score) -> str:
    names = [
        f"track:{index} {track.name!r} (channel:{track.channel})"
        for index, track in enumerate(score.tracks[:8])
    ]
    more = f" and {len(score.tracks) - 8} more" if len(score.tracks) > 8 else ""
    return (", ".join(names) or "no tracks") + more
