"""Notes move from chord to chord as an accompanist moves them."""

from hypothesis import given
from hypothesis import strategies as st

from chipgen.composing.chord_mapping import map_chord, map_class, map_line, onto_chord, shift_of
from chipgen.labels.chord_names import CHORD_NAMES, CHORDS, chord_classes
from chipgen.music.key_names import parse_key

C_MAJOR = parse_key("C major").scale
CHORD = st.integers(1, CHORDS - 1)


def number(name: str) -> int:
    """Return a chord's number."""
    return CHORD_NAMES.index(name)


@given(CHORD, CHORD, st.integers(0, 2))
def test_a_tone_of_the_chord_stays_one(chord: int, other: int, tone: int) -> None:
    """Root becomes root, and every tone of one chord a tone of the other."""
    mapped = map_class(chord_classes(chord)[tone], chord, other, C_MAJOR)
    assert mapped in chord_classes(other)
    assert map_class(chord_classes(chord)[0], chord, other, C_MAJOR) == chord_classes(other)[0]


@given(CHORD, CHORD, st.lists(st.integers(48, 72), min_size=1, max_size=5, unique=True))
def test_chords_keep_their_size_and_register(chord: int, other: int, pitches: list[int]) -> None:
    """As many notes come back, all different, none more than an octave away."""
    mapped = map_chord(pitches, chord, other, C_MAJOR)
    assert len(set(mapped)) == len(pitches)
    assert all(abs(a - b) <= 12 for a, b in zip(mapped, pitches, strict=True))


def test_a_figure_keeps_its_shape() -> None:
    """A walking bass in A walks the same way in D."""
    scale = parse_key("A major").scale
    a, d = number("A7"), number("D7")
    walk = [45, 49, 52, 54]
    shift = shift_of(a, d, (45, 54), (40, 62))
    assert [map_line(pitch, a, d, scale, shift) for pitch in walk] == [50, 54, 57, 59]


def test_a_figure_goes_where_its_part_plays() -> None:
    """A bass at its lowest moves up a fifth rather than down a fourth."""
    assert shift_of(number("C"), number("G"), (36, 36), (36, 43)) == 7
    assert shift_of(number("C"), number("G"), (48, 48), (36, 48)) == -5


def test_unknown_chords_change_nothing() -> None:
    """Where no chord is known, notes stay as they are."""
    assert map_chord((60, 64), -1, number("F"), C_MAJOR) == (60, 64)
    assert map_line(60, number("F"), 0, C_MAJOR, shift_of(number("F"), 0, (60, 60), (60, 60))) == 60


def test_what_is_held_at_the_end_is_of_the_chord() -> None:
    """A last note goes to the nearest tone, a bass to the root."""
    assert onto_chord(62, number("C"), root=False) == 60
    assert onto_chord(43, number("C"), root=True) == 48
