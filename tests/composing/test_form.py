"""A form's phrases are new, come again or answer another, bar by bar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.composing.form import draw_phrases, plan_bars
from chipgen.errors import ChipgenError
from chipgen.music.phrase_letters import read_form
from chipgen.rows.plan_features import CLOSE, NEW


@given(seed=st.integers(0, 10_000), count=st.integers(1, 40))
def test_as_many_phrases_as_asked_for_and_returns_were_heard(seed: int, count: int) -> None:
    """Each letter but the seed's is new once; what is marked as varied was heard before."""
    phrases = list(draw_phrases(np.random.default_rng(seed), count))
    assert len(phrases) in (count, count + 1)
    heard = {"A"}
    for phrase in phrases:
        assert not phrase.varied or phrase.letter in heard
        heard.add(phrase.letter)


@given(seed=st.integers(0, 10_000), seed_bars=st.integers(0, 12), bars=st.integers(1, 64))
def test_bars_refer_to_earlier_ones(seed: int, seed_bars: int, bars: int) -> None:
    """As many bars as asked for, each of which repeats nothing or a bar before it."""
    rng = np.random.default_rng(seed)
    planned = list(plan_bars(draw_phrases(rng, -(-bars // 4)), seed_bars, bars, rng))
    assert len(planned) == bars
    for index, bar in enumerate(planned):
        assert -1 <= bar.source < seed_bars + index
        assert bar.place + bar.left <= 4
        assert bar.source >= 0 or (bar.tune, bar.others) == (NEW, NEW)


def test_a_letter_comes_again_bar_by_bar() -> None:
    """B comes again as it was; A is the seed's first phrase; a mark changes the last bar's tune."""
    form = read_form("B A' B")
    planned = list(plan_bars(iter(form), 8, 12, np.random.default_rng(0)))
    assert [bar.source for bar in planned[4:8]] == [0, 1, 2, 3]
    assert [bar.tune for bar in planned[4:8]] == [CLOSE, CLOSE, CLOSE, NEW]
    assert [bar.source for bar in planned[8:]] == [8, 9, 10, 11]
    assert {bar.tune for bar in planned[8:]} == {CLOSE}
    assert planned[0].tune == NEW


def test_new_phrases_are_often_over_the_chords_of_the_phrase_before() -> None:
    """A round goes bar by bar, four bars back; a phrase that comes again has none of its own."""
    rounds = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        planned = list(plan_bars(draw_phrases(rng, 8), 4, 32, rng))
        for index in range(0, 32, 4):
            phrase = planned[index : index + 4]
            again = [bar.round for bar in phrase]
            assert again in ([-1] * 4, list(range(index, index + 4)))
            if phrase[0].tune == CLOSE:
                assert again == [-1] * 4
            else:
                rounds.append(again[0] >= 0)
    assert 0.3 < np.mean(rounds) < 0.7


def test_long_pieces_bring_themes_back_and_go_on_being_new() -> None:
    """Of 128 bars, each 16 have seven new ones or more in the mean, and a phrase returns."""
    new, returned = [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        planned = list(plan_bars(draw_phrases(rng, 32), 4, 128, rng))
        fresh = np.array([bar.tune != CLOSE for bar in planned])
        new.append(fresh.reshape(8, 16).sum(axis=1).mean())
        far = [i for i, bar in enumerate(planned) if bar.tune == CLOSE and i + 4 - bar.source > 8]
        returned.append(len(far) >= 4)
    assert np.mean(new) >= 7.0
    assert np.mean(returned) >= 0.75


@pytest.mark.parametrize("text", ["", "A1", "A B,", "a'b", "A " * 300])
def test_what_is_no_form_is_refused(text: str) -> None:
    """Only letters with marks are a form, and not without end."""
    with pytest.raises(ChipgenError, match="form"):
        read_form(text)


def test_a_short_piece_has_more_than_its_seed() -> None:
    """Of four phrases one at most is the seed's first one, or answers it."""
    forms = [list(draw_phrases(np.random.default_rng(seed), 4)) for seed in range(400)]
    counts = [sum(phrase.letter == "A" for phrase in form) for form in forms]
    assert max(counts) == 1
    assert all(len(form) == 4 for form in forms)


@pytest.mark.parametrize(("seed_bars", "known"), [(1, 1), (3, 3), (4, 4), (8, 4)])
def test_the_seeds_phrase_comes_again_as_far_as_it_goes(seed_bars: int, known: int) -> None:
    """All four bars of a seed of four come again, and what a shorter one lacks is new."""
    phrase = list(plan_bars(iter(read_form("A")), seed_bars, 4, np.random.default_rng(0)))
    assert [bar.source for bar in phrase] == [*range(known), *[-1] * (4 - known)]
    assert [bar.tune for bar in phrase] == [CLOSE] * known + [NEW] * (4 - known)
