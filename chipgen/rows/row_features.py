"""Describes each row of a song by its past, in the codes that the row transformer reads."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.rows.copy_features import (
    CANDIDATES,
    CONTEXT,
    EVIDENCE,
    CopyFeatures,
    copy_features_all,
)
from chipgen.rows.row_states import HIGHEST, LOWEST, VOICES, Rows

# Columns that hold a state or pitch (voice = column mod 4): previous states, pitch sounding, last
# pitch begun, then the candidates.
PITCH_COLUMNS: Final = 4 * (3 + CANDIDATES)
# Columns that hold a small code: age, volume and timbre by voice, evidence, row index modulo 96
# and 64 and on a log scale, lengths of the two rows before in frames.
SMALL_COLUMNS: Final = 4 * 3 + EVIDENCE + 5
COLUMNS: Final = PITCH_COLUMNS + SMALL_COLUMNS
VOLUME_COLUMNS: Final = slice(PITCH_COLUMNS + 4, PITCH_COLUMNS + 8)
FRAME_COLUMNS: Final = slice(COLUMNS - 2, COLUMNS)
CODES: Final = 128  # no code reaches this
PITCH_CLASSES: Final = np.arange(2, CODES) % 12  # of the states that are pitches
BEFORE: Final = 2  # state of every voice before the first row: no pitch is as low


def _column_voices() -> NDArray[np.int64]:
    voices = np.full(COLUMNS, -1)
    evidence = PITCH_COLUMNS + 12
    for begin, end in ((0, evidence), (evidence + 13, evidence + EVIDENCE)):
        voices[begin:end] = (np.arange(begin, end) - begin) % VOICES
    return voices


COLUMN_VOICES: Final = _column_voices()  # the voice that a column is of; -1: of all together


def describe_rows_all(rows: Rows) -> NDArray[np.uint8]:
    """Describe what precedes each row.

    Parameters
    ----------
    rows
        Of a song; a row's own length is not used for it.

    Returns
    -------
    ndarray
        uint8, shape (rows, COLUMNS); row t depends on rows before t only.
    """
    count = len(rows)
    candidates, evidence, context = copy_features_all(rows.states, rows.volume, rows.timbre)
    before = np.vstack([np.full((1, VOICES), BEFORE, dtype=np.uint8), rows.states[:-1]])
    lengths = np.concatenate([[0, 0], np.minimum(rows.frames, CODES - 1)])
    return _join(
        before,
        candidates,
        evidence,
        context,
        np.arange(count),
        np.stack([lengths[1 : count + 1], lengths[:count]], axis=1),
    )


def describe_next_row(memory: CopyFeatures, frames: tuple[int, int]) -> NDArray[np.uint8]:
    """Describe what precedes the row to come, shape (COLUMNS,): `describe_rows_all`, row by row."""
    candidates, evidence, context = memory.look()
    t = memory.rows
    last = memory.last
    before = np.full(VOICES, BEFORE, dtype=np.uint8) if last is None else last
    joined = _join(
        before[None],
        candidates[None],
        evidence[None],
        context[None],
        np.array([t]),
        np.array([frames]),
    )
    row: NDArray[np.uint8] = joined[0]
    return row


def transpose_codes(codes: NDArray[np.uint8], semitones: int) -> NDArray[np.uint8]:
    """Return described rows (…, COLUMNS) transposed; noise and codes that are no pitch stay."""
    result = codes.copy()
    pitch = result[..., :PITCH_COLUMNS]
    melodic = (np.arange(PITCH_COLUMNS) % VOICES != 3) & (pitch >= LOWEST[2])
    moved = np.clip(pitch.astype(np.int16) + semitones, LOWEST[2], HIGHEST[0])
    pitch[melodic] = moved[melodic]
    return result


def swap_pulses(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return described rows (…, COLUMNS) with the two pulses changed over."""
    order = np.arange(COLUMNS)
    first, second = (np.flatnonzero(np.equal(COLUMN_VOICES, voice)) for voice in (0, 1))
    order[first], order[second] = second, first
    return codes[..., order]


def _join(
    before: NDArray[np.uint8],
    candidates: NDArray[np.uint8],
    evidence: NDArray[np.uint8],
    context: NDArray[np.uint8],
    index: NDArray[np.integer],
    lengths: NDArray[np.integer],
) -> NDArray[np.uint8]:
    rows = len(before)
    assert context.shape[2] == CONTEXT
    place = np.stack(
        [index % 96, index % 64, np.minimum(15, np.log2(index + 1)).astype(np.int64)], axis=1
    )
    return np.concatenate(
        [
            before,
            context[:, :, 0],
            context[:, :, 1],
            candidates.reshape(rows, -1),
            context[:, :, 2],
            context[:, :, 3],
            context[:, :, 4],
            evidence,
            place,
            lengths,
        ],
        axis=1,
    ).astype(np.uint8)
