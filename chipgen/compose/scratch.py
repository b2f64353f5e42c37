"""A key, a tempo and a meter to a piece composed from nothing."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.compose.loop import close_loop
from chipgen.compose.measures import onsets_hz, sounding_of
from chipgen.compose.piece import ComposeConfig, Composition, compose
from chipgen.compose.rewrite import load_rewriter
from chipgen.errors import ChipgenError
from chipgen.music.keys import Key, detect_key, nearest_key
from chipgen.music.score import Meter, Score, Tempo
from chipgen.rows.prompt import Prompt
from chipgen.rows.scores import tracks_of
from chipgen.rows.states import HOLD, Rows
from chipgen.rows.tempo import NES_FRAME_HZ

USUAL_BPM: Final = 150.0  # sixteenths of six frames, the commonest row of NES-MDB
MIN_BPM, MAX_BPM = 20.0, 400.0
OPENING_ROWS: Final = 64
OPENINGS: Final = 8  # that are drawn at most
_ROWS_A_BEAT: Final = (4, 2, 8, 3, 6, 1, 12, 16)  # in the order of liking
_ROW_FRAMES: Final = (3.0, 12.0)
_FOREIGN: Final = -4.0  # added to the logits of pitch classes that the key lacks
_LIVELY_HZ: Final = (3.0, 30.0)  # melodic onsets a second of an opening that may stand
_SILENT_SHARE: Final = 0.25
_DRONE_SHARE: Final = 0.45
_ABSENT_FAULT: Final = np.array([0.2, 0.2, 0.2, 0.1])  # for each voice that does not play
_OTHER_KEY_FAULT: Final = 0.3
_AT_HOME: Final = 0.4  # added to the logits of tonic and fifth


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

    Openings are drawn until one is lively and in the key asked for, or the best of eight is taken;
    the rest is composed on from it.

    Parameters
    ----------
    model_name
        ``"row-transformer"``, or the path of such a checkpoint.
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
    model = load_rewriter(model_name)
    meter = Meter(0.0, *scratch.meter)
    rows_a_beat = _division(scratch.tempo_bpm, meter)
    bar_rows = round(meter.bar_beats * rows_a_beat)
    bars = min(config.bars, max(1, round(OPENING_ROWS / bar_rows)))
    frames = _frames(bars * bar_rows, scratch.tempo_bpm, rows_a_beat)
    key = scratch.key and replace(scratch.key, mode=scratch.key.mode or "major")
    opening = _draw_opening(model, frames, key, config, rng_seed)
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
    return Composition(score, 0, config.bars, model.name, rng_seed, remarks, done)


def _draw_opening(
    model: Any, frames: NDArray[np.int64], key: Key | None, config: ComposeConfig, rng_seed: int
) -> Rows:
    """Return the first opening that may stand, or the best of several."""
    from chipgen.models.row_transformer.sampling import RowSampling, RowState

    sampling = RowSampling(config.temperature, config.top_p, pitch_bias=_bias(key))
    drafts: list[tuple[float, Rows]] = []
    for number in range(OPENINGS):
        rng = np.random.default_rng([rng_seed, number, 0x5EED])
        rows = RowState.after(model, Rows.none()).draw(frames, sampling, rng)
        fault, thin = _judge(rows, key)
        drafts.append((fault, rows))
        if fault == 0.0:
            break
        if thin:
            more = sampling.onset_bias[0] + 0.5
            less = sampling.rest_bias[0] - 0.5
            sampling = replace(sampling, onset_bias=(more,) * 4, rest_bias=(less,) * 4)
    return min(drafts, key=lambda draft: draft[0])[1]


def _bias(key: Key | None) -> tuple[float, ...]:
    """Return what is added to the logits of each pitch class."""
    if key is None:
        return (0.0,) * 12
    home = (key.tonic, (key.tonic + 7) % 12)
    return tuple(
        _FOREIGN if pitch not in key.scale else _AT_HOME if pitch in home else 0.0
        for pitch in range(12)
    )


def _judge(rows: Rows, key: Key | None) -> tuple[float, bool]:
    """Return an opening's fault, 0 if it may stand, and whether it is thin."""
    silent, shares = sounding_of(rows)
    rate = float(onsets_hz(rows)[:3].sum())
    total = max(1.0, shares.sum())
    quarter = max(1, len(rows) // 4)
    thin = rate < _LIVELY_HZ[0] or silent > _SILENT_SHARE
    fault = (
        max(0.0, 1.0 - rate / _LIVELY_HZ[0])
        + max(0.0, rate / _LIVELY_HZ[1] - 1.0)
        + max(0.0, silent - _SILENT_SHARE)
        + max(0.0, float(shares.max()) / total - _DRONE_SHARE)
        + float((_ABSENT_FAULT * ~(rows.states > HOLD).any(axis=0)).sum())
        # A seed is gone on from where its last note begins, so the opening fills its last bar.
        + 0.5 * (not (rows.states[-quarter:] > HOLD).any())
    )
    if key is not None and shares.any():
        foreign = [pitch for pitch in range(12) if pitch not in key.scale]
        fault += 2.0 * float(shares[foreign].sum()) / total
        fault += _OTHER_KEY_FAULT * (nearest_key(shares / shares.sum()) != key)
    return float(fault), thin


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
