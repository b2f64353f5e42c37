"""What keeps a continuation in the seed's style: ranges, rests, repetitions, bars."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.compose import compose
from chipgen.compose.logits_processors import ReferenceRow, SeedLogitsProcessor
from chipgen.music.midi import read_midi
from chipgen.request import ComposeRequest
from chipgen.rows.row_states import HOLD, Rows
from tests.row_songs import SCALE, plain_rows, scales

EXAMPLES = Path(__file__).parents[2] / "examples"

BAR = 8


def nudged(processor, voice=0):
    """Return what a processor adds to a voice's logits."""
    logits = np.zeros(128, dtype=np.float32)
    processor.process(logits, voice)
    return logits


def alone(history, reference=lambda _: None):
    """Return a processor that has passed its first row, and so allows holds."""
    processor = SeedLogitsProcessor(history, BAR, reference)
    processor.observe(np.array([60, 60, 36, 0], dtype=np.uint8))
    return processor


def test_pitches_outside_the_seeds_range_cost():
    """Two semitones beyond are free, an octave is not, on either side."""
    costs = nudged(alone(scales()))
    assert costs[66] == costs[74] == 0
    assert costs[84] < -3 > costs[48]


def test_nothing_is_held_from_the_seed():
    """The first row begins notes or rests: what the seed held ended with it."""
    processor = SeedLogitsProcessor(scales(), BAR, lambda _: None)
    assert nudged(processor)[HOLD] < -1e8
    processor.observe(np.array([60, 0, 0, 0], dtype=np.uint8))
    assert nudged(processor)[HOLD] == 0


def test_long_rests_and_holds_tire():
    """A voice that rests or holds longer than it did in the seed is pushed on."""
    processor = alone(scales())
    before = nudged(processor)
    for _ in range(3 * BAR):
        processor.observe(np.array([HOLD, 0, HOLD, 0], dtype=np.uint8))
    assert nudged(processor, 0)[HOLD] < before[HOLD] - 3
    assert nudged(processor, 1)[0] < -3
    for _ in range(BAR):
        processor.observe(np.zeros(4, dtype=np.uint8))
    silent = nudged(processor, 0)[0]
    assert silent < -10, "silence of all voices is the worst"
    processor.observe(np.zeros(4, dtype=np.uint8))
    assert nudged(processor, 0)[0] < silent


def test_one_note_again_and_again_tires():
    """A pitch repeated more often than in the seed loses, the others do not."""
    processor = alone(scales())
    for _ in range(6):
        processor.observe(np.array([67, HOLD, HOLD, 0], dtype=np.uint8))
    costs = nudged(processor)
    assert costs[67] < -3
    assert costs[65] == 0


def test_a_bar_again_and_again_tires():
    """Whatever comes a third time in a row loses, more with every time."""
    processor = alone(plain_rows(np.random.default_rng(0).integers(60, 72, (96, 4))))
    bar = [np.array(row) for row in np.random.default_rng(1).integers(60, 72, (BAR, 4))]
    costs = []
    for _ in range(4):
        for row in bar:
            processor.observe(row.astype(np.uint8))
        costs.append(nudged(processor)[bar[0][0]])
    assert costs[0] > costs[2] > costs[3]


def test_a_loop_with_notes_changed_is_still_a_loop():
    """Eight bars that come again with a note of each bar changed tire like bars played exactly."""
    rng = np.random.default_rng(3)
    tune = rng.choice(SCALE, (8 * BAR, 4)).astype(np.uint8)
    tune[:, 3] = 0
    processor = SeedLogitsProcessor(plain_rows(tune), BAR, lambda _: None, 0.5)
    tired = []
    for turn in range(3):
        for row, states in enumerate(tune):
            if turn == 2 and row == BAR:
                tired = [nudged(processor, voice)[states[voice]] for voice in range(3)]
            heard = states.copy()
            if row % BAR == turn:
                heard[0] += 1
            processor.observe(heard)
    assert max(tired) < -1


def phrases_again(take):
    """Return how often one four-bar phrase of a take's tunes comes, at most."""
    starts = [*take.score.bar_starts_beats(), take.score.end_beats]
    found = []
    for first in range(take.seed_bars, len(starts) - 4, 4):
        begin, end = starts[first], starts[first + 4]
        found.append(
            {
                (number, note.pitch, round(12 * (note.onset_beats - begin)))
                for number, track in enumerate(take.score.tracks)
                if not track.is_drums
                for note in track.notes
                if begin - 1e-6 <= note.onset_beats < end - 1e-6
            }
        )
    return max(sum(len(a & b) > 0.9 * len(a | b) for b in found) for a in found)


@pytest.mark.parametrize("name", ["seed", "folk"])
def test_takes_go_somewhere(name):
    """Of a take's four phrases of four bars, no three are the same tune."""
    seed = read_midi(EXAMPLES / f"{name}.mid")
    for number in range(2):
        take = compose(seed, ComposeRequest(bars=16, rng_seed=number))
        assert phrases_again(take) <= 2


def test_it_leans_to_the_row_it_is_modelled_on():
    """Onsets where the seed has them, most the seed's pitch; rests and holds likewise."""
    seen = []

    def reference(row):
        seen.append(row)
        return ReferenceRow(np.array([64, HOLD, 0, 20], dtype=np.uint8), 1.0, 0.5)

    processor = alone(scales(), reference)
    melody, harmony, bass = (nudged(processor, voice) for voice in range(3))
    assert (melody[64], melody[65], melody[0]) == (1.5, 1.0, 0.0)
    assert (harmony[HOLD], harmony[64]) == (1.0, 0.0)
    assert (bass[0], bass[40]) == (1.0, 0.0)
    assert seen == [0, 1]


def test_a_guide_goes_back():
    """After `restore` it nudges as it did."""
    processor = alone(scales())
    saved, before = processor.save(), [nudged(processor, voice) for voice in range(4)]
    for _ in range(30):
        processor.observe(np.array([60, HOLD, 0, 0], dtype=np.uint8))
    assert not np.array_equal(nudged(processor, 0), before[0])
    processor.restore(saved)
    for voice in range(4):
        assert np.array_equal(nudged(processor, voice), before[voice])


def test_volumes_and_timbres_stay_among_the_seeds():
    """What lies far from the seed's volumes, and timbres it has not, cost."""
    seed = scales()
    seed = Rows(seed.states, seed.volume + 9, seed.timbre + 2, seed.frames)
    volume, timbre = np.zeros(16, dtype=np.float32), np.zeros(4, dtype=np.float32)
    alone(seed).process_expression(volume, timbre, 0)
    assert volume[9] == timbre[2] == 0
    assert volume[2] < volume[8] < 0
    assert timbre[0] < -2
