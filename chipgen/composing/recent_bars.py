"""Lets composers read the last bars of a long seed alone, so that going on takes no longer with it.

No model sees further back: what is composed for a long seed is what is composed for its last bars.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from chipgen.composing.drums_alone import read_seed
from chipgen.composing.passages import Passage, shift_passage
from chipgen.errors import ChipgenError
from chipgen.music.key_changes import changed_key
from chipgen.music.score import Score
from chipgen.music.score_edit import shift_track, slice_score
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import DrumsPrompt, Prompt
from chipgen.understand import understand
from chipgen.understand.ending import Ending

LONG_BEATS: Final = 1280.0  # of a seed of which no more is read than
READ_BEATS: Final = 1024.0  # at its end; at two rows a beat as far as rows are copied from
_WHOLE_BARS: Final = 8  # are left out at a time, so that phrases stay where they are


@dataclass(frozen=True, eq=False)
class RecentBars:
    """The end of a seed, as a seed of its own.

    Attributes
    ----------
    prompt
        What is read of it: the last bars, or all.
    whole
        The seed.
    begin_beats
        Where in the seed that begins; 0 for all of it.
    """

    prompt: Prompt
    whole: Score
    begin_beats: float = 0.0

    @classmethod
    def of(cls, seed: Score | Prompt, request: ComposeRequest) -> "RecentBars":
        """Read the end of a seed, or all of one that is not long.

        One that is to lead back to its beginning is read whole, and so is one that was completed.
        """
        prompt = read_seed(seed, request)
        begin = 0.0
        if type(prompt) in (Prompt, DrumsPrompt) and request.looped != "piece":
            begin = _first_beat(prompt.seed)
        if not begin:
            return cls(prompt, prompt.seed)
        recent = type(prompt)(understand(from_beat(prompt.seed, begin), nominal=prompt.nominal))
        try:
            _ = recent.ending
        except ChipgenError:  # nothing at its end can be gone on from
            return cls(prompt, prompt.seed)
        return cls(recent, prompt.seed, begin)

    def ending(self, ending: Ending) -> Ending:
        """Return where the seed ends, given where what was read does."""
        if not self.begin_beats:
            return ending
        short = ending.short_bar
        return replace(
            ending,
            start_beats=ending.start_beats + self.begin_beats,
            seed_bars=ending.seed_bars
            + bisect_left(self.whole.bar_starts_beats(), self.begin_beats),
            meter=replace(ending.meter, beat=ending.meter.beat + self.begin_beats),
            tempo=replace(ending.tempo, beat=ending.tempo.beat + self.begin_beats),
            short_bar=short and replace(short, beat=short.beat + self.begin_beats),
        )

    def seed(self, read: Score) -> Score:
        """Return the seed with the tracks that were added to what was read of it."""
        if not self.begin_beats:
            return read
        added = [shift_track(t, self.begin_beats) for t in read.tracks[len(self.whole.tracks) :]]
        return self.whole.with_tracks((*self.whole.tracks, *added))

    def passages(self, played: Iterator[Passage]) -> Iterator[Passage]:
        """Yield passages that go on from what was read, where they lie behind the seed."""
        if not self.begin_beats:
            return played
        return (shift_passage(passage, self.begin_beats) for passage in played)


def _first_beat(seed: Score) -> float:
    """Return the bar line from which on a seed is read; 0 if it is not long."""
    last = max((t.notes[-1].onset_beats for t in seed.tracks if t.notes), default=0.0)
    if last <= LONG_BEATS:
        return 0.0
    lines = seed.bar_starts_beats()
    bar = bisect_left(lines, last - READ_BEATS) // _WHOLE_BARS * _WHOLE_BARS
    return lines[bar] if bar < len(lines) else 0.0


def from_beat(score: Score, beat: float) -> Score:
    """Return what begins at a beat or later, counted from there, with what is in force there.

    All tracks stay, also those that play no more.

    Examples
    --------
    >>> from chipgen.music.score import Note, Track
    >>> track = Track(notes=tuple(Note(float(k), 1.0, 60 + k) for k in range(8)))
    >>> later = from_beat(Score(tracks=(track,), end_beats=8.0), 4.0)
    >>> [(note.onset_beats, note.pitch) for note in later.tracks[0].notes], later.end_beats
    ([(0.0, 64), (1.0, 65), (2.0, 66), (3.0, 67)], 4.0)
    """
    keys = [key for marker in score.markers if marker.beat <= beat if (key := changed_key(marker))]
    begun = tuple(
        replace(track, notes=tuple(n for n in track.notes if n.onset_beats >= beat - 1e-6))
        for track in score.tracks
    )
    return replace(
        slice_score(score.with_tracks(begun), beat, score.end_beats),
        key=keys[-1] if keys else score.key,
    )
