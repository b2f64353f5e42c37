"""Names of tracks tell roles in the languages that scores are written in."""

import pytest

from chipgen.understand.track_names import is_patch_name, named_role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("MELODY", "tune"), ("Lead Guitar", "tune"), ("Gesang", "tune"), ("voz", "tune"),
        ("Vocals", "tune"), ("メロディ", "tune"), ("Cello Solo", "tune"),
        ("Slap Bass 2", "bass"), ("Kontrabass", "bass"), ("Tuba", "bass"), ("ベース", "bass"),
        ("Bassoon", ""), ("Bass Clarinet", ""), ("Bass Drum", ""),
        ("Warm Pad", "harmony"), ("Rhythm Guitar", "harmony"), ("Strings", "harmony"),
        ("Harp", ""), ("Counter melody", "counter"), ("Rain FX", "effect"),
        ("Track 7", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_name_tells_its_role(name: str, role: str):
    """Each name has the role that its reader would give it, or none."""
    assert named_role(name) == role


@pytest.mark.parametrize("name", ["Square Lead", "Lead 2 (sawtooth)", "Goblins FX", "Voice Oohs"])
def test_names_of_programs_are_known(name: str):
    """A name that a sequencer wrote for a program counts for less than one that somebody chose."""
    assert is_patch_name(name)
    assert not is_patch_name("Lead vocal")
