"""A song's rows, meter and loop together, and what has none."""

import numpy as np

from chipgen.rows.musical_time import musical_time_of
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes
from tests.row_songs import Meter, compose_bars, play

FOUR, THREE, SIX = Meter(4, 4), Meter(3, 4), Meter(2, 6, 3)


def test_a_song_that_ends_with_a_bar_may_loop() -> None:
    """A recording cut where its loop ends has a guess, told as one."""
    events = compose_bars(FOUR, 16, np.random.default_rng(1))
    time = musical_time_of(play(events, 16 * FOUR.bar_rows))
    assert time.meter is not None
    assert time.loop is not None
    assert (time.loop.start, time.loop.end, time.loop.repeated_rows) == (0, 256, 0)
    assert time.loop.confidence <= 0.5


def test_a_song_of_arpeggios_stays_on_its_rows() -> None:
    """Where most onsets are ornaments off the rows, notes that fit keep the song on rows."""
    events = compose_bars(FOUR, 16, np.random.default_rng(4))
    song = play([event for event in events if event[1] in {0, 2}], 256, (8,))
    frame = TICKS_A_SECOND / NES_FRAME_HZ
    rows = np.arange(256)
    extra = np.sort(np.concatenate([rows * 8 + late for late in (3, 5)]))
    count = len(extra)
    busy = VoiceNotes(
        voice=np.concatenate([song.voice, np.ones(count, dtype=np.int8)]),
        start=np.concatenate([song.start, np.rint(extra * frame).astype(np.int64)]),
        end=np.concatenate([song.end, np.rint((extra + 1) * frame).astype(np.int64)]),
        pitch=np.concatenate([song.pitch, 60 + np.arange(count, dtype=np.int16) % 12]),
        volume=np.full(len(song) + count, 8, dtype=np.int8),
        timbre=np.zeros(len(song) + count, dtype=np.int8),
        length=song.length,
    )
    time = musical_time_of(busy)
    assert time.grid.confidence < 0.5
    assert time.has_rows
    assert set(time.grid.frames[2:-2].tolist()) == {16}  # half beats


def test_songs_without_rhythm_are_on_frames() -> None:
    """Too few onsets, or onsets on no rows, leave single NES frames and no bars."""
    few = musical_time_of(play(compose_bars(FOUR, 1, np.random.default_rng(0)), 16))
    assert not few.has_rows
    assert set(few.grid.frames.tolist()) == {1}
    assert (few.meter, few.loop) == (None, None)
    assert few.grid.times_s[-1] >= 15 * 6 / 60.1
