"""Bars and loops of songs on rows: what was written is found again."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.arrange import ArrangeConfig, arrange
from chipgen.arrange.export import chip_score_to_score
from chipgen.music.midi import read_midi
from chipgen.rows.grid import rows_of
from chipgen.rows.loops import find_row_loop
from chipgen.rows.meter import infer_meter
from chipgen.rows.musical_time import musical_time_of
from chipgen.rows.scores import voice_notes_of
from chipgen.rows.tempo import NES_FRAME_HZ
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes
from synth.instrument.preset import load_preset
from tests.row_songs import Meter, compose_bars, play, shift

EXAMPLES = Path(__file__).parents[1] / "examples"
FOUR, THREE, SIX = Meter(4, 4), Meter(3, 4), Meter(2, 6, 3)


@pytest.mark.parametrize("meter", [FOUR, THREE, SIX, Meter(3, 2), Meter(4, 2)])
@pytest.mark.parametrize("upbeat", [0, 1])
def test_bars_are_found_with_their_upbeat(meter: Meter, upbeat: int) -> None:
    """Of twelve invented songs at least ten have their bar's length and the place it begins."""
    right = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rows = 16 * meter.bar_rows + upbeat * meter.beat_rows
        events = shift(compose_bars(meter, 16, rng), upbeat * meter.beat_rows)
        if upbeat:
            events += [(0, 0, meter.beat_rows // 2, 67, 12), (meter.beat_rows // 2, 0, 1, 69, 12)]
        frames = {2: (11,), 4: (6, 7), 6: (5,)}[meter.beat_rows]
        found = infer_meter(rows_of(play(events, rows, frames)))
        assert found is not None
        assert 0.0 < found.confidence <= 1.0
        right += (found.bar_rows, found.first_bar) == (meter.bar_rows, upbeat * meter.beat_rows)
    assert right >= 10


@pytest.mark.parametrize(
    ("name", "meter", "bpm"),
    [
        ("seed", (4, 4), 144.0),
        ("chorale", (4, 4), 88.0),
        ("folk", (6, 8), 70.0),  # dotted quarters
        ("groove", (4, 4), 104.0),
        ("piano", (3, 4), 76.0),
        ("nes", (4, 4), 150.0),
    ],
)
def test_the_examples_come_out_as_they_are_written(
    name: str, meter: tuple[int, int], bpm: float
) -> None:
    """Played by the chip and heard without their bars, the examples are given their own again."""
    score = read_midi(EXAMPLES / f"{name}.mid")
    if score.dialect != "nesmdb":
        voices = arrange(score, ArrangeConfig(), load_preset("plain")).chip_score
        score = chip_score_to_score(voices, score)
    found = infer_meter(rows_of(voice_notes_of(score)))
    assert found is not None
    assert (found.numerator, found.denominator) == meter
    assert found.bpm == pytest.approx(bpm, rel=0.01)


def test_a_song_of_two_bars_or_less_has_no_meter() -> None:
    """Where no bar fits in twice there is nothing to compare."""
    assert infer_meter(rows_of(play([(0, 0, 2, 60, 12)], 2))) is None


@pytest.mark.parametrize("tail", ["a beat", "a bar", "all"])
@pytest.mark.parametrize("intro_bars", [0, 2])
def test_loops_are_found_to_the_row(intro_bars: int, tail: str) -> None:
    """A song that goes on after its loop has start and end where they were written."""
    right = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        intro, length = intro_bars * FOUR.bar_rows, 12 * FOUR.bar_rows
        loop = compose_bars(FOUR, 12, rng)
        events = compose_bars(FOUR, intro_bars, rng) + shift(loop, intro)
        events += shift(loop, intro + length)
        again = {"a beat": FOUR.beat_rows, "a bar": FOUR.bar_rows, "all": length}[tail]
        found = find_row_loop(rows_of(play(events, intro + length + again)))
        right += found is not None and (found.start, found.end) == (intro, intro + length)
    assert right >= (8 if tail != "a beat" else 7)


def test_a_tail_that_comes_once_is_no_loop() -> None:
    """Songs that repeat nothing at their end have no loop, or none to be sure of."""
    confidence = []
    for seed in range(20):
        events = compose_bars(FOUR, 16, np.random.default_rng(seed))
        found = find_row_loop(rows_of(play(events, 16 * FOUR.bar_rows)))
        confidence.append(0.0 if found is None else found.confidence)
    assert sum(value > 0.5 for value in confidence) <= 2
    assert max(confidence) < 0.8


def test_a_phrase_that_comes_back_is_less_sure_than_a_loop_to_the_start() -> None:
    """A B A' C A' ends as it did before; A B C A begins again: only the latter is sure."""
    rng = np.random.default_rng(3)
    first, second, third, fourth = (compose_bars(FOUR, 4, rng) for _ in range(4))
    rows = 4 * FOUR.bar_rows

    def song(*parts: list[tuple[int, int, int, int, int]]) -> float:
        events = [event for k, part in enumerate(parts) for event in shift(part, k * rows)]
        found = find_row_loop(rows_of(play(events, len(parts) * rows)))
        return 0.0 if found is None else found.confidence

    phrase = song(first, second, third, fourth, third)
    loop = song(first, second, third, fourth, first)
    assert phrase < 0.5 < 0.9 < loop


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
