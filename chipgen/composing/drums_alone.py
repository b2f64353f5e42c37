"""Reads drums that are alone as a seed, and plans a band over them."""

import numpy as np

from chipgen.composing.planner import Planner
from chipgen.composing.seed_plan import SeedPlan
from chipgen.music.key_names import Key
from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Score
from chipgen.request import ComposeRequest
from chipgen.rows.plan_features import PLAN_COLUMNS, PlannedRows
from chipgen.rows.prompt import DrumsPrompt, Prompt
from chipgen.rows.row_states import Rows


def is_drums_alone(score: Score) -> bool:
    """Whether a score of ordinary MIDI has drums and nothing else."""
    pitched = any(track.notes for track in pitched_tracks(score))
    return not pitched and any(track.is_drums and track.notes for track in score.tracks)


def read_seed(seed: Score | Prompt, request: ComposeRequest) -> Prompt:
    """Read a seed; drums alone are one where voices may be added to them.

    Parameters
    ----------
    seed
        Any piece; a prompt that was read before comes back.
    request
        Its band counts.
    """
    prompt = Prompt.of(seed)
    if type(prompt) is Prompt and is_drums_alone(prompt.seed) and request.band != "seed":
        return DrumsPrompt(prompt.parts)
    return prompt


def plan_over_drums(
    prompt: DrumsPrompt, history: Rows, key: Key | None, rng: np.random.Generator
) -> Planner:
    """Plan a piece of four voices in the bars of drums.

    Parameters
    ----------
    prompt
        The drums.
    history
        Their rows.
    key
        Of the piece; drawn, if it is None.
    rng
        Decides.
    """
    piece, bar_beats = prompt.encoded, prompt.ending.bar_beats
    begin = len(piece.rows) - prompt.closing_rows - len(history)
    edges = piece.edges_beats[begin:]
    lines = np.array([beat for beat in prompt.seed.bar_starts_beats() if beat > edges[0] - 1e-3])
    lead = int(np.searchsorted(edges, lines[0] - 1e-3)) if len(lines) else 0
    bars = -(-(len(history) - lead) // max(1, prompt.timing.rows_in(bar_beats)))
    planner = Planner(
        Rows.none(), SeedPlan.of_nothing(key, rng), prompt.timing, bar_beats, (True,) * 4,
        max(1, bars), rng,
    )  # fmt: skip
    codes, reference = planner.rows.codes, planner.rows.reference
    planner.rows = PlannedRows(
        np.concatenate([np.zeros((lead, PLAN_COLUMNS), dtype=np.uint8), codes]),
        np.concatenate([np.full(lead, -1), np.where(reference >= 0, reference + lead, -1)]),
    )
    return planner
