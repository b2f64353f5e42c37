"""The prompt: a seed, analysed once for everything that continues it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from chipgen.arranging import ArrangeConfig, Arrangement, arrange
from chipgen.arranging.arrangement_to_score import chip_score_to_score
from chipgen.music.score import Note, Score, Track
from chipgen.rows.drum_reduction import noise_period
from chipgen.rows.encode_score import EncodedPiece, encode_piece
from chipgen.rows.row_states import Rows
from chipgen.rows.row_timing import RowTiming
from chipgen.rows.seed_lines import MELODY_RANGE, Part, find_lines
from chipgen.understand import Parts, understand
from chipgen.understand.ending import Ending, find_ending
from synth.chip.voices import PITCHED_ROLES, VOICE_BY_PART, VOICE_BY_ROLE

_MOST_ROWS: Final = 4096  # of a seed that a model reads
_HIGHEST_BASS: Final = 50  # D3; the middle of chords' lowest notes above which they have no bass


@dataclass(frozen=True, eq=False)
class Prompt:
    """A seed and its analysis. Each result is computed when it is first needed, once.

    Attributes
    ----------
    parts
        Who plays what in it.
    """

    parts: Parts

    @classmethod
    def of(cls, seed: "Score | Prompt", *, nominal: bool | None = None) -> "Prompt":
        """Read a seed; one that has been read comes back.

        Parameters
        ----------
        seed
            Any piece.
        nominal
            Whether its beats are only its file's, if that is known.
        """
        return seed if isinstance(seed, Prompt) else cls(understand(seed, nominal=nominal))

    @property
    def seed(self) -> Score:
        """The seed itself."""
        return self.parts.score

    @property
    def ending(self) -> Ending:
        """Where it ends: bar line, meter and tempo; raises `ChipgenError` as `Parts.ending`."""
        return self.parts.ending

    @property
    def nominal(self) -> bool:
        """Whether its beats are only its file's, not the music's."""
        return self.parts.nominal

    @property
    def is_voiced(self) -> bool:
        """Whether its tracks are the chip's own voices."""
        return self.parts.is_voiced

    @cached_property
    def voiced(self) -> Score:
        """The seed in the chip's voices: as it is if it is in them, arranged for them if not."""
        return self.seed if self.is_voiced else to_voices(self.seed, self.arrangement)

    @cached_property
    def arrangement(self) -> Arrangement:
        """The chip's voices of the seed, as in `chipgen render --as-is`."""
        return arrange(self.seed, ArrangeConfig(drum_drop=False), parts=self.parts)

    @cached_property
    def lines(self) -> Mapping[str, Part]:
        """The seed's melody, harmony and bass in its last bars, as its voices play them."""
        arrangement = None if self.is_voiced else self.arrangement
        return find_lines(self.seed, self.ending, arrangement)

    @cached_property
    def encoded(self) -> EncodedPiece:
        """The whole seed on rows."""
        return encode_piece(self.voiced, self.ending, nominal=self.nominal)

    @cached_property
    def rows(self) -> Rows:
        """What a model reads of it: its last 4,096 rows."""
        return self.encoded.rows[-_MOST_ROWS:]

    @property
    def closing_rows(self) -> int:
        """Rows at its end that are not gone on from."""
        return self.timing.rows_in(self.ending.closing_bars * self.ending.bar_beats)

    @cached_property
    def carried_rows(self) -> Rows:
        """The rows to continue: its last 4,096 rows before its closing, if it has one."""
        rows = self.encoded.rows
        end = len(rows) - self.closing_rows
        return rows[max(0, end - _MOST_ROWS) : end]

    @property
    def timing(self) -> RowTiming:
        """When the rows are that follow it."""
        return self.encoded.timing

    @property
    def bar_lines(self) -> list[float]:
        """The beats at which its bars begin, and where the last one ends."""
        end = self.ending.start_beats
        return [*(beat for beat in self.seed.bar_starts_beats() if beat < end - 1e-6), end]

    @property
    def bar_rows(self) -> int:
        """Rows in a bar, as near as can be."""
        return round(self.timing.rows_in(8 * self.ending.bar_beats) / 8)


@dataclass(frozen=True, eq=False)
class DrumsPrompt(Prompt):
    """A seed of drums alone, to which voices are to be added before it is gone on from."""

    @cached_property
    def ending(self) -> Ending:
        """Where the drums end."""
        return find_ending(self.seed, nominal=self.nominal, needs_pitch=False)


@dataclass(frozen=True, eq=False)
class TunelessPrompt(Prompt):
    """A seed of chords: its highest voice is no tune, and leaves the first pulse to one.

    Chords in close position have no bass, either: it is left to be added below them.

    Attributes
    ----------
    before
        The seed as it is arranged by itself.
    """

    before: Prompt

    @cached_property
    def lines(self) -> Mapping[str, Part]:
        """The seed's lines: no melody, and a harmony even where that was the highest voice."""
        lines = dict(self.before.lines)
        melody, harmony = lines["melody"], lines["harmony"]
        if not harmony.notes:
            lines["harmony"] = replace(melody, role="harmony")
        lines["melody"] = Part("melody", (), None, *MELODY_RANGE)
        if not self._has_bass:
            lines["bass"] = replace(lines["bass"], notes=(), track=None)
        return lines

    @cached_property
    def _has_bass(self) -> bool:
        """Whether its lowest notes lie where a bass plays."""
        pitches = [note.pitch for note in self.before.lines["bass"].notes]
        return bool(pitches) and float(np.median(pitches)) < _HIGHEST_BASS

    @cached_property
    def voiced(self) -> Score:
        """The seed in the chip's voices, without the first pulse."""
        known = self.before.voiced
        first, second, third = PITCHED_ROLES
        gone = {first} if self._has_bass else {first, third}
        kept = [track for track in known.tracks if track.role not in gone]
        if not any(track.role == second for track in kept):
            kept += [replace(t, role=second) for t in known.tracks if t.role == first]
        return known.with_tracks(tuple(kept))


@dataclass(frozen=True, eq=False)
class CompletedPrompt(Prompt):
    """A seed to whose voices others were added: its analysis, and the added notes.

    Attributes
    ----------
    before
        The seed as it was read without them.
    whole_rows
        What all voices play, as many rows as `before` has.
    added
        What was added, as tracks with roles.
    owners
        Role, as in ``melody``, to the index of its new track in the seed.
    """

    before: Prompt
    whole_rows: Rows
    added: tuple[Track, ...]
    owners: Mapping[str, int]

    @property
    def ending(self) -> Ending:
        """Where it ends: as without them."""
        return self.before.ending

    @cached_property
    def voiced(self) -> Score:
        """The seed in the chip's voices."""
        known = self.before.voiced
        new = {track.role for track in self.added}
        mine = [track for track in known.tracks if track.role not in new]
        return known.with_tracks((*mine, *self.added))

    @cached_property
    def lines(self) -> Mapping[str, Part]:
        """The seed's lines, those that were added among them."""
        lines = dict(self.before.lines)
        for track in self.added:
            role = VOICE_BY_ROLE[track.role].part
            if role in lines:
                lines[role] = replace(lines[role], notes=track.notes, track=self.owners[role])
        return lines

    @cached_property
    def encoded(self) -> EncodedPiece:
        """The whole seed on rows."""
        return replace(self.before.encoded, rows=self.whole_rows)


def to_voices(seed: Score, arrangement: Arrangement) -> Score:
    """Return a piece as the chip's four voices, as it is arranged for them.

    Chords that are struck as arpeggios are one note. Drums are periods of the noise by what they
    sound like; of those struck together the heaviest is heard.
    """
    chip = arrangement.chip_score
    plain = replace(
        chip,
        noise=(),
        pulse1=tuple(replace(note, arpeggio=()) for note in chip.pulse1),
        pulse2=tuple(replace(note, arpeggio=()) for note in chip.pulse2),
    )
    tracks = [track for track in chip_score_to_score(plain, seed).tracks if track.notes]
    hits: dict[float, Note] = {}
    for track in seed.tracks:
        for note in track.notes if track.is_drums else ():
            hit = replace(note, pitch=noise_period(note.pitch))
            other = hits.get(note.onset_beats, hit)
            hits[note.onset_beats] = min(hit, other, key=lambda n: (n.pitch, -n.velocity))
    if hits:
        noise = VOICE_BY_PART["drums"].role
        tracks.append(Track(name=noise, notes=tuple(sorted(hits.values())), role=noise))
    return seed.with_tracks(tuple(tracks))
