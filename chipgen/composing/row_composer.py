"""The composer of `row-transformer`: continues a seed phrase by phrase, in four voices.

New rows go on as the seed's do: they divide its beats in ordinary MIDI; in NES-MDB, whose beats are
nominal, they are inferred from its onsets.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np

from chipgen.composing.accompaniment import Accompaniment, shifted
from chipgen.composing.band import complete
from chipgen.composing.best_of_n import AFTER_ROWS, Phrase, draw_phrases
from chipgen.composing.composer import refuse_plans
from chipgen.composing.describe_plan import describe_plan
from chipgen.composing.form import USUAL_PHRASE
from chipgen.composing.infill import Filled, Gap, fill_gap
from chipgen.composing.instrumentation import Instrumentation
from chipgen.composing.last_bar import finish_last_bar
from chipgen.composing.loop_closing import rows_after_loop, whole_phrases
from chipgen.composing.opening import draw_opening
from chipgen.composing.performing import performer_of
from chipgen.composing.pitch_class_bias import PitchClassBias
from chipgen.composing.planner import Planner
from chipgen.composing.reach import keeps_order, reach_of_bass, reach_to_go_on
from chipgen.composing.seed_plan import SeedPlan, SeedReader
from chipgen.composing.theme import sung_tune
from chipgen.composing.tune_habits import tune_habits
from chipgen.models.checkpoint_header import read_arrays
from chipgen.models.continuation import (
    Continuation,
    Stretch,
    folded_remarks,
)
from chipgen.models.row_transformer.config import RowTransformerConfig
from chipgen.models.row_transformer.inference import RowWeights
from chipgen.models.row_transformer.sampling import RowSampling
from chipgen.music.key_names import Key
from chipgen.music.score import Note
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import HOLD, NOISE, VOICES, Rows
from chipgen.rows.row_timing import RowTiming
from chipgen.rows.score_conversion import tracks_of
from chipgen.understand.ending import Ending
from synth.chip.voices import SCORED, VOICE_BY_ROLE

_PHRASE_S: Final = 4.0  # whole bars that come nearest to this are drawn and judged together
_MOST_PHRASE_BARS: Final = 4
_FOREIGN: Final = -0.7  # added to pitch classes that a key does not have
_GUIDANCE: Final = (2.0, 2.0, 2.5, 1.0)  # how strongly chords pull p1, p2, tr and no
_BUSIER: Final = (0.4, 0.4, 0.4, 0.25)  # added to onsets after seeds of the chip
_PLAN: Final = 0x9A7  # apart from the numbers that phrases draw from
_HEARD_KEY: Final = 0.5  # of the usual lean on pitch classes heard, where chords are not leaned on


def load(path: Path) -> RowWeights:
    """Read a checkpoint, without torch.

    Raises
    ------
    ChipgenError
        If it cannot be used.
    """
    arrays, info = read_arrays(path, RowWeights.name)
    return RowWeights.from_arrays(RowTransformerConfig(**info.config), arrays)


def fill(model: Any, gap: Gap, request: ComposeRequest) -> Filled:
    """Write the voices of a gap that are not kept, held near the pitch classes around it.

    Parameters
    ----------
    model
        `RowWeights`.
    gap
        What is to be filled.
    request
        Its freedom and number count.
    """
    bias = PitchClassBias(gap.around, request.key_bias).bias
    weights = RowWeights.of(model)
    if weights.config.plan:
        bias = (0.0,) * 12  # it knows the chords
    else:
        refuse_plans(request, "a model trained without plans")
    sampling = RowSampling(request.temperature, request.top_p, pitch_bias=bias)
    if gap.in_bars:
        has_second = bool((gap.around.states[:, 1] > HOLD).any())
        sampling = replace(
            sampling, reach=reach_to_go_on(gap.around),
            tune=tune_habits(gap.around),
            keeps_below=keeps_order(gap.around) or not has_second,
        )  # fmt: skip
    if request.pitches is not None:
        reach = (request.pitches,) * NOISE
        sampling = replace(sampling, reach=reach, keeps_below=False)
    strong = weights.guided(_GUIDANCE) if gap.leans else weights
    return fill_gap(strong, gap, sampling, request.rng_seed)


def begin(
    model: Any,
    timing: RowTiming,
    bar_beats: float,
    bars: int,
    key: Key | None,
    request: ComposeRequest,
) -> Rows:
    """Compose the first bars of a piece from nothing (see `draw_opening`).

    A model that reads plans is conditioned on the bars, and a key's chords.
    """
    plan = None
    weights = RowWeights.of(model)
    if weights.config.plan:
        rng = np.random.default_rng([request.rng_seed, _PLAN])
        seed = SeedPlan.of_nothing(key, rng)
        planner = Planner(Rows.none(), seed, timing, bar_beats, (True,) * 4, bars, rng)
        plan, weights = planner.rows, weights.guided(_GUIDANCE)
    frames = timing.frames_of(0, timing.rows_in(bars * bar_beats))
    return draw_opening(weights, frames, key, request, plan)


def complete_seed(
    model: Any, prompt: Prompt, request: ComposeRequest
) -> tuple[Prompt, tuple[str, ...]]:
    """Return the seed as `continue_seed` goes on from it, with the voices that it is given.

    Parameters
    ----------
    model
        `RowWeights` or a `RowTransformer`.
    prompt
        The seed.
    request
        Its band, drums, key, freedom and number count.
    """
    weights = _guided(model, prompt)
    if not weights.config.plan:
        _ = prompt.parts.ending  # refuses drums alone
        return prompt, ()
    finished = finish_last_bar(weights, prompt, request)
    remarks = ("the last bar finished",) if finished is not prompt else ()
    completed = complete(weights, finished, request)
    return completed.prompt, (*remarks, completed.remark) if completed.remark else remarks


def _guided(model: Any, prompt: Prompt) -> RowWeights:
    """Return weights in which chords pull as strongly as a seed's bars are certain."""
    weights = RowWeights.of(model)
    return weights if prompt.nominal else weights.guided(_GUIDANCE)


def continue_seed(model: Any, prompt: Prompt, request: ComposeRequest) -> Continuation:
    """Compose on from any seed: the row transformer's row in the table of models.

    A seed whose tracks are not the chip's voices gives its melody to the first pulse, its harmony
    to the second, its bass to the triangle and its drums to the noise.

    Parameters
    ----------
    model
        `RowWeights` or a `RowTransformer`.
    prompt
        The seed.
    request
        Its bars, freedom, number, drums and loop count.
    """
    weights = _guided(model, prompt)
    if not weights.config.plan:
        refuse_plans(request, "a model trained without plans")
    prompt, added = complete_seed(model, prompt, request)
    ending, timing, history = prompt.ending, prompt.timing, prompt.carried_rows
    drums = next(iter(prompt.parts.drums), None)
    with_drums = request.drums == "seed" and (drums is not None or prompt.nominal)
    beats = None if request.bars is None else request.bars * ending.bar_beats
    count = None if beats is None else timing.rows_in(beats)
    count, beats, closing = _closing(prompt, request, count, beats)
    rng = np.random.default_rng([request.rng_seed, _PLAN])
    silent = _silent(prompt, with_drums=with_drums)
    seed_plan = SeedReader(prompt, request.key).carried(rng)
    keys = PitchClassBias(history, request.key_bias * _HEARD_KEY) if prompt.nominal else None
    foreign = request.key_bias * _FOREIGN
    bias = tuple(0.0 if pc in seed_plan.key.scale else foreign for pc in range(12))
    sampling = RowSampling(request.temperature, request.top_p, pitch_bias=bias)
    if prompt.nominal:
        sampling = replace(sampling, reach=reach_of_bass(history), onset_bias=_BUSIER)
    else:
        sampling = replace(
            sampling, reach=reach_to_go_on(history), keeps_below=keeps_order(history),
            tune=None if prompt.is_voiced else tune_habits(history),
        )  # fmt: skip
    closes = request.from_scratch or not (prompt.nominal or prompt.is_voiced)
    is_phrase = request.bars is None or request.bars >= USUAL_PHRASE
    planner = Planner(
        history,
        seed_plan,
        timing,
        None if prompt.nominal else ending.bar_beats,
        (not silent[0], not silent[1], not silent[2], not silent[3]),
        None if prompt.nominal else request.bars,
        rng,
        form=request.form,
        chords=request.chords,
        cadence=not request.loop
        and (request.end == "cadence" or (request.end == "auto" and closes and is_phrase)),
        tells_key=request.key is not None,
        sung=sung_tune(prompt),
    )
    accompaniment = None
    if weights.config.plan and not prompt.nominal:  # which fits its chords
        accompaniment = Accompaniment(
            prompt, planner.rows, seed_plan.key.scale, request.rng_seed,
            with_drums=with_drums, varies=planner.is_long,
        )  # fmt: skip
    phrases = draw_phrases(
        weights, history, timing, planner, _phrase_beats(ending), count,
        sampling, request.rng_seed, silent, keys, closing,
        None if accompaniment is None else accompaniment.rows,
    )  # fmt: skip
    made = _continuation(
        prompt, phrases, beats, request, accompaniment, drums=drums, with_drums=with_drums
    )
    remarks = (*added, *made.remarks)
    return replace(made, seed=prompt.seed, remarks=remarks, plan=describe_plan(planner))


def _closing(
    prompt: Prompt, request: ComposeRequest, count: int | None, beats: float | None
) -> tuple[int | None, float | None, Rows | None]:
    """Return how many rows and beats to compose, and what a loop leads back to."""
    if not request.loop or count is None:
        return count, beats, None
    closing, before = Rows.none(), 0
    if request.looped == "piece":
        closing, before = rows_after_loop(prompt, AFTER_ROWS)
    whole = whole_phrases(prompt, count, before)
    if prompt.nominal:
        timing = prompt.timing
        count, beats = whole, float(timing.edges_beats(whole, 0)[0]) - timing.start_beats
    return count, beats, closing


def _continuation(
    prompt: Prompt,
    phrases: Iterator[Phrase],
    beats: float | None,
    request: ComposeRequest,
    accompaniment: Accompaniment | None = None,
    *,
    drums: int | None,
    with_drums: bool,
) -> Continuation:
    """Let the seed's tracks play what was drawn."""
    seed = prompt.seed
    owners: dict[str, int | None] = {role: part.track for role, part in prompt.lines.items()}
    if prompt.is_voiced:
        # The leading pulse was chosen by height; here each continues as itself.
        played = {track.role: index for index, track in enumerate(seed.tracks) if track.role}
        owners = {voice.part: played.get(voice.role) for voice in SCORED}
    owners["drums"] = drums
    if accompaniment is not None:
        doubled = (double.track for double in accompaniment.doubles)
        owners |= {_part(track): track for track in (*accompaniment.tracks, *doubled)}
    stretches = _stretches(phrases, prompt, beats, accompaniment, request.rng_seed)
    return Continuation(
        owners,
        stretches,
        folded_remarks(prompt.encoded.folded),
        with_drums,
        start_beats=max(prompt.timing.start_beats, prompt.ending.start_beats),
    )


def _part(track: int) -> str:
    """Return the name of what a track plays that no composed voice does."""
    return f"track {track}"


def _stretches(
    phrases: Iterator[Phrase],
    prompt: Prompt,
    beats: float | None,
    accompaniment: Accompaniment | None,
    rng_seed: int,
) -> Iterator[Stretch]:
    """Yield each phrase once the next one is drawn, so that its last notes can ring into it.

    Voices of the chip are played as they played in the seed, others by the seed's own players.
    """
    begin, timing = prompt.ending.start_beats, prompt.timing
    instrumentation = Instrumentation(prompt)
    performer = performer_of(prompt, rng_seed) if prompt.is_voiced else None
    end = np.inf if beats is None else timing.start_beats + beats
    before = next(phrases)
    for phrase in chain(phrases, [None]):
        rows = before.rows.then(phrase.rows) if phrase else before.rows
        edges = np.clip(timing.edges_beats(before.first, len(rows)), begin, end)
        start, stop = float(edges[0]) if before.first else begin, float(edges[len(before.rows)])
        if phrase is None and beats is not None:
            stop = end
        lines, controls = instrumentation.play(tracks_of(rows, edges), start, stop)
        if performer is not None:
            played = performer.play(rows, before.first, len(before.rows), edges)
            for role, (notes, changes) in played.items():
                part = VOICE_BY_ROLE[role].part
                lines[part], controls[part] = notes, changes
        if accompaniment is not None:
            lines = _accompanied(lines, accompaniment, start, stop)
        yield Stretch(start, stop, lines, controls)
        if phrase:
            before = phrase


def _accompanied(
    lines: dict[str, tuple[Note, ...]], accompaniment: Accompaniment, start: float, stop: float
) -> dict[str, tuple[Note, ...]]:
    """Return composed lines, with figures and drums in place of those that play these."""
    played = dict(accompaniment.notes(start, stop))
    composed = {role: notes for role, notes in lines.items() if role not in accompaniment.roles}
    if accompaniment.drum_tracks:
        composed.pop("drums", None)
    for double in accompaniment.doubles:
        own = shifted(composed.get(double.role, ()), double)
        played[double.track] = (*played.get(double.track, ()), *own)
    return composed | {_part(track): notes for track, notes in played.items()}


def _silent(prompt: Prompt, *, with_drums: bool) -> tuple[bool, bool, bool, bool]:
    """Return which voices are to rest: those that the seed does not have.

    In a piece with nominal beats, the beginning of a game's song, they may come in.
    """
    p1, p2, tr, no = (bool((prompt.rows.states[:, v] > HOLD).any()) for v in range(VOICES))
    if prompt.nominal or not (p1 or p2 or tr):
        return False, False, False, not with_drums
    return not p1, not p2, not tr, not (no and with_drums)


def _phrase_beats(ending: Ending) -> float:
    """Return the length of a phrase: the number of bars nearest to its usual length."""
    bar_s = ending.bar_beats * 60.0 / ending.tempo.bpm
    return ending.bar_beats * min(max(1, round(_PHRASE_S / bar_s)), _MOST_PHRASE_BARS)
