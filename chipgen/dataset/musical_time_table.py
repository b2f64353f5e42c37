"""Writes a table of songs' musical time: a line of JSON for each song."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from chipgen.dataset.nesmdb import read_voice_notes
from chipgen.dataset.parallel import MAX_PROCESSES, map_splits
from chipgen.dataset.splits import song_bytes
from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score
from chipgen.music.score import Score
from chipgen.rows.musical_time import MusicalTime, musical_time_of
from chipgen.rows.score_conversion import voice_notes_of
from chipgen.rows.voice_notes import VoiceNotes
from synth.atomic_write import atomic_path
from synth.fileformat import read_regular

# How a song's time is given: on rows inferred from it, on single NES frames because no rows fit, in
# the beats of its own tempo map (ordinary MIDI), or not at all.
KINDS: Final = ("rows", "frames", "beats", "unreadable")
_MOST_BYTES: Final = 1_000_000_000
SURE: Final = 0.5  # meters and loops of less confidence are counted apart
_TEMPO: Final = b"\xff\x51\x03"  # a tempo event, and 500,000 µs a beat
_NOMINAL: Final = b"\x07\xa1\x20"


@dataclass(frozen=True, slots=True)
class RowEntry:
    """One song's line.

    Attributes
    ----------
    split, file
        Where it is.
    grid
        One of `KINDS`.
    confidence
        Of the rows, 0–1: the share of onsets within a frame of one, less the share of rows that
        break their pattern; 0 on frames, 1 in beats.
    notes, seconds
        How many notes there are, and how long the song is.
    first_row_s
        When the first row begins.
    row_frames
        Length of each row in NES frames (1/60.0988 s); empty in beats.
    bpm
        Beats a minute; None where no meter was found.
    meter
        ``numerator denominator beat_rows bar_rows first_bar confidence``, or None.
    loop
        ``start_row end_row start_s end_s repeated_rows confidence``, or None; with no repeated rows
        it is a guess.
    """

    split: str
    file: str
    grid: str
    confidence: float
    notes: int
    seconds: float
    first_row_s: float = 0.0
    row_frames: tuple[int, ...] = ()
    bpm: float | None = None
    meter: dict[str, float] | None = None
    loop: dict[str, float] | None = None


def tell_rows(
    folder: Path, *, processes: int = MAX_PROCESSES, progress: bool = False
) -> list[RowEntry]:
    """Infer the musical time of every song under `folder`, split by split.

    Raises
    ------
    ChipgenError
        If there is no MIDI file.
    """
    return map_splits(_tell, folder, "rows", processes=processes, progress=progress)


def write_rows(entries: list[RowEntry], path: Path, *, overwrite: bool) -> None:
    """Write a line of JSON for each song, whole or not at all."""
    with atomic_path(path, overwrite=overwrite) as temporary, temporary.open("w") as stream:
        for entry in entries:
            stream.write(json.dumps(asdict(entry), separators=(",", ":")) + "\n")


def read_rows(path: Path) -> list[RowEntry]:
    """Read what `write_rows` wrote.

    Raises
    ------
    ChipgenError
        If a line is no song's.
    """
    entries = []
    text = read_regular(path, "table of rows", _MOST_BYTES).decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            fields: dict[str, Any] = json.loads(line)
            fields["row_frames"] = tuple(fields["row_frames"])
            entries.append(RowEntry(**fields))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ChipgenError(
                f"{path}, line {number}: not a song's rows ({error}); write the file again with "
                "`chipgen dataset prepare --rows`"
            ) from None
    return entries


def format_rows(entries: list[RowEntry]) -> str:
    """Return a table of how many songs of each split are given in which way."""
    lines = [f"{'split':<8}{'rows':>7}{'frames':>8}{'beats':>7}{'unreadable':>12}{'sure loop':>11}"]
    for split in dict.fromkeys(entry.split for entry in entries):
        mine = [entry for entry in entries if entry.split == split]
        count = Counter(entry.grid for entry in mine)
        loops = sum(entry.loop is not None and entry.loop["confidence"] >= SURE for entry in mine)
        lines.append(
            f"{split:<8}{count['rows']:7,}{count['frames']:8,}{count['beats']:7,}"
            f"{count['unreadable']:12,}{loops:11,}"
        )
    return "\n".join(lines)


def entry_of(time: MusicalTime, notes: VoiceNotes, split: str, file: str) -> RowEntry:
    """Return a song's line."""
    meter, loop, grid = time.meter, time.loop, time.grid
    return RowEntry(
        split=split,
        file=file,
        grid="rows" if time.has_rows else "frames",
        confidence=round(grid.confidence, 4),
        notes=len(notes),
        seconds=round(notes.seconds, 4),
        first_row_s=round(float(grid.times_s[0]), 6),
        row_frames=tuple(grid.frames.tolist()) if time.has_rows else (),
        bpm=None if meter is None else round(meter.bpm, 3),
        meter=None
        if meter is None
        else {
            "numerator": meter.numerator,
            "denominator": meter.denominator,
            "beat_rows": meter.beat_rows,
            "bar_rows": meter.bar_rows,
            "first_bar": meter.first_bar,
            "confidence": round(meter.confidence, 4),
        },
        loop=None
        if loop is None
        else {
            "start_row": loop.start,
            "end_row": loop.end,
            "start_s": round(float(grid.times_s[loop.start]), 6),
            "end_s": round(float(grid.times_s[min(loop.end, len(grid))]), 6),
            "repeated_rows": loop.repeated_rows,
            "confidence": round(loop.confidence, 4),
        },
    )


def _tell(path: Path, split: str) -> RowEntry:
    try:
        notes = read_song(path)
        if isinstance(notes, Score):
            return _in_beats(notes, split, path.name)
    except ChipgenError:
        return RowEntry(split, path.name, "unreadable", 0.0, 0, 0.0)
    return entry_of(musical_time_of(notes), notes, split, path.name)


def read_song(path: Path) -> VoiceNotes | Score:
    """Read the notes of a song of the chip's voices, or the score of any other.

    Raises
    ------
    ChipgenError
        If the file is no MIDI file, or holds no note.
    """
    data = song_bytes(path)
    if data.count(_TEMPO) == 1 and _TEMPO + _NOMINAL in data:  # NES-MDB's own form, read quickly
        try:
            notes = read_voice_notes(path)
            if len(notes):
                return notes
        except ChipgenError:
            pass  # another file at 120 beats a minute
    score = read_score(path)
    return voice_notes_of(score) if score.dialect == "nesmdb" else score


def _in_beats(score: Score, split: str, file: str) -> RowEntry:
    """Return the line of a score that has its own tempo and meter."""
    meter = score.meters[0]
    return RowEntry(
        split=split,
        file=file,
        grid="beats",
        confidence=1.0,
        notes=sum(len(track.notes) for track in score.tracks),
        seconds=round(score.duration_s, 4),
        bpm=round(score.tempos[0].bpm, 3),
        meter={"numerator": meter.numerator, "denominator": meter.denominator, "confidence": 1.0},
    )
