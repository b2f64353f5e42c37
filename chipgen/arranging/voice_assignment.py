"""Assigns the parts of a score to free voices, each phrase to one voice."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from chipgen.arranging.chip_notes import Voicing
from chipgen.arranging.chord_arpeggios import ChordTiming, Segment
from chipgen.arranging.chord_tones import Harmony
from chipgen.music.played_notes import PlayedNote
from chipgen.understand.melody_bass_search import CHORD_SPREAD_S, cluster_onsets
from chipgen.understand.roles import RolePart, Roles
from synth.chip.voices import VOICE_BY_NAME

PHRASE_REST_S: Final = 0.5  # silence that ends a phrase
PHRASE_S: Final = 8.0  # where a part never rests, so much of it is given to a voice at once
MOST_CUT: Final = 0.5  # of a note's length that may be lost to a note of a part before it
FITTING: Final = 0.6  # of a phrase's notes have to find room in a voice
SHORTEST_S: Final = 0.05
GAP_S: Final = 1.0  # a voice that rests this long is free for the harmony
STRUCK_S: Final = 0.5  # a chord held at least this long is struck as an arpeggio
STRUCK_LEAST: Final = 3  # … of so many pitch classes
STRUCK_NOTES: Final = 4
STRUCK_SHARE: Final = 0.5  # of the time that it is held
LOW_LINE: Final = 52  # a phrase that lies below this on the whole is a bass where none plays
LOW_FITTING: Final = 0.9
TRIANGLE_TOP: Final = 67  # above this a triangle with an inner note would stand out


@dataclass(slots=True)
class _Voice:
    """What has been given to one voice so far, in order of time."""

    name: str
    segments: list[Segment] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)

    def room(self, start_s: float, end_s: float) -> float:
        """Return until when a note that begins at `start_s` could sound; `start_s` if it cannot."""
        at = bisect_right(self.starts_s, start_s + CHORD_SPREAD_S)
        if at:
            before = self.segments[at - 1]
            if before.end_s > start_s + CHORD_SPREAD_S or before.start_s >= start_s:
                return start_s
        return min(end_s, self.starts_s[at]) if at < len(self.starts_s) else end_s

    def gap_s(self, time_s: float) -> float:
        """Return the length of the rest around a time; 0 if the voice sounds."""
        at = bisect_right(self.starts_s, time_s + CHORD_SPREAD_S)
        since_s = self.segments[at - 1].end_s if at else float("-inf")
        until_s = self.starts_s[at] if at < len(self.starts_s) else float("inf")
        return until_s - since_s if since_s <= time_s + CHORD_SPREAD_S else 0.0

    def sounding(self, time_s: float) -> int:
        """Return the position of the note that sounds at a time, or −1."""
        at = bisect_right(self.starts_s, time_s + CHORD_SPREAD_S) - 1
        if at >= 0 and self.segments[at].end_s > time_s + CHORD_SPREAD_S:
            return self.segments[at].members[0]
        return -1

    def add(self, segment: Segment) -> None:
        """Put a segment in its place; nothing may sound there."""
        at = bisect_left(self.starts_s, segment.start_s)
        if at and self.segments[at - 1].end_s > segment.start_s:  # a chord's spread
            before = self.segments[at - 1]
            self.segments[at - 1] = Segment(
                before.start_s, segment.start_s, before.members, before.fresh, before.rests_after_s
            )
        self.segments.insert(at, segment)
        insort(self.starts_s, segment.start_s)


class _Assignment:
    """The state of one arrangement."""

    def __init__(
        self, voicing: Voicing, parts: Roles, positions: Sequence[int], free: Sequence[str]
    ) -> None:
        self.notes = voicing.notes
        self.voicing = voicing
        self.voices = {name: _Voice(name) for name in free}
        self.pulses = [self.voices[name] for name in free if name != "triangle"]
        self.triangle = self.voices.get("triangle")
        place = {(self.notes[k].track, self.notes[k].index): k for k in positions}
        self.members = {
            id(part): [place[part.track, i] for i in part.notes if (part.track, i) in place]
            for part in parts.parts
        }
        for part in parts.parts:
            voicing.roles.update(dict.fromkeys(self.members[id(part)], part.role))
        self.last: dict[int, str] = {}  # voice that a track was given to last

    def line(self, part: RolePart) -> list[int]:
        """Return a part's notes one at a time: of those that begin together the outermost."""
        found: list[int] = []
        low = part.role == "bass"
        for k in self.members[id(part)]:
            if found and self.notes[k].start_s - self.notes[found[-1]].start_s <= CHORD_SPREAD_S:
                other = self.notes[found[-1]].pitch
                if self.notes[k].pitch < other if low else self.notes[k].pitch > other:
                    found[-1] = k
                continue
            found.append(k)
        return found

    def ends_s(self, line: Sequence[int]) -> list[float]:
        """Return when each note of a line ends: no later than the next begins."""
        starts_s = [*(self.notes[k].start_s for k in line[1:]), float("inf")][: len(line)]
        return [
            min(self.notes[k].tail_s, until_s) for k, until_s in zip(line, starts_s, strict=True)
        ]

    def place(
        self,
        line: Sequence[int],
        voices: Sequence[_Voice],
        why: str,
        *,
        fitting: float = FITTING,
        least_gap_s: float = 0.0,
    ) -> list[int]:
        """Give a line to voices, phrase by phrase; return the positions that found no room."""
        lost: list[int] = []
        ends_s = self.ends_s(line)
        for first, last in self._phrases(line):
            phrase = list(zip(line[first:last], ends_s[first:last], strict=True))
            track = self.notes[phrase[0][0]].track
            order = sorted(voices, key=lambda voice: voice.name != self.last.get(track))
            best: tuple[int, _Voice, list[tuple[int, float]]] | None = None
            for voice in order:
                found = self._room(phrase, voice, least_gap_s)
                if len(found) >= fitting * len(phrase):
                    best = (len(found), voice, found)
                    break
            if best is None:
                lost += [k for k, _ in phrase]
                continue
            _, voice, found = best
            self.last[track] = voice.name
            for k, end_s in found:
                voice.add(Segment(self.notes[k].start_s, end_s, (k,), (k,)))
                self.voicing.why[k] = why
            placed = {k for k, _ in found}
            lost += [k for k, _ in phrase if k not in placed]
        return lost

    def place_low(self, line: Sequence[int], why: str) -> list[int]:
        """Give a line's low phrases to the triangle where the bass rests; return all others."""
        if self.triangle is None:
            return list(line)
        high: list[int] = []
        for first, last in self._phrases(line):
            phrase = line[first:last]
            low = sum(self.notes[k].pitch for k in phrase) < LOW_LINE * len(phrase)
            high += self.place(phrase, [self.triangle], why, fitting=LOW_FITTING) if low else phrase
        return high

    def _room(
        self, phrase: Sequence[tuple[int, float]], voice: _Voice, least_gap_s: float
    ) -> list[tuple[int, float]]:
        lowest, highest = VOICE_BY_NAME[voice.name].pitch_range
        found = []
        for k, end_s in phrase:
            note = self.notes[k]
            until_s = voice.room(note.start_s, end_s)
            length_s = end_s - note.start_s
            if until_s - note.start_s < min(length_s, max(SHORTEST_S, MOST_CUT * length_s)):
                continue
            if until_s <= note.start_s or (least_gap_s and voice.gap_s(note.start_s) < least_gap_s):
                continue
            if least_gap_s and not lowest <= note.pitch <= highest:
                continue
            found.append((k, until_s))
        return found

    def _phrases(self, line: Sequence[int]) -> Iterable[tuple[int, int]]:
        first = 0
        for at in range(1, len(line) + 1):
            if at == len(line):
                yield first, at
                return
            rest_s = self.notes[line[at]].start_s - self.notes[line[at - 1]].end_s
            long = self.notes[line[at]].start_s - self.notes[line[first]].start_s >= PHRASE_S
            if rest_s >= PHRASE_REST_S or long:
                yield first, at
                first = at


def assign_parts(
    voicing: Voicing,
    parts: Roles,
    positions: Sequence[int],
    free: Sequence[str],
    timing: ChordTiming,
) -> None:
    """Give every part a voice, the most important first; what finds none is lost.

    The tune has pulse 1 and the bass the triangle. The other pulse has the next line, or one note
    of each chord: its third before its seventh, root and fifth. A chord that is held is struck as
    an arpeggio. What rests is filled with the notes left over.

    Parameters
    ----------
    voicing
        Changed in place.
    parts
        Who plays what.
    positions
        Notes to give, as positions in ``voicing.notes``.
    free
        Names of the voices that may be used.
    timing
        How long the arpeggios of chords run.
    """
    work = _Assignment(voicing, parts, positions, free)
    left: list[int] = []
    for part in parts.of("tune"):
        line = work.line(part)
        left += _others(work.members[id(part)], line)
        left += work.place(line, work.pulses, _words(part))
    for part in parts.of("bass"):
        line = work.line(part)
        left += _others(work.members[id(part)], line)
        voices = [work.triangle] if work.triangle else []
        left += work.place(line, voices, _words(part))
    harmony = Harmony(voicing.notes, positions)
    seconds = work.pulses[::-1]
    for part in parts.of("counter"):
        line = work.line(part)
        left += _others(work.members[id(part)], line)
        left += work.place(work.place_low(line, _words(part)), seconds, _words(part))
    chords = [*parts.of("harmony"), *parts.of("drone")]
    singers = {part.track for part in parts.of("tune")}
    for part in chords:
        members = work.members[id(part)]
        line = _reduce(work, harmony, members, under_tune=part.track in singers)
        rest = work.place(line, seconds, _words(part))
        placed = set(line).difference(rest)
        left += [k for k in members if k not in placed]
    for part in parts.of("double"):
        left += work.members[id(part)]
    left = _leave_doubled(work, _fill_low(work, left))
    left = _fill(work, harmony, left)
    _strike_chords(work, positions, timing)
    struck = {k for voice in work.voices.values() for s in voice.segments for k in s.fresh}
    for k in left:
        if k not in struck:
            voicing.lost[k] = "no voice is free for it"
    for name, voice in work.voices.items():
        voicing.segments[name] = voice.segments


def _words(part: RolePart) -> str:
    return f"{part.role}: {', '.join(part.reasons)}" if part.reasons else part.role


def _others(members: Sequence[int], line: Sequence[int]) -> list[int]:
    taken = set(line)
    return [k for k in members if k not in taken]


def _reduce(
    work: _Assignment, harmony: Harmony, members: Sequence[int], *, under_tune: bool = False
) -> list[int]:
    """Return one note of each chord: the one that the harmony needs most, near the one before."""
    notes = work.notes
    line: list[int] = []
    lowest, highest = VOICE_BY_NAME["pulse1"].pitch_range
    members = [k for k in members if lowest <= notes[k].pitch <= highest]
    if not members:
        return line
    own = [notes[k] for k in members]
    last = -1
    for cluster in cluster_onsets(own):
        ks = [members[i] for i in cluster]
        time_s = notes[ks[0]].start_s
        heard = [
            notes[k].pitch for voice in work.voices.values() if (k := voice.sounding(time_s)) >= 0
        ]
        before = notes[last].pitch if last >= 0 else None
        last = harmony.choose(ks, heard, before, under_tune=under_tune)
        line.append(last)
    return line


def _leave_doubled(work: _Assignment, left: Sequence[int]) -> list[int]:
    """Return the notes that no voice strikes at the same moment in some octave."""
    kept = []
    for k in sorted(set(left)):
        note = work.notes[k]
        fellow, voice = _fellow(work, note)
        if fellow is None:
            kept.append(k)
        else:
            work.voicing.lost[k] = "unison" if fellow.pitch == note.pitch else "octave"
            work.voicing.heard_in[k] = voice
    return kept


def _fellow(work: _Assignment, note: PlayedNote) -> tuple[PlayedNote | None, str]:
    """Return the note of the same pitch class, if any, that a voice strikes at the same moment.

    Of several the one at the same pitch, or the nearest.
    """
    found: list[tuple[int, str, PlayedNote]] = []
    for voice in work.voices.values():
        k = voice.sounding(note.start_s)
        if k >= 0:
            other = work.notes[k]
            apart_s = abs(other.start_s - note.start_s)
            if (other.pitch - note.pitch) % 12 == 0 and apart_s <= 2 * CHORD_SPREAD_S:
                found.append((abs(other.pitch - note.pitch), voice.name, other))
    if not found:
        return None, ""
    _, name, other = min(found, key=lambda entry: entry[0])
    return other, name


def _fill(work: _Assignment, harmony: Harmony, left: Sequence[int]) -> list[int]:
    """Give voices that rest long the notes left over; return those that stay."""
    for voice in work.pulses[::-1]:
        line = _reduce(work, harmony, left)
        rest = work.place(
            line, [voice], f"in a rest of {voice.name}", fitting=0.0, least_gap_s=GAP_S
        )
        placed = set(line).difference(rest)
        left = [k for k in left if k not in placed]
    if work.triangle is not None:
        left = _fill_triangle(work, work.triangle, left, TRIANGLE_TOP)
    return _leave_doubled(work, left)


def _fill_low(work: _Assignment, left: Sequence[int]) -> list[int]:
    """Give a triangle that rests long the lowest notes, octaves of what else sounds among them."""
    if work.triangle is None:
        return list(left)
    unisons = {
        k for k in left
        if (other := _fellow(work, work.notes[k])[0]) and other.pitch == work.notes[k].pitch
    }  # fmt: skip
    others = [k for k in sorted(left) if k not in unisons]
    rest = _fill_triangle(work, work.triangle, others, LOW_LINE)
    return sorted({*rest, *unisons})


def _fill_triangle(work: _Assignment, triangle: _Voice, left: Sequence[int], top: int) -> list[int]:
    """Give a triangle that rests long the lowest of the notes up to a pitch; return the others."""
    low = [k for k in left if work.notes[k].pitch <= top]
    line: list[int] = []
    for cluster in cluster_onsets([work.notes[k] for k in low]):
        lowest = min((low[i] for i in cluster), key=lambda k: work.notes[k].pitch)
        note, below = work.notes[lowest], work.notes[line[-1]] if line else None
        held = below is not None and below.tail_s > note.start_s + CHORD_SPREAD_S
        if not (below and held and below.pitch < note.pitch):  # a held bass is not cut short
            line.append(lowest)
    rest = work.place(line, [triangle], "in a rest of triangle", fitting=0.0, least_gap_s=GAP_S)
    placed = set(line).difference(rest)
    return [k for k in left if k not in placed]


def _strike_chords(work: _Assignment, positions: Sequence[int], timing: ChordTiming) -> None:
    """Let chords that are held begin as an arpeggio of the notes that are struck with them."""
    notes, lost = work.notes, work.voicing.lost
    heard = {s.members[0] for voice in work.voices.values() for s in voice.segments}
    starts_s = [notes[k].start_s for k in positions]
    for voice in work.pulses:
        for at, segment in enumerate(voice.segments):
            carrier = notes[segment.members[0]]
            if segment.end_s - segment.start_s < STRUCK_S or carrier.bend:
                continue
            if work.voicing.roles.get(segment.members[0]) == "tune":
                continue
            first = bisect_left(starts_s, carrier.start_s - CHORD_SPREAD_S)
            last = bisect_right(starts_s, carrier.start_s + CHORD_SPREAD_S)
            chord = {carrier.pitch % 12: segment.members[0]}
            for k in positions[first:last]:
                if notes[k].track == carrier.track and k not in heard:
                    chord.setdefault(notes[k].pitch % 12, k)
            if len(chord) < STRUCK_LEAST:
                continue
            members = tuple(chord.values())[:STRUCK_NOTES]
            turns_s = timing.rests_after_s(carrier.track, len(members))
            if turns_s > STRUCK_SHARE * (segment.end_s - segment.start_s):
                continue
            for k in members[1:]:
                lost.pop(k, None)
                work.voicing.why[k] = "struck with its chord"
            voice.segments[at] = Segment(segment.start_s, segment.end_s, members, members, turns_s)
