"""Labels each row of a piece: bar, phrase, chord, key, section and voices."""

from chipgen.labels.bar_lines import BarLines
from chipgen.labels.chord_names import CHORD_NAMES, CHORDS, NO_CHORD, QUALITIES
from chipgen.labels.label_piece import label_prompt, label_rows, label_song
from chipgen.labels.label_table import LabelTable
from chipgen.labels.row_labels import RowLabels

__all__ = [
    "CHORDS",
    "CHORD_NAMES",
    "NO_CHORD",
    "QUALITIES",
    "BarLines",
    "LabelTable",
    "RowLabels",
    "label_prompt",
    "label_rows",
    "label_song",
]
