"""Tracker songs to FamiTracker's text export, version 0.4.2, which FamiTracker 0.4.6 reads.

References
----------
FamiTracker's manual: "Effect list", "Instrument editor", "Text export".
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.instrument.chip_score import ChipScore
from synth.instrument.macro_sequence import Sequence
from synth.instrument.preset_format import Preset
from synth.tracker.closest_text import write_closest
from synth.tracker.famitracker_patterns import quoted, write_track
from synth.tracker.famitracker_read import famitracker_song
from synth.tracker.famitracker_text import KINDS
from synth.tracker.from_score import SongWriter
from synth.tracker.song import (
    FAMITRACKER,
    FULL,
    ZERO,
    TrackerInstrument,
    TrackerSong,
)
from synth.tracker.tempo_search import LOWEST_TEMPO

HEADER: Final = "# FamiTracker text export 0.4.2"
MOST_INSTRUMENTS: Final = 64
MOST_MACROS: Final = 128
BYTES_A_LINE: Final = 32


def write_famitracker(
    score: ChipScore, preset: Preset, titles: Titles, *, beat_rows: bool = False
) -> tuple[bytes, tuple[str, ...]]:
    """Write a chip score and its preset as a FamiTracker text.

    Parameters
    ----------
    score, preset
        The notes, and how they sound.
    titles
        What the module says of itself.
    beat_rows
        Whether rows are those of the beat, though fewer frames are right.

    Returns
    -------
    data
        The file.
    lost
        One line for each thing that FamiTracker cannot play.

    Raises
    ------
    SynthError
        As `SongWriter`, or if the song needs more than FamiTracker has.
    """
    written, remarks = write_closest(
        SongWriter(score, preset, FAMITRACKER), titles, famitracker_text, famitracker_song,
        beat_rows=beat_rows,
    )  # fmt: skip
    song = written.song
    if any(event.reset_phase for events in song.channels.values() for event in events.values()):
        remarks = (*remarks, "FamiTracker 0.4.6 cannot restart a pulse's wave; it runs on")
    left = _notes(song) - _notes(written.again)
    if left > 0:
        remarks = (*remarks, f"{left} notes that find no row of their own are left out")
    return written.data, remarks


def _notes(song: TrackerSong) -> int:
    """Return how many notes begin in a song."""
    events = (event for channel in song.channels.values() for event in channel.values())
    return sum(event.note is not None and event.note >= 0 for event in events)


def famitracker_text(song: TrackerSong) -> str:
    """Return a song as the text of a FamiTracker module.

    Raises
    ------
    SynthError
        If it has more instruments, macros, rows or patterns than FamiTracker.
    """
    if len(song.instruments) > MOST_INSTRUMENTS:
        raise SynthError(
            f"the song takes {len(song.instruments)} instruments, and FamiTracker has "
            f"{MOST_INSTRUMENTS}; shorten it, or write a FamiStudio text"
        )
    lines = [
        HEADER, "",
        "# Song information",
        f"TITLE           {quoted(song.title)}",
        f"AUTHOR          {quoted(song.artist)}",
        f"COPYRIGHT       {quoted(song.copyright)}", "",
        "# Song comment", f'COMMENT "{song.bars[0].beat_rows} rows a beat"', "",
        "# Global settings",
        f"MACHINE         {int(song.region.name == 'pal')}",
        "FRAMERATE       0", "EXPANSION       0", "VIBRATO         1",
        f"SPLIT           {LOWEST_TEMPO}", "",
        *_instruments(song), "",
        "# Tracks", "",
        *write_track(song),
        "# End of export",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _instruments(song: TrackerSong) -> Iterable[str]:
    """Write macros, samples and instruments."""
    numbers: dict[tuple[int, Sequence], int] = {}
    counts = [0] * len(KINDS)
    yield "# Macros"
    rows = []
    for number, (name, instrument) in enumerate(song.instruments.items()):
        used = []
        for kind, sequence in enumerate(_macros(instrument)):
            if sequence is None:
                used.append(-1)
                continue
            if (kind, sequence) not in numbers:
                numbers[kind, sequence] = counts[kind]
                counts[kind] += 1
                yield _macro(kind, numbers[kind, sequence], sequence)
            used.append(numbers[kind, sequence])
        rows.append(
            f"INST2A03 {number:3} " + " ".join(f"{macro:3}" for macro in used)
            + f" {quoted(name)}"
        )  # fmt: skip
        samples = list(song.samples)
        for note, key in instrument.keys:
            rows.append(
                f"KEYDPCM {number:3} {note // 12:3} {note % 12:3} {samples.index(key.sample):5} "
                f"{key.rate:3} {int(key.loop):3} {0:5} {song.level_of(key):3}"
            )
    for kind, count in enumerate(counts):
        if count > MOST_MACROS:
            raise SynthError(
                f"the song takes {count} {KINDS[kind]} macros, and FamiTracker has {MOST_MACROS}; "
                "shorten it, or write a FamiStudio text"
            )
    yield from ("", "# DPCM samples")
    for number, (name, sample) in enumerate(song.samples.items()):
        yield f"DPCMDEF {number:3} {len(sample.data):5} {quoted(name)}"
        for at in range(0, len(sample.data), BYTES_A_LINE):
            line = sample.data[at : at + BYTES_A_LINE]
            yield "DPCM : " + " ".join(f"{byte:02X}" for byte in line)
    yield from ("", "# Instruments", *rows)


def _macros(instrument: TrackerInstrument) -> tuple[Sequence | None, ...]:
    """Return the sequences of an instrument in the order of `KINDS`."""
    return (
        None if instrument.volume == FULL else instrument.volume,
        None if instrument.arpeggio == ZERO else instrument.arpeggio,
        None if instrument.pitch == ZERO else relative(instrument.pitch),
        None,
        instrument.duty,
    )


def relative(pitch: Sequence) -> Sequence:
    """Return an absolute pitch envelope as steps from value to value, which add up to it.

    Examples
    --------
    >>> str(relative(Sequence((0, 2, -2), loop=1)))
    '0 2 -4 [4 -4]'
    """
    values, loop = list(pitch.values), pitch.loop
    if loop is not None:  # a second time round begins from the first one's end
        values += values[loop : pitch.held_length]
        loop = pitch.held_length
    steps = np.diff(np.array([0, *values])).tolist()
    if loop is None and len(steps) > 1:
        steps.append(0)  # the last value is repeated
    return Sequence(tuple(steps), loop)


def _macro(kind: int, number: int, sequence: Sequence) -> str:
    loop = -1 if sequence.loop is None else sequence.loop
    release = -1 if sequence.release is None else sequence.release - 1
    values = " ".join(map(str, sequence.values))
    return f"MACRO {kind:7} {number:3} {loop:3} {release:3} {0:3} : {values}"
