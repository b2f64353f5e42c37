"""What streams is what is composed, the same notes in any process, without end if asked."""

import hashlib
import subprocess
import sys
from itertools import islice, pairwise

import pytest

from chipgen.composing import Passage, complete_seed, compose, stream
from chipgen.errors import ChipgenError
from chipgen.music.score import Note, Score, Track
from chipgen.request import ComposeRequest
from tests.composing.takes import composed
from tests.seeds import band, chip, line

MODELS = ["tonnetz-lstm", "row-transformer"]


MODEL = "tonnetz-lstm"


def test_the_same_number_gives_the_same_notes() -> None:
    """Two calls agree note for note; another number differs."""
    one, two, other = (
        compose(band(), ComposeRequest(model=MODEL, bars=4, rng_seed=n)).score for n in (9, 9, 10)
    )
    assert one == two
    assert one != other


def test_another_process_gives_the_same_notes() -> None:
    """Nothing depends on the process: hashes, threads, order of imports."""
    code = (
        "import hashlib\n"
        "from chipgen.composing import compose\nfrom chipgen.request import ComposeRequest\n"
        "from tests.seeds import band\n"
        "request = ComposeRequest(model='tonnetz-lstm', bars=2, rng_seed=3)\n"
        "text = repr(compose(band(), request).score)\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    text = repr(compose(band(), ComposeRequest(model=MODEL, bars=2, rng_seed=3)).score)
    here = hashlib.sha256(text.encode()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert there.stdout.strip() == here


def test_without_seed_begins_at_the_first_composed_bar() -> None:
    """The same take, counted from its own beginning."""
    whole, alone = (
        compose(chip(), ComposeRequest(model=MODEL, bars=3, rng_seed=2, without_seed=without))
        for without in (False, True)
    )
    assert (alone.seed_bars, alone.generated_bars) == (0, 3)
    assert alone.score.end_beats == 12.0
    expected = [
        (index, round(note.onset_beats - 24, 6), note.pitch)
        for index, note in composed(whole.score, 24)
    ]
    assert [(i, round(n.onset_beats, 6), n.pitch) for i, n in composed(alone.score, 0)] == expected


def notes_of(passages: list[Passage]) -> dict[int, list[Note]]:
    """Return each track's notes, tracks without any left out."""
    found: dict[int, list[Note]] = {}
    for passage in passages:
        for index, track in enumerate(passage.tracks):
            if track.notes:
                found.setdefault(index, []).extend(track.notes)
    return found


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", [band(), chip()], ids=["band", "chip"])
def test_the_collected_stream_is_the_take(model, seed):
    """Every note of a take comes once, in a passage it begins in; passages leave no gap."""
    request = ComposeRequest(model=model, bars=5, rng_seed=7)
    played = list(stream(seed, request))
    made = compose(seed, request).score
    start = played[0].start_beats
    assert played[-1].end_beats == made.end_beats
    for one, two in pairwise(played):
        assert one.end_beats == two.start_beats
    for passage in played:
        for track in passage.tracks:
            for note in track.notes:
                assert passage.start_beats - 1e-6 <= note.onset_beats < passage.end_beats
    composed = [
        [note for note in track.notes if note.onset_beats >= start - 1e-6] for track in made.tracks
    ]
    assert [sorted(notes) for _, notes in sorted(notes_of(played).items())] == [
        notes for notes in composed if notes
    ]


@pytest.mark.parametrize("model", MODELS)
def test_without_the_seed_it_counts_from_the_first_bar(model):
    """The stream and the take agree on where beat 0 is, and on the levels in force there."""
    request = ComposeRequest(model=model, bars=3, without_seed=True, rng_seed=1)
    played = list(stream(chip(), request))
    made = compose(chip(), request).score
    assert (played[0].start_beats, played[-1].end_beats) == (0.0, made.end_beats)
    sounding = [track for index, track in enumerate(played[0].tracks) if index in notes_of(played)]
    for first, track in zip(sounding, made.tracks, strict=True):
        assert {c for c in track.controls if c.beat == 0} == {
            c for c in first.controls if c.beat == 0
        }


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_without_end_goes_on(model):
    """With no number of bars passages keep coming, none of them empty; a take needs a number."""
    endless = ComposeRequest(model=model, bars=None, rng_seed=3)
    played = list(islice(stream(band(), endless), 12))
    assert len(played) == 12
    assert all(any(track.notes for track in passage.tracks) for passage in played)
    again = list(islice(stream(band(), endless), 2))
    assert again == played[:2]
    with pytest.raises(ChipgenError, match="give bars"):
        compose(band(), endless)


def test_a_phrase_comes_before_the_rest_is_drawn():
    """The first passages of a stream are those of the whole take, which nobody has drawn yet."""
    request = ComposeRequest(model="row-transformer", bars=16, rng_seed=2)
    begun, whole = stream(band(), request), stream(band(), request)
    first = list(islice(begun, 2))
    assert [p.end_beats - p.start_beats for p in first] == [8.0, 8.0]
    assert first == list(whole)[:2]


def test_a_seed_that_was_completed_before_is_gone_on_from_the_same() -> None:
    """What plays on for ever begins with the seed that `compose` has: bass and drums under it."""
    tune = Score((Track("", 0, 73, line([67, 69, 71, 74, 72, 71, 69, 67], 0.5, 2)),), end_beats=8.0)
    whole = compose(tune, ComposeRequest(bars=2, end="open"))
    prompt, remarks = complete_seed(tune, ComposeRequest(bars=None))
    assert remarks == ("harmony, bass and drums added",)
    assert set(remarks) <= set(whole.remarks)
    heads = [
        tuple(note for note in track.notes if note.onset_beats < 8.0)
        for track in whole.score.tracks
    ]
    assert [track.notes for track in prompt.seed.tracks] == heads
    assert compose(prompt, ComposeRequest(bars=2, end="open")).score == whole.score
    unchanged, nothing = complete_seed(tune, ComposeRequest(model=MODEL))
    assert unchanged.seed == tune
    assert not nothing
