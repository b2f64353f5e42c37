"""Songs become voices, cut where notes are known before and played after."""

import numpy as np

from chipgen.music.midi import midi_bytes
from chipgen.training.performer_data import (
    Passage,
    build_examples,
    draw_passage,
    read_played_song,
    read_played_songs,
)
from tests.performer.chip_performances import performed


def test_a_song_gives_its_voices(tmp_path) -> None:
    """Those that play enough; what cannot be read gives none."""
    (tmp_path / "song.mid").write_bytes(midi_bytes(performed()))
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    voices = read_played_song(tmp_path / "song.mid")
    assert [voice.voice for voice in voices] == [0, 2]
    assert read_played_song(tmp_path / "broken.mid") == []
    both = read_played_songs([tmp_path / "broken.mid", tmp_path / "song.mid"])
    assert [len(voice) for voice in both] == [len(voice) for voice in voices]


def test_passages_keep_to_their_voice_and_sizes() -> None:
    """What is known lies before the cut and what is played behind it."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        count = int(rng.integers(24, 300))
        passage = draw_passage(5, count, rng, 64, 32)
        assert passage.song == 5
        assert 0 <= passage.first < passage.cut < passage.last <= count
        assert passage.cut - passage.first <= 64
        assert passage.last - passage.cut <= 32


def test_examples_are_of_the_notes_alone(tmp_path) -> None:
    """What is padded does not count, and a decision is equal where the notes' decisions are."""
    (tmp_path / "song.mid").write_bytes(midi_bytes(performed()))
    songs = read_played_song(tmp_path / "song.mid")
    made = build_examples(songs, [Passage(0, 4, 20, 26), Passage(1, 0, 12, 20)], 24, 8)
    assert made.counted.sum(axis=1).tolist() == [6, 8]
    assert made.played.sum(axis=1).tolist() == [16, 12]
    assert not made.pairs[0, 6:].any()
    ornamented = np.arange(20, 26) % 4 == 3
    before = np.arange(4, 20) % 4 == 3
    assert (made.equal[0, 1, :6, :16] == (ornamented[:, None] == before)).all()
    assert (made.anew[0, :6, 1] == ornamented).all()
    # The decision before note 20 is that of note 19, which has an ornament.
    assert (made.followed[0, 1, 0, 1:16] == before[:-1]).all()
