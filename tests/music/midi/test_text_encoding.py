"""Names come out as they were meant, whatever their encoding, and safe to print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.music.midi import midi_bytes, score_from_midi
from chipgen.music.midi.text_encoding import decode, find_encoding
from chipgen.music.score import Marker, Note, Score, Track
from chipgen.printable import printable
from tests import midi_files as smf


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ["Flöte", "ドラム", "Ударные"]),
        ("latin-1", ["Flöte", "Prélude", "Größe", "Batería", "São João", "Ängel på taket", "Fin"]),
        ("cp1252", ["Don\u2019t stop", "\u201cIntro\u201d", "5\u20ac"]),
        ("cp932", ["ドラム", "ピアノ", "主旋律", "ストリングス２", "ベース"]),
        ("cp932", ["笛"]),
        ("cp1251", ["Ударные", "Бас-гитара", "Скрипка"]),
        ("gbk", ["主旋律", "鼓", "钢琴"]),
    ],
)
def test_encodings_are_told_apart(encoding: str, names: list[str]) -> None:
    """A file's texts are read in the encoding they were written in."""
    bodies = [
        smf.meta(0, 3, name.encode(encoding)) + smf.note(60, 480, channel=k)
        for k, name in enumerate(names)
    ]
    score = score_from_midi(smf.midi(*bodies))
    assert [track.name for track in score.tracks] == names


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_followed_and_taken_off(encoding: str) -> None:
    """Some editors write them into names."""
    data = "Flöte".encode(encoding)
    assert decode(data, find_encoding([data])) == "Flöte"


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_become_printable_text(first: bytes, second: bytes) -> None:
    """No control character reaches a terminal, and any result can be written as UTF-8."""
    encoding = find_encoding([first, second])
    for data in (first, second):
        text = decode(data, encoding)
        assert text.isprintable()
        text.encode()


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_utf_8_is_kept_but_for_control_characters(text: str) -> None:
    """What is printable of it comes back."""
    data = text.encode()
    assert decode(data, find_encoding([data])) == printable(text)


def test_what_is_written_can_be_read_anywhere() -> None:
    """Escape sequences and halves of surrogate pairs, as in odd file names, stay out of files."""
    notes = (Note(0.0, 1.0, 60),)
    score = Score(
        (Track("a\x1b[31mb\udce9", notes=notes),), end_beats=1.0, markers=(Marker(0.0, "x\x07y"),)
    )
    again = score_from_midi(midi_bytes(score, comment="from caf\udce9.mid\n"))
    assert again.tracks[0].name == "a[31mb?"
    assert again.markers[0].text == "xy"
