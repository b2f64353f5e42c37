"""Reads what a seed was written to off its labels: its bars, chords and key."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.progression import sample_path
from chipgen.labels.chord_names import NO_CHORD
from chipgen.labels.chords import chord_evidence, chord_scores, shipped_weights
from chipgen.labels.describe_labels import key_of
from chipgen.labels.label_piece import label_prompt
from chipgen.labels.pitched_notes import PitchedNotes
from chipgen.labels.plan import plan_of
from chipgen.labels.row_labels import RowLabels
from chipgen.music.key_names import Key
from chipgen.rows.plan_features import RowPlan
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import HOLD, NOISE, Rows

_MAJOR: Final = 0.5  # of pieces from nothing that no key is asked for
_SURE_BARS: Final = 0.3  # below it the seed's bars are not known, and nothing is planned in bars
_SURE_CHORD, _SURE_SILENCE = 0.5, 0.8  # probability of a chord, or of none; or one is drawn
_TUNE_WEIGHT: Final = 0.7  # how much a half bar's own notes say of chords drawn under them


@dataclass(frozen=True, slots=True, eq=False)
class SeedPlan:
    """What a seed was written to, as far as that can be told.

    Attributes
    ----------
    plan
        Of its rows.
    chords
        Two a bar, drawn where they could not be told.
    key
        Its key.
    starts
        Rows at which its bars begin, and where the last one ends; empty if they are not known.
    """

    plan: RowPlan
    chords: NDArray[np.int64]
    key: Key
    starts: NDArray[np.int64]

    @classmethod
    def of_nothing(cls, key: Key | None, rng: np.random.Generator) -> "SeedPlan":
        """Return the plan of a seed that has no rows; `rng` draws the key if none is given."""
        if key is None:
            key = Key(int(rng.integers(12)), "major" if rng.random() < _MAJOR else "minor")
        none = np.zeros(0, dtype=np.int64)
        return cls(RowPlan.unknown(0), none, key, none)


class SeedReader:
    """Tells a seed's bars, key and chords; what no chance decides is told once.

    Parameters
    ----------
    prompt
        The seed.
    key
        Its key, if that is known.
    """

    def __init__(self, prompt: Prompt, key: Key | None) -> None:
        self._prompt = prompt
        rows = prompt.encoded.rows
        self._labels: RowLabels | None = None
        labels = label_prompt(prompt)
        self._plan = plan_of(labels, rows)
        self.key = key or key_of(int(labels.keys.mean(axis=0).argmax()))
        self._plan.key[:] = self.key.tonic * 2 + (self.key.mode == "minor")
        if labels.lines.length_confidence < _SURE_BARS:
            return
        notes = (
            PitchedNotes.of_rows(rows)
            if prompt.nominal
            else PitchedNotes.of_score(prompt.seed, prompt.encoded.edges_beats)
        )
        scores = chord_scores(*chord_evidence(notes, labels.lines), shipped_weights())
        self._labels = labels
        self._given = np.where(_are_told(labels, rows), labels.chord, -1)
        self._likely = np.exp(_TUNE_WEIGHT * (scores - scores.max(axis=1, keepdims=True)))

    def piece(self, rng: np.random.Generator) -> SeedPlan:
        """Return the plan of the whole piece; `rng` decides chords that its notes leave open."""
        labels = self._labels
        if labels is None:
            none = np.zeros(0, dtype=np.int64)
            return SeedPlan(self._plan, none, self.key, none)
        chords = sample_path(self._given, self._likely, self.key, -1, rng)
        plan = replace(
            self._plan,
            chord=chords[labels.half],
            next_chord=np.append(chords[1:], -1)[labels.half],
        )
        return SeedPlan(plan, chords, self.key, labels.lines.starts)

    def carried(self, rng: np.random.Generator) -> SeedPlan:
        """Return the plan of what is gone on from; see `piece`."""
        piece, prompt = self.piece(rng), self._prompt
        end = len(piece.plan) - prompt.closing_rows
        begin = end - len(prompt.carried_rows)
        starts, chords = piece.starts, piece.chords
        if end < len(piece.plan) and len(starts):  # whole bars at its end are not gone on from
            starts = starts[starts <= end]
            chords = chords[: 2 * (len(starts) - 1)]
        return SeedPlan(_between(piece.plan, begin, end), chords, piece.key, starts - begin)


def _are_told(labels: RowLabels, rows: Rows) -> NDArray[np.bool_]:
    """Return which half bars tell their chord; a tune alone tells none.

    A chord that is likelier than not counts: figures taken for those of another chord would go on
    to chords that nobody planned.
    """
    others = rows.states[:, 1:NOISE] > HOLD
    least = np.where(labels.chord == NO_CHORD, _SURE_SILENCE, _SURE_CHORD)
    told: NDArray[np.bool_] = (labels.chord_confidence > least) & bool(others.any())
    return told


def _between(plan: RowPlan, begin: int, end: int) -> RowPlan:
    """Return the plan of some rows of a piece, the first of which is counted as 0."""
    cut = RowPlan(*(getattr(plan, name)[begin:end] for name in plan.__dataclass_fields__))
    inside = (cut.reference >= begin) & (cut.reference < end)
    return replace(
        cut,
        bar_start=cut.bar_start - begin,
        reference=np.where(inside, cut.reference - begin, -1),
    )
