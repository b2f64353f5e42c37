"""Small valid score files for fuzzing, one function for each format."""

import struct

from chipgen.music.midi.write import midi_bytes
from chipgen.music.score import NES_TRACKS, Bend, Control, Marker, Meter, Note, Score, Tempo, Track


def midi() -> list[bytes]:
    """Return MIDI files: a band with tempo and meter changes, and the chip's four voices."""
    notes = tuple(Note(beat / 2, 0.5, 60 + beat % 12, 40 + beat) for beat in range(16))
    chords = tuple(Note(beat, 1.0, pitch) for beat in range(8) for pitch in (48, 52, 55))
    band = Score(
        tracks=(
            Track(
                name="lead", notes=notes, program=80,
                controls=(Control(0.0, 7, 100), Control(2.0, 11, 64)), bends=(Bend(1.0, 2.0),),
            ),
            Track(name="piano", channel=1, notes=chords),
            Track(name="drums", channel=9, notes=tuple(Note(k, 0.25, 36) for k in range(8))),
        ),
        tempos=(Tempo(0.0, 120.0), Tempo(4.0, 90.0)),
        meters=(Meter(0.0, 4, 4), Meter(4.0, 3, 4)),
        end_beats=8.0,
        key="Am",
        markers=(Marker(0.0, "loopStart"),),
    )  # fmt: skip
    voices = Score(
        tracks=tuple(
            Track(name=role, role=role, channel=k, notes=notes[: 8 - k])
            for k, role in enumerate(NES_TRACKS[:3])
        ),
        end_beats=8.0,
        dialect="nesmdb",
    )
    return [midi_bytes(band, comment="a comment"), midi_bytes(voices)]


def riff_midi() -> list[bytes]:
    """Return the files of `midi` in their RIFF wrapper."""
    return [_riff(data) for data in midi()]


def _riff(data: bytes) -> bytes:
    body = b"RMIDdata" + struct.pack("<L", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<L", len(body)) + body
