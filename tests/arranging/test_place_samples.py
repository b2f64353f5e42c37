"""Drums with samples go to the DMC: kick and snare all, and the noise keeps the rest."""

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.music.score import Note, Score, Track
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset

KIT = load_preset("kit-dmc")


def beat(*keys: int) -> tuple[Note, ...]:
    """Return the notes of a bar of sixteenths: hats, with some keys on each beat."""
    hats = [Note(k / 4, 0.2, 42) for k in range(16)]
    return (*hats, *(Note(float(k % 4), 0.2, key) for k in range(4) for key in keys))


def dense(*keys: int) -> Score:
    """Return a bar of drums."""
    notes = tuple(sorted(beat(*keys), key=lambda note: note.onset_beats))
    return Score(tracks=(Track(channel=9, notes=notes),), end_beats=4.0)


def test_kicks_snares_and_hats_are_all_kept() -> None:
    """Kick, snare and hat at one moment are all heard, with the mix of the first two."""
    arrangement = arrange(dense(36, 38), ArrangeConfig(), KIT)
    assert {p.voice for p in arrangement.placements} == {"dmc", "noise"}
    assert {hit.sample for hit in arrangement.chip_score.dmc} == {"kick+snare"}
    assert len(arrangement.chip_score.noise) == 16
    assert len(drive(arrangement.chip_score, KIT).memory) == 1


def test_without_a_mix_the_more_important_has_the_channel() -> None:
    """Two toms at once: one on the DMC, the other on noise, and nothing twice."""
    arrangement = arrange(dense(41, 50), ArrangeConfig(), KIT)
    on_dmc = [p for p in arrangement.placements if p.voice == "dmc"]
    assert len(on_dmc) == 4
    assert len(arrangement.placements) == 24


def test_other_presets_and_midi_have_no_samples() -> None:
    """The usual kit stays on noise, and what becomes MIDI does so with any preset."""
    assert arrange(dense(36), ArrangeConfig(), load_preset("default")).chip_score.dmc == ()
    assert arrange(dense(36), ArrangeConfig(as_midi=True), KIT).chip_score.dmc == ()
