"""A seed to its continuation by the row transformer: four voices, phrase by phrase.

The seed is heard on rows: of its own beats in ordinary MIDI, inferred in NES-MDB, whose beats are
nominal. New rows go on at the seed's timing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.compose.best_of_n import AFTER_ROWS, Phrase, draw_phrases
from chipgen.compose.drum_patterns import plays_drums
from chipgen.compose.instrumentation import Instrumentation
from chipgen.compose.logits_processors import ReferenceRow, SeedLogitsProcessor, period_of
from chipgen.compose.loop import rows_after_loop, whole_phrases
from chipgen.errors import ChipgenError
from chipgen.models.generation import (
    Continuation,
    GenerationConfig,
    Stretch,
    folded_remarks,
)
from chipgen.models.header import read_arrays
from chipgen.models.row_transformer.config import RowTransformerConfig
from chipgen.models.row_transformer.inference import RowWeights
from chipgen.models.row_transformer.sampling import RowSampling, sample_rows
from chipgen.music.dialect import has_nominal_beats
from chipgen.music.score import NES_TRACKS, Score
from chipgen.rows.encode import encode_seed, to_voices, tracks_of
from chipgen.rows.row_timing import RowTiming
from chipgen.rows.states import HOLD, Rows
from chipgen.rows.tempo import NES_FRAME_HZ
from chipgen.understand.ending import Ending, find_ending
from chipgen.understand.seed_lines import find_parts
from synth.chip.compiled import said_if_slow

_PHRASE_S: Final = 4.0  # whole bars that come nearest to this are drawn and judged together
_MOST_PHRASE_BARS: Final = 4
_PHRASE_BARS: Final = 4  # phrases take turns at keeping to the seed's pitches and leaving them
# Rhythm and pitch of the seed's row, as added to logits.
_CLOSELY, _CONTRASTING, _LOOSELY = (1.2, 0.5), (1.2, -0.4), (0.6, 0.0)
_AGAIN: Final = 0.4  # of a stretch of its bars may come again note for note
# In pieces with nominal beats, which may be only the beginning of a song.
_LEAST_KEY_BIAS, _TELLING_NOTES = 0.35, 600
_ONE_ROW: Final = np.array([6])
_ROLES: Final = {"melody": "p1", "harmony": "p2", "bass": "tr", "drums": "no"}


def load(path: Path) -> RowWeights:
    """Read a checkpoint, without torch.

    Raises
    ------
    ChipgenError
        If it cannot be used.
    """
    arrays, info = read_arrays(path)
    with said_if_slow("preparing the composer; the first use on a machine compiles it ...", 8.0):
        try:
            weights = RowWeights.from_arrays(RowTransformerConfig(**info.config), arrays)
        except (KeyError, ValueError, TypeError) as error:
            raise ChipgenError(f"{path}: its weights do not fit its configuration") from error
        empty = np.zeros((0, len(NES_TRACKS)), dtype=np.uint8)
        sample_rows(
            weights, Rows(empty, empty, empty), _ONE_ROW, RowSampling(), np.random.default_rng(0)
        )
    return weights


@dataclass(frozen=True, slots=True, eq=False)
class RowContinuation:
    """What was composed.

    Attributes
    ----------
    score
        The new bars alone, from beat 0, in the chip's four voices.
    remarks
        What the user should know, a line each.
    onsets_a_second
        Melodic onsets a second of the new bars.
    rows
        States of the new rows, as the model drew them; uint8, shape (rows, 4).
    tries
        How many drafts were drawn of each phrase, on average; above 1 if some were too thin, too
        dense or drones.
    """

    score: Score
    remarks: tuple[str, ...]
    onsets_a_second: float
    rows: NDArray[np.uint8]
    tries: float


def continue_seed(
    model: Any, seed: Score, ending: Ending, config: GenerationConfig, rng_seed: int
) -> Continuation:
    """Compose on from any seed: the row transformer's row in the table of models.

    A seed whose tracks are not the chip's voices lends its melody to the first pulse, its harmony
    to the second, its bass to the triangle and its drums to the noise.

    Parameters
    ----------
    model
        `RowWeights` or a `RowTransformer`.
    """
    parts = find_parts(seed, ending)
    is_voiced = any(track.role in NES_TRACKS for track in seed.tracks)
    voiced = seed if is_voiced else to_voices(seed, parts)
    history, timing, folded = encode_seed(voiced, ending)
    drums = _first(index for index, track in enumerate(seed.tracks) if plays_drums(track))
    with_drums = config.with_drums and (drums is not None or seed.dialect == "nesmdb")
    beats = None if config.bars is None else config.bars * ending.bar_beats
    count = None if beats is None else timing.rows_in(beats)
    closing = None
    if config.loop and count is not None:
        closing, before = history[:0], 0
        if config.loop == "piece":
            closing, before = rows_after_loop(seed, ending, AFTER_ROWS)
        whole = whole_phrases(seed, history, count, before)
        if has_nominal_beats(seed):
            count, beats = whole, float(timing.edges_beats(whole, 0)[0]) - ending.start_beats
    phrases = draw_phrases(
        model,
        history,
        timing,
        _phrase_beats(ending),
        count,
        RowSampling(config.temperature, config.top_p),
        config.key_bias * _key_bias(voiced, history),
        rng_seed,
        _processor(history, voiced, ending, timing),
        _silent(history, voiced, with_drums=with_drums),
        closing,
    )
    owners: dict[str, int | None] = {role: part.track for role, part in parts.items()}
    if is_voiced:
        # Which pulse leads was decided by height; here each goes on as itself.
        played = {track.role: index for index, track in enumerate(seed.tracks) if track.role}
        owners = {role: played.get(voice) for role, voice in _ROLES.items()}
    owners["drums"] = drums
    back = Instrumentation(seed, voiced, ending, timing, parts, is_voiced=is_voiced)
    stretches = _stretches(phrases, timing, ending, beats, back)
    return Continuation(owners, stretches, folded_remarks(folded), with_drums)


def continue_score(
    model: Any,
    seed: Score,
    bars: int = 16,
    sampling: RowSampling | None = None,
    rng_seed: int = 0,
    ending: Ending | None = None,
) -> RowContinuation:
    """Compose on from a seed whose tracks have the roles p1, p2, tr and no.

    Parameters
    ----------
    model
        `RowWeights` or a `RowTransformer`.
    seed
        A piece in the chip's voices; some may be missing.
    bars
        Bars to compose, at least 1, in the seed's meter and tempo.
    sampling
        How freely; temperature 1 and top-p 0.95 if not given.
    rng_seed
        0 to 2³² − 1; the same number gives the same notes.
    ending
        Where the seed ends; found if not given.

    Raises
    ------
    ChipgenError
        If no track has a role, or the seed is too short.
    """
    ending = ending or find_ending(seed)
    history, timing, folded = encode_seed(seed, ending)
    length = bars * ending.bar_beats
    phrases = list(
        draw_phrases(
            model,
            history,
            timing,
            _phrase_beats(ending),
            timing.rows_in(length),
            sampling or RowSampling(),
            _key_bias(seed, history),
            rng_seed,
            _processor(history, seed, ending, timing),
        )
    )
    rows = phrases[0].rows
    for phrase in phrases[1:]:
        rows = rows.then(phrase.rows)
    edges = timing.edges_beats(0, len(rows)) - ending.start_beats
    score = Score(
        tracks=tracks_of(rows, np.minimum(edges, length)),
        tempos=(replace(ending.tempo, beat=0.0),),
        meters=(replace(ending.meter, beat=0.0),),
        end_beats=length,
        dialect="nesmdb",
        key=seed.key,
    )
    seconds = float(rows.frames.sum()) / NES_FRAME_HZ
    onsets_hz = float((rows.states[:, :3] > 1).sum()) / max(seconds, 1e-9)
    tries = float(np.mean([phrase.tries for phrase in phrases]))
    return RowContinuation(score, folded_remarks(folded), onsets_hz, rows.states, tries)


def _stretches(
    phrases: Iterator[Phrase],
    timing: RowTiming,
    ending: Ending,
    beats: float | None,
    back: "Instrumentation",
) -> Iterator[Stretch]:
    """Yield each phrase when the next one is there, so that its last notes can ring into it."""
    end = np.inf if beats is None else ending.start_beats + beats
    before = next(phrases)
    for phrase in chain(phrases, [None]):
        rows = before.rows.then(phrase.rows) if phrase else before.rows
        edges = np.minimum(timing.edges_beats(before.first, len(rows)), end)
        start, stop = float(edges[0]), float(edges[len(before.rows)])
        if phrase is None and beats is not None:
            stop = end
        lines, controls = back.play(tracks_of(rows, edges), start, stop)
        yield Stretch(start, stop, lines, controls)
        if phrase:
            before = phrase


def _processor(
    history: Rows, seed: Score, ending: Ending, timing: RowTiming
) -> SeedLogitsProcessor:
    """Return a processor that knows the seed's bars, or where they are nominal its period."""
    bar_rows = round(timing.rows_in(8 * ending.bar_beats) / 8)
    if has_nominal_beats(seed):
        period = period_of(history, bar_rows, 8 * bar_rows)

        def periodic(row: int) -> ReferenceRow | None:
            if not period:
                return None
            return ReferenceRow(history.states[len(history) - period + row % period], *_LOOSELY)

        return SeedLogitsProcessor(history, bar_rows, periodic)

    def barwise(row: int) -> ReferenceRow | None:
        at = row / timing.units_a_beat  # rows are units here
        bar, into = divmod(at + 1e-6, ending.bar_beats)
        source = ending.pattern_start(int(bar)) + into
        back = round((ending.start_beats - source) * timing.units_a_beat)
        if not 0 < back <= len(history):
            return None
        near = (int(bar) // _PHRASE_BARS) % 2 == 0
        return ReferenceRow(history.states[-back], *(_CLOSELY if near else _CONTRASTING))

    return SeedLogitsProcessor(history, bar_rows, barwise, _AGAIN)


def _key_bias(seed: Score, history: Rows) -> float:
    """Return how much a seed says of its key: little in the first seconds of a game's song."""
    if not has_nominal_beats(seed):
        return 1.0
    notes = int((history.states[:, :3] > HOLD).sum())
    return float(np.clip(notes / _TELLING_NOTES, _LEAST_KEY_BIAS, 1.0))


def _silent(history: Rows, seed: Score, *, with_drums: bool) -> tuple[bool, bool, bool, bool]:
    """Return which voices are to rest: those that the seed does not have.

    In a piece with nominal beats, the beginning of a game's song, they may come in.
    """
    p1, p2, tr, no = (bool((history.states[:, voice] > HOLD).any()) for voice in range(4))
    if has_nominal_beats(seed) or not (p1 or p2 or tr):
        return False, False, False, not with_drums
    return not p1, not p2, not tr, not (no and with_drums)


def _phrase_beats(ending: Ending) -> float:
    """Return the length of a phrase: so many bars as come nearest to its usual length."""
    bar_s = ending.bar_beats * 60.0 / ending.tempo.bpm
    return ending.bar_beats * min(max(1, round(_PHRASE_S / bar_s)), _MOST_PHRASE_BARS)


def _first(indices: Iterator[int]) -> int | None:
    return next(indices, None)
