"""Patterns of a drum kit: kick, snare and hats that fit a meter."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chipgen.composing.kit_pattern import (
    HAT,
    KICK,
    RIM,
    SNARE,
    Feel,
    double_hats,
    has_fills,
    hats_on_pulses,
    last_stroke,
    with_crash,
    write_fill,
    write_groove,
)
from chipgen.music.score import Meter

METERS = [(2, 4), (3, 4), (4, 4), (5, 4), (6, 4), (7, 4), (2, 2), (4, 2), (6, 8), (9, 8), (12, 8),
          (5, 8), (7, 8), (3, 8)]  # fmt: skip


def feel(meter: Meter, rows: float = 4.0, bpm: float = 120.0, onsets_hz: float = 4.0) -> Feel:
    """Return the feel of music that accents nothing."""
    return Feel(bpm, rows, np.zeros(round(meter.bar_beats * rows)), onsets_hz)


@given(
    st.sampled_from(METERS), st.sampled_from([2.0, 3.0, 4.0, 6.0]), st.floats(30, 300),
    st.integers(0, 99),
)  # fmt: skip
def test_every_bar_has_a_beat(meter: tuple[int, int], rows: float, bpm: float, number: int) -> None:
    """It begins with the kick, has three strokes or more, all of them inside the bar."""
    bar = Meter(0.0, *meter)
    for notes in write_groove(bar, feel(bar, rows, bpm), np.random.default_rng(number)):
        assert (0.0, KICK) in {(note.onset_beats, note.pitch) for note in notes}
        assert len(notes) >= 3
        assert all(0 <= note.onset_beats < bar.bar_beats for note in notes)
        struck = [(note.onset_beats, note.pitch) for note in notes]
        assert len(set(struck)) == len(struck), "no drum is struck twice at once"


@pytest.mark.parametrize(("meter", "beats"), [((4, 4), [1, 3]), ((6, 8), [1.5]), ((2, 4), [1])])
def test_the_snare_answers_the_kick(meter: tuple[int, int], beats: list[float]) -> None:
    """In even meters the snare plays the backbeat."""
    bar = Meter(0.0, *meter)
    first, _ = write_groove(bar, feel(bar, bpm=100), np.random.default_rng(0))
    assert [n.onset_beats for n in first if n.pitch in (SNARE, RIM)] == beats


def test_seven_eighths_are_grouped_as_the_music_is() -> None:
    """The kick and the snare fall where the music accents its groups."""
    bar = Meter(0.0, 7, 8)
    accents = np.zeros(14)
    accents[[0, 6, 10]] = 1.0  # three, two and two eighths
    groove = write_groove(bar, Feel(130.0, 4.0, accents, 1.0), np.random.default_rng(1))
    loud = {note.onset_beats for note in groove[0] if note.pitch != HAT}
    assert loud <= {0.0, 1.5, 2.5}


def test_the_kick_goes_with_the_bass() -> None:
    """Of many patterns, most have the kick where the music is accented off the beat."""
    bar = Meter(0.0, 4, 4)
    accents = np.zeros(16)
    accents[[0, 6, 8, 14]] = 1.0
    found = [
        {note.onset_beats for note in write_groove(bar, music, np.random.default_rng(k))[0]
         if note.pitch == KICK}
        for music in (Feel(110.0, 4.0, accents, 4.0),)
        for k in range(40)
    ]  # fmt: skip
    assert sum(1.5 in kicks for kicks in found) > 15
    assert sum(2.5 in kicks for kicks in found) < 10


def test_a_fill_changes_the_end_alone() -> None:
    """The bar begins as it was, and ends with other strokes of the kit's own drums."""
    bar = Meter(0.0, 4, 4)
    groove, _ = write_groove(bar, feel(bar), np.random.default_rng(0))
    for number in range(10):
        rng = np.random.default_rng(number)
        filled = write_fill(groove, bar, feel(bar), frozenset((KICK, SNARE)), rng)
        early = [note for note in filled if note.onset_beats < 2.0]
        assert early == [note for note in groove if note.onset_beats < 2.0]
        late = [note for note in filled if note.onset_beats >= 3.0]
        assert len(late) >= 2
        assert {note.pitch for note in late} <= {KICK, SNARE}


@given(
    st.sampled_from(METERS), st.sampled_from([2.0, 3.0, 4.0, 6.0]), st.floats(50, 240),
    st.integers(0, 99),
)  # fmt: skip
def test_a_fill_has_another_rhythm(
    meter: tuple[int, int], rows: float, bpm: float, number: int
) -> None:
    """In bars of three quarters and more at any tempo, on whatever rows the music goes."""
    bar, music = Meter(0.0, *meter), feel(Meter(0.0, *meter), rows, bpm)
    assume(bar.bar_beats >= 3)
    rng = np.random.default_rng(number)
    for groove in write_groove(bar, music, rng):
        filled = write_fill(groove, bar, music, frozenset((KICK, SNARE)), rng)
        usual, other = ({round(n.onset_beats * 12) for n in notes} for notes in (groove, filled))
        assert 2 * len(usual & other) < 0.8 * (len(usual) + len(other))
        assert max(other) < 12 * bar.bar_beats


def test_ends_and_beginnings_are_marked() -> None:
    """A piece ends with one stroke of what the kit has; a crash takes the place of the hat."""
    assert [note.pitch for note in last_stroke(frozenset((SNARE, KICK)))] == [KICK]
    assert [note.pitch for note in last_stroke(frozenset((73,)))] == [73]
    bar = Meter(0.0, 4, 4)
    groove, _ = write_groove(bar, feel(bar), np.random.default_rng(0))
    first = {note.pitch for note in with_crash(groove) if note.onset_beats == 0.0}
    assert first == {KICK, 49}


@pytest.mark.parametrize(("meter", "beats"), [((4, 4), {0, 1, 2, 3}), ((6, 8), {0, 1.5})])
def test_hats_can_leave_out_what_is_between_pulses(
    meter: tuple[int, int], beats: set[float]
) -> None:
    """Only hats are taken away, and none on a pulse."""
    bar = Meter(0.0, *meter)
    groove, _ = write_groove(bar, feel(bar, bpm=100), np.random.default_rng(0))
    thin = hats_on_pulses(groove, bar)
    assert {n.onset_beats for n in thin if n.pitch == HAT} == beats
    assert [n for n in thin if n.pitch != HAT] == [n for n in groove if n.pitch != HAT]


def test_hats_can_be_doubled_unless_that_is_too_fast() -> None:
    """Sixteenths come between eighths; what was there stays."""
    bar = Meter(0.0, 4, 4)
    groove, _ = write_groove(bar, feel(bar, bpm=120), np.random.default_rng(0))
    doubled = double_hats(groove, bar, 120.0)
    assert set(groove) < set(doubled)
    assert {n.onset_beats for n in doubled} == {k / 4 for k in range(16)}
    assert double_hats(groove, bar, 200.0) == groove
    bare = tuple(note for note in groove if note.pitch in (KICK, SNARE))
    assert double_hats(bare, bar, 120.0) == bare


def test_fills_need_drums_to_play_them() -> None:
    """A snare, a clap or a tom will do; a hat alone or a wood block will not."""
    assert all(has_fills(frozenset(kit)) for kit in ((SNARE,), (39, HAT), (45,)))
    assert not any(has_fills(frozenset(kit)) for kit in ((HAT,), (75,), (KICK, HAT)))
