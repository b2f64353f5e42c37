"""A few instruments play many notes."""

import numpy as np

from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.macro_sequence import NOT_RELEASED, Sequence
from synth.instrument.preset_loader import load_preset
from synth.tracker.contours import Contour, Model
from synth.tracker.detail import DETAILS
from synth.tracker.from_score import SongWriter
from synth.tracker.parting import make_groups, part_groups
from synth.tracker.song import FAMISTUDIO, FAMITRACKER

SHAPES = ([15, 13, 11, 9, 7, 5, 3, 1], [2, 5, 8, 11, 13, 15, 15, 15], [15] * 8)


def contour(shape: list[int], volume: int, duty: int) -> Contour:
    """Return a note whose levels are a shape at a volume."""
    model = Model("pulse", "lead", None, None)
    level = FAMISTUDIO.levels(np.array(shape), np.full(8, volume))
    return Contour(
        model, 0, 8, NOT_RELEASED, 40, volume, "pulse1", None, level, np.full(8, duty),
        np.zeros(8, dtype=np.int64), 200,
    )  # fmt: skip


def test_a_scores_own_volumes_become_envelopes() -> None:
    """Three shapes at any volume are three instruments, each note at its volume."""
    notes = [contour(s, v, d) for d, s in enumerate(SHAPES) for v in (15, 12, 9, 15)]
    groups = make_groups(notes, FAMISTUDIO, DETAILS[0])
    part_groups(groups, 8 * len(notes), DETAILS[0])
    assert len(groups) == 1
    variants = groups[0].variants
    assert len(variants) == 3
    assert {variant.instrument.volume.values for variant in variants} == {
        (15, 13, 11, 9, 7, 5, 3, 1), (2, 5, 8, 11, 13, 15), (15,),
    }  # fmt: skip
    assert groups[0].lost == 0


def test_one_instrument_does_for_one_dynamic() -> None:
    """Notes of one volume and pitch need no second instrument, in either tracker."""
    notes = tuple(ChipNote(0.4 * k, 0.4 * k + 0.3, 60, instrument="pluck") for k in range(8))
    for rules in (FAMISTUDIO, FAMITRACKER):
        song = SongWriter(ChipScore(pulse1=notes, end_s=3.2), load_preset("default"), rules).song()
        assert list(song.instruments) == ["pluck"]


def test_vibrato_is_in_the_instrument() -> None:
    """A long note's vibrato is a looping pitch envelope, and no effect of the note."""
    notes = (ChipNote(0.0, 2.0, 64, instrument="lead"),)
    score = ChipScore(pulse1=notes, end_s=2.0)
    song = SongWriter(score, load_preset("default"), FAMITRACKER).song()
    pitch = song.instruments["lead"].pitch
    assert pitch.loop is not None
    assert max(pitch.values) >= 2
    assert min(pitch.values) <= -2
    assert all(event.fine_pitch is None for event in song.channels["pulse1"].values())


def test_an_envelope_that_is_given_stays_as_it_is() -> None:
    """At full volume the preset's own envelope is the tracker's."""
    notes = (ChipNote(0.0, 1.0, 60, instrument="bell"),)
    preset = load_preset("default")
    song = SongWriter(ChipScore(pulse1=notes, end_s=1.0), preset, FAMISTUDIO).song()
    assert song.instruments["bell"].volume == preset.instruments["bell"].volume
    assert song.instruments["bell"].arpeggio == Sequence((12, 0))
