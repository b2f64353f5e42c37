"""Measures are a table; takes are made once; the page and the command say what was measured."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.listener import __main__ as command
from benchmarks.listener.figures import Sample, figure, table
from benchmarks.listener.infilling import cost_after
from benchmarks.listener.material import Material, Pair
from benchmarks.listener.measures import MEASURES, run_measure
from benchmarks.listener.page import roll, write_page
from benchmarks.listener.piece import Piece, score_of
from benchmarks.listener.takes import Takes
from benchmarks.sample_rows import first
from chipgen.models.checkpoint import load_model
from chipgen.music.midi import read_midi
from chipgen.request import ComposeRequest
from tests.benchmarks.pieces import song

NES = Path(__file__).parents[2] / "examples" / "nes.mid"
MODEL = ComposeRequest().model


def test_a_mean_has_its_interval_and_no_values_have_none() -> None:
    """Equal values have an interval of nothing; of no values nothing is said."""
    sample = Sample.of([0.5] * 8)
    assert sample is not None
    assert (sample.value, sample.n, sample.low, sample.high) == (0.5, 8, 0.5, 0.5)
    assert Sample.of([]) is None


@pytest.mark.parametrize(
    ("at_most", "at_least", "met"), [(0.5, None, True), (0.3, None, False), (None, 0.5, False)]
)
def test_a_bar_is_met_or_not(at_most: float | None, at_least: float | None, met: bool) -> None:
    """A value of 0.4 is under a half; where there is none, nothing is met or missed."""
    assert figure("x", ours=[0.4], at_most=at_most, at_least=at_least).met is met
    assert figure("x", at_most=at_most, at_least=at_least).met is None


def test_a_table_has_a_line_a_figure_with_its_controls() -> None:
    """Names, bars and controls are printed."""
    text = table(
        "Form", [figure("phrased", ours=[1.0], controls={"shuffled": [0.0]}, at_least=0.6)]
    )
    assert "| phrased | 1.000 ±0.00 (1) |  | shuffled 0.00 | ≥ 0.6 | yes |" in text


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_answers_where_there_is_nothing_to_measure(name: str) -> None:
    """Without songs, seeds or takes there are figures without values, or none."""
    material = Material(Takes(MODEL, None, quiet=True), 1)
    for kind in (
        "short",
        "ended",
        "long",
        "melodies",
        "accompanied",
        "metric",
        "chorales",
        "pairs",
    ):
        material.__dict__[kind] = []
    material.takes = lambda *_, **__: None  # type: ignore[assignment]
    figures = run_measure(name, material)
    assert all(each.ours is None for each in figures)


def test_takes_are_made_once_and_settings_that_do_not_exist_are_not_asked_for(
    tmp_path: Path,
) -> None:
    """The second time a take is read; another number is another take."""
    seed = score_of(song(4))
    takes = Takes(MODEL, tmp_path, quiet=True)
    made = takes(seed, bars=1)
    assert made is not None
    assert made.seed_bars == 4
    again = Takes(MODEL, tmp_path, quiet=True)
    kept = again(seed, bars=1)
    assert kept is not None
    assert kept.score == made.score
    assert (takes.made, again.made) == (1, 0)
    assert takes(seed, bars=1, no_such_setting=1) is None
    again(seed, bars=1, rng_seed=7)
    assert again.made == 1


def test_what_follows_its_own_bars_costs_less_than_after_strange_ones() -> None:
    """The judge's nats a second of the end are fewer after the song's own middle."""
    piece = first(read_midi(NES), 40.0)
    judge = load_model(MODEL)
    own = cost_after(judge, piece, 24.0)
    tracks = tuple(
        track.__class__(
            track.name,
            notes=tuple(n for n in track.notes if n.onset_beats >= 24.0),
            role=track.role,
        )
        for track in piece.tracks
    )
    alone = cost_after(judge, piece.with_tracks(tracks), 24.0)
    assert own is not None
    assert alone is not None
    assert own < alone


def test_a_roll_draws_every_note() -> None:
    """There is a rectangle a note, and a line where the seed ends."""
    piece = song(4)
    drawn = roll(piece, 8.0)
    assert drawn.count("<rect") == len(piece)
    assert 'stroke="red"' in drawn


def test_the_page_is_whole_in_one_file(tmp_path: Path) -> None:
    """Takes and songs have rolls and sound inside the file; names are escaped."""
    material = Material(Takes(MODEL, None, quiet=True), 1)
    score = score_of(song(4))
    seed, after = Piece.of(score).bars_between(0, 2), Piece.of(score).bars_between(2, 4)
    material.__dict__["pairs"] = [Pair("a<b", seed, after, after, None, (score, score))]
    material.__dict__["melodies"] = material.__dict__["short"] = []
    page = tmp_path / "page.html"
    assert write_page(page, material, 4) == 2
    text = page.read_text()
    assert text.count("<svg") == 2
    assert text.count("data:audio/ogg;base64,") == 2
    assert "a&lt;b" in text
    assert "http" not in text.replace("http://www.w3.org", "")


def test_the_judge_of_infilling_is_the_one_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Takes are the model's, and other weights judge them."""
    asked: list[Material] = []
    monkeypatch.setattr(command, "run_measure", lambda _, material: asked.append(material) or [])
    options = ["infilling", "--judge", "other.safetensors", "--cache", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["listener", *options])
    command.main()
    assert [material.judge for material in asked] == ["other.safetensors"]
    assert asked[0].takes.model != "other.safetensors"
    assert capsys.readouterr().out


def test_the_command_prints_json_and_refuses_unknown_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON has the measure's figures with bar and value; a wrong name ends with exit status 2."""
    options = ["listener", "texture", "--songs", "1", "--json", "--cache", str(tmp_path)]
    monkeypatch.setattr(Material, "short", [], raising=False)
    monkeypatch.setattr(sys, "argv", options)
    command.main()
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["texture"]
    assert {"name", "ours", "real", "bar", "met"} <= set(told["texture"][0])
    for wrong in (["nothing"], ["form", "--songs", "0"], ["form", "--nes", str(tmp_path / "no")]):
        monkeypatch.setattr(sys, "argv", ["listener", *wrong])
        with pytest.raises(SystemExit) as end:
            command.main()
        assert end.value.code == 2
