"""Sequences are read, written and followed frame by frame as a musician expects."""

import contextlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synth.errors import SynthError
from synth.instrument.macro_sequence import (
    NOT_RELEASED,
    Sequence,
    adsr_sequence,
    parse_sequence,
    sequence_indices,
    sequence_values,
)


@st.composite
def sequences(draw: st.DrawFn) -> Sequence:
    """Draw sequences with and without a loop and a release part."""
    values = draw(st.lists(st.integers(-999, 999), min_size=1, max_size=40))
    release = draw(st.none() | st.integers(1, len(values) - 1)) if len(values) > 1 else None
    held = len(values) if release is None else release
    loop = draw(st.none() | st.integers(0, held - 1))
    return Sequence(tuple(values), loop, release)


@given(sequences())
def test_text_round_trip(sequence: Sequence) -> None:
    """What a sequence writes of itself reads back as the same sequence."""
    assert parse_sequence(str(sequence)) == sequence


def _walk(sequence: Sequence, frames: int, release_frame: int) -> list[int]:
    """Follow a sequence as a tracker does, one frame after the other."""
    position, heard = 0, []
    for frame in range(frames):
        if frame == release_frame and sequence.release is not None:
            position = sequence.release
        heard.append(sequence.values[position])
        released = sequence.release is not None and frame >= release_frame
        position += 1
        if released:
            position = min(position, len(sequence.values) - 1)
        elif position == sequence.held_length:
            position = sequence.held_length - 1 if sequence.loop is None else sequence.loop
    return heard


@given(sequences(), st.integers(0, 90))
@example(Sequence((9, 1, 2, 3), loop=1), 90)
def test_every_frame_is_what_a_tracker_plays(sequence: Sequence, release_frame: int) -> None:
    """The closed form agrees with stepping through the sequence frame by frame."""
    values = sequence_values(sequence, np.arange(80), np.array(release_frame))
    assert values.tolist() == _walk(sequence, 80, release_frame)


@given(sequences(), st.integers(0, 50), st.lists(st.integers(0, 500), max_size=20))
def test_order_of_frames_does_not_matter(
    sequence: Sequence, release_frame: int, frames: list[int]
) -> None:
    """A frame asked for alone gives what it gives among others."""
    release = np.array(release_frame)
    asked = sequence_indices(sequence, np.array(frames, dtype=np.int64), release).tolist()
    assert asked == [
        int(sequence_indices(sequence, np.array([frame]), release)[0]) for frame in frames
    ]


@pytest.mark.parametrize(
    ("text", "values", "loop", "release"),
    [
        ("15 13 [10 7] | 3 0", (15, 13, 10, 7, 3, 0), 2, 4),
        ("15 to 0 in 15f", tuple(range(15, -1, -1)), None, None),
        ("0 to 15 in 3 f", (0, 5, 10, 15), None, None),
        ("4 to 0 in 50ms", (4, 3, 1, 0), None, None),
        ("12x3 [8x2]|0", (12, 12, 12, 8, 8, 0), 3, 5),
        ("1,2, 3", (1, 2, 3), None, None),
        ("[0 4 7]", (0, 4, 7), 0, None),
        ("9x1", (9,), None, None),
        ("15 to 0 in 1f", (15, 0), None, None),
        ("-12 to -10 in 2f [-1 1]", (-12, -11, -10, -1, 1), 3, None),
        ("15 to 0 in 1ms", (15, 0), None, None),
        ("-32767 32767", (-32_767, 32_767), None, None),
    ],
)
def test_text_forms(
    text: str, values: tuple[int, ...], loop: int | None, release: int | None
) -> None:
    """Each form in the documentation means what it says there."""
    assert parse_sequence(text) == Sequence(values, loop, release)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no values"),
        ("   ", "no values"),
        ("15 loud", "cannot read `loud`"),
        ("1.5", "cannot read `1.5`"),
        ("15 [", "without its `]`"),
        ("15 ]", "without its `[`"),
        ("15 []", "loop is empty"),
        ("[15] 3", "never reached"),
        ("[15 [3]]", "one loop only"),
        ("| 3", "needs a value before"),
        ("3 |", "needs a value before"),
        ("3 | 2 | 1", "one `|` only"),
        ("15 to 0 in 0f", "a line takes"),
        ("15 to 0 in 99999f", "a line takes"),
        ("15 to 0 in 4096f", "a line takes 1-4095 frames"),
        ("3x4097", "hold 1-4096 frames, not 4097"),
        ("?" + 39 * "x", "sequence `?" + 39 * "x" + "`: "),
        ("?" + 40 * "x", "sequence `?" + 36 * "x" + "...`: "),
        ("15 to 0 in 5s", "cannot read `to`"),
        ("3x0", "hold 1-"),
        ("3x4000 2x4000", "1-4096 values"),
        ("999999", "is not in"),
        ("32768", "32768 is not in -32767 to 32767"),
        ("-32768", "-32768 is not in -32767 to 32767"),
        ("3 | [2 1]", "one loop only, and before the `|`"),
        ("[3] 2]", "`]` without its `[`"),
        ("3x4096 4", "1-4096 values, not 4097"),
        ("4 " + 30 * "x" + " 5", "cannot read `" + 20 * "x" + "`;"),
        ("9999999999999999999", "cannot read"),
    ],
)
def test_errors_name_the_text_and_the_reason(text: str, reason: str) -> None:
    """A text that is not a sequence is refused in one line that says why."""
    with pytest.raises(SynthError) as error:
        parse_sequence(text)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_the_longest_texts_and_sequences_are_read() -> None:
    """Each limit is the last that goes, and the first that does not is refused."""
    assert len(parse_sequence("15 to 0 in 4095f").values) == 4096
    assert len(parse_sequence("3x4096").values) == 4096
    assert parse_sequence("7".ljust(16 * 4096)).values == (7,)
    with pytest.raises(SynthError, match="too long"):
        parse_sequence("7".ljust(16 * 4096 + 1))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (((), None, None), "a sequence has 1-4096 values, not 0"),
        (((1, 2, 3), None, 0), "release 0 is not in 1-2"),
        (((1, 2, 3), None, 3), "release 3 is not in 1-2"),
        (((1, 2, 3), 3, None), "loop 3 is not in 0-2"),
        (((1, 2, 3), 2, 2), "loop 2 is not in 0-1"),
        (((1, 2, 3), -1, None), "loop -1 is not in 0-2"),
    ],
)
def test_a_sequence_that_cannot_be_played_is_refused(
    fields: tuple[tuple[int, ...], int | None, int | None], reason: str
) -> None:
    """Loop and release begin with a value of their part, and the range is told."""
    with pytest.raises(SynthError, match=reason):
        Sequence(*fields)


def test_three_of_a_kind_are_written_short() -> None:
    """Two are not."""
    assert str(Sequence((9, 9, 8, 8, 8, 7), loop=2, release=5)) == "9 9 [8x3] | 7"


SLOW_ATTACK = "1x3 2 2 3 3 4 4 5 5 6 6 7 7 8x3 9 9 10 10 11 11 12 12 13 13 14 14 15 15"


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ((2, 3, 9, 3), "5 10 15 13 11 9 | 6 3 0"), ((0, 0, 15, 0), "15"), ((0, 0, 9, 0), "15 9"),
        ((0, 0, 9, 2), "15 9 | 5 0"), ((0, 2, 0, 5), "15 8 0"), ((1, 0, 15, 1), "8 15 | 0"),
        ((0, 2, 15, 0), "15x3"), ((0, 1, 1, 1), "15 1 | 0"), ((31, 0, 15, 0), SLOW_ATTACK),
    ],
)  # fmt: skip
def test_adsr_is_straight_lines(frames: tuple[int, int, int, int], text: str) -> None:
    """Attack, decay and release reach their levels at their ends, and no level comes twice."""
    assert str(adsr_sequence(*frames)) == text


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes anything but a sequence or a `SynthError`."""
    with contextlib.suppress(SynthError):
        assert parse_sequence(text).values


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 15), st.integers(0, 60))
def test_adsr_keeps_its_promises(attack: int, decay: int, sustain: int, release: int) -> None:
    """The peak comes at the attack's end, the sustain holds, and the release ends in silence."""
    sequence = adsr_sequence(attack, decay, sustain, release)
    assert all(0 <= value <= 15 for value in sequence.values)
    held = sequence_values(sequence, np.arange(300), np.array(NOT_RELEASED))
    assert held[0] > 0
    assert held[attack] == 15
    assert np.all(np.diff(held[: attack + 1]) >= 0)
    assert np.all(np.diff(held[attack:]) <= 0)
    assert held[attack + max(decay, 1) + 1] == sustain
    assert sequence.release_frames == (release if sustain else 0)
    if sequence.release is not None:
        assert sequence.values[-1] == 0
