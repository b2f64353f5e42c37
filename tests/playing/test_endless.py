"""A piece is composed on ahead of what is heard, and handed over once."""

import time
from itertools import islice
from pathlib import Path

from chipgen.composing import stream
from chipgen.composing.passages import Passage
from chipgen.music.formats import read_score
from chipgen.playing.endless import AHEAD_S, Endless
from chipgen.request import ComposeRequest

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"
WAIT_S = 120.0


def await_length(endless: Endless, end_s: float) -> list[Passage]:
    """Take passages until there are so many seconds of the piece."""
    taken: list[Passage] = []
    until = time.monotonic() + WAIT_S
    while endless.score().duration_s < end_s:
        assert time.monotonic() < until
        assert endless.failure is None
        taken += endless.take()
        time.sleep(0.05)
    return taken + endless.take()


def test_passages_are_handed_over_once_and_kept() -> None:
    """Each comes once, in order, as `stream` gives them; it waits when far ahead."""
    seed = read_score(SEED)
    request = ComposeRequest(bars=None, rng_seed=3)
    endless = Endless(seed, request)
    endless.start()
    try:
        first = await_length(endless, seed.duration_s + 1.0)
        time.sleep(1.0)
        first += endless.take()
        made_s = endless.score().duration_s
        assert made_s < AHEAD_S + 10.0, "it composes on though nobody listens"
        endless.listen(made_s)
        more = await_length(endless, made_s + 5.0)
        assert endless.take() == []
    finally:
        endless.stop()
    taken = [*first, *more]
    assert [p.start_beats for p in taken[1:]] == [p.end_beats for p in taken[:-1]]
    assert taken[0].start_beats == endless.ending.start_beats
    score = endless.score()
    assert score.end_beats == taken[-1].end_beats
    assert taken[:4] == list(islice(stream(seed, request), 4))


def test_what_was_heard_ends_with_its_bar() -> None:
    """A listener who stops within a bar has heard that bar."""
    seed = read_score(SEED)
    endless = Endless(seed, ComposeRequest(bars=None))
    endless.listen(4.0)
    score, composed = endless.heard()
    assert composed == 0
    assert 4.0 <= score.duration_s <= 4.0 + 60.0 / seed.tempos[0].bpm * 4
    assert endless.heard_s == 4.0
