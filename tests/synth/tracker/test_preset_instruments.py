"""A preset's instruments become a tracker's envelopes, as far as those go."""

from synth.instrument.chip_score import ChipNote
from synth.instrument.macro_sequence import Sequence
from synth.tracker.preset_instruments import chord_of_note, translate_instrument
from synth.tracker.song import FAMISTUDIO, FULL
from tests.instrument_scores import preset_of

NOTE = ChipNote(0.0, 1.0, 60)


def test_envelopes_are_those_of_the_preset() -> None:
    """Volume, duty and timer steps; on the triangle a volume is on or off."""
    preset = preset_of("instruments: {steady: {volume: 12 0 9, duty: 1 2, period: 0 3}}")
    instrument = preset.instruments["steady"]
    pulse = translate_instrument(instrument, NOTE, "pulse1", FAMISTUDIO)
    assert pulse.volume == Sequence((12, 0, 9))
    assert pulse.duty == Sequence((1, 2))
    assert pulse.pitch == Sequence((0, 3))
    triangle = translate_instrument(instrument, NOTE, "triangle", FAMISTUDIO)
    assert triangle.volume == Sequence((15, 0, 15))
    assert triangle.duty is None


def test_a_fast_slide_is_steps_of_an_arpeggio() -> None:
    """A drum that falls an octave a frame ends on its limit, which is held."""
    preset = preset_of(
        "instruments: {steady: {slide: {cents_per_frame: -1200, limit_cents: 2400}}}"
    )
    made = translate_instrument(preset.instruments["steady"], NOTE, "triangle", FAMISTUDIO)
    assert made.arpeggio == Sequence((0, -12, -24))


def test_what_the_score_says_itself_needs_no_envelope() -> None:
    """A note with volumes and duties of its own has them as effects."""
    preset = preset_of("instruments: {steady: {volume: 9 5, duty: 1 2}}")
    note = ChipNote(0.0, 1.0, 60, volume_changes=((0.0, 7),), timbre_changes=((0.0, 1),))
    made = translate_instrument(preset.instruments["steady"], note, "pulse1", FAMISTUDIO)
    assert (made.volume, made.duty) == (FULL, None)


def test_a_chord_goes_round_or_rests_on_its_first_note() -> None:
    """Each offset lasts so many frames; after the time it is given the first is held."""
    instrument = preset_of("instruments: {steady: {pitch: 12}}").instruments["steady"]
    chord = ChipNote(0.0, 1.0, 60, arpeggio=(0, 7))
    made = chord_of_note(chord, 2, 60.0, instrument, 255)
    assert made == Sequence((12, 12, 19, 19), loop=0)
    short = ChipNote(0.0, 1.0, 60, arpeggio=(0, 7), arpeggio_s=0.05)
    assert chord_of_note(short, 1, 60.0, instrument, 255) == Sequence((12, 19, 12, 12))
    assert chord_of_note(NOTE, 2, 60.0, instrument, 255) is None
