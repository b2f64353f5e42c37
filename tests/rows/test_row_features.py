"""What the row model reads of a song."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipgen.dataset.nesmdb import read_voice_notes
from chipgen.rows.quantise import (
    rows_of,
)
from chipgen.rows.row_features import (
    COLUMNS,
    describe_rows_all,
    swap_pulses,
    transpose_codes,
)
from chipgen.rows.row_states import Rows
from tests.row_songs import invent

# What the shipped weights were trained to see: of the example, and of each 40th song of valid.
EXAMPLE_CODES = "b141dff9daba6ed5ce3a395ecd5232031647930ed640aa73d6f2856f91177307"

NESMDB_CODES = "8cd41979c2d95f91ac1442441ec7fc1ba9cc1d5c4803aa14d93454048b45ca93"


def fingerprint(path):
    """Return a digest of all that the row model reads of a song."""
    song = rows_of(read_voice_notes(path))
    parts = (song.rows.states, song.rows.volume, song.rows.timbre, song.grid.frames)
    digest = hashlib.sha256()
    for part in (*parts, describe_rows_all(song.rows)):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest


def test_what_the_model_sees_of_a_song_stays_the_same():
    """The rows and codes of a song are what the shipped weights were trained on, byte for byte."""
    example = Path(__file__).parents[2] / "examples" / "nes.mid"
    assert fingerprint(example).hexdigest() == EXAMPLE_CODES


@pytest.mark.data
def test_what_the_model_sees_of_nesmdb_stays_the_same():
    """So are those of real songs."""
    folder = os.environ.get("CHIPGEN_NESMDB")
    if not folder:
        pytest.skip("CHIPGEN_NESMDB does not name NES-MDB's folder")
    digest = hashlib.sha256()
    for path in sorted((Path(folder) / "valid").glob("*.mid"))[::40]:
        digest.update(fingerprint(path).digest())
    assert digest.hexdigest() == NESMDB_CODES


def test_transposing_a_description_describes_the_transposed_piece():
    """Augmented rows are what the transposed (or changed over) song would have given."""
    piece = invent()
    codes = describe_rows_all(piece)
    moved = piece.states.copy()
    moved[:, :3][moved[:, :3] > 1] += 5
    assert np.array_equal(
        transpose_codes(codes, 5), describe_rows_all(replace(piece, states=moved))
    )
    order = [1, 0, 2, 3]
    swapped = describe_rows_all(
        Rows(piece.states[:, order], piece.volume[:, order], piece.timbre[:, order], piece.frames)
    )
    # Which of two equally good candidates comes first can depend on the order of voices.
    assert np.mean(swap_pulses(codes) == swapped) > 0.99
    assert codes.shape == (150, COLUMNS)
