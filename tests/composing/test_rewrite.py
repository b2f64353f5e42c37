"""Rewriting: what is kept stays note for note, the rest is new, fits, and can be made again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.composing import rewrite
from chipgen.composing.rewrite import voiced_prompt
from chipgen.errors import ChipgenError
from chipgen.music.midi import midi_bytes, read_midi, score_from_midi
from chipgen.music.score import Meter, Note, Score, Tempo, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from synth.chip.voices import ROLES, VOICES

MODEL = "row-transformer"

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw few candidates: what must hold does not depend on how many there are."""
    monkeypatch.setattr("chipgen.composing.infill.CANDIDATES", 3)


def line(role: str, pitches: list[int], step_beats: float = 0.5) -> Track:
    """Return a voice with one note after the other."""
    notes = (Note(k * step_beats, step_beats * 0.9, p, 100) for k, p in enumerate(pitches))
    return Track(role, ROLES.index(role), notes=tuple(notes), role=role)


def waltz() -> Score:
    """Return six bars of 3/4 at 140 in three voices."""
    melody = [72, 74, 76, 77, 79, 81] * 6
    return Score(
        (line("p1", melody), line("p2", [p - 12 for p in melody]), line("tr", [36, 43] * 18)),
        (Tempo(0.0, 140.0),),
        (Meter(0.0, 3, 4),),
        18.0,
        "nesmdb",
    )


def voice(score: Score, role: str) -> tuple[Note, ...]:
    """Return the notes of a voice."""
    return next((track.notes for track in score.tracks if track.role == role), ())


def asked(
    bars: tuple[int, int] | None = None, *voices: str, model: str = MODEL, **more: Any
) -> ComposeRequest:
    """Return a request to write these bars of these voices anew; all, if none are named."""
    return ComposeRequest(model=model, fill=bars, only=voices, **more)


def outside(notes: tuple[Note, ...], begin: float, end: float) -> list[Note]:
    """Return the notes that begin outside a stretch."""
    return [note for note in notes if not begin <= note.onset_beats < end]


def test_only_the_voices_and_bars_asked_for_change() -> None:
    """Kept voices and kept bars stay note for note; the written voice is new inside."""
    seed = waltz()
    made = rewrite(seed, asked((2, 3), "pulse2", "noise", rng_seed=4))
    assert voice(made.score, "p1") == voice(seed, "p1")
    assert voice(made.score, "tr") == voice(seed, "tr")
    assert outside(voice(made.score, "p2"), 3.0, 9.0) == outside(voice(seed, "p2"), 3.0, 9.0)
    assert voice(made.score, "p2") != voice(seed, "p2")
    assert voice(made.score, "no")
    assert not outside(voice(made.score, "no"), 3.0, 9.0)
    assert (made.score.meters, made.score.tempos) == (seed.meters, seed.tempos)
    assert made.score.end_beats == 18.0
    assert (made.seed_bars, made.generated_bars, made.model) == (4, 2, MODEL)


def test_one_number_is_one_take() -> None:
    """The same number makes the same notes, another number others."""
    one, again, other = (
        rewrite(waltz(), asked((3, 4), "pulse1", rng_seed=n, temperature=1.4)).score
        for n in (1, 1, 2)
    )
    assert one == again
    assert one != other


def test_a_voice_asked_for_is_heard() -> None:
    """Drums asked for are written all through a piece that never had any, on its rows."""
    made = rewrite(waltz(), asked(None, "noise", rng_seed=4))
    hits = voice(made.score, "no")
    assert len(hits) >= 6
    assert {note.onset_beats // 6 for note in hits} == {0.0, 1.0, 2.0}, "in every two bars"
    assert all(1 <= note.pitch <= 16 for note in hits)
    assert len({note.pitch for note in hits}) >= 3, "a kit: kick, snare and hat"
    assert len({note.pitch for note in hits if note.onset_beats % 3 == 0}) == 1, "on first beats"
    for track in ("p1", "p2", "tr"):
        assert voice(made.score, track) == voice(waltz(), track)


def test_ordinary_midi_is_heard_as_voices() -> None:
    """A band of ordinary MIDI is arranged for the voices; what is kept is what would sound."""
    seed = read_midi(EXAMPLES / "seed.mid")
    arranged = voiced_prompt(Prompt.of(seed)).seed
    made = rewrite(seed, asked((5, 6), "triangle", rng_seed=1))
    assert [track.role for track in made.score.tracks] == list(ROLES)
    for role in ("p1", "p2", "no"):
        assert voice(made.score, role) == voice(arranged, role)
    assert made.score.tempos == seed.tempos
    lows = [n for n in voice(made.score, "tr") if 16 <= n.onset_beats < 24]
    assert lows
    assert lows != [n for n in voice(arranged, "tr") if 16 <= n.onset_beats < 24]
    assert all(abs(n.onset_beats * 12 - round(n.onset_beats * 12)) < 1e-6 for n in lows)


def test_bars_of_nesmdb_are_its_nominal_ones() -> None:
    """In a file of the data set bar 5 is the fifth stretch of 2 s, to the nearest row."""
    seed = read_midi(EXAMPLES / "nes.mid")
    made = rewrite(seed, asked((5, 6), "pulse2", rng_seed=1))
    row_beats = 0.35  # ten frames, the longest row of that song
    for role in ("p1", "tr", "no"):
        assert voice(made.score, role) == voice(seed, role)
    near, far = (16 + row_beats, 24 - row_beats), (16 - row_beats, 24 + row_beats)
    assert outside(voice(made.score, "p2"), *far) == outside(voice(seed, "p2"), *far)
    inside = [n for n in voice(made.score, "p2") if near[0] <= n.onset_beats < near[1]]
    assert inside
    assert inside != [n for n in voice(seed, "p2") if near[0] <= n.onset_beats < near[1]]


def test_a_rewritten_piece_is_the_same_after_writing_and_reading() -> None:
    """What is written to MIDI comes back note for note, and can be rewritten again."""
    made = rewrite(waltz(), asked((2, 2), rng_seed=3))
    again = score_from_midi(midi_bytes(made.score))
    for role in ROLES:
        mine, read = voice(made.score, role), voice(again, role)
        assert [n.pitch for n in read] == [n.pitch for n in mine]
        assert np.allclose([n.onset_beats for n in read], [n.onset_beats for n in mine], atol=2e-3)
    assert rewrite(again, asked((2, 2), rng_seed=4)).score.end_beats == 18.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rewrite(waltz(), asked(None, "drums")), "did you mean"),
        (lambda: rewrite(waltz(), asked((5, 8))), "bars 5-8 are not in the piece, which has 6"),
        (lambda: rewrite(waltz(), asked((9, 9))), "bar 9 is not in the piece"),
        (lambda: rewrite(waltz(), asked((4, 3))), "no span of bars"),
        (lambda: rewrite(waltz(), asked()), "nothing of the piece would be kept"),
        (lambda: rewrite(waltz(), asked((1, 1), model="tonnetz-lstm")), "row-transformer"),
        (lambda: rewrite(Score((Track(),)), asked((1, 1))), "no pitched notes"),
    ],
)
def test_what_cannot_be_rewritten_is_said(call: Callable[[], object], words: str) -> None:
    """Errors are one line and name what is wrong."""
    with pytest.raises(ChipgenError, match=words) as error:
        call()
    assert "\n" not in str(error.value)


def test_a_passage_has_the_accompaniment_of_its_place() -> None:
    """Where bars go round and round, a new tune may come over what the others play there."""
    bars = (((67, 71, 74, 71), 43), ((69, 72, 76, 72), 45), ((65, 69, 72, 69), 41))
    chords = [p for k in range(12) for p in bars[k % 3][0]]
    tune = [76, 79, 77, 74, 72, 74, 76, 72, 81, 79, 77, 76]
    seed = Score(
        (line("p1", [tune[(5 * k) % 12] for k in range(48)]), line("p2", chords),
         line("tr", [bars[k % 3][1] for k in range(12)], 2.0)),
        end_beats=24.0, dialect="nesmdb",
    )  # fmt: skip
    made = rewrite(seed, asked((3, 4), rng_seed=2))
    for role, is_same in (("tr", True), ("p1", False)):
        mine, before = (
            [(n.onset_beats, n.pitch) for n in voice(score, role)] for score in (made.score, seed)
        )
        assert (mine == before) == is_same


def test_a_freer_hand_writes_other_notes() -> None:
    """Temperature counts."""
    calm, wild = (
        rewrite(waltz(), asked((2, 3), "pulse1", temperature=t, rng_seed=5)).score
        for t in (0.3, 2.0)
    )
    assert voice(calm, "p1") != voice(wild, "p1")


PIECES = st.lists(
    st.tuples(
        st.integers(0, 28),
        st.sampled_from([0.01, 0.25, 1.0, 6.0]),
        st.integers(0, 127),
        st.booleans(),
    ),
    min_size=1,
    max_size=20,
)


@given(PIECES, st.sampled_from([1.0, 0.87]), st.sampled_from(["pulse1", "triangle", "noise"]))
@settings(max_examples=8, deadline=None)
def test_any_piece_is_rewritten_or_refused(
    events: list[tuple[int, float, int, bool]], pace: float, written: str
) -> None:
    """Chords, clicks and drones, on the beat or off it: other voices stay, or one line says why."""
    hits = tuple(sorted(Note(o / 4 * pace, n, p) for o, n, p, is_drum in events if is_drum))
    tune = tuple(sorted(Note(o / 4 * pace, n, p) for o, n, p, is_drum in events if not is_drum))
    seed = Score((Track("tune", notes=tune), Track("kit", 9, notes=hits)), end_beats=14.0)
    try:
        made = rewrite(seed, asked((1, 1), written, rng_seed=1))
    except ChipgenError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    arranged = voiced_prompt(Prompt.of(seed)).seed
    for name, role in zip(VOICES, ROLES, strict=True):
        if name != written:
            assert voice(made.score, role) == voice(arranged, role)
    assert score_from_midi(midi_bytes(made.score)).dialect == "nesmdb"
