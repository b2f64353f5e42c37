"""General MIDI programs speak for the tune, against it, or are sound effects."""

from chipgen.understand.programs import BASSES, EFFECTS, tune_weight


def test_leads_reeds_and_pipes_speak_for_the_tune():
    """Programs 64–87 speak for it, pads, hits and pizzicato against it, a piano does neither."""
    assert all(tune_weight(program) > 0 for program in range(64, 88))
    assert all(tune_weight(program) < 0 for program in (45, 55, *range(88, 96)))
    assert tune_weight(0) == 0


def test_basses_and_effects_are_apart():
    """No program is both, and every effect names a drum of the GM kit or none."""
    assert not BASSES & set(EFFECTS)
    assert all(drum == 0 or 35 <= drum <= 81 for drum in EFFECTS.values())
