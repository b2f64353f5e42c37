"""Reads and writes MIDI files."""

from chipgen.music.midi.loop_marks import LOOP_END, LOOP_START
from chipgen.music.midi.read import read_midi, score_from_midi
from chipgen.music.midi.to_pretty_midi import from_pretty_midi, to_pretty_midi
from chipgen.music.midi.write import midi_bytes
from chipgen.music.nesmdb_dialect import chip_to_midi_level, detect_dialect, midi_to_chip_level

__all__ = [
    "LOOP_END",
    "LOOP_START",
    "chip_to_midi_level",
    "detect_dialect",
    "from_pretty_midi",
    "midi_bytes",
    "midi_to_chip_level",
    "read_midi",
    "score_from_midi",
    "to_pretty_midi",
]
