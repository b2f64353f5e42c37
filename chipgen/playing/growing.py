"""Voices a piece that grows: each time only its last minutes, however long it has become."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from chipgen.composing.passages import Passage, collect
from chipgen.music.score import Score, Track
from chipgen.playing.transport import Tune
from chipgen.understand.ending import Ending
from synth.chip.audio_stream import HARDWARE, ChipChoices
from synth.chip.hardware import Region, region_named
from synth.instrument.chip_score import ChipScore
from synth.instrument.incremental import IncrementalDriver
from synth.instrument.preset_loader import Preset

CONTEXT_S: Final = 60.0  # before the new music, voiced again so that it continues unchanged
WINDOW_S: Final = 120.0  # the most that is voiced; then its beginning moves on
AHEAD_S: Final = 6.0  # composed before it begins or goes on; a passage takes a busy machine as long
KEPT_S: Final = 600.0  # how far back can be sought, and is voiced anew with another preset


class GrowingPiece:
    """A piece and its newest passages, as far back as they are needed.

    Parameters
    ----------
    seed
        Where it begins.
    ending
        Where that ends.
    """

    def __init__(self, seed: Score, ending: Ending) -> None:
        self._seed, self._ending = seed, ending
        self._passages: list[Passage] = []
        self._seed_bars = seed.bar_starts_beats()
        self._clock = seed

    @property
    def end_s(self) -> float:
        """How long it is by now."""
        return self.seconds(self.end_beats)

    @property
    def end_beats(self) -> float:
        """The same in quarter notes."""
        if self._passages:
            return self._passages[-1].end_beats
        return min(self._seed.end_beats, self._ending.start_beats)

    def seconds(self, beat: float) -> float:
        """Return the time of a beat."""
        return float(self._clock.beats_to_seconds(beat))

    def add(self, passage: Passage) -> None:
        """Append a passage."""
        if not self._passages:
            bare = replace(self._seed, tracks=())
            self._clock = collect(bare, self._ending, [replace(passage, tracks=())])
        self._passages.append(passage)

    def bar_at(self, time_s: float) -> float:
        """Return the beat of the last bar line at or before a time."""
        beat = float(self._clock.seconds_to_beats(max(0.0, time_s)))
        start, length = self._ending.start_beats, self._ending.bar_beats
        if not self._passages or beat < start:
            return self._seed_bars[max(0, bisect_right(self._seed_bars, beat) - 1)]
        return start + math.floor((beat - start) / length) * length

    def bars_s(self) -> tuple[float, ...]:
        """Return where its bars begin, in seconds."""
        start, length = self._ending.start_beats, self._ending.bar_beats
        bars = np.array(self._seed_bars)
        if self._passages:
            composed = np.arange(start, self.end_beats - 1e-6, length)
            bars = np.concatenate((bars[bars < start - 1e-6], composed))
        return tuple(self._clock.beats_to_seconds(bars).tolist())

    def since(self, beat: float) -> Score:
        """Return the piece without the notes that have ended before a beat.

        The controls that its tracks had set before stay in force.
        """
        tracks = tuple(
            replace(track, notes=tuple(n for n in track.notes if n.end_beats > beat))
            for track in self._seed.tracks
        )
        seed = replace(self._seed, tracks=tracks) if beat > 0 else self._seed
        if not self._passages:  # a rest behind the last bar is composed over
            return replace(seed, end_beats=self.end_beats)
        return collect(seed, self._ending, _thinned(self._passages, beat))

    def forget(self, beat: float) -> None:
        """Drop passages that end before a beat; keep the controls that they set."""
        self._passages = _thinned(self._passages, beat)


class GrowingTune:
    """A piece that grows, as music for a transport.

    Parameters
    ----------
    piece
        What is played.
    arrange
        Gives the notes of a score to the chip's voices, for a preset.
    region, console_filter
        None: the preset's.
    chip
        Where the chip may be other than the hardware.
    """

    def __init__(
        self,
        piece: GrowingPiece,
        arrange: Callable[[Score, Preset], ChipScore],
        region: str | None = None,
        console_filter: str | None = None,
        chip: ChipChoices = HARDWARE,
    ) -> None:
        self._piece, self._arrange = piece, arrange
        self._region, self._filter, self._chip = region, console_filter, chip
        self._preset: Preset | None = None
        self._driver: IncrementalDriver | None = None
        self._anchor = 0.0  # the beat from which on notes are voiced
        self._voiced_s = 0.0
        self._kept = 0.0  # the beat from which on it can be sought

    def voice(self, preset: Preset, fresh: Sequence[Passage], heard_s: float = 0.0) -> Tune:
        """Return the piece with its new part.

        Parameters
        ----------
        preset
            Its timbres; others than before voice all that is kept anew.
        fresh
            Passages that have come since.
        heard_s
            How far it has been heard; what lies `KEPT_S` before is forgotten.
        """
        piece = self._piece
        for passage in fresh:
            piece.add(passage)
        self._kept = max(self._kept, piece.bar_at(heard_s - KEPT_S))
        begins_s = piece.seconds(self._kept)
        if self._driver is None or preset != self._preset:
            region: Region = region_named(self._region or preset.engine.region)
            self._driver, self._preset = IncrementalDriver(preset, region), preset
            self._anchor = self._kept
        elif piece.end_s - piece.seconds(self._anchor) > WINDOW_S:
            self._anchor = max(self._anchor, piece.bar_at(self._voiced_s - CONTEXT_S))
        piece.forget(min(self._kept, self._anchor))
        voices = self._arrange(piece.since(self._anchor), preset)
        log = self._driver.drive(voices, piece.seconds(self._anchor), forget_s=begins_s)
        self._voiced_s = piece.end_s
        return Tune(
            log, self._filter or preset.engine.filter, piece.bars_s(),
            grows=True, chip=self._chip, begins_s=begins_s, ahead_s=AHEAD_S,
        )  # fmt: skip


def _thinned(passages: list[Passage], beat: float) -> list[Passage]:
    """Put passages that have ended before a beat into one, of what still matters."""
    early = [passage for passage in passages if passage.end_beats <= beat]
    if not early:
        return passages
    tracks = tuple(_remains(parts, beat) for parts in zip(*(p.tracks for p in early), strict=True))
    one = replace(early[-1], start_beats=early[0].start_beats, tracks=tracks)
    return [one, *passages[len(early) :]]


def _remains(parts: tuple[Track, ...], beat: float) -> Track:
    """Return what a track's earlier parts still mean after a beat."""
    controls = [control for part in parts for control in part.controls]
    last = {control.number: control for control in controls}
    bends = [bend for part in parts for bend in part.bends]
    return replace(
        parts[-1],
        notes=tuple(note for part in parts for note in part.notes if note.end_beats > beat),
        controls=tuple(c for c in controls if c is last[c.number] or c.beat > beat),
        bends=tuple(b for b in bends if b is bends[-1] or b.beat > beat),
    )
