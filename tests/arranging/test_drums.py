"""Drums go to the noise by priority, and a kick may borrow the triangle."""

import random

import pytest

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.music.score import Note, Score, Tempo, Track
from synth.instrument.chip_score import ChipNote
from synth.instrument.preset_loader import load_preset
from tests.arranging.pieces import line, score_of, score_of_lines

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


def layered(*hits: tuple[float, int], name: str = "plain") -> tuple[ChipNote, ...]:
    """Return the noise of drums by a kit that layers them, at 120 beats a minute."""
    return arrange(drums(*hits), ArrangeConfig(drum_layers=3), load_preset(name)).chip_score.noise


def test_layers_sound_one_after_the_other() -> None:
    """The hat first, the crash rings on; what is struck twice sounds once."""
    noise = layered((1.0, CRASH), (1.0, HAT), (1.0, HAT))
    assert [note.pitch for note in noise] == [2, 4]
    assert noise[1].start_s - noise[0].start_s == pytest.approx(2 / 60)
    assert noise[1].end_s - noise[1].start_s == pytest.approx(16 / 60)


def test_layers_share_what_room_there_is() -> None:
    """Three drums that have three frames get one each; of those that have two, one is left out."""
    for frames, heard in ((3.0, 3), (2.5, 2), (1.5, 1)):
        noise = layered((0.0, CRASH), (0.0, HAT), (0.0, SNARE), (frames / 30, SNARE))
        assert sum(note.start_s < frames / 60 for note in noise) == heard


def test_a_crash_goes_on_after_a_hat() -> None:
    """It is as far along as if the hat had not been there, until a snare cuts it."""
    hits = ((0.0, CRASH), (0.25, HAT), (0.5, SNARE))
    crash, hat, rest, snare = layered(*hits, name="default")
    assert (crash.pitch, hat.pitch, rest.pitch, snare.pitch) == (4, 3, 4, 7)
    assert rest.start_s == hat.end_s
    assert rest.begun_s == pytest.approx(hat.end_s)
    assert rest.end_s == snare.start_s


def test_midi_has_no_layers() -> None:
    """What becomes MIDI can be arranged again: notes are struck once."""
    score = drums((0.0, CRASH), (0.25, HAT))
    kit = load_preset("kit-dmc")
    as_midi = arrange(score, ArrangeConfig(as_midi=True), kit).chip_score
    assert len(as_midi.noise) == 1
    assert not any(note.begun_s for note in as_midi.noise)


def groove(seed: int) -> Score:
    """Return eight busy bars: sixteenths of hats, up to three more drums, rolls, loose timing."""
    chance = random.Random(seed)
    hat = chance.choice((42, 44, 46, 51, 53))
    more = chance.sample((54, 69, 70, 56, 39, 37, 82, 62, 64, 75), chance.randint(1, 3))
    notes = []
    for step in range(128):
        at = step / 4
        notes.append(Note(max(at + chance.gauss(0, 0.01), 0.0), 0.2, hat, chance.randint(50, 110)))
        struck = [KICK] * (step % 4 == 0) + [SNARE] * (step % 8 == 4) + [CRASH] * (step % 64 == 0)
        struck += [key for key in more if chance.random() < 0.5]
        notes += [Note(at, 0.2, key, chance.randint(60, 120)) for key in struck]
        if step % 64 >= 60:
            notes += [Note(at + half / 8, 0.1, SNARE, 100) for half in range(2)]
    bpm = chance.choice((90, 120, 150, 180))
    kit = Track(channel=9, notes=tuple(sorted(notes)))
    return Score(tracks=(kit,), tempos=(Tempo(0.0, bpm),), end_beats=33.0)


@pytest.mark.parametrize("seed", range(12))
def test_dense_drums_are_heard_with_the_sampled_kit(seed: int) -> None:
    """At least nine hits in ten have an attack of their own, kicks and snares all."""
    placements = arrange(groove(seed), preset=load_preset("kit-dmc")).placements
    heard = [p for p in placements if p.status != "dropped"]
    assert len(heard) >= 0.95 * len(placements)
    assert not [p for p in placements if p.status == "dropped" and p.pitch in (KICK, SNARE)]
