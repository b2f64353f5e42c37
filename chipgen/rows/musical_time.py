"""Infers a song's musical time: rows, tempo, bars and loop, each with its confidence."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from chipgen.rows.meter_inference import RowMeter, infer_meter
from chipgen.rows.quantise import (
    FEWEST_ONSETS,
    RowSong,
    count_onset_times,
    fit_of,
    put_on_grid,
    rows_of,
)
from chipgen.rows.row_inference import LONG_NOTE_S, NES_FRAME_HZ, RowGrid
from chipgen.rows.row_loops import RowLoop, find_row_loop
from chipgen.rows.row_states import HOLD
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes

FITS: Final = 0.5  # least confidence of rows that are reported as such
FITS_NOTES: Final = 0.8  # … where only notes that are no ornaments are asked
_SURE_LOOP: Final = 0.5
_GUESSED_LOOP: Final = 0.4  # most confidence of a loop that ends where the recording does


@dataclass(frozen=True, slots=True, eq=False)
class MusicalTime:
    """When a song's music happens.

    Attributes
    ----------
    song
        The song on its rows, or on single NES frames where no rows fit.
    has_rows
        Whether rows fit; where not, there is neither meter nor loop.
    meter
        Beats and bars, or None.
    loop
        Where it loops, or None. With no `repeated_rows` it is a guess: the recording ends with a
        bar while the music continues.
    """

    song: RowSong
    has_rows: bool
    meter: RowMeter | None
    loop: RowLoop | None

    @property
    def grid(self) -> RowGrid:
        """When the rows are."""
        return self.song.grid


def musical_time_of(notes: VoiceNotes, song: RowSong | None = None) -> MusicalTime:
    """Infer a song's rows, meter and loop.

    A song with fewer than 24 distinct onset times, or whose rows do not fit, is put on NES frames.
    Rows fit if they have a confidence of 0.5 or more; or, since arpeggios and slides can be most of
    a song's onsets, if notes of 62.5 ms and more, at least 24, alone give 0.8 or more.

    Parameters
    ----------
    song
        The result of `rows_of` for the notes, if it is known.
    """
    song = rows_of(notes) if song is None else song
    if count_onset_times(notes) < FEWEST_ONSETS or not _fits(notes, song.grid):
        return MusicalTime(put_on_grid(notes, frame_grid(notes)), False, None, None)
    loop = find_row_loop(song)
    meter = infer_meter(song, loop)
    if meter is not None and (loop is None or loop.confidence < _SURE_LOOP):
        loop = _guess_loop(song, meter) or loop
    return MusicalTime(song, True, meter, loop)


def _fits(notes: VoiceNotes, grid: RowGrid) -> bool:
    if grid.confidence >= FITS:
        return True
    all_onsets = fit_of(grid, notes)
    is_long = (notes.end - notes.start) / TICKS_A_SECOND >= LONG_NOTE_S
    onsets_s = notes.start[is_long] / TICKS_A_SECOND
    if len(onsets_s) < FEWEST_ONSETS:
        return False
    away_s = np.abs(grid.times_s[grid.nearest(onsets_s)] - onsets_s)
    irregular = max(0.0, all_onsets.near_share - grid.confidence)
    return float(np.mean(away_s * NES_FRAME_HZ <= 1.0)) - irregular >= FITS_NOTES


def frame_grid(notes: VoiceNotes) -> RowGrid:
    """Return the NES frames of a song, in phase with its notes."""
    if not len(notes):
        first_s = 0.0
    else:
        turns = np.exp(2j * np.pi * notes.start / TICKS_A_SECOND * NES_FRAME_HZ).mean()
        late_s = float(np.angle(turns)) / (2 * np.pi * NES_FRAME_HZ)
        first = np.floor((float(notes.start[0]) / TICKS_A_SECOND - late_s) * NES_FRAME_HZ)
        first_s = late_s + float(first) / NES_FRAME_HZ
    count = max(1, int(np.ceil((notes.seconds - first_s) * NES_FRAME_HZ)))
    times_s = first_s + np.arange(count + 1) / NES_FRAME_HZ
    return RowGrid(times_s, np.ones(count, dtype=np.int16), 0.0)


def _guess_loop(song: RowSong, meter: RowMeter) -> RowLoop | None:
    """Return the whole song as its loop if it ends with a bar, and not with a silence."""
    rows = len(song)
    last_note = int(np.nonzero((song.rows.states > HOLD).any(axis=1))[0][-1])
    ends_with_a_bar = (rows - meter.first_bar) % meter.bar_rows == 0
    if not ends_with_a_bar or rows - last_note > max(meter.beat_rows, meter.bar_rows // 2):
        return None
    return RowLoop(meter.first_bar, rows, 0, _GUESSED_LOOP * meter.confidence)
