"""Loop marks are read however games and editors write them."""

import pytest

from chipgen.arranging.loop_points import find_loop
from chipgen.music.midi import score_from_midi
from chipgen.music.midi.loop_marks import mark_of
from tests import midi_files as smf


def control(tick: int, number: int, value: int = 0) -> tuple[int, bytes]:
    """Return a control change at a tick."""
    return tick, bytes((0xB0, number, value))


def text(tick: int, words: str, kind: int = 6) -> tuple[int, bytes]:
    """Return a text event at a tick."""
    return tick, bytes((0xFF, kind, len(words))) + words.encode()


def looped(*marks: tuple[int, bytes]) -> bytes:
    """Return eight beats of notes with marks at ticks."""
    events = [(k * 480, 1, bytes((0x90, 60 + k, 90))) for k in range(8)]
    events += [((k + 1) * 480, 0, bytes((0x80, 60 + k, 64))) for k in range(8)]
    events += [(tick, 2, data) for tick, data in marks]
    body, now = b"", 0
    for tick, _, data in sorted(events):
        body += smf.variable_length(tick - now) + data
        now = tick
    return smf.midi(body)


@pytest.mark.parametrize(
    "marks",
    [
        (text(960, "loopStart"), text(2880, "loopEnd")),
        (text(960, "LOOP_START"), text(2880, "Loop End")),
        (text(960, "StartLoop"), text(2880, "EndLoop")),
        (text(960, "loopstart=0"), text(2880, "loopend=0")),
        (text(960, "["), text(2880, "]")),
        (text(960, "[", 1), text(2880, "]", 7)),
        (text(960, "loopStart", 1), text(2880, "loopEnd", 1)),
        (control(960, 116), control(2880, 117, 127)),
        (control(960, 118), control(2880, 119, 127)),
        (control(960, 110), control(2880, 111)),
        (control(960, 116), control(1440, 116), control(1920, 117), control(2880, 117)),
        (control(960, 111), text(2880, "loopEnd")),
    ],
)
def test_both_ends_of_a_loop(marks: tuple[tuple[int, bytes], ...]) -> None:
    """From the third beat to the seventh, in markers, texts, cues or controllers."""
    score = score_from_midi(looped(*marks))
    assert find_loop(score) == (2.0, 6.0)
    assert {marker.text for marker in score.markers} == {"loopStart", "loopEnd"}
    assert score.tracks[0].controls == ()


@pytest.mark.parametrize(
    "mark",
    [control(960, 111), control(960, 116), text(960, "$0123"), text(960, "Loop"), text(960, "[")],
)
def test_a_start_alone_loops_to_the_end(mark: tuple[int, bytes]) -> None:
    """RPG Maker's way."""
    assert find_loop(score_from_midi(looped(mark))) == (2.0, 8.0)


def test_a_loop_that_ends_before_it_begins_is_said_and_not_followed() -> None:
    """The music is played to its end."""
    score = score_from_midi(looped(text(2880, "loopStart"), text(960, "loopEnd")))
    assert find_loop(score) is None
    assert "tick 2,880" in score.remarks[0]


@pytest.mark.parametrize("words", ["verse", "loops of fun", "a [ b", "$5", "end", ""])
def test_other_texts_mark_nothing(words: str) -> None:
    """Names of sections stay markers."""
    assert mark_of(words) == ""
