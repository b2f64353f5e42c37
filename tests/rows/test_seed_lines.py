"""A seed's melody, harmony and bass, and which track plays each."""

from chipgen.music.score import Meter, Note, Score, Track
from chipgen.rows.prompt import Prompt
from tests.seeds import band, chip


def test_a_left_hand_is_bass_and_chords() -> None:
    """Low notes on one and chords far above them in the same track are two parts."""
    hand = tuple(
        note
        for bar in range(8)
        for note in (
            Note(bar * 3.0, 0.9, 38 + 5 * (bar % 2)),
            *(Note(bar * 3.0 + 1, 1.8, pitch) for pitch in (57, 62, 66)),
        )
    )
    tune = tuple(Note(bar * 3.0 + k, 0.9, 78 + k) for bar in range(8) for k in range(3))
    seed = Score(
        (Track("right", 0, 0, tune), Track("left", 1, 0, hand)),
        meters=(Meter(0.0, 3, 4),),
        end_beats=24.0,
    )
    parts = Prompt.of(seed).lines
    assert {n.pitch for n in parts["bass"].notes} == {38, 43}
    assert {n.onset_beats % 3 for n in parts["harmony"].notes} == {1.0}
    assert parts["bass"].track == 1
    assert {n.pitch for n in parts["melody"].notes} == {78, 79, 80}


def test_roles_are_found() -> None:
    """Flute melody, chord harmony, double bass bass; by the chip's roles where it has them."""
    seed = band()
    parts = Prompt.of(seed).lines
    assert {role: part.track for role, part in parts.items()} == {
        "melody": 0,
        "harmony": 1,
        "bass": 2,
    }
    seed = chip()
    parts = Prompt.of(seed).lines
    assert (parts["melody"].track, parts["bass"].track) == (0, 2)


def test_who_plays_the_tune_last_goes_on_with_it() -> None:
    """A singer who begins after a busy introduction of another track is the tune's owner."""
    intro = tuple(Note(k / 2, 0.4, 72 + k % 5) for k in range(32))
    sung = tuple(Note(16.0 + k, 0.9, 76 + k % 3) for k in range(16))
    chords = tuple(Note(4.0 * bar, 3.9, pitch) for bar in range(8) for pitch in (48, 52, 55))
    seed = Score(
        (Track("voice", 0, 52, sung), Track("guitar", 1, 27, intro), Track("pad", 2, 88, chords)),
        end_beats=32.0,
    )
    assert Prompt.of(seed).lines["melody"].track == 0
