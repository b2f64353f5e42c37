"""The labels of many songs as arrays that a cache can hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.labels.bar_lines import BarLines
from chipgen.labels.row_labels import RowLabels

LABELS_VERSION: Final = 4  # rises when the same rows are labelled otherwise
_BY_BAR: Final = ("section", "phrase_place", "phrase_bars", "voices", "density", "keys")
_SURE: Final = ("half_confidence", "length_confidence", "downbeat_confidence")


@dataclass(frozen=True, slots=True, eq=False)
class LabelTable:
    """Labels of S songs.

    Attributes
    ----------
    arrays
        What `RowLabels` and its `BarLines` hold, joined over songs and named as there;
        probabilities as float16. Besides, ``bars`` and ``rows``, how many each song has,
        ``ends``, where its last bar ends, and ``sure``, its four confidences (half bar, length,
        downbeat, phrase).
    """

    arrays: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.arrays["bars"])

    @classmethod
    def of(cls, songs: Sequence[RowLabels]) -> "LabelTable":
        """Join the labels of songs."""
        arrays: dict[str, NDArray[Any]] = {
            "bars": np.array([len(song.lines) for song in songs], dtype=np.int64),
            "rows": np.array([len(song) for song in songs], dtype=np.int64),
            "ends": np.array([song.lines.starts[-1] for song in songs], dtype=np.int64),
            "sure": np.array(
                [
                    (*(getattr(song.lines, name) for name in _SURE), song.phrase_confidence)
                    for song in songs
                ]
            ),
            "starts": np.concatenate([song.lines.starts[:-1] for song in songs]),
            "middles": np.concatenate([song.lines.middles for song in songs]),
            "beats": np.concatenate([song.lines.beats for song in songs]),
            "bar": np.concatenate([song.bar for song in songs]),
            "place": np.concatenate([song.place for song in songs]),
            "chords": np.concatenate([song.chords for song in songs]).astype(np.float16),
        }
        for name in _BY_BAR:
            arrays[name] = np.concatenate([getattr(song, name) for song in songs])
        arrays["keys"] = arrays["keys"].astype(np.float16)
        return cls(arrays)

    def song(self, index: int) -> RowLabels:
        """Return the labels of one song, probabilities to the precision of float16."""
        table = self.arrays
        begin, rows_begin = int(table["bars"][:index].sum()), int(table["rows"][:index].sum())
        bars = slice(begin, begin + int(table["bars"][index]))
        rows = slice(rows_begin, rows_begin + int(table["rows"][index]))
        half, length, downbeat, phrase = table["sure"][index].tolist()
        starts = np.append(table["starts"][bars], table["ends"][index])
        lines = BarLines(
            starts, table["middles"][bars], table["beats"][bars], half, length, downbeat
        )
        by_bar = {name: table[name][bars] for name in _BY_BAR}
        by_bar["keys"] = by_bar["keys"].astype(np.float32)
        return RowLabels(
            lines=lines,
            bar=table["bar"][rows],
            place=table["place"][rows],
            chords=table["chords"][2 * bars.start : 2 * bars.stop].astype(np.float32),
            phrase_confidence=phrase,
            **by_bar,
        )
