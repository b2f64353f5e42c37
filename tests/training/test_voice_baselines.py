"""The plain ways to share notes among the voices do what they say."""

from chipgen.training.voice_baselines import assign_nearest, assign_newest, assign_skyline

TRIO = [(float(beat), beat + 0.9, pitch) for beat in range(8) for pitch in (76.0, 65.0, 45.0)]
STARTS_S, ENDS_S, PITCHES = (list(column) for column in zip(*TRIO, strict=True))


def test_nearest_pitch_follows_three_clear_lines():
    """Lines far apart keep their voices."""
    assert assign_nearest(STARTS_S, ENDS_S, PITCHES).tolist() == [0, 1, 2] * 8


def test_nearest_pitch_drops_what_finds_no_free_voice():
    """Of four notes struck together the last finds none; one that begins as another ends does."""
    found = assign_nearest([0.0, 0.0, 0.0, 0.0, 1.0], [1.0] * 4 + [2.0], [72.0, 64, 48, 50, 49])
    assert found.tolist() == [0, 1, 2, -1, 2]


def test_newest_note_goes_round_the_voices():
    """Whatever the pitches are."""
    assert assign_newest(4).tolist() == [0, 1, 2, 0]


def test_skyline_takes_the_outer_notes():
    """The highest, the second and the lowest have a voice; a note alone is the melody."""
    assert assign_skyline([0.0] * 4 + [1.0], [40.0, 50, 60, 72, 30]).tolist() == [2, -1, 1, 0, 0]
