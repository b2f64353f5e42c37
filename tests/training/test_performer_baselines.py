"""Decisions that a voice always makes cost little by its own shares."""

from chipgen.music.midi import midi_bytes
from chipgen.training.performer_baselines import measure_baselines
from chipgen.training.performer_data import Passage, read_played_song
from tests.performer.chip_performances import performed


def test_the_seeds_own_shares_tell_more_than_those_of_others(tmp_path) -> None:
    """Every note of the piece is as late and as short: only its ornaments cost something."""
    (tmp_path / "song.mid").write_bytes(midi_bytes(performed()))
    songs = read_played_song(tmp_path / "song.mid")
    usual, own = measure_baselines(songs, songs, [Passage(0, 0, 32, 48)])
    assert usual[0] == "usual in train"
    glitch, ornaments, volumes, delay, release, every = map(float, own[1:])
    assert max(glitch, delay, release) < 0.1
    assert 0.4 < ornaments < 0.7, "a fourth of the notes has one: 0.56 nats"
    assert every < float(usual[-1])
    assert abs(glitch + ornaments + volumes + delay + release - every) < 0.01
