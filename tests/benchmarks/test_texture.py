"""Texture and drums are measured as they are made, and a voice that is lost is told."""

import numpy as np
import pytest

from benchmarks.listener.drumming import fills, plays, regularity
from benchmarks.listener.piece import Piece, make_piece_of
from benchmarks.listener.texture import density, leaps, legato, lost_voices, ornaments, spread
from tests.benchmarks.pieces import song


def _tune(steps: list[int], lasts: float = 0.5) -> Piece:
    pitches = 60 + np.cumsum([0, *steps])
    return make_piece_of({"p1": [(k * 0.5, lasts, int(p)) for k, p in enumerate(pitches)]})


def test_ranges_and_leaps_are_counted_in_semitones() -> None:
    """Half of the steps leap by a fifth; repetitions do not count."""
    piece = _tune([7, -1, 0, 7, -1, 0])
    assert spread(piece, "tune") == 13
    assert leaps(piece, "tune") == 0.5
    assert spread(piece, "bass") is None


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_legato_is_the_share_of_time_that_notes_fill(share: float) -> None:
    """Notes held for a share of the way to the next one have that share."""
    assert legato(_tune([1, 2, 1, 2, 1], share * 0.5), "tune") == pytest.approx(share)


def test_notes_shorter_than_a_sixteenth_of_a_second_are_ornaments() -> None:
    """At two beats a second a tenth of a beat is an ornament, a quarter is not."""
    notes = [(k * 0.5, 0.1 if k % 4 == 0 else 0.25, 60 + k) for k in range(16)]
    piece = make_piece_of({"p1": notes})
    assert ornaments(piece, "tune") == 0.25
    assert density(piece, "tune") == pytest.approx(16 / 4.0)


def test_a_voice_that_plays_all_through_the_seed_and_never_after_is_lost() -> None:
    """The bass is lost; a voice that was silent at the seed's end before is not missed."""
    seed = song(8)
    assert lost_voices(seed, song(8)) == [False] * 4
    bass = [voice.name for voice in seed.voices].index("bass")
    without = song(8).take(song(8).voice != bass)
    assert lost_voices(seed, without)[bass] is True
    early = seed.take((seed.voice != bass) | (seed.start < 8))
    assert len(lost_voices(early, without)) == 3


def _drums(bars: int, other: dict[int, list[float]] | None = None) -> Piece:
    """Return a beat, bar by bar, but in some bars strokes at other places."""
    usual = [0.0, 1.0, 1.5, 2.0, 3.0]
    strokes = [
        (4.0 * bar + at, 0.1, 36) for bar in range(bars) for at in (other or {}).get(bar, usual)
    ]
    return make_piece_of({"drums": strokes}, length=4.0 * bars)


def test_a_steady_beat_is_regular_and_strokes_anywhere_are_not() -> None:
    """A repeated bar is like those before; drawn strokes are not."""
    rng = np.random.default_rng(0)
    anywhere = {bar: sorted(rng.choice(16, 5, replace=False) / 4) for bar in range(16)}
    assert regularity(_drums(16)) == 1.0
    assert regularity(_drums(16, anywhere)) < 0.3
    assert plays(_drums(16))
    assert not plays(_drums(16).take(_drums(16).start < 20))


def test_fills_are_other_bars_at_the_ends_of_phrases() -> None:
    """A roll in bars 8 and 16 is a fill; in bar 6, or as silence, it is none."""
    roll = [k / 4 for k in range(12)]
    assert fills(_drums(16, {7: roll, 15: roll})) == [7, 15]
    assert fills(_drums(16, {5: roll})) == []
    assert fills(_drums(16, {7: []})) == []
    assert fills(_drums(16)) == []
