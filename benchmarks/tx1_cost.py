"""Measures what LakhNES's TX1 events cost when written as rows.

    python -m benchmarks.tx1_cost nesmdb_midi

TX1 (Donahue et al., "LakhNES", ISMIR 2019) tells a song as one event for each note that begins
(voice and pitch), each that ends (voice), and each wait between them. A song's rows, the states on
them and what this script adds determine every one of those events, so the sum of what they cost is
an upper bound on the nats a model of rows needs for the TX1 text, whatever its events are called.
What it adds is coded with adaptive counts, learned on the song itself as it goes along: a bound
that a trained model could lower. Nothing is fitted beforehand. The number of events is counted
here, from the notes; LakhNES's own text of the same split may merge some.
"""

import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

import numpy as np

from chipgen.dataset.nesmdb import read_voice_notes
from chipgen.dataset.splits import split_files
from chipgen.rows.quantise import FEWEST_ONSETS, RowSong, count_onset_times, notes_of, rows_of
from chipgen.rows.row_fit import describe_rows
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes

# TX1 writes waits of up to 100,000 samples in three ranges of steps: every sample to 100, tens of
# samples to 1,000, then hundreds; the waits between notes are mostly told in hundreds.
_STEP_SAMPLES: Final = 100
_LONGEST_WAIT: Final = 100_000


class Adaptive:
    """Adaptive counts by context: the nats of each symbol, given those told before it."""

    def __init__(self, symbols: int) -> None:
        self._counts: defaultdict[object, dict[int, float]] = defaultdict(dict)
        self._symbols = symbols

    def tell(self, symbol: int, context: object = None) -> float:
        """Return the nats of a symbol, and count it."""
        seen = self._counts[context]
        total = sum(seen.values())
        share = (seen.get(symbol, 0.0) + 0.5 / self._symbols) / (total + 0.5)
        seen[symbol] = seen.get(symbol, 0.0) + 1.0
        return -float(np.log(share))


def main() -> None:
    """Print the bound, part by part."""
    files = split_files(Path(sys.argv[1]))["valid"]
    parts: defaultdict[str, float] = defaultdict(float)
    events, seconds, songs = 0, 0.0, 0
    for path in files:
        notes = read_voice_notes(path)
        if count_onset_times(notes) < FEWEST_ONSETS:
            continue
        song = rows_of(notes)
        for name, nats in residual_nats(song, notes).items():
            parts[name] += nats
        parts["row lengths"] += describe_rows(song.grid.frames)
        events += count_events(notes)
        seconds += notes.seconds
        songs += 1
    print(
        f"{songs} songs, {seconds:,.0f} s, {events:,} TX1 events, {events / seconds:.1f} a second"
    )
    for name, nats in sorted(parts.items(), key=lambda part: -part[1]):
        print(f"{name:44}{nats / seconds:8.2f} nats/s{nats / events:8.3f} a TX1 event")
    total = sum(parts.values())
    print(
        f"{'all but the states':44}{total / seconds:8.2f} nats/s{total / events:8.3f} a TX1 event"
    )


def count_events(notes: VoiceNotes) -> int:
    """Return the number of TX1 events: notes that begin, that end, and waits between moments."""
    moments = np.unique(np.concatenate([[0], notes.start, notes.end, [notes.length]]))
    waits = np.diff(moments)
    return 2 * len(notes) + int(np.ceil(waits / _LONGEST_WAIT).sum())


def residual_nats(song: RowSong, notes: VoiceNotes) -> dict[str, float]:
    """Return what a song's rows and states do not tell of its notes, by kind, in nats."""
    nats: dict[str, float] = defaultdict(float)
    main_notes = notes_of(song.rows)
    delays, ends, ticks = Adaptive(64), Adaptive(4096), Adaptive(16)
    more, pitches, lengths = Adaptive(2), Adaptive(256), Adaptive(256)
    at = {
        (int(r), int(v)): i
        for i, (r, v) in enumerate(zip(main_notes.row, main_notes.voice, strict=True))
    }
    extra: defaultdict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    for ornament in song.ornaments:
        where = int(ornament["row"]), int(ornament["voice"])
        extra[where].append(
            (int(ornament["delay"]), int(ornament["pitch"]), int(ornament["length"]))
        )
    # Where each main note really ends, in frames after the row at which its state ends.
    frames = song.grid.times_s * NES_FRAME_HZ
    true_end = _true_ends(song, notes)
    last_end = [0, 0, 0, 0]
    last_delay = [0, 0, 0, 0]
    for (row, voice), i in sorted(at.items()):
        delay = int(song.delay[row, voice])
        nats["frames from the row to the note"] += delays.tell(delay, (voice, last_delay[voice]))
        last_delay[voice] = delay
        late = round(
            true_end.get((row, voice), frames[main_notes.end_row[i]])
            - frames[main_notes.end_row[i]]
        )
        nats["frames from the row to the note's end"] += ends.tell(late, (voice, last_end[voice]))
        last_end[voice] = late
        key = 0
        for delay, pitch, length in extra[row, voice]:
            nats["ornaments"] += more.tell(1, (voice, key))
            nats["ornaments"] += delays.tell(delay, (voice, "ornament", key))
            nats["ornaments"] += pitches.tell(pitch - int(main_notes.pitch[i]), (voice, key))
            nats["ornaments"] += lengths.tell(min(length, 255), (voice, key))
            key = min(key + 1, 4)
        nats["ornaments"] += more.tell(0, (voice, key))
    # Within the frame: TX1 tells waits in steps of 100 samples, of which a frame has seven.
    moments = np.unique(np.concatenate([notes.start, notes.end]))
    phase = (moments * NES_FRAME_HZ / TICKS_A_SECOND) % 1.0
    step = np.floor(phase * TICKS_A_SECOND / NES_FRAME_HZ / _STEP_SAMPLES).astype(np.int64)
    previous = 0
    for value in step.tolist():
        nats["place within the frame"] += ticks.tell(value, previous)
        previous = value
    return dict(nats)


def _true_ends(song: RowSong, notes: VoiceNotes) -> dict[tuple[int, int], float]:
    """Return when the longest note that begins on each row and voice ends, in frames."""
    row = np.minimum(song.grid.nearest(notes.start / TICKS_A_SECOND), len(song) - 1)
    longest: dict[tuple[int, int], tuple[int, float]] = {}
    for i in range(len(notes)):
        where = int(row[i]), int(notes.voice[i])
        length = int(notes.end[i] - notes.start[i])
        if length > longest.get(where, (0, 0.0))[0]:
            longest[where] = length, float(notes.end[i]) / TICKS_A_SECOND * NES_FRAME_HZ
    return {where: end for where, (_, end) in longest.items()}


if __name__ == "__main__":
    main()
