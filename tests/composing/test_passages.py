"""What the seed leaves hanging ends where composing begins."""

from dataclasses import replace

from chipgen.composing import compose
from chipgen.music.score import Bend, Control, Tempo
from chipgen.request import ComposeRequest
from tests.seeds import band

MODEL = "tonnetz-lstm"


def test_a_last_ritardando_passes() -> None:
    """The continuation goes at the tempo that prevailed."""
    seed = replace(band(), tempos=(Tempo(0.0, 132.0), Tempo(14.0, 80.0), Tempo(15.0, 40.0)))
    score = compose(seed, ComposeRequest(model=MODEL, bars=1, rng_seed=0)).score
    assert score.tempos[-1] == Tempo(16.0, 132.0)


def test_a_tempo_that_has_settled_is_kept() -> None:
    """Where the last four bars have one tempo, written twice, it is the piece's from there on."""
    tempos = (Tempo(0.0, 132.0), Tempo(20.0, 80.0), Tempo(24.0, 80.0))
    seed = replace(band(bars=9), tempos=tempos)
    score = compose(seed, ComposeRequest(model=MODEL, bars=1, rng_seed=0)).score
    assert score.tempos[-1].bpm == 80.0


def test_bends_are_let_go() -> None:
    """A track that ended bent begins straight."""
    seed = band()
    bent = replace(seed.tracks[0], bends=(Bend(15.0, 0.7),))
    score = compose(
        seed.with_tracks((bent, *seed.tracks[1:])), ComposeRequest(model=MODEL, bars=1)
    ).score
    assert score.tracks[0].bends[-1] == Bend(16.0, 0.0)


def test_pedals_come_up() -> None:
    """A pedal that is down at the seed's end would let all that follows ring into one sound."""
    seed = band()
    down = replace(seed.tracks[0], controls=(Control(0.0, 64, 0), Control(12.0, 64, 127)))
    request = ComposeRequest(model=MODEL, bars=1)
    score = compose(seed.with_tracks((down, *seed.tracks[1:])), request).score
    assert score.tracks[0].controls[-1] == Control(16.0, 64, 0)
    assert not any(control.number == 64 for control in score.tracks[1].controls)
