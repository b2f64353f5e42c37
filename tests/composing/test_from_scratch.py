"""A piece from nothing is music in its key, at any temperature."""

import numpy as np
import pytest

from chipgen.composing import compose_from_scratch
from chipgen.music.key_detection import pitch_class_shares
from chipgen.music.key_names import parse_key
from chipgen.request import ComposeRequest


@pytest.mark.parametrize("number", [0, 1])
def test_a_piece_from_nothing_is_music_in_its_key(number: int) -> None:
    """It sounds all the time, in several voices, of the key's notes, in whole bars."""
    key = parse_key("F#m")
    made = compose_from_scratch(
        ComposeRequest(
            from_scratch=True, key=key, tempo_bpm=92.0, meter=(6, 8), bars=5, rng_seed=number
        )
    )
    score = made.score
    assert (score.key, len(score.bar_starts_beats()), score.end_beats) == ("F#m", 5, 15.0)
    assert (made.seed_bars, made.generated_bars) == (0, 5)
    shares = pitch_class_shares(score)
    assert shares is not None
    assert shares[sorted(key.scale)].sum() > 0.9
    assert sum(bool(track.notes) for track in score.tracks) >= 3
    sounding = np.zeros(60, dtype=bool)
    for track in score.tracks:
        for note in track.notes:
            sounding[int(note.onset_beats * 4) : int(np.ceil(note.end_beats * 4))] = True
    assert sounding.mean() > 0.6


def test_cold_and_narrow_pieces_sound_too() -> None:
    """At the lowest temperature and top-p a piece from nothing is not silent."""
    request = ComposeRequest(from_scratch=True, bars=1, temperature=0.1, top_p=0.05)
    made = compose_from_scratch(request)
    assert sum(len(track.notes) for track in made.score.tracks) > 8
