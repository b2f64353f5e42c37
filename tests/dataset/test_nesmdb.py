"""Reading NES-MDB's files."""

import struct

import pytest

from chipgen.dataset.nesmdb import read_voice_notes
from chipgen.errors import ChipgenError


def varlen(value):
    """Return a MIDI variable-length number."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))


def nesmdb_file(tmp_path, events, division=22050):
    """Write a file with one voice, p1, of (delta, bytes) events."""
    body = varlen(0) + b"\xff\x03\x02p1"
    body += b"".join(varlen(delta) + data for delta, data in events)
    body += varlen(0) + b"\xff\x2f\x00"
    path = tmp_path / "song.mid"
    path.write_bytes(
        b"MThd"
        + struct.pack(">IHHH", 6, 1, 1, division)
        + b"MTrk"
        + struct.pack(">I", len(body))
        + body
    )
    return path


def test_file_is_read_with_running_status(tmp_path):
    """Notes, timbre, volume and running status are read as MIDI has them."""
    path = nesmdb_file(
        tmp_path,
        [
            (0, b"\xb0\x0c\x02"),
            (100, b"\x90\x3c\x0f"),
            (300, b"\x3c\x00"),  # running status: the note ends
            (0, b"\x40\x07"),
            (50, b"\x80\x40\x00"),
        ],
    )
    notes = read_voice_notes(path)
    assert notes.start.tolist() == [100, 400]
    assert notes.end.tolist() == [400, 450]
    assert notes.pitch.tolist() == [60, 64]
    assert notes.volume.tolist() == [15, 7]
    assert notes.timbre.tolist() == [2, 2]
    assert notes.length == 450


def test_other_files_are_refused(tmp_path):
    """Ordinary MIDI, damaged and foreign files are errors that name the file."""
    with pytest.raises(ChipgenError, match=r"song\.mid has 480 ticks"):
        read_voice_notes(nesmdb_file(tmp_path, [], division=480))
    path = nesmdb_file(tmp_path, [(0, b"\x90\x3c\x0f")])
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ChipgenError, match="cut short"):
        read_voice_notes(path)
    path.write_bytes(b"RIFF" + bytes(40))
    with pytest.raises(ChipgenError, match="not a MIDI file"):
        read_voice_notes(path)
