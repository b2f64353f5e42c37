"""A table gives each song its labels back."""

import numpy as np
import pytest

from chipgen.labels import (
    LabelTable,
    label_prompt,
    label_song,
)
from chipgen.rows.prompt import Prompt
from chipgen.rows.quantise import RowSong
from tests.labels.progression import progression


def test_a_table_gives_each_song_its_labels_back() -> None:
    """Joined and parted again, labels are the same but for the precision of probabilities."""
    prompts = [Prompt.of(progression(["C", "G"] * n)) for n in (2, 4)]
    songs = [label_prompt(prompt) for prompt in prompts]
    songs.append(label_song(RowSong.plain(prompts[0].encoded.rows)))
    table = LabelTable.of(songs)
    for index, song in enumerate(songs):
        back = table.song(index)
        assert np.array_equal(back.lines.starts, song.lines.starts)
        assert np.array_equal(back.half, song.half)
        assert np.array_equal(back.section, song.section)
        assert back.lines.length_confidence == song.lines.length_confidence
        assert back.chords == pytest.approx(song.chords, abs=1e-3)
        assert back.keys == pytest.approx(song.keys, abs=1e-3)
