"""Bars are rewritten as asked: as dense, in a range, in their rhythm, on chords."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from chipgen.composing.infill_wishes import Wishes, WishProcessor
from chipgen.composing.rewrite import rewrite, voiced_prompt
from chipgen.errors import RequestError
from chipgen.music.score import Note
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import HOLD, REST
from tests.row_songs import plain_rows
from tests.seeds import band

WRITTEN = np.array([True, True, False, False])


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw few candidates: what must hold does not depend on how many there are."""
    monkeypatch.setattr("chipgen.composing.infill.CANDIDATES", 3)


@pytest.fixture(scope="module")
def seed() -> Prompt:
    """Return four bars of a band in the chip's voices."""
    return voiced_prompt(Prompt.of(band()))


def second_bar(seed: Prompt, **wishes: Any) -> Mapping[str, list[Note]]:
    """Return what each voice begins in the second of four bars, rewritten."""
    piece = rewrite(seed, ComposeRequest(fill="2", **wishes)).score
    return {
        track.role: [note for note in track.notes if 4.0 <= note.onset_beats < 8.0 - 1e-6]
        for track in piece.tracks
    }


def test_density_counts(seed: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third as many and as many are far apart, in the voices that are written."""
    monkeypatch.setattr("chipgen.composing.infill.CANDIDATES", 8)
    few, many = (second_bar(seed, density=times, only="pulse1,noise") for times in (0.3, 1.0))
    for role in ("p1", "no"):
        assert 2 * len(few[role]) <= len(many[role])
    assert few["tr"] == many["tr"]


def test_range_holds(seed: Prompt) -> None:
    """No pitch lies outside; drums are not asked."""
    made = second_bar(seed, pitches="C4-E4")
    pitches = {note.pitch for role in ("p1", "p2", "tr") for note in made[role]}
    assert pitches <= {60, 61, 62, 63, 64}
    assert pitches


def test_a_range_that_a_voice_cannot_play_is_refused(seed: Prompt) -> None:
    """The message names the voice and what it plays."""
    with pytest.raises(RequestError, match="--pitches: pulse1 plays no pitch of C0-E0"):
        second_bar(seed, pitches="C0-E0")


def test_rhythm_is_kept(seed: Prompt) -> None:
    """Notes begin where they did, and other pitches are heard."""
    before = {t.role: [n for n in t.notes if 4.0 <= n.onset_beats < 8.0 - 1e-6]
              for t in seed.seed.tracks}  # fmt: skip
    made = second_bar(seed, keep_rhythm=True, only="pulse1,pulse2")
    for role in ("p1", "p2"):
        assert [n.onset_beats for n in made[role]] == [n.onset_beats for n in before[role]]
    assert [n.pitch for n in made["p1"]] != [n.pitch for n in before["p1"]]


def test_chords_are_heard(seed: Prompt) -> None:
    """The bass begins the bar with the root that is asked for."""
    for name, root in (("Dm", 2), ("F", 5)):
        bass = second_bar(seed, chords=name)["tr"]
        assert bass[0].pitch % 12 == root


def test_a_density_is_compared_by_its_logarithm() -> None:
    """Too few notes lead to more, too many to fewer, kept voices to nothing."""
    states = np.full((60, 4), HOLD, dtype=np.uint8)
    states[::6] = 60  # ten notes
    rows = plain_rows(states)
    hz = 10.0 / rows.seconds
    assert not Wishes().off(rows, WRITTEN).any()
    off = Wishes(np.array([hz, 2 * hz, 2 * hz, 0.0])).off(rows, WRITTEN)
    assert off == pytest.approx([0.0, np.log(2), 0.0, 0.0])
    assert Wishes(np.full(4, hz / 3)).lead(rows, WRITTEN)[0] < 0


def test_masks_leave_one_kind_of_state() -> None:
    """Where a note began only pitches are left, where it was held only that, at rests silence."""
    rhythm = np.array([[60] * 4, [HOLD] * 4, [REST] * 4], dtype=np.uint8)
    processor = WishProcessor(Wishes(rhythm=rhythm, pitches=(50, 70)), None)
    left = []
    for row in rhythm:
        logits = np.zeros(128, dtype=np.float32)
        processor.process(logits, 0)
        left.append(np.flatnonzero(logits == 0).tolist())
        processor.observe(row)
    assert left == [list(range(50, 71)), [HOLD], [REST]]
