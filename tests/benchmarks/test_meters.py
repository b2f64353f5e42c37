"""Pulse, meter and key are found from notes alone; the seam is judged by the seed's pulse."""

import numpy as np
import pytest

from benchmarks.listener.key_estimate import find_key, relative
from benchmarks.listener.meters import is_off_pulse
from benchmarks.listener.piece import make_piece_of
from benchmarks.listener.pulse_estimate import find_bars, find_pulse, name_meter
from benchmarks.listener.requested_keys import shared_notes
from benchmarks.listener.seeds import METERS, metric
from tests.benchmarks.pieces import song


def test_a_pulse_is_found_to_a_thousandth_with_its_phase() -> None:
    """Onsets on every other stroke of 0.1167 s, some missing, tell period and phase."""
    rng = np.random.default_rng(0)
    strokes = np.flatnonzero(rng.random(70) < 0.6)
    pulse = find_pulse(0.03 + 0.1167 * strokes)
    assert pulse is not None
    assert pulse.period == pytest.approx(0.1167, rel=1e-3)
    assert abs(pulse.offset(0.03 + 0.1167 * np.arange(60))) < 0.03
    assert pulse.coherence > 0.95


def test_too_few_onsets_have_no_pulse() -> None:
    """Nothing is said of seven notes."""
    assert find_pulse(np.arange(7.0)) is None


@pytest.mark.parametrize("meter", METERS)
def test_meters_are_named(meter: str) -> None:
    """Made pieces are named by their notes in most cases, at whatever bar they begin."""
    named = [name_meter(metric(number, meter, 16)) for number in range(6)]
    assert named.count(meter) >= 5
    late = [name_meter(metric(number, meter, 16).between(1.0, 40.0)) for number in range(6)]
    assert late.count(meter) >= 4


def test_bars_are_found_where_beats_are_nominal() -> None:
    """A song in beats of another length gets its own bars back, from a bar line."""
    piece = song(24, number=3, repeats_after=8)
    nominal = piece.on_beats(-0.37, 1.31, 4.0)
    found = find_bars(nominal)
    assert found is not None
    bar_s = found.bar_beats * found.beat_s
    assert min(abs(bar_s / own - 1) for own in (1.0, 2.0, 4.0)) < 0.01


def test_what_goes_on_in_the_pulse_is_on_it_and_what_is_late_is_off() -> None:
    """A song goes on in its own pulse; half a sixteenth later it is off."""
    whole = song(16, number=1, repeats_after=8)
    pulses = make_piece_of({"p1": [(k * 0.25, 0.2, 60 + k % 5) for k in range(256)]})
    for piece in (whole, pulses):
        seed, after = piece.between(0, 16), piece.between(16, 48)
        pulse = find_pulse(seed.start * seed.beat_s, shortest=0.09)
        assert pulse is not None
        assert is_off_pulse(seed, after) is False
        assert is_off_pulse(seed, after.on_beats(-pulse.period, 1.0, 4.0)) is True


def test_keys_are_named_in_all_transpositions() -> None:
    """A song in C is C major, and moved by a semitone each time the next key; relatives pair up."""
    piece = song(16, repeats_after=8)
    for step in range(12):
        moved = make_piece_of(
            {"a": [(a, 1.0, int(p) + step) for a, p in zip(piece.start, piece.pitch, strict=True)]}
        )
        assert find_key(moved) in ((step, "major"), relative((step, "major")))
    assert relative((0, "major")) == (9, "minor")
    assert relative((9, "minor")) == (0, "major")


def test_a_piece_shares_all_its_notes_with_itself_and_none_with_another_key() -> None:
    """The share of common notes is 1 for the same piece and 0 for one moved by a semitone."""
    piece = make_piece_of({"a": [(k, 1.0, 60 + k % 7) for k in range(16)]})
    other = make_piece_of({"a": [(k + 0.5, 1.0, 60 + k % 7) for k in range(16)]})
    assert shared_notes(piece, piece) == 1.0
    assert shared_notes(piece, other) == 0.0
