"""Composes a piece without a seed from a key, a tempo and a meter."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.composer import load_composer
from chipgen.composing.composition import Composition, compose
from chipgen.composing.loop_closing import close_loop
from chipgen.composing.passages import Passage
from chipgen.errors import ChipgenError
from chipgen.music.key_detection import detect_key
from chipgen.music.score import Meter, Score, Tempo
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.row_timing import RowTiming
from chipgen.rows.score_conversion import tracks_of

USUAL_BPM: Final = 150.0  # sixteenths of six frames, the commonest row of NES-MDB
OPENING_ROWS: Final = 64
_ROWS_A_BEAT: Final = (4, 2, 8, 3, 6, 1, 12, 16)  # in the order of liking
_ROW_FRAMES: Final = (3.0, 12.0)


def compose_from_scratch(
    request: ComposeRequest | None = None,
    on_passage: Callable[[Passage], None] | None = None,
    on_seed: Callable[[Score], None] | None = None,
) -> Composition:
    """Compose a piece in the chip's four voices from nothing.

    The model begins with an opening, and composes on from it.

    Parameters
    ----------
    request
        Model, key, tempo, meter, bars, freedom, loop and number count. Without a key the model
        chooses; a key without a mode is major.
    on_passage
        Called with each passage after the opening as soon as it is composed.
    on_seed
        Called with the opening before any passage.

    Raises
    ------
    ChipgenError
        If the model cannot begin a piece.
    """
    request = request or ComposeRequest(from_scratch=True)
    if not request.bars:
        raise ChipgenError("a piece needs an end: give bars of 1 or more")
    bpm = request.tempo_bpm or USUAL_BPM
    loaded = load_composer(request.model, "from nothing")
    meter = Meter(0.0, *request.meter)
    rows_a_beat = _division(bpm, meter)
    bar_rows = round(meter.bar_beats * rows_a_beat)
    bars = min(request.bars, max(1, round(OPENING_ROWS / bar_rows)))
    frames = _frames(1, bpm, rows_a_beat)
    key = request.key and replace(request.key, mode=request.key.mode or "major")
    one = np.ones(1, dtype=np.int64)
    timing = RowTiming(0.0, one, float(rows_a_beat), frames)
    opening = loaded.composer.begin(loaded.model, timing, meter.bar_beats, bars, key, request)
    edges = np.arange(len(opening) + 1) / rows_a_beat
    score = Score(
        tracks_of(opening, edges),
        (Tempo(0.0, bpm),),
        (meter,),
        bars * meter.bar_beats,
        "nesmdb",
    )
    found = key or detect_key(score)
    score = replace(score, key=found.signature if found else "")
    prompt = Prompt.of(score)
    more = request.bars - prompt.ending.seed_bars
    remarks: tuple[str, ...] = ()
    plan = ""
    if more > 0:
        made = compose(prompt, request.model_copy(update={"bars": more}), on_passage, on_seed)
        score, remarks, plan = made.score, made.remarks, made.plan
    elif request.loop:
        score = close_loop(score, 0.0)
    done = f"{request.bars} {'bar' if request.bars == 1 else 'bars'} from scratch"
    done += f" in {found.name}" if found else ""
    return Composition(
        score, 0, request.bars, loaded.name, request.rng_seed, remarks, done, plan=plan
    )


def _division(bpm: float, meter: Meter) -> int:
    """Return rows a beat: sixteenths, unless these are too quick or too slow for the chip."""
    beat_frames = NES_FRAME_HZ * 60.0 / bpm
    whole = [d for d in _ROWS_A_BEAT if abs(meter.bar_beats * d % 1) < 1e-9]
    fitting = [d for d in whole if _ROW_FRAMES[0] <= beat_frames / d <= _ROW_FRAMES[1]]
    return (fitting or whole)[0]


def _frames(rows: int, bpm: float, rows_a_beat: int) -> NDArray[np.int64]:
    """Return the length of each row in whole NES frames, of the kind NES-MDB has."""
    frames = np.rint(NES_FRAME_HZ * 60.0 / bpm / rows_a_beat)
    return np.full(rows, int(np.clip(frames, 2, 20)), dtype=np.int64)
