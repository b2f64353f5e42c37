"""Reads NES-MDB files as bare notes with known voices, to train the separator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score
from synth.chip.voices import PITCHED_ROLES

LEAST_NOTES: Final = 32
FRAME_HZ: Final = 60.0


@dataclass(frozen=True, slots=True)
class VoicedSong:
    """The melodic notes of one song, sorted by onset, then pitch from the top.

    Attributes
    ----------
    name
        Of its file.
    start_s, end_s, pitch
        Onset and end in seconds, MIDI pitch; shape (n_notes,).
    voice
        The composer's: 0 and 1 for the pulses, 2 for the triangle; shape (n_notes,).
    """

    name: str
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    pitch: NDArray[np.float64]
    voice: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pitch)

    def part(self, first: int, last: int) -> "VoicedSong":
        """Return the notes from `first` up to `last`."""
        cut = slice(first, last)
        return VoicedSong(
            self.name, self.start_s[cut], self.end_s[cut], self.pitch[cut], self.voice[cut]
        )


def read_voiced_song(path: Path) -> VoicedSong | None:
    """Read the notes of p1, p2 and tr; None unless all three play, `LEAST_NOTES` notes in all."""
    try:
        score = read_score(path)
    except ChipgenError:
        return None
    rows: list[tuple[float, float, float, int]] = []
    for track in score.tracks:
        if track.role in PITCHED_ROLES and track.notes:
            starts_s = score.beats_to_seconds([note.onset_beats for note in track.notes]).tolist()
            ends_s = score.beats_to_seconds([note.end_beats for note in track.notes]).tolist()
            voice = PITCHED_ROLES.index(track.role)
            rows += [
                (start_s, -float(note.pitch), end_s, voice)
                for start_s, end_s, note in zip(starts_s, ends_s, track.notes, strict=True)
            ]
    if len(rows) < LEAST_NOTES or len({row[3] for row in rows}) < len(PITCHED_ROLES):
        return None
    return _song(path.name, rows)


def read_voiced_songs(files: Sequence[Path]) -> Iterator[VoicedSong]:
    """Read the songs that qualify, in the order of `files`."""
    for path in files:
        song = read_voiced_song(path)
        if song is not None:
            yield song


def round_to_frames(song: VoicedSong) -> VoicedSong:
    """Put onsets and ends on 1/60 s, as a score has them that no driver's timing shows through.

    Notes that vanish, such as timers caught between two register writes, are left out.
    """
    return round_times(song, FRAME_HZ)


def round_times(song: VoicedSong, clock_hz: float, phase: float = 0.0) -> VoicedSong:
    """Put onsets and ends on a clock's ticks, as a file of that resolution would.

    Parameters
    ----------
    song
        The notes; those that begin and end on one tick are left out.
    clock_hz
        Ticks a second.
    phase
        By how much of a tick rounding is off the nearest, from −0.5 (always down) to 0.5.
    """
    starts_s = np.rint(song.start_s * clock_hz + phase) / clock_hz
    ends_s = np.rint(song.end_s * clock_hz + phase) / clock_hz
    stays = ends_s > starts_s
    rows = list(
        zip(
            starts_s[stays].tolist(), (-song.pitch[stays]).tolist(), ends_s[stays].tolist(),
            song.voice[stays].tolist(), strict=True,
        )
    )  # fmt: skip
    return _song(song.name, rows)


def _song(name: str, rows: list[tuple[float, float, float, int]]) -> VoicedSong:
    rows.sort()
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    return VoicedSong(name, table[:, 0], table[:, 2], -table[:, 1], table[:, 3].astype(np.int64))
