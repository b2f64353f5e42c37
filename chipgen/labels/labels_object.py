"""Labels as plain values: names, numbers and lists, for programs."""

from typing import Any

import numpy as np

from chipgen.labels.chord_names import NO_CHORD, chord_name
from chipgen.labels.describe_labels import ending_of, key_of, section_letter, stretches
from chipgen.labels.row_labels import RowLabels


def labels_object(labels: RowLabels) -> dict[str, Any]:
    """Return what is heard in a piece, as JSON has it; bars count from 1.

    Returns
    -------
    dict
        ``bars``, ``key``, ``keys``, ``chords``, ``form``, ``phrase_bars`` and ``ending``, which
        docs/json.md explains.
    """
    mean = labels.keys.mean(axis=0)
    usual = int(mean.argmax())
    sure = labels.lines.downbeat_confidence
    ending, key = ending_of(labels), key_of(usual)
    return {
        "bars": {
            "count": len(labels.lines),
            "inferred": sure != 1.0,
            "confidence": round(float(sure), 4),
            "rows": [int(rows) for rows in np.diff(labels.lines.starts)],
        },
        "key": {"name": key.name, "confidence": round(float(mean[usual]), 4)},
        "keys": [
            {"name": key_of(number).name, "first_bar": first + 1, "last_bar": last}
            for number, first, last in stretches(labels.key.tolist())
        ],
        "chords": [
            {
                "bar": at // 2 + 1, "half": at % 2 + 1, "confidence": round(float(sure), 4),
                "name": None if chord == NO_CHORD else chord_name(chord, key),
            }
            for at, (chord, sure) in enumerate(
                zip(labels.chord.tolist(), labels.chord_confidence, strict=True)
            )
        ],
        "form": [
            {"section": section_letter(section), "first_bar": first + 1, "last_bar": last}
            for section, first, last in stretches(labels.section.tolist())
        ],
        "phrase_bars": labels.usual_phrase_bars,
        "ending": None if ending is None else {"kind": ending[0], "chords": [*ending[1]]},
    }  # fmt: skip
