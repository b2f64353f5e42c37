"""Music moves with its key."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.music.key_detection import detect_key
from chipgen.music.key_names import Key
from chipgen.music.midi import read_midi
from chipgen.music.transposition import into_key, transpose

NES = Path(__file__).parents[2] / "examples" / "nes.mid"

KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(["", "major", "minor"]))


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
