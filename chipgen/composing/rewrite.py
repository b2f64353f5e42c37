"""Rewrites some bars and voices of a piece and keeps the rest."""

from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.arranging import ArrangeConfig, arrange, chip_score_to_score
from chipgen.composing.added_drums import with_kit
from chipgen.composing.composer import load_composer
from chipgen.composing.composition import Composition
from chipgen.composing.infill import AFTER_ROWS, FOLLOWING_ROWS, Gap
from chipgen.composing.infill_wishes import Wishes
from chipgen.composing.paste import passage_ends, put_rows, struck_again
from chipgen.composing.performing import performer_of
from chipgen.composing.planner import density_codes
from chipgen.composing.row_statistics import onsets_hz
from chipgen.composing.seed_plan import SeedReader
from chipgen.errors import ChipgenError, RequestError
from chipgen.labels.chord_names import number_of
from chipgen.models.continuation import folded_remarks
from chipgen.music.chord_symbols import Chord
from chipgen.music.score import NES_TRACKS, Score
from chipgen.request import ComposeRequest
from chipgen.request.values import Bars, PitchRange
from chipgen.rows.encode_score import EncodedPiece
from chipgen.rows.plan_features import (
    SPANS,
    VARIED,
    PlannedRows,
    count_bars,
    encode_known,
    encode_planned,
)
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import HOLD, NOISE
from synth.chip.voices import SCORED, VOICE_BY_NAME, VOICES

_PLAN, _KIT = 0xF111, 0xF1D2  # apart from the numbers that candidates draw from
_AGAIN_SHARE: Final = 0.4  # of onsets that were heard before, or nothing is varied
_MOST_LAGS: Final = 4  # that are looked at where a passage takes up what follows
_FEWEST_ONSETS: Final = 12
_LIVELY_HZ: Final = 0.5  # a voice that plays more than this elsewhere is not to fall silent


def rewrite(score: Score | Prompt, request: ComposeRequest) -> Composition:
    """Rewrite some voices of some bars around everything that is kept.

    What is kept stays note for note, and so does a note that rings on behind the bars and begins in
    their last quarter. Of several candidates, the one after which the following music
    is likeliest is chosen.

    Parameters
    ----------
    score
        Any piece; one that is not in the chip's voices is arranged for them first.
    request
        Voices (`only` or `keep`; by default all), bars (`fill`; by default all), wishes
        (`density`, `pitches`, `keep_rhythm`, `chords`), model, freedom and number. In NES-MDB
        bars are nominal, 2 s each, and their edges move to the nearest row of the music.

    Returns
    -------
    Composition
        The whole piece in the chip's voices.

    Raises
    ------
    ChipgenError
        If the bars are not in the piece, nothing would be kept, a wish cannot be had, or the model
        cannot rewrite.
    """
    roles = tuple(VOICE_BY_NAME[voice].role for voice in request.voices or VOICES)
    names = tuple(voice.name for voice in SCORED if voice.role in roles)
    loaded = load_composer(request.model, "rewrite", names)
    prompt = voiced_prompt(Prompt.of(score))
    piece, heard = prompt.seed, prompt.encoded
    lines = prompt.bar_lines
    span = check_bars(request.fill, len(lines) - 1)
    if len(set(roles)) == len(NES_TRACKS) and span == Bars(1, len(lines) - 1):
        raise ChipgenError(
            "nothing of the piece would be kept; keep a voice or some bars, or compose from scratch"
        )
    begin, end = (heard.edge_at(lines[bar]) for bar in (span.first - 1, span.last))
    if begin == end:
        raise ChipgenError(f"bars {span} are too short to be rewritten")
    rng = np.random.default_rng([request.rng_seed, _PLAN])
    written = np.array([role in roles for role in NES_TRACKS])
    ends = np.full(len(NES_TRACKS), end - begin)
    if not (request.pitches or request.chords):  # a kept note need not be as is asked
        ends = passage_ends(heard.rows.states, begin, end)
    kept = ~written | (np.arange(end - begin)[:, None] >= ends)
    if written[NOISE] and begin == 0 and end == len(heard.rows) and _wants_kit(prompt, request):
        prompt = with_kit(prompt, np.random.default_rng([request.rng_seed, _KIT]))
        heard = prompt.encoded
        kept[:, NOISE] = True
    plan = planned_as(prompt, begin, end, kept, rng)
    if request.chords:
        bar_rows = [heard.edge_at(line) for line in lines[span.first - 1 : span.last + 1]]
        _give_chords(plan, bar_rows, request.chords)
    shares = repeat_lags(heard.rows.states, begin, end, written)
    lags = tuple(sorted(shares, key=lambda lag: (-shares[lag], lag))[:_MOST_LAGS])
    again = None
    if lags and shares[lags[0]] > _AGAIN_SHARE and not request.chords:
        again = as_variation(plan, begin, end, lags[0])
    leans = not prompt.nominal or bool(request.chords)
    gap = gap_in(heard, begin, end, kept, plan, again, leans=leans)
    gap = replace(gap, lags=lags, in_bars=not prompt.nominal, wishes=_wishes(request, gap, roles))
    for told in (plan, again):
        if told is not None:
            _tell_density(told, gap, begin, end)
    filled = loaded.composer.fill(loaded.model, gap, request)
    edges = heard.edges_beats[begin : end + 1]
    played = performer_of(prompt, request.rng_seed, begin).play(
        filled.rows, 0, len(filled.rows), edges
    )
    made = put_rows(piece, roles, filled.rows, edges, played, ends)
    bars = f"bar {span}" if span.first == span.last else f"bars {span}"
    bars = "all bars" if span == Bars(1, len(lines) - 1) else bars
    what = bars if len(names) == len(VOICES) else f"{', '.join(names)} of {bars}"
    return Composition(
        score=made,
        seed_bars=len(lines) - 1 - (span.last - span.first + 1),
        generated_bars=span.last - span.first + 1,
        model=loaded.name,
        rng_seed=request.rng_seed,
        remarks=folded_remarks(heard.folded),
        done=f"{what} rewritten, the best of {filled.candidates} candidates"
        if filled.candidates > 1
        else f"{what} rewritten",
    )


def _wants_kit(prompt: Prompt, request: ComposeRequest) -> bool:
    """Whether drums are a kit's pattern: where a piece in bars has none, and no more is asked."""
    has_drums = bool((prompt.encoded.rows.states[:, NOISE] > HOLD).any())
    asked = request.density is not None or request.keep_rhythm
    return not (prompt.nominal or has_drums or asked)


def _give_chords(plan: PlannedRows, edges: list[int], chords: tuple[Chord, ...]) -> None:
    """Put chords in a plan, one a bar, round and round.

    Parameters
    ----------
    plan
        Changed in place.
    edges
        Rows at which the bars begin, and where the last one ends.
    chords
        At least one.
    """
    numbers = [1 + number_of(chord) for chord in chords]
    here, following = SPANS["chords"].start, SPANS["chords"].start + 1
    for bar, (begin, end) in enumerate(pairwise(edges)):
        plan.codes[begin:end, here] = plan.codes[begin:end, following] = numbers[bar % len(numbers)]
        middle = (begin + end) // 2
        if bar < len(edges) - 2:
            plan.codes[middle:end, following] = numbers[(bar + 1) % len(numbers)]


def _tell_density(plan: PlannedRows, gap: Gap, begin: int, end: int) -> None:
    """Put the density that is asked of a passage in its plan, where its bars are known."""
    hz, bar_rows = gap.wishes.density, plan.codes[begin:end, SPANS["meter"]][:, 1].astype(float)
    if hz is None:
        return
    bars_s = bar_rows * gap.passage.seconds / len(gap.passage)
    codes = density_codes(np.rint(np.outer(bars_s, hz)).astype(np.int64))
    told = plan.codes[begin:end, SPANS["density"]]
    told[:] = np.where((bar_rows > 0)[:, None] & gap.written, codes, told)


def _wishes(request: ComposeRequest, gap: Gap, roles: tuple[str, ...]) -> Wishes:
    """Return what a request asks of a passage.

    Raises
    ------
    RequestError
        If a voice has no pitch in the range that is asked for.
    """
    if request.pitches is not None:
        for voice in SCORED:
            low, high = voice.midi_range
            outside = request.pitches.highest < low or request.pitches.lowest > high
            if voice.period_cycles and voice.role in roles and outside:
                raise RequestError(
                    f"--pitches: {voice.name} plays no pitch of {request.pitches}; it plays "
                    f"{PitchRange(low, high)}"
                )
    density = None if request.density is None else request.density * gap.wanted_hz
    rhythm = gap.passage.states if request.keep_rhythm else None
    return Wishes(density, request.pitches, rhythm)


def voiced_prompt(prompt: Prompt, config: ArrangeConfig | None = None) -> Prompt:
    """Return a piece in the chip's voices: as it is if it is in them, arranged for them if not."""
    if prompt.is_voiced:
        return prompt
    arranged = arrange(prompt.seed, config or ArrangeConfig(), parts=prompt.parts)
    piece = chip_score_to_score(arranged.chip_score, prompt.seed)
    return Prompt.of(piece, nominal=prompt.nominal)


def check_bars(bars: Bars | None, count: int) -> Bars:
    """Return bars to be rewritten, None being all, if a piece of `count` bars has them."""
    bars = Bars(1, count) if bars is None else bars
    if bars.last > count:
        wrong = f"bar {bars} is" if bars.first == bars.last else f"bars {bars} are"
        raise RequestError(
            f"--fill: {wrong} not in the piece, which has {count}; give some of 1-{count}"
        )
    return bars


def planned_as(
    prompt: Prompt, begin: int, end: int, kept: NDArray[np.bool_], rng: np.random.Generator
) -> PlannedRows:
    """Return what a piece was written to, and what is kept of rows `begin` to `end` and behind.

    The passage keeps its chords, its place in the form and the voices that it had; the voices that
    are rewritten may move freely. `kept` has shape (rows, 4).
    """
    rows = prompt.encoded.rows
    plan = SeedReader(prompt, None).piece(rng).plan
    written = ~kept.all(axis=0)
    played, dense = count_bars(plan, rows.states)
    codes = encode_planned(plan, played, dense)
    gap = slice(begin, end)
    bits = int(written @ np.array([1, 2, 4, 8])) if not written.all() else 0
    told = codes[gap, SPANS["voices"]]
    told[told > 0] = 1 + ((told[told > 0].astype(np.int64) - 1) | bits)
    codes[gap, SPANS["voices"]] = told
    codes[gap, SPANS["density"]] = 0
    codes[gap, SPANS["kind"]] = 0
    known = np.ones(rows.states.shape, dtype=np.bool_)
    known[gap] = kept
    known[:begin] = False
    codes[gap, SPANS["known"]] = encode_known(rows.states, known)[gap]
    reference = plan.reference.copy()
    reference[gap] = -1
    return PlannedRows(codes, reference)


def gap_in(
    heard: EncodedPiece,
    begin: int,
    end: int,
    kept: NDArray[np.bool_],
    plan: PlannedRows | None = None,
    again: PlannedRows | None = None,
    *,
    leans: bool = False,
) -> Gap:
    """Return the gap that rows `begin` to `end` are, with what is known of its surroundings."""
    rows = heard.rows
    written = ~kept.all(axis=0)
    after = struck_again(rows, end, kept[-1])[:FOLLOWING_ROWS]
    had = onsets_hz(rows)
    asked = written & (not written.all())
    around = rows[:begin][-AFTER_ROWS:].then(rows[begin : end + AFTER_ROWS])
    expected = asked | (had > _LIVELY_HZ)
    passage = rows[begin:end]
    return Gap(rows[:begin], passage, after, kept, had, expected, around, plan, leans, again)


def repeat_lags(
    states: NDArray[np.uint8], begin: int, end: int, written: NDArray[np.bool_]
) -> dict[int, float]:
    """Return how much of what is around a passage was heard so many rows before.

    Parameters
    ----------
    states
        Of the piece, shape (rows, 4).
    begin, end
        The passage; it is not looked at, but for the voices that are kept.
    written
        Which voices are written anew, shape (4,).

    Returns
    -------
    dict
        Rows, as many as the passage has at least, to the share of onsets that are heard again.
    """
    seen = np.ones(states.shape, dtype=np.bool_)
    seen[begin:end, written] = False
    first, stop = max(0, begin - AFTER_ROWS), min(len(states), end + AFTER_ROWS)
    told = (states > HOLD) & seen
    found = {}
    for rows in range(end - begin, begin + 1):
        start = max(first, rows)
        here, before = slice(start, stop), slice(start - rows, stop - rows)
        heard = told[here] & seen[before]
        count = int(heard.sum())
        if count >= _FEWEST_ONSETS:
            found[rows] = float(((states[here] == states[before]) & heard).sum()) / count
    return found


def as_variation(plan: PlannedRows, begin: int, end: int, lag: int) -> PlannedRows:
    """Return a plan whose passage varies the one so many rows before it."""
    codes, reference = plan.codes[:end].copy(), plan.reference[:end].copy()
    reference[begin:end] = np.arange(begin, end) - lag
    codes[begin:end, SPANS["kind"]] = VARIED
    return PlannedRows(codes, reference)
