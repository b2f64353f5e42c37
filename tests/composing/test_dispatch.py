"""A request's seed is moved to its key and tempo before anything is composed."""

from pathlib import Path

import pytest

from chipgen.app.provenance import read_recipe
from chipgen.composing import make_piece
from chipgen.composing.dispatch import at_tempo
from chipgen.errors import ChipgenError
from chipgen.music.midi import read_midi
from chipgen.music.score import Note, Score, Tempo, Track
from chipgen.request import ComposeRequest
from tests.commandline import run

ROOT = Path(__file__).parents[2]

SEED = ROOT / "examples" / "seed.mid"

NES = ROOT / "examples" / "nes.mid"


def test_a_seed_is_moved_and_set_to_a_tempo_as_it_is(tmp_path: Path) -> None:
    """Key and tempo work without composing, too."""
    sound, score = tmp_path / "out.wav", tmp_path / "out.mid"
    options = ["--as-is", "--key", "Dm", "--tempo", "288", "--rate", "8000"]
    made = run("render", SEED, "-o", sound, "--midi", score, *options)
    assert made.exit_code == 0, made.output
    assert "A minor" in made.stderr
    was, now = read_midi(SEED), read_midi(score)
    assert now.key == "Dm"
    assert now.duration_s == pytest.approx(was.duration_s / 2)
    for before, after in zip(was.tracks, now.tracks, strict=True):
        steps = {b.pitch - a.pitch for a, b in zip(before.notes, after.notes, strict=True)}
        assert steps == ({0} if before.is_drums else {5})
    assert read_recipe(score) is None


def test_a_tempo_replaces_the_map_and_scales_nominal_time() -> None:
    """Ordinary MIDI keeps its bars; NES-MDB goes as much faster as the tempo is above 120."""
    tune = Track("", 0, 0, tuple(Note(k / 2, 0.5, 60 + k % 5) for k in range(16)))
    score = Score((tune,), (Tempo(0.0, 90.0), Tempo(4.0, 60.0)), end_beats=8.0)
    set_to, remark = at_tempo(score, 120, nominal=False)
    assert (set_to.tempos, set_to.tracks, remark) == ((Tempo(0.0, 120.0),), score.tracks, "")
    song = read_midi(NES)
    faster, remark = at_tempo(song, 180, nominal=True)
    assert faster.duration_s == pytest.approx(song.duration_s / 1.5)
    assert "1.5 times" in remark
    with pytest.raises(ChipgenError, match="20 to 400"):
        ComposeRequest(tempo_bpm=10.0)


def test_a_piece_needs_a_seed_or_none() -> None:
    """Without a seed, a piece has to be asked for from scratch."""
    with pytest.raises(ChipgenError, match="no seed"):
        make_piece(None, ComposeRequest(bars=1))
