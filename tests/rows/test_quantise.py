"""Songs on rows: states are what the voices do, and notes come back from them."""

import os
from pathlib import Path

import numpy as np
import pytest

from chipgen.dataset.nesmdb import read_voice_notes
from chipgen.rows.quantise import (
    count_onset_times,
    frames12_of,
    notes_of,
    play_back,
    rows_of,
)
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes


def raw(notes, length_s):
    """VoiceNotes of (voice, start s, end s, pitch) tuples."""
    table = sorted(notes, key=lambda note: (note[1], note[0]))
    return VoiceNotes(
        voice=np.array([n[0] for n in table], dtype=np.int8),
        start=np.array([round(n[1] * TICKS_A_SECOND) for n in table], dtype=np.int64),
        end=np.array([round(n[2] * TICKS_A_SECOND) for n in table], dtype=np.int64),
        pitch=np.array([n[3] for n in table], dtype=np.int16),
        volume=np.full(len(table), 12, dtype=np.int8),
        timbre=np.ones(len(table), dtype=np.int8),
        length=round(length_s * TICKS_A_SECOND),
    )


def invented_song(seed=0, rows=300, pattern=(7, 6)):
    """Invent a song of four voices on two-speed rows, each voice with its own rhythm."""
    rng = np.random.default_rng(seed)
    times = np.concatenate([[0], np.cumsum(np.resize(pattern, rows))]) / NES_FRAME_HZ
    notes = []
    for voice, (low, high) in enumerate([(60, 80), (50, 70), (36, 50), (1, 16)]):
        row = int(rng.integers(0, 4))
        while row < rows - 5:
            length = int(rng.integers(1, 5))
            end = times[row + length] - 0.5 / NES_FRAME_HZ
            notes.append((voice, times[row], end, int(rng.integers(low, high + 1))))
            row += length + int(rng.integers(0, 3) == 0)
    return raw(notes, float(times[-1]))


def test_round_trip_keeps_onsets():
    """Score to rows to notes: 99 % of onsets come back within one frame, with their pitches."""
    song = invented_song()
    rows = rows_of(song)
    assert rows.grid.confidence > 0.9
    back = notes_of(rows.rows)
    found = {
        (v, p): rows.grid.times_s[back.row[(back.voice == v) & (back.pitch == p)]]
        for v in range(4)
        for p in range(128)
    }
    near = [
        len(times) > 0 and np.abs(times - s / TICKS_A_SECOND).min() <= 1.0 / NES_FRAME_HZ
        for v, p, s in zip(song.voice, song.pitch, song.start, strict=True)
        for times in [found[int(v), int(p)]]
    ]
    assert np.mean(near) >= 0.99
    assert len(back) >= 0.99 * len(song)
    assert set(back.volume.tolist()) == {12}
    assert set(back.timbre.tolist()) == {1}


def test_states_say_rest_hold_and_onset():
    """A note of three 12 Hz frames is an onset and two holds; before and after is rest."""
    rows = frames12_of(raw([(0, 1 / 12, 4 / 12, 60), (3, 0.0, 1 / 12, 5)], 0.5))
    assert rows.rows.states[:, 0].tolist() == [0, 60, 1, 1, 0, 0]
    assert rows.rows.states[:, 3].tolist() == [21, 0, 0, 0, 0, 0]


def test_ornaments_give_way_to_the_note():
    """Of several onsets on one row the longest note stays, and its length counts."""
    frame = 1 / 60
    slide = [(0, 0.0, frame, 58), (0, frame, 0.25, 60)]
    rows = frames12_of(raw(slide, 0.5))
    assert rows.rows.states[:, 0].tolist() == [60, 1, 1, 0, 0, 0]


def test_longer_than_the_song_is_cut():
    """A note that begins with the song's last moment still has its row."""
    rows = frames12_of(raw([(0, 0.49, 0.5, 60)], 0.5))
    assert (rows.rows.states > 1).sum() == 1


def onsets_found(song, back):
    """Return the share of a song's onsets that come back within a frame, with voice and pitch."""
    near = []
    for v, p, s in zip(song.voice, song.pitch, song.start, strict=True):
        times = back.start[(back.voice == v) & (back.pitch == p)]
        tolerance = TICKS_A_SECOND / NES_FRAME_HZ
        near.append(len(times) > 0 and np.abs(times - s).min() <= tolerance)
    return float(np.mean(near))


def test_ornaments_sound_again_on_playback():
    """Arpeggios and slides faster than the rows are folded, and come back frame by frame."""
    rng = np.random.default_rng(4)
    frame = 1 / NES_FRAME_HZ
    notes = [(2, row * 8 * frame, (row * 8 + 7) * frame, 40 + row % 5) for row in range(100)]
    for row in rng.choice(100, 30, replace=False).tolist():
        for step in range(6):
            at = (row * 8 + step) * frame
            notes.append((0, at, at + frame, 60 + (0, 4, 7)[step % 3]))
    song = raw(notes, 800 * frame)
    rows = rows_of(song)
    assert len(rows) < 150
    assert len(rows.ornaments) > 60
    assert onsets_found(song, play_back(rows)) >= 0.99
    assert onsets_found(song, play_back(rows, with_ornaments=False)) < 0.9


@pytest.mark.data
def test_real_songs_come_back():
    """Confident songs of NES-MDB keep 99 % of their onsets within one NES frame."""
    folder = os.environ.get("CHIPGEN_NESMDB")
    if not folder:
        pytest.skip("CHIPGEN_NESMDB does not name NES-MDB's folder")
    shares, counts = [], []
    for path in sorted((Path(folder) / "valid").glob("*.mid"))[::20]:
        song = read_voice_notes(path)
        if count_onset_times(song) < 24:
            continue
        rows = rows_of(song)
        if rows.grid.confidence > 0.8:
            shares.append(onsets_found(song, play_back(rows)))
            counts.append(len(song))
    assert len(counts) >= 5
    assert np.average(shares, weights=counts) >= 0.99
