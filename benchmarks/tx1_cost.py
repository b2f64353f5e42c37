"""Measures what LakhNES's TX1 events cost when written as rows.

    python -m benchmarks.tx1_cost nesmdb_midi --split valid

TX1 (Donahue et al., "LakhNES", ISMIR 2019) tells a song as one event for each note that begins
(voice and pitch), each that ends in a rest (voice), and each wait between them. A song's rows, the
states on them and what this script adds determine all of these, so the sum of what they cost is an
upper bound on the nats a model of rows needs for the TX1 text. What it adds is coded by mixing
counts in several contexts, learned on the song itself as it goes along: nothing is fitted
beforehand, and a trained model could need less.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.context_mixing import ContextMixing
from chipgen.dataset.nesmdb import read_voice_notes
from chipgen.dataset.splits import split_files
from chipgen.rows.quantise import FEWEST_ONSETS, RowSong, count_onset_times, notes_of, rows_of
from chipgen.rows.row_fit import describe_rows
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes

_FRAMES_HZ: Final = (NES_FRAME_HZ, 60.0)  # of files that keep the chip's own time, and others
# TX1's waits, in samples: up to how many, in steps of how many, and the number of none.
_STEPS: Final = ((100, 1, 0), (1000, 10, 90), (10_000, 100, 180), (100_000, 1000, 270))
_TIED: Final = 5000  # stands for the length of a note that the next one of its voice ends


def main() -> None:
    """Print the bound, part by part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path, help="unpacked nesmdb_midi folder")
    parser.add_argument("--split", default="valid")
    parser.add_argument("--every", type=int, default=1, help="measure one song in so many")
    wanted = parser.parse_args()
    files = split_files(wanted.data)[wanted.split][:: wanted.every]
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
    """Return the number of TX1 events: notes that begin, or end in a rest, and waits."""
    moments = np.unique(np.concatenate([[0], notes.start, notes.end, [notes.length]]))
    return len(notes) + int((~_is_tied(notes)).sum()) + len(moments) - 1


def residual_nats(song: RowSong, notes: VoiceNotes) -> dict[str, float]:
    """Return what a song's rows and states do not tell of its notes, by kind, in nats.

    First, row by row and voice by voice, in which video frames notes begin and end, and ornaments;
    then, frame by frame, in what order that happens, and the waits in TX1's steps.
    """
    nats: dict[str, float] = defaultdict(float)
    length, phase = _frames_of(notes)
    begins = np.floor((notes.start - phase) / length).astype(np.int64)
    ends = np.floor((notes.end - phase) / length).astype(np.int64)
    tied = _is_tied(notes)
    frames = np.rint(song.grid.times_s * TICKS_A_SECOND / length - 0.5).astype(np.int64)
    main = notes_of(song.rows)
    end_row = {
        (int(row), int(voice)): int(end)
        for row, voice, end in zip(main.row, main.voice, main.end_row, strict=True)
    }
    delays, releases = ContextMixing(256), ContextMixing(4096)
    more, offsets = ContextMixing(2), ContextMixing(256)
    intervals, lengths = ContextMixing(256), ContextMixing(4096)
    lasts = [_Played() for _ in range(4)]
    alike: dict[tuple[int, ...], _Played] = {}
    first_row, first_delay = -1, 0
    for (row, voice), own in sorted(_by_row(song, notes).items()):
        long = max(own, key=lambda note: (notes.end[note] - notes.start[note], -note))
        last, pitch = lasts[voice], int(notes.pitch[long])
        rows = min(64, end_row[row, voice] - row)
        like = alike.get((voice, pitch, rows), alike.get((voice, pitch), _Played()))
        lead = first_delay if row == first_row else None
        delay = int(begins[long] - frames[row])
        nats["frames from the row to the note"] += delays.tell(
            delay, voice, (voice, last.delay), (voice, last.delay, lead, rows),
            (voice, like.delay, last.delay, lead),
        )  # fmt: skip
        graces: list[tuple[int, int, int]] = []
        for note in [*(note for note in own if note != long), None]:
            far, near = tuple(graces), graces[-1] if graces else None
            count = len(graces)
            nats["ornaments"] += more.tell(
                note is not None, (voice, count), (voice, far, len(last.graces)),
                (voice, far, last.graces, rows), (voice, far, like.graces),
            )  # fmt: skip
            if note is None:
                break
            grace = (
                int(begins[note] - begins[long]),
                int(notes.pitch[note]) - pitch,
                _TIED if tied[note] else int(ends[note] - begins[note]),
            )
            for told, value, before in zip(
                (offsets, intervals, lengths), grace, ((), grace[:1], grace[:2]), strict=True
            ):
                nats["ornaments"] += told.tell(
                    value, voice, (voice, count, before, near), (voice, far, before, last.graces),
                    (voice, far, before, like.graces),
                )  # fmt: skip
            graces.append(grace)
        release = _TIED if tied[long] else int(ends[long] - frames[end_row[row, voice]])
        nats["frames from the row to the note's end"] += releases.tell(
            release, voice, (voice, last.release), (voice, last.release, min(8, rows)),
            (voice, rows, like.release, last.release),
        )  # fmt: skip
        lasts[voice] = played = _Played(delay, tuple(graces), release)
        alike[voice, pitch] = alike[voice, pitch, rows] = played
        if row != first_row:
            first_row, first_delay = row, delay
    coarse, fine = (
        _wait_nats(notes, begins, ends, tied, length, steps) for steps in (_in_hundreds, _in_steps)
    )
    nats["order and waits, to 100 samples"] = coarse
    nats["waits in TX1's own steps, beyond that"] = fine - coarse
    return dict(nats)


@dataclass(frozen=True, slots=True)
class _Played:
    """How a voice played a note: frames it was late, its ornaments, frames that it rang on."""

    delay: int = 0
    graces: tuple[tuple[int, int, int], ...] = ()
    release: int = 0


def _frames_of(notes: VoiceNotes) -> tuple[float, float]:
    """Return how long a song's video frames are, in ticks, and where the first one begins.

    Of the lengths that occur, the one on which onsets crowd most; frames begin where none are.
    """
    found = []
    for hz in _FRAMES_HZ:
        length = TICKS_A_SECOND / hz
        places = np.sort(notes.start % length)
        gaps = np.diff(np.append(places, places[0] + length))
        widest = int(np.argmax(gaps))
        found.append((float(gaps[widest]), length, float(places[widest] + gaps[widest] / 2)))
    _, length, phase = max(found)
    return length, phase % length - length


def _is_tied(notes: VoiceNotes) -> NDArray[np.bool_]:
    """Return which notes end where the next one of their voice begins, to the sample."""
    tied = np.zeros(len(notes), dtype=np.bool_)
    for voice in range(4):
        own = np.flatnonzero(notes.voice == voice)
        tied[own[:-1]] = notes.end[own[:-1]] == notes.start[own[1:]]
    return tied


def _by_row(song: RowSong, notes: VoiceNotes) -> dict[tuple[int, int], list[int]]:
    """Return the notes that begin on each row and voice, in the order of their onsets."""
    rows = np.minimum(song.grid.nearest(notes.start / TICKS_A_SECOND), len(song) - 1)
    found: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for note, (row, voice) in enumerate(zip(rows.tolist(), notes.voice.tolist(), strict=True)):
        found[row, voice].append(note)
    return found


def _wait_nats(
    notes: VoiceNotes,
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    tied: NDArray[np.bool_],
    length: float,
    steps: Callable[[int], int],
) -> float:
    """Return what the order of events and the waits between them cost, their frames being known.

    `steps` numbers waits of so many samples.
    """
    events = [
        (int(frame), int(tick), 2 * int(voice))
        for frame, tick, voice in zip(begins, notes.start, notes.voice, strict=True)
    ]
    events += [
        (int(ends[note]), int(notes.end[note]), 2 * int(notes.voice[note]) + 1)
        for note in np.flatnonzero(~tied)
    ]
    by_frame: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for frame, tick, kind in sorted(events):
        by_frame[frame].append((tick, kind))
    order, waits = ContextMixing(8), ContextMixing(2048)
    nats, tick, frame, last, usual = 0.0, 0, 0, -1, dict[tuple[int, int, int], int]()
    for now, own in by_frame.items():
        left = sorted(kind for _, kind in own)
        for at, kind in own:
            if len(set(left)) > 1:
                nats += order.tell(kind, tuple(left), (tuple(left), last))
            left.remove(kind)
            gap = now - frame
            expected = steps(round(gap * length))
            wait = steps(at - tick) - expected
            pair = kind, last, min(gap, 2)
            nats += waits.tell(
                wait, min(gap, 2), pair, (pair, usual.get(pair)), (pair, gap, usual.get(pair))
            )
            usual[pair] = wait
            tick, frame, last = at, now, kind
    return nats


def _in_hundreds(ticks: int) -> int:
    return round(ticks / 100)


def _in_steps(ticks: int) -> int:
    """Return the number of a wait in TX1's vocabulary, which is coarser the longer it is."""
    for most, size, first in _STEPS:
        if ticks <= most:
            return first + round(ticks / size)
    return 370


if __name__ == "__main__":
    main()
