"""Which note of a chord matters: the third before the seventh, root and fifth."""

import pytest

from chipgen.arranging.chord_tones import Harmony
from chipgen.music.played_notes import PlayedNote


def played(*pitches: int) -> list[PlayedNote]:
    """Return notes struck together for a second."""
    return [PlayedNote(0, k, 0.0, 1.0, 1.0, p, 0.8) for k, p in enumerate(pitches)]


@pytest.mark.parametrize(
    ("pitches", "heard", "chosen"),
    [
        ((48, 64, 67, 72), (48, 72), 64),  # C major, root on both sides: the third
        ((48, 63, 67, 72), (48, 72), 63),  # C minor
        ((43, 59, 65, 67), (43, 59), 65),  # G7 with its third in the tune: the seventh
        ((48, 55, 67), (48,), 55),  # no third: the fifth that moves least, or any
    ],
)
def test_the_most_telling_note_is_chosen(
    pitches: tuple[int, ...], heard: tuple[int, ...], chosen: int
):
    """With what other voices sound already, one note makes the chord plain."""
    notes = played(*pitches)
    harmony = Harmony(notes, range(len(notes)))
    left = [k for k, pitch in enumerate(pitches) if pitch not in heard]
    assert pitches[harmony.choose(left, heard, 60)] == chosen


def test_the_voice_moves_little():
    """Of two notes worth the same the nearer to the one before is taken."""
    notes = played(36, 52, 64)
    harmony = Harmony(notes, range(3))
    assert notes[harmony.choose([1, 2], [36], 50)].pitch == 52
    assert notes[harmony.choose([1, 2], [36], 66)].pitch == 64


def test_under_a_tune_of_the_same_player_the_highest_is_taken():
    """What a pianist plays under the tune may be where it goes on."""
    notes = played(48, 64, 67, 74, 77)
    harmony = Harmony(notes, range(5))
    assert notes[harmony.choose([1, 2, 3], [48, 77], 60, under_tune=True)].pitch == 74
    assert notes[harmony.choose([1, 2, 3], [48, 77], 60)].pitch == 64
