"""Converts scores to pretty_midi objects and back."""

import io
from typing import TYPE_CHECKING

from chipgen.music.midi.read import score_from_midi
from chipgen.music.midi.write import midi_bytes
from chipgen.music.score import Score

if TYPE_CHECKING:
    import pretty_midi

# pretty_midi takes files of more than 10 million ticks for damaged, which at NES-MDB's resolution
# is under four minutes. Ours are bounded by the reader.
_MAX_TICK = 1e16


def to_pretty_midi(score: Score) -> "pretty_midi.PrettyMIDI":
    """Return `score` as a ``pretty_midi.PrettyMIDI``, whose times are in seconds.

    Raises
    ------
    ChipgenError
        If `score` holds what MIDI cannot say.

    Notes
    -----
    The library's limit on ticks is lifted for the time of the call.
    """
    import pretty_midi

    limit = pretty_midi.pretty_midi.MAX_TICK
    pretty_midi.pretty_midi.MAX_TICK = max(limit, _MAX_TICK)
    try:
        return pretty_midi.PrettyMIDI(io.BytesIO(midi_bytes(score)))
    finally:
        pretty_midi.pretty_midi.MAX_TICK = limit


def from_pretty_midi(midi: "pretty_midi.PrettyMIDI", dialect: str = "auto") -> Score:
    """Return a ``pretty_midi.PrettyMIDI`` as a Score; `dialect` as in `read_midi`.

    Raises
    ------
    ChipgenError
        If it lasts longer than `read_midi` allows.
    """
    buffer = io.BytesIO()
    midi.write(buffer)
    return score_from_midi(buffer.getvalue(), name="the PrettyMIDI object", dialect=dialect)
