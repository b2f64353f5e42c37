"""A seed in the chip's four voices to its continuation by the row transformer, as a Score.

The seed is heard on rows: of its own beats in ordinary MIDI, inferred in NES-MDB, whose beats are
nominal. New rows go on at the seed's pace.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.dataset.rawnotes import TICKS_A_SECOND, RawNotes
from chipgen.dataset.rows import notes_of, put_on_grid
from chipgen.dataset.tempo import NES_FRAME_HZ, RowGrid, infer_rows
from chipgen.errors import ChipgenError
from chipgen.models.generation import Continuation, GenerationConfig
from chipgen.music.dialect import NES_CHANNELS, NES_PROGRAMS, chip_to_midi_level, midi_to_chip_level
from chipgen.music.parts import Frame, Part, find_frame, find_parts
from chipgen.music.score import NES_TRACKS, Control, Note, Score, Track

if TYPE_CHECKING:  # torch is loaded only when a model is used
    from chipgen.models.row_transformer import RowTransformer
    from chipgen.models.sample_rows import Rows, RowSampling

TRIES: Final = 4
DIVISIONS: Final = (2, 3, 4, 6, 8, 12)  # rows a beat that are tried for ordinary MIDI
DRONE_SHARE: Final = 0.5  # of sounding time that one pitch class may have
SILENT_SHARE: Final = 0.35  # of rows in which nothing sounds
_DENSITY: Final = (0.4, 2.2)  # onsets a second, against the seed's
_ONSETS_HZ: Final = 12.5  # melodic onsets a second in NES-MDB, for seeds too short to tell
_LOWEST: Final = (33, 33, 21, 1)
_HIGHEST: Final = (108, 108, 108, 16)
_TIMBRE: Final = 12
_DUTY: Final = 2
_MOST_SEED_ROWS: Final = 4096


@dataclass(frozen=True, slots=True)
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
    tries
        How many drafts were drawn; above 1 if the first was too thin, too dense or a drone.
    """

    score: Score
    remarks: tuple[str, ...]
    onsets_a_second: float
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
        How freely; temperature 1 and top-p 0.97 if not given.
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
    drafts: list[tuple[float, Rows]] = []
    for number in range(TRIES):
        generator = torch.Generator().manual_seed(rng_seed + (number << 32))
        rows = sample_rows(model, history, clock.frames.astype(np.int64), sampling, generator)
        fault, bias = _judge(rows, wanted)
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
        tracks=_tracks(best, np.minimum(boundaries, length)),
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
    return RowContinuation(score, remarks, _onsets_hz(best), len(drafts))


def hear_seed(seed: Score, frame: Frame, bars: int) -> tuple["Rows", RowGrid, int]:
    """Put a seed on rows, and lay out the rows that follow it.

    Returns
    -------
    history : Rows
        What the seed plays, at most its last 4,096 rows.
    clock : RowGrid
        The rows to be composed, counted in seconds from the end of the seed.
    folded : int
        Notes that were moved by octaves into their voice's range.
    """
    from chipgen.models.sample_rows import Rows

    notes, folded = _raw_notes(seed, frame)
    start_s = float(seed.beats_to_seconds(frame.start_beats))
    beat_s = 60.0 / frame.tempo.bpm
    length_s = bars * frame.bar_beats * beat_s
    if seed.dialect == "nesmdb":
        onsets_s = notes.start / TICKS_A_SECOND
        grid = infer_rows(onsets_s, (notes.end - notes.start) / TICKS_A_SECOND, start_s)
        pace = _usual_pattern(grid.frames)
        count = int(np.ceil(length_s * NES_FRAME_HZ / pace.mean()))
        frames = np.resize(pace, count)
        clock = RowGrid(
            np.concatenate([[0.0], np.cumsum(frames)]) / NES_FRAME_HZ, frames, grid.confidence
        )
    else:
        division = _division(seed, frame)
        rows = round(frame.start_beats * division)
        times_s = seed.beats_to_seconds(np.arange(rows + 1) / division)
        grid = RowGrid(times_s, _frames(times_s), 1.0)
        count = round(bars * frame.bar_beats * division)
        times_s = np.arange(count + 1) * beat_s / division
        clock = RowGrid(times_s, _frames(times_s), 1.0)
    song = put_on_grid(notes, grid)
    kept = slice(-_MOST_SEED_ROWS, None)
    history = Rows(
        song.states[kept], song.volume[kept], song.timbre[kept], grid.frames[kept].astype(np.int64)
    )
    return history, clock, folded


def _raw_notes(seed: Score, frame: Frame) -> tuple[RawNotes, int]:
    """Return the notes of tracks with roles, in their voices' ranges, up to the seed's end."""
    found: list[tuple[int, int, int, int, int, int]] = []
    folded = 0
    end = round(float(seed.beats_to_seconds(frame.start_beats)) * TICKS_A_SECOND)
    for track in seed.tracks:
        if track.role not in NES_TRACKS:
            continue
        voice = NES_TRACKS.index(track.role)
        onsets = np.array([note.onset_beats for note in track.notes])
        ends = np.array([note.end_beats for note in track.notes])
        starts = np.rint(seed.beats_to_seconds(onsets) * TICKS_A_SECOND).astype(np.int64)
        stops = np.rint(seed.beats_to_seconds(ends) * TICKS_A_SECOND).astype(np.int64)
        timbres = _timbres(track, onsets, 0 if voice >= 2 else _DUTY)
        for note, start, stop, timbre in zip(track.notes, starts, stops, timbres, strict=True):
            pitch = note.pitch
            if voice == 3:
                pitch = min(max(pitch, 1), 16)
            while pitch < _LOWEST[voice]:
                pitch += 12
            while pitch > _HIGHEST[voice]:
                pitch -= 12
            folded += pitch != note.pitch
            level = 1 if voice == 2 else max(1, midi_to_chip_level(note.velocity))
            if start < end:
                found.append(
                    (voice, int(start), min(int(max(stop, start + 1)), end), pitch, level, timbre)
                )
    if not found:
        raise ChipgenError(
            "no track of the seed is a voice of the chip; arrange it to p1, p2, tr and no first"
        )
    table = np.array(sorted(found, key=lambda row: (row[1], row[0])), dtype=np.int64)
    notes = RawNotes(
        voice=table[:, 0].astype(np.int8),
        start=table[:, 1],
        end=table[:, 2],
        pitch=table[:, 3].astype(np.int16),
        volume=table[:, 4].astype(np.int8),
        timbre=table[:, 5].astype(np.int8),
        length=end,
    )
    return notes, folded


def _timbres(track: Track, onsets: NDArray[np.float64], default: int) -> list[int]:
    """Return the timbre in force at each onset."""
    beats = np.array([c.beat for c in track.controls if c.number == _TIMBRE])
    values = [default, *(min(3, c.value) for c in track.controls if c.number == _TIMBRE)]
    return [values[i] for i in np.searchsorted(beats, onsets + 1e-6).tolist()]


def _division(seed: Score, frame: Frame) -> int:
    """Return how many rows a beat suit a seed of ordinary MIDI: the fewest that fit its onsets."""
    onsets = np.array([n.onset_beats for t in seed.tracks if t.role in NES_TRACKS for n in t.notes])
    beat_frames = NES_FRAME_HZ * 60.0 / frame.tempo.bpm
    usual = [d for d in DIVISIONS if 3.0 <= beat_frames / d <= 16.0] or [4]
    off = {d: float(np.mean(np.abs(onsets * d - np.rint(onsets * d)) / d > 1 / 32)) for d in usual}
    fine = [d for d in usual if off[d] <= min(off.values()) + 0.03]
    return fine[0]


def _frames(times_s: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return row lengths in whole frames, of the kind NES-MDB has."""
    return np.clip(np.rint(np.diff(times_s) * NES_FRAME_HZ), 2, 20).astype(np.int16)


def _usual_pattern(frames: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the two row lengths that follow each other most often near the end of a song."""
    recent = frames[-257:].tolist()
    pairs = list(pairwise(recent)) or [(recent[0], recent[0])]
    most = max(sorted(set(pairs)), key=pairs.count)
    return np.array(most, dtype=np.int16)


def _onsets_hz(rows: "Rows") -> float:
    """Return melodic onsets a second."""
    seconds = float(rows.frames.sum()) / NES_FRAME_HZ
    return float((rows.states[:, :3] > 1).sum()) / max(seconds, 1e-9)


def _judge(rows: "Rows", wanted_hz: float) -> tuple[float, float]:
    """Return a draft's fault, 0 if it may stand, and what to add to onsets' logits next time."""
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
    )
    thin = ratio < _DENSITY[0] or silent > SILENT_SHARE
    return fault, 0.5 if thin else -0.4 if ratio > _DENSITY[1] else 0.1


def _tracks(rows: "Rows", boundaries: NDArray[np.float64]) -> tuple[Track, ...]:
    """Return the four voices' tracks; row i lasts from boundary i to i + 1, in beats."""
    notes = notes_of(rows.states, rows.volume, rows.timbre)
    tracks = []
    for voice, role in enumerate(NES_TRACKS):
        mine = np.nonzero(notes.voice == voice)[0]
        played: list[Note] = []
        controls: list[Control] = []
        for i in mine.tolist():
            onset = float(boundaries[notes.row[i]])
            duration = float(boundaries[notes.end_row[i]]) - onset
            if duration <= 1e-6:
                continue
            level = 15 if voice == 2 else max(1, int(notes.volume[i]))
            played.append(Note(onset, duration, int(notes.pitch[i]), chip_to_midi_level(level)))
            timbre = int(notes.timbre[i])
            if voice != 2 and (not controls or controls[-1].value != timbre):
                controls.append(Control(onset, _TIMBRE, timbre))
        tracks.append(
            Track(
                name=role,
                channel=NES_CHANNELS[role],
                program=NES_PROGRAMS[role],
                notes=tuple(sorted(played)),
                controls=tuple(controls),
                role=role,
            )
        )
    return tuple(tracks)


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
    voiced = seed if is_voiced else _to_voices(seed, parts)
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


def _to_voices(seed: Score, parts: Mapping[str, Part]) -> Score:
    """Return a seed's parts and drums as the chip's four voices."""
    hits = [
        replace(note, pitch=_noise_period(note.pitch))
        for track in seed.tracks
        if track.is_drums
        for note in track.notes
    ]
    lines = {
        "p1": parts["melody"].notes,
        "p2": parts["harmony"].notes,
        "tr": parts["bass"].notes,
        "no": tuple(sorted(hits)),
    }
    return seed.with_tracks(
        tuple(Track(name=role, notes=notes, role=role) for role, notes in lines.items() if notes)
    )


def _noise_period(drum: int) -> int:
    """Return the NES-MDB noise pitch of a General MIDI drum: a thud, a burst or a tick."""
    if drum in {35, 36, 41, 43, 45}:
        return 2
    if drum in {37, 38, 39, 40, 47, 48, 50}:
        return 9
    return 14
