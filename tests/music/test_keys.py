"""Keys of the examples are found, and music moves with its key."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.music.key_names import Key
from chipgen.music.keys import detect_key, into_key, transpose
from chipgen.music.midi import read_midi
from chipgen.music.score import Score

ROOT = Path(__file__).parents[2]

NES = ROOT / "examples" / "nes.mid"

KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(["", "major", "minor"]))


@pytest.mark.parametrize("name", ["chorale", "folk", "groove", "orchestra", "piano", "seed"])
def test_keys_of_the_examples_are_found(name: str) -> None:
    """Where a file says its key, the sound of it agrees, or is the relative one."""
    score = read_midi(ROOT / "examples" / f"{name}.mid")
    found = detect_key(score)
    assert found is not None
    assert found.signature == score.key
    unsigned = detect_key(Score(score.tracks, score.tempos, score.meters, score.end_beats))
    assert unsigned is not None
    assert len(unsigned.scale & found.scale) >= 6


@given(st.integers(-6, 6), KEYS)
@settings(max_examples=40, deadline=None)
def test_the_key_moves_with_the_music(semitones: int, wanted: Key) -> None:
    """Transposed music is heard in the key it was moved to, within the voices' ranges."""
    seed = read_midi(NES)
    found = detect_key(seed)
    assert found is not None
    moved = detect_key(transpose(seed, semitones))
    assert moved is not None
    assert moved.tonic == (found.tonic + semitones) % 12
    there, remark = into_key(seed, wanted)
    now = detect_key(there)
    assert now is not None
    assert (now.tonic, now.mode) == (wanted.tonic, found.mode)
    assert (f"no {wanted.mode} of {found.mode}" in remark) == (wanted.mode not in ("", found.mode))
    for before, after in zip(seed.tracks, there.tracks, strict=True):
        if before.role == "no":
            assert after.notes == before.notes
        low, high = {"tr": (21, 108), "no": (1, 16)}.get(before.role, (33, 108))
        assert all(low <= note.pitch <= high for note in after.notes)
