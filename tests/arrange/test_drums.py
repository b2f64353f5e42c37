"""Drums go to the noise by priority, and a kick may borrow the triangle."""

import pytest

from chipgen.arrange import ArrangeConfig, arrange
from chipgen.music.score import Note, Score, Track
from synth.instrument.preset_loader import load_preset
from tests.arrange.pieces import line, score_of, score_of_lines

PHRASE = (76, 79, 81, 79, 83, 81, 79, 76) * 4
CRASH, HAT, SNARE, KICK = 49, 42, 38, 36


TUNE = Track(name="Tune", channel=0, notes=tuple(Note(k, 1, 72 + k) for k in range(8)))

STRUMMED = Track(
    name="Chords", channel=1, notes=tuple(Note(k, 1, p) for k in range(8) for p in (55, 60, 64))
)

BASS = Track(name="Bass", channel=2, program=33, notes=tuple(Note(k, 1, 36) for k in range(8)))

DRUMS = Track(name="Kit", channel=9, notes=tuple(Note(k, 0.5, (36, 38)[k % 2]) for k in range(8)))

BAND = Score(tracks=(TUNE, STRUMMED, BASS, DRUMS), end_beats=8.0)


def test_a_preset_brings_its_drums():
    """Noise notes play the instruments that the preset's drum table names."""
    preset = load_preset("default")
    noise = arrange(BAND, preset=preset).chip_score.noise
    assert {note.instrument for note in noise} <= {
        drum.instrument for drum in preset.drums.values()
    }
    assert [n.pitch for n in noise[:2]] == [preset.drums[36].period, preset.drums[38].period]


def drums(*hits: tuple[float, int], velocity: int = 100) -> Score:
    """Return hits of a kit under a tune, at 120 beats a minute."""
    kit = Track(channel=9, notes=tuple(Note(beat, 0.1, key, velocity) for beat, key in hits))
    return score_of(Track(notes=(Note(0, 8, 72),)), kit)


def test_drums_are_raised_with_the_pulses_but_not_into_clipping() -> None:
    """In a soft piece with soft drums both are raised; loud drums keep their accents apart."""
    hits = tuple((float(k), (KICK, SNARE)[k % 2]) for k in range(8))
    kit = [
        Track(channel=9, notes=tuple(Note(b, 0.1, key, v - 20 * (k % 2)) for k, (b, key) in rows))
        for v, rows in ((50, list(enumerate(hits))), (127, list(enumerate(hits))))
    ]
    tune = Track(channel=0, notes=line(0.0, PHRASE[:16], velocity=50))
    soft, loud = ([n.volume for n in arrange(score_of(tune, k)).chip_score.noise] for k in kit)
    assert max(soft) >= 13
    assert max(loud) == 15
    assert min(loud) == round(15 * 107 / 127)


@pytest.mark.parametrize("name", [None, "default", "kit-big"])
def test_a_crash_rings_through_hats_but_not_through_a_snare(name: str | None) -> None:
    """A hat an eighth after a crash waits, the next ones are heard; a snare cuts the crash."""
    preset = load_preset(name) if name else None
    after = arrange(drums((0, CRASH), (0.25, HAT), (2.0, HAT)), preset=preset)
    assert [p.status for p in after.placements if p.track == 1] == ["kept", "dropped", "kept"]
    assert after.placements[2].reason == f"drum {CRASH} still rings"
    cut = arrange(drums((0, CRASH), (0.5, SNARE), (0.75, HAT)), preset=preset)
    assert [p.status for p in cut.placements if p.track == 1] == ["kept", "kept", "kept"]
    assert cut.chip_score.noise[0].end_s == 0.25


@pytest.mark.parametrize("name", [None, "default", "kit-tight"])
def test_hats_do_not_wait_for_kicks_and_snares(name: str | None) -> None:
    """Sixteenths at 140 beats a minute are all there."""
    keys = (KICK, HAT, HAT, HAT, SNARE, HAT, KICK, HAT)
    score = drums(*((0.25 * 120 / 140 * k, key) for k, key in enumerate(keys)))
    arrangement = arrange(score, preset=load_preset(name) if name else None)
    assert len(arrangement.chip_score.noise) == len(keys)


def test_colliding_drums_go_by_priority():
    """A kick wins over a hi-hat of the same moment, whichever is written first."""
    track = Track(channel=9, notes=(Note(0, 0.25, 36), Note(0, 0.25, 42), Note(1, 0.25, 42)))
    arrangement = arrange(score_of_lines([[Note(0, 2, 40)]]).with_tracks((track,)))
    assert [p.status for p in arrangement.placements] == ["kept", "dropped", "kept"]
    assert len(arrangement.chip_score.noise) == 2


def test_a_kick_borrows_a_triangle_that_rests():
    """The pitch drop is there when the bass rests and never cuts a bass note."""
    drums = Track(channel=9, notes=(Note(0, 0.25, 36), Note(2, 0.25, 36)))
    tune = Track(channel=0, notes=(Note(0, 4, 72),))
    bass = Track(channel=1, program=33, notes=(Note(1, 2, 40),))
    score = Score(tracks=(tune, bass, drums), end_beats=4.0)
    triangle = arrange(score).chip_score.triangle
    assert [n.pitch for n in triangle][1:] == [40]
    assert triangle[0].bend[-1][1] < 0
    without = arrange(score, ArrangeConfig(drum_drop=False)).chip_score.triangle
    assert [n.pitch for n in without] == [40]
