"""Puts notes on a grid of rows, and reads them back.

Each voice at each row has one state: 0 rest, 1 hold, or the pitch that begins there. Where several
notes of one voice begin on one row (arpeggios, slides, grace notes faster than the rows), the
longest is the note and the others are its ornaments: kept beside the states, so that all of it can
be played back.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.row_fit import GridFit, measure_fit
from chipgen.rows.row_inference import NES_FRAME_HZ, RowGrid, TempoConfig, infer_rows
from chipgen.rows.row_states import HOLD, NOISE, NOISE_STATE, Rows
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes
from synth.kernels import kernel

FEWEST_ONSETS: Final = 24  # songs with fewer distinct onset times have no rhythm to infer
FRAMES12_HZ: Final = 12.0

# Row and voice; frames from the row to the onset, and from it to the end; pitch, volume, timbre.
ORNAMENT: Final = np.dtype(
    [
        ("row", np.int32),
        ("voice", np.int8),
        ("delay", np.int8),
        ("length", np.int16),
        ("pitch", np.int8),
        ("volume", np.int8),
        ("timbre", np.int8),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class RowSong:
    """One song on its rows, with everything that its rows leave out.

    Attributes
    ----------
    rows
        What its voices do.
    delay
        NES frames from the row to where its note really begins, −10 to 10; int8, (rows, 4).
    ornaments
        Notes that gave way to a longer one on their row and voice, an `ORNAMENT` record each.
    grid
        When the rows are.
    seconds
        Length of the song.
    """

    rows: Rows
    delay: NDArray[np.int8]
    ornaments: NDArray[np.void]
    grid: RowGrid
    seconds: float

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def plain(cls, rows: Rows) -> "RowSong":
        """Return a song reduced to its rows: without delays and ornaments."""
        times_s = np.concatenate([[0.0], np.cumsum(rows.frames)]) / NES_FRAME_HZ
        return cls(
            rows=rows,
            delay=np.zeros(rows.states.shape, dtype=np.int8),
            ornaments=np.zeros(0, dtype=ORNAMENT),
            grid=RowGrid(times_s, rows.frames.astype(np.int16), 1.0),
            seconds=float(times_s[-1]),
        )


def count_onset_times(notes: VoiceNotes) -> int:
    """Return the number of distinct onset times."""
    return len(np.unique(notes.start))


def rows_of(notes: VoiceNotes, config: TempoConfig | None = None) -> RowSong:
    """Put a song's notes on its own inferred rows."""
    onsets_s = notes.start / TICKS_A_SECOND
    durations_s = (notes.end - notes.start) / TICKS_A_SECOND
    return put_on_grid(notes, infer_rows(onsets_s, durations_s, notes.seconds, config))


def frames12_of(notes: VoiceNotes) -> RowSong:
    """Put a song's notes on frames of 1/12 s, as the `frames12` task has them."""
    count = max(1, int(np.ceil(FRAMES12_HZ * notes.seconds)))
    grid = RowGrid(np.arange(count + 1) / FRAMES12_HZ, np.full(count, 5, dtype=np.int16), 0.0)
    return put_on_grid(notes, grid)


def put_on_grid(notes: VoiceNotes, grid: RowGrid) -> RowSong:
    """Put a song's notes on a given grid: onsets and ends go to the nearest row."""
    rows = len(grid)
    start = np.minimum(grid.nearest(notes.start / TICKS_A_SECOND), rows - 1)
    end = grid.nearest(notes.end / TICKS_A_SECOND)
    table = np.zeros((3, rows, 4), dtype=np.uint8)
    chosen = np.full((rows, 4), -1, dtype=np.int64)
    _fill(
        chosen,
        table,
        notes.voice.astype(np.int64),
        start,
        end,
        notes.end - notes.start,
        np.where(notes.voice == NOISE, notes.pitch + NOISE_STATE, notes.pitch).astype(np.int64),
        notes.volume.astype(np.int64),
        notes.timbre.astype(np.int64),
        np.zeros((rows, 4), dtype=np.int64),
    )
    late = notes.start / TICKS_A_SECOND - grid.times_s[start]
    late_frames = np.clip(np.rint(late * NES_FRAME_HZ), -127, 127).astype(np.int8)
    delay = np.zeros((rows, 4), dtype=np.int8)
    begun = chosen >= 0
    delay[begun] = late_frames[chosen[begun]]
    passed_over = np.ones(len(notes), dtype=np.bool_)
    passed_over[chosen[begun]] = False
    ornaments = np.zeros(int(passed_over.sum()), dtype=ORNAMENT)
    length = (notes.end - notes.start) / TICKS_A_SECOND * NES_FRAME_HZ
    for name, values in (
        ("row", start),
        ("voice", notes.voice),
        ("delay", late_frames),
        ("length", np.clip(np.rint(length), 1, 32767)),
        ("pitch", notes.pitch),
        ("volume", notes.volume),
        ("timbre", notes.timbre),
    ):
        ornaments[name] = values[passed_over]
    states, volume, timbre = table
    return RowSong(
        Rows(states, volume, timbre, grid.frames.astype(np.int64)),
        delay,
        ornaments,
        grid,
        notes.seconds,
    )


def fit_of(grid: RowGrid, notes: VoiceNotes) -> GridFit:
    """Return how a grid fits a song."""
    return measure_fit(
        grid,
        notes.voice,
        notes.start / TICKS_A_SECOND,
        (notes.end - notes.start) / TICKS_A_SECOND,
        notes.seconds,
    )


def play_back(song: RowSong, *, with_ornaments: bool = True) -> VoiceNotes:
    """Return the notes of a song on rows, ornaments and delays with them if asked.

    Onsets are right to half an NES frame, ends to half a row.
    """
    main = notes_of(song.rows)
    start_s, end_s = song.grid.times_s[main.row], song.grid.times_s[main.end_row]
    columns = [main.voice, main.pitch, main.volume, main.timbre]
    if with_ornaments:
        extra = song.ornaments
        start_s = start_s + song.delay[main.row, main.voice] / NES_FRAME_HZ
        extra_s = song.grid.times_s[extra["row"]] + extra["delay"] / NES_FRAME_HZ
        start_s = np.concatenate([start_s, extra_s])
        end_s = np.concatenate([end_s, extra_s + extra["length"] / NES_FRAME_HZ])
        names = ("voice", "pitch", "volume", "timbre")
        columns = [
            np.concatenate([column, extra[name].astype(np.int64)])
            for column, name in zip(columns, names, strict=True)
        ]
    start = np.rint(np.maximum(0.0, start_s) * TICKS_A_SECOND).astype(np.int64)
    end = np.maximum(np.rint(end_s * TICKS_A_SECOND).astype(np.int64), start + 1)
    voice, pitch, volume, timbre = columns
    order = np.lexsort((voice, start))
    for which in range(4):  # one note at a time on a voice
        mine = order[voice[order] == which]
        after = np.append(start[mine][1:], np.iinfo(np.int64).max)
        end[mine] = np.maximum(np.minimum(end[mine], after), start[mine] + 1)
    return VoiceNotes(
        voice=voice[order].astype(np.int8),
        start=start[order],
        end=end[order],
        pitch=pitch[order].astype(np.int16),
        volume=volume[order].astype(np.int8),
        timbre=timbre[order].astype(np.int8),
        length=round(song.seconds * TICKS_A_SECOND),
    )


@dataclass(frozen=True, slots=True, eq=False)
class RowNotes:
    """Notes read back from rows: vectors of one length, sorted by onset, then voice.

    Attributes
    ----------
    voice, pitch, volume, timbre
        As in `VoiceNotes`.
    row, end_row
        First row, and the row at which the note ends.
    """

    voice: NDArray[np.int64]
    row: NDArray[np.int64]
    end_row: NDArray[np.int64]
    pitch: NDArray[np.int64]
    volume: NDArray[np.int64]
    timbre: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.voice)


def notes_of(rows: Rows) -> RowNotes:
    """Read the notes back from rows.

    Examples
    --------
    >>> states = np.array([[60, 0, 0, 17], [1, 0, 0, 0], [0, 0, 40, 0]], dtype=np.uint8)
    >>> notes = notes_of(Rows(states, 9 * states, 0 * states, np.full(3, 6)))
    >>> list(zip(notes.voice.tolist(), notes.row.tolist(), notes.end_row.tolist(),
    ...          notes.pitch.tolist()))
    [(0, 0, 2, 60), (3, 0, 1, 1), (2, 2, 3, 40)]
    """
    states = rows.states
    row, voice = np.nonzero(states > HOLD)
    held = np.vstack([states == HOLD, np.zeros((1, states.shape[1]), dtype=np.bool_)])
    # Where a voice's run of holds from each row on ends: the next row that is no hold.
    after = np.where(held, len(held), np.arange(len(held))[:, None])
    ends = np.minimum.accumulate(after[::-1], axis=0)[::-1]
    pitch = states[row, voice].astype(np.int64)
    return RowNotes(
        voice=voice.astype(np.int64),
        row=row.astype(np.int64),
        end_row=ends[row + 1, voice].astype(np.int64),
        pitch=np.where(voice == NOISE, pitch - NOISE_STATE, pitch),
        volume=rows.volume[row, voice].astype(np.int64),
        timbre=rows.timbre[row, voice].astype(np.int64),
    )


@kernel(
    chosen="int64[:,:]", table="uint8[:,:,:]", voice="int64[:]", start="int64[:]", end="int64[:]",
    length="int64[:]", pitch="int64[:]", volume="int64[:]", timbre="int64[:]",
    longest="int64[:,:]",
)  # fmt: skip
def _fill(
    chosen: NDArray[np.int64],
    table: NDArray[np.uint8],
    voice: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    length: NDArray[np.int64],
    pitch: NDArray[np.int64],
    volume: NDArray[np.int64],
    timbre: NDArray[np.int64],
    longest: NDArray[np.int64],
) -> None:
    """Write the longest note of each row and voice; `longest` is scratch, all 0."""
    rows = table.shape[1]
    for i in range(len(voice)):
        if length[i] > longest[start[i], voice[i]]:
            longest[start[i], voice[i]] = length[i]
            chosen[start[i], voice[i]] = i
    for v in range(4):
        until = 0
        for row in range(rows):
            i = chosen[row, v]
            if i >= 0:
                table[0, row, v] = pitch[i]
                table[1, row, v] = volume[i]
                table[2, row, v] = timbre[i]
                until = end[i]
            elif row < until:
                table[0, row, v] = 1
