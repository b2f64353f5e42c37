"""A seed in the chip's four voices to its continuation by the row transformer, as a Score.

The seed is heard on rows: of its own beats in ordinary MIDI, inferred in NES-MDB, whose beats are
nominal. New rows go on at the seed's pace.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.compose.hearing import hear_seed, to_voices, tracks_of
from chipgen.dataset.rows import notes_of
from chipgen.dataset.tempo import NES_FRAME_HZ
from chipgen.models.generation import Continuation, GenerationConfig
from chipgen.music.parts import Frame, find_frame, find_parts
from chipgen.music.score import NES_TRACKS, Score

if TYPE_CHECKING:  # torch is loaded only when a model is used
    from chipgen.models.row_transformer import RowTransformer
    from chipgen.models.sample_rows import Rows, RowSampling

TRIES: Final = 4
DRONE_SHARE: Final = 0.5  # of sounding time that one pitch class may have
SILENT_SHARE: Final = 0.35  # of rows in which nothing sounds
_DENSITY: Final = (0.4, 2.2)  # onsets a second, against the seed's
_VOICE_ONSETS_HZ: Final = 0.5  # a voice that played more than this in the seed plays on
_ABSENT_FAULT: Final = 0.1  # for each that does not
_ONSETS_HZ: Final = 12.5  # melodic onsets a second in NES-MDB, for seeds too short to tell


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
        How many drafts were drawn; above 1 if the first was too thin, too dense or a drone.
    """

    score: Score
    remarks: tuple[str, ...]
    onsets_a_second: float
    rows: NDArray[np.uint8]
    tries: int


def continue_score(
    model: "RowTransformer",
    seed: Score,
    bars: int = 16,
    sampling: "RowSampling | None" = None,
    rng_seed: int = 0,
    frame: Frame | None = None,
) -> RowContinuation:
    """Compose on from a seed whose tracks have the roles p1, p2, tr and no.

    Parameters
    ----------
    model
        Trained.
    seed
        A piece in the chip's voices; some may be missing.
    bars
        Bars to compose, at least 1, in the seed's meter and tempo.
    sampling
        How freely; temperature 1 and top-p 0.95 if not given.
    rng_seed
        0 to 2³² − 1; the same number gives the same notes.
    frame
        Where the seed ends; found if not given.

    Raises
    ------
    ChipgenError
        If no track has a role, or the seed is too short.
    """
    import torch

    from chipgen.models.sample_rows import RowSampling, sample_rows

    torch.set_num_threads(1)  # sums in one order, so that takes can be made again
    sampling = sampling or RowSampling()
    frame = frame or find_frame(seed)
    history, clock, folded = hear_seed(seed, frame, bars)
    wanted = float(np.clip(_onsets_hz(history), 0.3 * _ONSETS_HZ, 1.5 * _ONSETS_HZ))
    expected = _voice_onsets_hz(history) > _VOICE_ONSETS_HZ
    drafts: list[tuple[float, Rows]] = []
    for number in range(TRIES):
        generator = torch.Generator().manual_seed(rng_seed + (number << 32))
        rows = sample_rows(model, history, clock.frames.astype(np.int64), sampling, generator)
        fault, bias = _judge(rows, wanted, expected)
        drafts.append((fault, rows))
        if fault == 0.0:
            break
        sampling = replace(
            sampling,
            onset_bias=tuple(have + bias for have in sampling.onset_bias),  # type: ignore[arg-type]
        )
    _, best = min(drafts, key=lambda draft: draft[0])
    start = float(seed.beats_to_seconds(frame.start_beats))
    boundaries = seed.seconds_to_beats(clock.times_s + start) - frame.start_beats
    length = bars * frame.bar_beats
    score = Score(
        tracks=tracks_of(best, np.minimum(boundaries, length)),
        tempos=(replace(frame.tempo, beat=0.0),),
        meters=(replace(frame.meter, beat=0.0),),
        end_beats=length,
        dialect="nesmdb",
        key=seed.key,
    )
    remarks = (
        (f"{folded} notes of the seed outside the voices' ranges were heard an octave nearer",)
        if folded
        else ()
    )
    return RowContinuation(score, remarks, _onsets_hz(best), best.states, len(drafts))


def continue_seed(
    model: "RowTransformer", seed: Score, frame: Frame, config: GenerationConfig, rng_seed: int
) -> Continuation:
    """Compose on from any seed: the row transformer's row in the table of models.

    A seed whose tracks are not the chip's voices lends its melody to the first pulse, its harmony
    to the second, its bass to the triangle and its drums to the noise.
    """
    from chipgen.models.sample_rows import RowSampling

    parts = find_parts(seed, frame)
    is_voiced = any(track.role in NES_TRACKS for track in seed.tracks)
    voiced = seed if is_voiced else to_voices(seed, parts)
    sampling = RowSampling(config.temperature, config.top_p)
    made = continue_score(model, voiced, config.bars, sampling, rng_seed, frame)
    lines = {
        track.role: tuple(
            replace(note, onset_beats=note.onset_beats + frame.start_beats) for note in track.notes
        )
        for track in made.score.tracks
    }
    owners = {role: part.track for role, part in parts.items()}
    if is_voiced:
        played = {track.role: index for index, track in enumerate(seed.tracks) if track.role}
        roles = {"melody": "p1", "harmony": "p2", "bass": "tr"}
        # Which pulse leads was decided by height; here each goes on as itself.
        owners = {role: played.get(voice) for role, voice in roles.items()}
    named = {"melody": lines["p1"], "harmony": lines["p2"], "bass": lines["tr"]}
    return Continuation(named, owners, made.remarks)


def _onsets_hz(rows: "Rows") -> float:
    """Return melodic onsets a second."""
    seconds = float(rows.frames.sum()) / NES_FRAME_HZ
    return float((rows.states[:, :3] > 1).sum()) / max(seconds, 1e-9)


def _voice_onsets_hz(rows: "Rows") -> NDArray[np.float64]:
    """Return onsets a second of each voice, shape (4,)."""
    seconds = max(float(rows.frames.sum()) / NES_FRAME_HZ, 1e-9)
    result: NDArray[np.float64] = (rows.states > 1).sum(axis=0) / seconds
    return result


def _judge(rows: "Rows", wanted_hz: float, expected: NDArray[np.bool_]) -> tuple[float, float]:
    """Return a draft's fault, 0 if it may stand, and what to add to onsets' logits next time.

    `expected` says which voices played in the seed and should not fall silent.
    """
    notes = notes_of(rows.states)
    ratio = _onsets_hz(rows) / wanted_hz
    sounding = np.zeros(len(rows), dtype=np.bool_)
    shares = np.zeros(12)
    for voice, row, end, pitch in zip(
        notes.voice, notes.row, notes.end_row, notes.pitch, strict=True
    ):
        sounding[row:end] = True
        if voice < 3:
            shares[pitch % 12] += end - row
    silent = 1.0 - float(sounding.mean())
    drone = float(shares.max() / max(1.0, shares.sum())) if shares.any() else 1.0
    fault = (
        max(0.0, _DENSITY[0] - ratio)
        + max(0.0, ratio / _DENSITY[1] - 1.0)
        + max(0.0, silent - SILENT_SHARE)
        + max(0.0, drone - DRONE_SHARE)
        + _ABSENT_FAULT * float((expected & ~(rows.states > 1).any(axis=0)).sum())
    )
    thin = ratio < _DENSITY[0] or silent > SILENT_SHARE
    return fault, 0.5 if thin else -0.4 if ratio > _DENSITY[1] else 0.1
