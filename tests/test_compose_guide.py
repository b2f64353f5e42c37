"""What keeps a continuation in the seed's style: its key, ranges, rests, bars and drums."""

from pathlib import Path

import numpy as np
import pytest

from chipgen.compose import ComposeConfig, compose
from chipgen.compose.articulation import Articulation
from chipgen.compose.envelope_transfer import EXPRESSION, TIMBRE, EnvelopeTransfer
from chipgen.compose.instrumentation import Instrumentation
from chipgen.compose.logits_processors import ReferenceRow, SeedLogitsProcessor
from chipgen.compose.pitch_class_bias import PitchClassBias
from chipgen.music.midi import read_midi
from chipgen.music.score import Control, Note, Track
from chipgen.rows.noise import noise_period
from chipgen.rows.periods import rhythm_period
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_timing import RowTiming
from chipgen.rows.states import HOLD, Rows
from tests.test_compose import band, chip

EXAMPLES = Path(__file__).parents[1] / "examples"
SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
BAR = 8
EVEN = RowTiming(16.0, np.array([1]), 4.0, np.array([7]))


def rows_of(states):
    """Return rows with these states, shape (n, 4)."""
    states = np.asarray(states, dtype=np.uint8)
    return Rows(states, states * 0, states * 0, np.full(len(states), 6))


def scales(times=8, root=0):
    """Return a piece in which every voice plays a major scale up, a note a row."""
    line = np.array(SCALE * times) + root
    return rows_of(np.stack([line, line, line - 24, 0 * line], axis=1))


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


def test_the_key_holds_back_what_is_foreign():
    """Pitch classes of the seed are free; others cost, those outside the scale most; 0 is off."""
    bias = np.array(PitchClassBias(scales(), 1.0).bias)
    home = np.isin(np.arange(12), np.array(SCALE) % 12)
    assert (bias[home] == 0).all()
    assert (bias[~home] < -2).all()
    assert PitchClassBias(scales(), 0.0).bias == (0.0,) * 12
    five = rows_of(np.stack([np.array([60, 62, 64, 67, 69] * 8)] * 4, axis=1))
    pentatonic = np.array(PitchClassBias(five, 1.0).bias)
    assert pentatonic[1] < pentatonic[11] < 0  # B may come sooner than C sharp


def test_a_drone_loses():
    """A pitch class that fills more than its share of the music is held back, the more so."""
    line = np.array([60, 60, 60, 67] * 16)
    bias = PitchClassBias(rows_of(np.stack([line] * 4, axis=1)), 1.0).bias
    assert bias[0] < -2 < bias[7] == 0


def test_the_key_can_change():
    """What is heard long enough in another key is at home there."""
    keys = PitchClassBias(scales(), 1.0)
    for _ in range(16):
        keys.observe(scales(8, root=1))
    bias = np.array(keys.bias)
    assert (bias[(np.array(SCALE) + 1) % 12] == 0).all()
    assert bias[2] < 0


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
    processor = alone(rows_of(np.random.default_rng(0).integers(60, 72, (96, 4))))
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
    processor = SeedLogitsProcessor(rows_of(tune), BAR, lambda _: None, 0.5)
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
        take = compose(seed, "row-transformer", ComposeConfig(bars=16), number)
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


def test_a_rhythm_that_comes_again_is_found():
    """Twelve rows of rhythm again and again are a period; noise is none."""
    rng = np.random.default_rng(3)
    bar = rng.integers(0, 2, (12, 4)) * 60
    assert rhythm_period(rows_of(np.tile(bar, (8, 1))), 8, 40) == 12
    assert rhythm_period(rows_of((rng.random((96, 4)) < 0.1) * 60), 8, 40) == 0


def test_rows_begin_where_the_pace_says():
    """Pieces of the rows fit together, also at two lengths by turns and far from the start."""
    for timing in (
        RowTiming(8.0, np.array([1]), 4.0, np.array([7])),
        RowTiming(3.5, np.array([6, 7]), 30.0, np.array([6, 7])),
    ):
        whole = timing.edges_beats(0, 1000)
        assert np.array_equal(whole[500:601], timing.edges_beats(500, 100))
        assert (np.diff(whole) > 0).all()
        assert np.array_equal(timing.frames_of(3, 4), timing.frames_of(0, 7)[3:])
        for beats in (0.5, 4.0, 77.0):
            assert timing.rows_in(beats) == np.sum(whole[:-1] < timing.start_beats + beats - 1e-6)


def test_drums_come_back_as_the_seed_strikes_them():
    """A thud is what the seed strikes with its kick, a tick its hat; basses keep their loudness."""
    seed = band()
    both = (Note(0.0, 0.2, 42, 90), Note(0.0, 0.2, 36, 110))
    kit = Track("kit", 9, 0, tuple(sorted((*both, Note(1.0, 0.2, 46, 80)))))
    seed = seed.with_tracks((*seed.tracks[:3], kit))
    back = Instrumentation(Prompt.of(seed))
    played = (
        Track("p1", notes=(Note(16.0, 1.0, 72, 60),), controls=(Control(16.0, 12, 2),), role="p1"),
        Track("tr", notes=(Note(16.0, 1.0, 40, 127),), role="tr"),
        Track("no", notes=tuple(Note(16.0 + k, 0.2, p, 99) for k, p in enumerate((3, 13, 9))),
              role="no"),
    )  # fmt: skip
    lines, controls = back.play(played, 16.0, 20.0)
    assert [(n.onset_beats, n.pitch, n.velocity) for n in lines["drums"]] == [
        (16.0, 36, 99),
        (16.0, 42, 99),
        (17.0, 46, 99),
        (18.0, 38, 99),
    ]
    assert lines["bass"][0].velocity == seed.tracks[2].notes[0].velocity
    assert lines["melody"] == (Note(16.0, 0.9, 72, 60),), "as long as the seed's sound"
    assert not controls, "timbres are the chip's alone"


def test_chip_voices_come_back_as_they_are():
    """Volumes and timbres of the chip's own voices are kept, and what begins later is left out."""
    seed = chip()
    back = Instrumentation(Prompt.of(seed))
    track = Track(
        "no", notes=(Note(24.0, 0.1, 5, 60), Note(28.0, 0.1, 7, 60)),
        controls=(Control(24.0, 12, 1), Control(28.0, 12, 0)), role="no",
    )  # fmt: skip
    lines, controls = back.play((track,), 24.0, 28.0)
    (hit,) = lines["drums"]
    assert (hit.onset_beats, hit.pitch, hit.velocity) == (24.0, 5, 60)
    assert controls["drums"] == track.controls[:1]


@pytest.mark.parametrize(("drum", "period"), [(36, 2), (41, 2), (38, 9), (42, 14), (49, 14)])
def test_drums_are_heard_as_noise(drum, period):
    """A thud, a burst or a tick; of drums struck together the heaviest is heard."""
    assert noise_period(drum) == period
    seed = band()
    kit = Track("kit", 9, 0, (Note(0.0, 0.2, drum, 90), Note(0.0, 0.2, 44, 127)))
    seed = seed.with_tracks((*seed.tracks[:3], kit))
    heard = Prompt.of(seed).voiced
    assert [note.pitch for track in heard.tracks if track.role == "no" for note in track.notes] == [
        period
    ]


def test_notes_are_shaped_as_the_seeds_are():
    """The most alike note lends its course, scaled to how loud the new one begins, cut to it."""
    fade = [Control(0.25 * k, EXPRESSION, 120 - 30 * k) for k in (1, 2, 3)]
    swell = [Control(4.5, EXPRESSION, 90), Control(4.5, TIMBRE, 2)]
    track = Track(
        "p1",
        notes=(Note(0.0, 1.0, 60, 120), Note(4.0, 4.0, 60, 40)),
        controls=(Control(0.0, TIMBRE, 1), *fade, Control(4.0, TIMBRE, 0), *swell),
    )
    envelopes = EnvelopeTransfer(track)
    assert envelopes.changes(Note(16.0, 0.6, 72, 60), 1) == [
        Control(16.25, EXPRESSION, 45),
        Control(16.5, EXPRESSION, 30),
    ]
    assert envelopes.changes(Note(20.0, 3.0, 72, 40), 0) == [
        Control(20.5, EXPRESSION, 90),
        Control(20.5, TIMBRE, 2),
    ]
    assert EnvelopeTransfer(Track()).changes(Note(0.0, 1.0, 60), 0) == []


def test_notes_are_let_go_as_in_the_seed():
    """Short notes are staccato if the seed's are, long ones sound to their end if those do."""
    short = tuple(Note(k * 0.25, 0.1, 60) for k in range(16))
    long = tuple(Note(4.0 + k, 1.0, 60) for k in range(8))
    articulation = Articulation(Track("p1", notes=(*short, *long)), EVEN)
    assert articulation.duration_beats(0.25) == pytest.approx(0.1)
    assert articulation.duration_beats(1.0) == 1.0
    assert articulation.duration_beats(4.0) == 4.0
    assert Articulation(Track(), EVEN).duration_beats(0.5) == 0.5


def test_volumes_and_timbres_stay_among_the_seeds():
    """What lies far from the seed's volumes, and timbres it has not, cost."""
    seed = scales()
    seed = Rows(seed.states, seed.volume + 9, seed.timbre + 2, seed.frames)
    volume, timbre = np.zeros(16, dtype=np.float32), np.zeros(4, dtype=np.float32)
    alone(seed).process_expression(volume, timbre, 0)
    assert volume[9] == timbre[2] == 0
    assert volume[2] < volume[8] < 0
    assert timbre[0] < -2
