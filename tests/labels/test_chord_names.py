"""Chords as numbers: every chord has one number and one name."""

from chipgen.labels import CHORD_NAMES, CHORDS, QUALITIES
from chipgen.labels.chord_names import chord_name, chord_number, number_of
from chipgen.music.chord_symbols import read_chords
from chipgen.music.key_names import Key


def test_every_chord_has_its_number() -> None:
    """Roots and qualities fill the numbers that plans have, and each has a name of its own."""
    numbers = {chord_number(root, quality) for root in range(12) for quality in range(5)}
    assert len(QUALITIES) == 5
    assert numbers == set(range(1, CHORDS))
    assert len(set(CHORD_NAMES)) == CHORDS


def test_chords_are_written_as_their_key_is() -> None:
    """With its accidentals, so that no C# of A major is a Db; each is read as the same chord."""
    for tonic in range(12):
        for mode in ("major", "minor"):
            key = Key(tonic, mode)
            names = [chord_name(number, key) for number in range(1, CHORDS)]
            assert len({name[:2] for name in names if name[1:2] in ("#", "b")}) == 5
            assert [number_of(chord) for chord in read_chords(" ".join(names))] == [
                *range(1, CHORDS)
            ]
            other = {"#": "b", "b": "#"}.get(key.name[1:2], "")
            assert not other or not any(name[1:2] == other for name in names)
