"""Labels the rows of a piece: bars, chords, keys and sections."""

from typing import Final

import numpy as np

from chipgen.errors import ChipgenError
from chipgen.labels.bar_lines import BarLines
from chipgen.labels.chords import find_chords
from chipgen.labels.key_probabilities import find_keys
from chipgen.labels.pitched_notes import PitchedNotes
from chipgen.labels.row_labels import RowLabels
from chipgen.labels.sections import find_form
from chipgen.rows.meter_inference import infer_meter
from chipgen.rows.prompt import Prompt
from chipgen.rows.quantise import RowSong, notes_of
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.row_loops import find_row_loop
from chipgen.rows.row_states import HOLD, Rows

MOST_BARS: Final = 16_384  # hours of music, or bars of next to nothing


def label_song(song: RowSong) -> RowLabels:
    """Label a song without bars, as NES-MDB's are: they are inferred from its rows.

    Parameters
    ----------
    song
        On its rows, as `chipgen.rows.quantise.rows_of` returns it.
    """
    meter = infer_meter(song, find_row_loop(song))
    return label_rows(song.rows, BarLines.inferred(len(song), meter))


def label_prompt(prompt: Prompt) -> RowLabels:
    """Label a whole seed, in all the rows that `prompt.encoded` has.

    Where its beats are the music's own, bars are its meter's, and chords and keys are estimated
    from all its pitched notes, not only from those that the four voices play.

    Raises
    ------
    ChipgenError
        If the seed has no pitched notes, or more than `MOST_BARS` bars.
    """
    bars = len(prompt.seed.bar_starts_beats())
    if bars > MOST_BARS:
        raise ChipgenError(f"the piece has {bars:,} bars; at most {MOST_BARS:,} are labelled")
    piece = prompt.encoded
    if prompt.nominal:
        return label_song(RowSong.plain(piece.rows))
    notes = PitchedNotes.of_score(prompt.seed, piece.edges_beats)
    return label_rows(piece.rows, BarLines.known(prompt.seed, piece), notes)


def label_rows(rows: Rows, lines: BarLines, notes: PitchedNotes | None = None) -> RowLabels:
    """Label rows whose bars are given.

    Parameters
    ----------
    rows
        What the four voices do; at least one row.
    lines
        Their bars.
    notes
        Notes that chords and keys are estimated from; default those of the rows' pitched voices.
    """
    notes = PitchedNotes.of_rows(rows) if notes is None else notes
    count, bars = len(rows), len(lines)
    at = np.arange(count)
    bar = (np.searchsorted(lines.starts, at, side="right") - 1).astype(np.int32)
    played = notes_of(rows)
    begun = rows.states > HOLD
    onsets = np.zeros((bars, begun.shape[1]))
    np.add.at(onsets, bar, begun)
    seconds = np.bincount(bar, weights=rows.frames, minlength=bars) / NES_FRAME_HZ
    voices = onsets > 0
    held = played.end_row - 1  # a note that is held over sounds in the next bar, too
    for voice, first, last in zip(played.voice, bar[played.row], bar[held], strict=True):
        voices[first : last + 1, voice] = True
    early = begun.any(axis=1) & (at < lines.middles[bar])
    first = int(bar[early.argmax()])  # the first bar whose first half has a note
    section, place, size, sure = find_form(rows, lines.starts, first)
    return RowLabels(
        lines=lines,
        bar=bar,
        place=(at - lines.starts[bar]).astype(np.int16),
        chords=find_chords(notes, lines),
        keys=find_keys(notes.share(lines.starts)),
        section=section,
        phrase_place=place,
        phrase_bars=size,
        phrase_confidence=sure,
        voices=voices,
        density=(onsets / np.maximum(seconds, 1e-9)[:, None]).astype(np.float32),
    )
