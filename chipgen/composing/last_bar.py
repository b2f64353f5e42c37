"""Finishes the last bar of a seed that breaks off in it, on the seed's own tracks."""

from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np

from chipgen.composing.draft_faults import Wanted, judge
from chipgen.composing.instrumentation import Instrumentation
from chipgen.composing.plan_processor import PlanProcessor
from chipgen.composing.planner import Planner
from chipgen.composing.reach import keeps_order, reach_to_go_on
from chipgen.composing.seed_plan import SeedReader
from chipgen.composing.tune_habits import tune_habits
from chipgen.models.row_transformer.conditional_sampling import InfillState
from chipgen.models.row_transformer.sampling import RowSampling
from chipgen.music.note_grid import pitched_tracks
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import CompletedPrompt, Prompt
from chipgen.rows.row_states import HOLD, NOISE, VOICES
from chipgen.rows.score_conversion import tracks_of

_SILENT: Final = 0.45  # of the last bar, in which nothing sounds any more
_RUNS: Final = 4  # onsets before it that follow each other by an eighth of a bar at most
_TRIES: Final = 4
_SEED: Final = 0xB0A7  # apart from the numbers that the continuation draws from


def breaks_off(prompt: Prompt) -> float | None:
    """Return the beat at which a seed breaks off in its last bar, or None if it ends.

    It does where it runs on in short notes and nothing sounds for half of the bar then. A phrase
    that ends on a longer note, or a piece on a last stroke, is followed by a rest.
    """
    ending = prompt.ending
    if prompt.nominal or prompt.is_voiced or prompt.closing_rows:
        return None
    notes = [note for track in pitched_tracks(prompt.seed) for note in track.notes]
    if not notes:
        return None
    end = max(note.end_beats for note in notes)
    onsets = np.unique(np.round([note.onset_beats for note in notes], 3))[-_RUNS - 1 :]
    is_run = len(onsets) > _RUNS and all(
        b - a <= ending.bar_beats / 8 + 1e-2 for a, b in pairwise([*onsets.tolist(), end])
    )
    silent = ending.start_beats - end
    return end if is_run and silent >= _SILENT * ending.bar_beats else None


def finish_last_bar(model: Any, prompt: Prompt, request: ComposeRequest) -> Prompt:
    """Return a seed whose last bar is full: its lines go on to the bar line.

    Parameters
    ----------
    model
        Weights of a row transformer that reads plans.
    prompt
        The seed. One that does not break off comes back.
    request
        Its band, key, freedom and number count.
    """
    begins = breaks_off(prompt)
    if begins is None or isinstance(prompt, CompletedPrompt) or request.band == "seed":
        return prompt
    history = prompt.carried_rows
    edges = prompt.encoded.edges_beats[-len(history) - 1 :]
    first = int(np.searchsorted(edges, begins - 1e-3))
    rest, recent = history[first:], history[max(0, first - 2 * prompt.bar_rows) : first]
    writes = (recent.states > HOLD).any(axis=0) & (np.arange(VOICES) < NOISE)
    known = np.ones(history.states.shape, dtype=np.bool_)
    known[first:, writes] = False
    p1, p2, tr, no = (bool((history.states[:, v] > HOLD).any()) for v in range(VOICES))
    rng = np.random.default_rng([request.rng_seed, _SEED])
    seed = SeedReader(prompt, request.key).carried(rng)
    planner = Planner(history, seed, prompt.timing, None, (p1, p2, tr, no), 0, rng)
    planner.keep(history.states, known)
    sampling = RowSampling(
        request.temperature, request.top_p, reach=reach_to_go_on(history),
        keeps_below=keeps_order(history), tune=tune_habits(history),
    )  # fmt: skip
    wanted = Wanted(planner.onsets_hz(recent), writes, writes)
    state = InfillState.after(model, history[:first], planner.rows)
    saved = state.save(len(rest))
    drafts = []
    for attempt in range(_TRIES):
        if attempt:
            state.restore(saved)
        rng = np.random.default_rng([request.rng_seed, attempt, _SEED])
        leaning = PlanProcessor(planner.rows, first)
        rows = state.fill(rest, known[first:], sampling, rng, processor=leaning).rows
        drafts.append((judge(rows, wanted).fault, attempt, rows))
        if drafts[-1][0] == 0.0:
            break
    *_, rows = min(drafts)
    lines, _ = Instrumentation(prompt).play(
        tracks_of(rows, edges[first:]), float(edges[first]), float(edges[-1])
    )
    tracks = list(prompt.seed.tracks)
    for role, part in prompt.lines.items():
        if part.track is not None and lines.get(role):
            own = tracks[part.track]
            tracks[part.track] = replace(own, notes=tuple(sorted((*own.notes, *lines[role]))))
    end = max(prompt.seed.end_beats, prompt.ending.start_beats)
    finished = replace(prompt.seed.with_tracks(tuple(tracks)), end_beats=end)
    return Prompt.of(finished, nominal=prompt.nominal)
