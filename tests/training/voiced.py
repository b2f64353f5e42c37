"""Three voices whose notes are known."""

import numpy as np

from chipgen.training.separator_data import VoicedSong


def trio(count: int = 40) -> VoicedSong:
    """Return three lines in their own registers, a log's few microseconds apart."""
    rows = [
        (0.2 * k + 1e-4 * voice, 0.2 * (k + 1) + 1e-4 * voice, base + (k * step) % 7, voice)
        for k in range(count)
        for voice, base, step in ((0, 76, 2), (1, 60, 3), (2, 40, 5))
    ]
    table = np.array(rows)
    return VoicedSong("trio", table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(np.int64))
