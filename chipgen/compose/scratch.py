"""A key, a tempo and a meter to a piece composed from nothing."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.compose.composer import load_composer
from chipgen.compose.loop import close_loop
from chipgen.compose.piece import ComposeConfig, Composition, compose
from chipgen.errors import ChipgenError
from chipgen.models.generation import GenerationConfig
from chipgen.music.keys import Key, detect_key
from chipgen.music.score import Meter, Score, Tempo
from chipgen.rows.prompt import Prompt
from chipgen.rows.scores import tracks_of
from chipgen.rows.tempo import NES_FRAME_HZ

USUAL_BPM: Final = 150.0  # sixteenths of six frames, the commonest row of NES-MDB
MIN_BPM, MAX_BPM = 20.0, 400.0
OPENING_ROWS: Final = 64
_ROWS_A_BEAT: Final = (4, 2, 8, 3, 6, 1, 12, 16)  # in the order of liking
_ROW_FRAMES: Final = (3.0, 12.0)


@dataclass(frozen=True, slots=True)
class ScratchConfig:
    """What is known of a piece before it is composed.

    Attributes
    ----------
    key
        None leaves it to the model; a key without a mode is major.
    tempo_bpm
        Quarter notes a minute, 20–400.
    meter
        Numerator and denominator.
    """

    key: Key | None = None
    tempo_bpm: float = USUAL_BPM
    meter: tuple[int, int] = (4, 4)

    def __post_init__(self) -> None:
        check_tempo(self.tempo_bpm)
        top, bottom = self.meter
        if not 1 <= top <= 16 or bottom not in (2, 4, 8, 16):
            raise ChipgenError(
                f"a meter of {top}/{bottom} cannot be composed in; give 1-16 over 2, 4, 8 or 16"
            )


def check_tempo(bpm: float) -> None:
    """Refuse a tempo outside 20 to 400 beats a minute."""
    if not MIN_BPM <= bpm <= MAX_BPM:
        raise ChipgenError(
            f"a tempo of {bpm:g} beats a minute is out of range; give {MIN_BPM:g} to {MAX_BPM:g}"
        )


def compose_from_scratch(
    model_name: str,
    scratch: ScratchConfig | None = None,
    config: ComposeConfig | None = None,
    rng_seed: int = 0,
) -> Composition:
    """Compose a piece in the chip's four voices from nothing.

    The model begins with an opening, and composes on from it.

    Parameters
    ----------
    model_name
        A model that composes from nothing, or the path of such a checkpoint.
    scratch
        Key, tempo and meter.
    config
        Bars, freedom, loop.
    rng_seed
        0 to 2³² − 1; the same number gives the same notes.

    Raises
    ------
    ChipgenError
        If the model cannot begin a piece.
    """
    scratch, config = scratch or ScratchConfig(), config or ComposeConfig()
    if config.bars is None:
        raise ChipgenError("a piece needs an end: give bars")
    loaded = load_composer(model_name, "from nothing")
    meter = Meter(0.0, *scratch.meter)
    rows_a_beat = _division(scratch.tempo_bpm, meter)
    bar_rows = round(meter.bar_beats * rows_a_beat)
    bars = min(config.bars, max(1, round(OPENING_ROWS / bar_rows)))
    frames = _frames(bars * bar_rows, scratch.tempo_bpm, rows_a_beat)
    key = scratch.key and replace(scratch.key, mode=scratch.key.mode or "major")
    opening = loaded.composer.begin(
        loaded.model,
        frames,
        key,
        GenerationConfig(config.bars, config.temperature, config.top_p, config.key_bias),
        rng_seed,
    )
    edges = np.arange(len(opening) + 1) / rows_a_beat
    score = Score(
        tracks_of(opening, edges),
        (Tempo(0.0, scratch.tempo_bpm),),
        (meter,),
        bars * meter.bar_beats,
        "nesmdb",
    )
    found = key or detect_key(score)
    score = replace(score, key=found.signature if found else "")
    prompt = Prompt.of(score)
    more = config.bars - prompt.ending.seed_bars
    remarks: tuple[str, ...] = ()
    if more > 0:
        wish = replace(config, bars=more, without_seed=False, loop="piece" if config.loop else "")
        made = compose(prompt, model_name, wish, rng_seed)
        score, remarks = made.score, made.remarks
    elif config.loop:
        score = close_loop(score, 0.0)
    done = f"{config.bars} {'bar' if config.bars == 1 else 'bars'} from scratch"
    done += f" in {found.name}" if found else ""
    return Composition(score, 0, config.bars, loaded.name, rng_seed, remarks, done)


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
