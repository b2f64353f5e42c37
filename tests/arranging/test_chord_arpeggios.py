"""Chords become single notes, arpeggios or struck chords, as long as they have to sound."""

import pytest

from chipgen.arranging import POLY_CHOICES, ArrangeConfig, arrange
from chipgen.music.score import Note, Track
from synth.instrument.preset_loader import load_preset
from tests.arranging.pieces import bass_line, line, piano, score_of, score_of_lines, share_heard

PHRASE = (76, 79, 81, 79, 83, 81, 79, 76) * 4


@pytest.mark.parametrize("order", ["up", "updown"])
@pytest.mark.parametrize("name", ["ballad", "arpeggio-harp", "default"])
def test_a_long_chord_is_heard_twice_before_it_rests(name: str, order: str) -> None:
    """`poly: auto` lets every note of the arpeggio sound twice at the preset's own rate."""
    preset = load_preset(name)
    chord = (52, 55, 60, 64, 67)
    chords = Track(notes=tuple(Note(0, 8, pitch) for pitch in chord))
    tune = Track(channel=2, notes=line(0.0, PHRASE[:16]))
    config = ArrangeConfig(poly="auto", arpeggio_order=order)
    preset = preset.model_copy(update={"poly": "auto"})
    score = score_of(tune, bass_line(8), chords)
    (note,) = [n for n in arrange(score, config, preset).chip_score.pulse2 if n.arpeggio]
    assert note.arpeggio_s is not None
    turn_s = len(note.arpeggio) * preset.arpeggio.frames / 60.1
    assert 2 * turn_s - 1 / 60 < note.arpeggio_s <= max(2 * turn_s + 1 / 60, 0.25)


def test_a_long_chord_outlasts_its_instruments_attack() -> None:
    """On an instrument that swells for a third of a second the arpeggio goes on beyond that."""
    preset = load_preset("default")
    pad = preset.instruments["pad"]
    assert pad.adsr is not None
    slow = pad.model_copy(update={"adsr": pad.adsr.model_copy(update={"attack_frames": 20})})
    preset = preset.model_copy(
        update={"instruments": {**preset.instruments, "slow": slow}, "programs": {89: "slow"}}
    )
    tune = Track(channel=2, notes=line(0.0, PHRASE[:16]))
    for program, least_s in ((89, 20 / 60 + 0.1), (0, 0.25)):
        chords = Track(program=program, notes=tuple(Note(0, 8, p) for p in (55, 60, 64)))
        score = score_of(tune, bass_line(8), chords)
        (note,) = [n for n in arrange(score, preset=preset).chip_score.pulse2 if n.arpeggio]
        assert note.arpeggio_s is not None
        assert least_s <= note.arpeggio_s < least_s + 0.1


def test_slow_chords_are_struck_and_fast_ones_are_single_notes():
    """A slow chord begins as an arpeggio, then rests; a short one is one note."""
    lines = piano("wide")
    slow = arrange(score_of_lines(lines, 60.0)).chip_score.pulse2
    assert any(note.arpeggio for note in slow)
    assert all(note.arpeggio_s is not None for note in slow if note.arpeggio)
    fast = arrange(score_of_lines(lines, 300.0)).chip_score.pulse2
    assert fast
    assert not any(note.arpeggio for note in fast)


@pytest.mark.parametrize("poly", POLY_CHOICES)
def test_every_choice_of_poly_keeps_the_outer_voices(poly: str):
    """Whatever becomes of chords, melody and bass are theirs alone."""
    lines = piano("blocks")
    score = score_of_lines(lines)
    arrangement = arrange(score, ArrangeConfig(poly=poly))
    assert share_heard(score, arrangement, lines[0]) == 1.0
    assert share_heard(score, arrangement, lines[2]) == 1.0
    arpeggios = [note for note in arrangement.chip_score.pulse2 if note.arpeggio]
    assert bool(arpeggios) == (poly == "arp")


def test_broken_chords_sound_every_note_in_turn():
    """`split` plays the three notes of a chord one after the other within its time."""
    lines = piano("blocks")
    chip = arrange(score_of_lines(lines), ArrangeConfig(poly="split")).chip_score
    first = [note for note in chip.pulse2 if note.start_s < 0.5]
    assert sorted(n.pitch for n in first) == sorted(n.pitch for n in lines[1] if n.onset_beats < 1)
    assert [n.pitch for n in first] == sorted(n.pitch for n in first)
