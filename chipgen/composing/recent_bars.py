"""Lets composers read the last bars of a long seed alone, so that going on takes no longer with it.

No model sees further back: what is composed for a long seed is what is composed for its last bars.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from chipgen.composing.drums_alone import read_seed
from chipgen.composing.passages import Passage, controls_in_force
from chipgen.errors import ChipgenError
from chipgen.music.key_changes import changed_key
from chipgen.music.score import Score, Tempo, Track
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
        added = [_moved_track(t, self.begin_beats) for t in read.tracks[len(self.whole.tracks) :]]
        return self.whole.with_tracks((*self.whole.tracks, *added))

    def passages(self, played: Iterator[Passage]) -> Iterator[Passage]:
        """Yield passages that go on from what was read, where they lie behind the seed."""
        later = self.begin_beats
        for passage in played:
            yield (
                passage
                if not later
                else replace(
                    passage,
                    start_beats=passage.start_beats + later,
                    end_beats=passage.end_beats + later,
                    tracks=tuple(_moved_track(track, later) for track in passage.tracks),
                    tempo=replace(passage.tempo, beat=passage.tempo.beat + later),
                    meter=replace(passage.meter, beat=passage.meter.beat + later),
                )
            )


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
    >>> from chipgen.music.score import Note
    >>> track = Track(notes=tuple(Note(float(k), 1.0, 60 + k) for k in range(8)))
    >>> later = from_beat(Score(tracks=(track,), end_beats=8.0), 4.0)
    >>> [(note.onset_beats, note.pitch) for note in later.tracks[0].notes], later.end_beats
    ([(0.0, 64), (1.0, 65), (2.0, 66), (3.0, 67)], 4.0)
    """

    def cut(track: Track) -> Track:
        bends = tuple(replace(bend, beat=0.0) for bend in track.bends if bend.beat < beat)[-1:]
        kept = replace(
            track,
            program=track.program_at(beat),
            notes=tuple(note for note in track.notes if note.onset_beats >= beat - 1e-6),
            controls=_since(track.controls, beat),
            bends=_since(track.bends, beat),
            program_changes=tuple(c for c in track.program_changes if c.beat > beat),
        )
        moved = _moved_track(kept, -beat)
        controls = (*controls_in_force(track.controls, beat), *moved.controls)
        return replace(moved, controls=controls, bends=(*bends, *moved.bends))

    keys = [key for marker in score.markers if marker.beat <= beat if (key := changed_key(marker))]
    bpm = [tempo.bpm for tempo in score.tempos if tempo.beat <= beat][-1]
    return replace(
        score,
        tracks=tuple(cut(track) for track in score.tracks),
        tempos=(Tempo(0.0, bpm), *_earlier([t for t in score.tempos if t.beat > beat], beat)),
        meters=(
            replace(score.meter_at(beat), beat=0.0),
            *_earlier([m for m in score.meters if m.beat > beat], beat),
        ),
        markers=_earlier([m for m in score.markers if m.beat > beat], beat),
        key=keys[-1] if keys else score.key,
        end_beats=score.end_beats - beat,
    )


def _since(events: tuple[Any, ...], beat: float) -> tuple[Any, ...]:
    return tuple(event for event in events if event.beat >= beat)


def _earlier(events: list[Any], beats: float) -> tuple[Any, ...]:
    return tuple(replace(event, beat=event.beat - beats) for event in events)


def _moved_track(track: Track, beats: float) -> Track:
    """Return a track whose events come later by some beats."""

    def later(events: tuple[Any, ...]) -> tuple[Any, ...]:
        return _earlier(list(events), -beats)

    return replace(
        track,
        notes=tuple(
            replace(note, onset_beats=max(0.0, note.onset_beats + beats)) for note in track.notes
        ),
        controls=later(track.controls),
        bends=later(track.bends),
        program_changes=later(track.program_changes),
    )
