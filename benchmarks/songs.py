"""The music that is measured: an example, repeated until it is long enough."""

from pathlib import Path
from typing import Final

import mido

SEED: Final = Path(__file__).parents[1] / "examples" / "seed.mid"


def repeat_midi(source: Path, target: Path, seconds: float) -> float:
    """Write a MIDI file that plays `source` over and over for at least `seconds`.

    Returns
    -------
    float
        How long it lasts.
    """
    song = mido.MidiFile(source)
    turns = -(-seconds // song.length)
    ticks = max(sum(message.time for message in track) for track in song.tracks)
    bar = 4 * song.ticks_per_beat
    ticks = -(-ticks // bar) * bar
    longer = mido.MidiFile(type=1, ticks_per_beat=song.ticks_per_beat)
    for track in song.tracks:
        copy = mido.MidiTrack()
        for turn in range(int(turns)):
            left = ticks
            for message in track:
                if message.type == "end_of_track" or (turn and message.type == "track_name"):
                    continue
                left -= message.time
                copy.append(message.copy())
            copy.append(mido.Message("control_change", control=119, value=0, time=left))
        copy.append(mido.MetaMessage("end_of_track"))
        longer.tracks.append(copy)
    longer.save(target)
    return float(longer.length)
