"""Jobs read files, cut at a bar and play demonstrations."""

from pathlib import Path

import httpx
import pytest

from chipgen.cli.preset import command as preset_command
from chipgen.music.midi import read_midi
from chipgen.music.score import Note, Score, Track
from chipgen.studio.jobs import before_bar, compose, expect_next
from chipgen.studio.score_json import ScoreJson, as_written, score_of, score_to_json
from synth.errors import SynthError
from tests.commandline import run
from tests.studio.sessions import SEED, made_of


def test_before_a_bar_nothing_rings_over() -> None:
    """What is continued from a bar ends on its line: later notes go, earlier ones are cut there."""
    score = Score(
        tracks=(Track(notes=(Note(0.0, 6.0, 60), Note(3.0, 1.0, 64), Note(4.0, 1.0, 65))),),
        end_beats=12.0,
    )
    cut = before_bar(score, 2)
    assert cut.end_beats == 4.0
    assert [(n.onset_beats, n.duration_beats) for n in cut.tracks[0].notes] == [(0, 4), (3, 1)]
    assert before_bar(score, 4) == score
    for bar in (1, 5):
        with pytest.raises(SynthError, match="choose 2 to 4"):
            before_bar(score, bar)


def test_going_on_from_a_take_is_prepared() -> None:
    """When there is nothing to do, a take is read as its MIDI file is, before it is asked for."""
    seed = score_to_json(read_midi(SEED), "seed")
    asked = {"bars": 1, "rng_seed": 1, "model": "tonnetz-lstm"}
    job = {"job": "compose", "score": seed, "request": asked}
    done = compose(job, lambda _: None)
    expect_next(job, {"done": done})
    known = as_written.cache_info().misses
    take = made_of(seed, done["changes"])
    assert as_written(take).end_beats == take.end_beats == 36.0
    assert as_written.cache_info().misses == known


def test_a_midi_file_is_read(client: httpx.Client) -> None:
    """An upload comes back as the score that the command line reads."""
    answer = client.post("/api/read?name=my%20seed.mid", content=SEED.read_bytes())
    assert answer.status_code == 200
    assert answer.json()["name"] == "my seed.mid"
    assert score_of(ScoreJson.model_validate(answer.json())) == read_midi(SEED)


def test_a_demonstration_is_heard_at_once(client: httpx.Client, tmp_path: Path) -> None:
    """An audition is the very file that `chipgen preset audition` writes."""
    assert preset_command is not None
    answer = client.post("/api/audition", json={"preset": "lead-echo"})
    wav = tmp_path / "lead-echo.wav"
    assert run("preset", "audition", "lead-echo", "-o", wav).exit_code == 0
    heard, expected = answer.content, wav.read_bytes()
    assert heard[heard.index(b"data") :][: len(expected) // 2] in expected
