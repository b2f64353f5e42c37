"""Small valid notation files for fuzzing, one function for each format."""

import io
import zipfile
from typing import Final

_ABC: Final = b"X:1\nT:Tune\nM:3/4\nL:1/8\nQ:1/4=140\nK:D\n|:D2 F2 A2|d4 c2|A2 F2 D2|E6:|\n"
_MORE: Final = b"\nX:2\nT:Second\nM:4/4\nL:1/4\nK:Am\nA B c d|e4|\n"
_NOTE: Final = (
    "<note><pitch><step>{}</step><octave>4</octave></pitch><duration>1</duration>"
    "<type>quarter</type></note>"
)
_XML: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0"><part-list>'
    '<score-part id="P1"><part-name>Flute</part-name></score-part></part-list><part id="P1">'
    '<measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats>'
    "<beat-type>4</beat-type></time></attributes>"
    + "".join(map(_NOTE.format, "CDEF"))
    + "</measure></part></score-partwise>\n"
).encode()


def abc() -> list[bytes]:
    """Return a tune with repeats, and two tunes in a file."""
    return [_ABC, _ABC + _MORE]


def musicxml() -> list[bytes]:
    """Return four notes, plain and packed."""
    return [_XML, _packed({"META-INF/container.xml": b"<container/>", "score.xml": _XML})]


def musescore() -> list[bytes]:
    """Return a packed file in the shape of MuseScore's."""
    return [_packed({"score.mscx": b'<museScore version="4.20"></museScore>'})]


def _packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return buffer.getvalue()
