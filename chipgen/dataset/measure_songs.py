"""Infers the musical time of every song of NES-MDB."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.dataset.grid_baselines import constant_rows, fixed_rows
from chipgen.dataset.musical_time_table import RowEntry, entry_of, read_song
from chipgen.dataset.parallel import MAX_PROCESSES, map_splits
from chipgen.errors import ChipgenError
from chipgen.labels import BarLines, RowLabels, label_prompt, label_rows
from chipgen.music.score import Score
from chipgen.rows.musical_time import musical_time_of
from chipgen.rows.prompt import Prompt
from chipgen.rows.quantise import FEWEST_ONSETS, count_onset_times, fit_of, play_back, rows_of
from chipgen.rows.row_fit import GridFit
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes

SURE_CHORD: Final = 0.7


@dataclass(frozen=True, slots=True)
class Harmony:
    """What is heard of a song's key, chords and form.

    Attributes
    ----------
    minor
        Whether its likeliest key is minor.
    key_confidence
        Of that key, in the mean over bars.
    sure_chords
        Share of half bars whose chord has a confidence of `SURE_CHORD` or more.
    returning
        Share of bars in sections that were heard before.
    phrase_bars
        The commonest length of its phrases.
    """

    minor: bool
    key_confidence: float
    sure_chords: float
    returning: float
    phrase_bars: int

    @classmethod
    def of(cls, labels: RowLabels) -> "Harmony":
        """Sum up the labels of a song."""
        keys = labels.keys.mean(axis=0)
        phrases = np.nonzero(labels.phrase_place == 0)[0]
        _, first = np.unique(labels.section[phrases], return_index=True)
        new = np.zeros(len(phrases), dtype=np.bool_)
        new[first] = True
        again = float(labels.phrase_bars[phrases][~new].sum()) / len(labels.lines)
        return cls(
            minor=bool(keys.argmax() % 2),
            key_confidence=float(keys.max()),
            sure_chords=float(np.mean(labels.chord_confidence >= SURE_CHORD)),
            returning=again,
            phrase_bars=labels.usual_phrase_bars,
        )


@dataclass(frozen=True, slots=True)
class SongReport:
    """What is measured of one song.

    Attributes
    ----------
    entry
        Its musical time; its confidence is that of the rows, even where they were refused.
    rows, constant, fixed
        How its inferred rows, the best constant row and a grid of half seconds fit.
    returned
        Onsets that come back from the rows within one NES frame, in their voice and pitch.
    harmony
        Its key, chords and form; None where none are heard.
    """

    entry: RowEntry
    rows: GridFit = field(default_factory=GridFit)
    constant: GridFit = field(default_factory=GridFit)
    fixed: GridFit = field(default_factory=GridFit)
    returned: int = 0
    harmony: Harmony | None = None


def measure_folder(
    folder: Path, *, processes: int = MAX_PROCESSES, progress: bool = False
) -> list[SongReport]:
    """Measure every song of NES-MDB under `folder`, but for those with too few notes.

    Songs with fewer than 24 distinct onset times are reported and not measured, as are files of
    other kinds.

    Raises
    ------
    ChipgenError
        If there is no MIDI file.
    """
    return map_splits(measure_song, folder, "songs", processes=processes, progress=progress)


def measure_song(path: Path, split: str) -> SongReport:
    """Measure one song."""
    try:
        notes = read_song(path)
    except ChipgenError:
        return SongReport(RowEntry(split, path.name, "unreadable", 0.0, 0, 0.0))
    if isinstance(notes, Score):
        entry = RowEntry(split, path.name, "beats", 1.0, 0, notes.duration_s)
        try:
            return SongReport(entry, harmony=Harmony.of(label_prompt(Prompt.of(notes))))
        except ChipgenError:  # nothing in it has a pitch
            return SongReport(entry)
    song = rows_of(notes)
    time = musical_time_of(notes, song)
    entry = entry_of(time, notes, split, path.name)
    if count_onset_times(notes) < FEWEST_ONSETS:
        return SongReport(entry)
    return SongReport(
        entry=replace(entry, confidence=song.grid.confidence),
        rows=fit_of(song.grid, notes),
        constant=fit_of(constant_rows(notes), notes),
        fixed=fit_of(fixed_rows(notes), notes),
        returned=count_returned(notes, play_back(song)),
        harmony=Harmony.of(label_rows(song.rows, BarLines.inferred(len(song), time.meter))),
    )


def count_returned(notes: VoiceNotes, back: VoiceNotes) -> int:
    """Count onsets that `back` has within one NES frame, in the same voice and pitch.

    Examples
    --------
    >>> import numpy as np
    >>> def notes(starts):
    ...     n = len(starts)
    ...     same = np.ones(n, dtype=np.int8)
    ...     return VoiceNotes(same, np.array(starts), np.array(starts) + 9, same, same, same, 9999)
    >>> count_returned(notes([0, 3000, 6000]), notes([700, 3000, 8000]))
    2
    """
    if not len(back):
        return 0
    frame = TICKS_A_SECOND / NES_FRAME_HZ
    apart = 4.0 * max(notes.length, back.length)

    def places(of: VoiceNotes) -> NDArray[np.float64]:
        keys = of.voice.astype(np.float64) * 128 + of.pitch
        result: NDArray[np.float64] = keys * np.float64(apart) + of.start
        return result

    sought = places(notes)
    there = np.concatenate([[-np.inf], np.sort(places(back)), [np.inf]])
    after = np.searchsorted(there, sought)
    nearest = np.minimum(there[after] - sought, sought - there[after - 1])
    return int(np.sum(nearest <= frame))
