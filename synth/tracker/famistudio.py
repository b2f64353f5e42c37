"""Tracker songs to FamiStudio's text format.

References
----------
FamiStudio documentation: "Exporting Songs", section "FamiStudio Text"; "Editing instruments".
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.instrument.chip_score import ChipScore
from synth.instrument.macro_sequence import Sequence
from synth.instrument.preset_format import Preset
from synth.tracker.closest_text import write_closest
from synth.tracker.columns import places
from synth.tracker.famistudio_names import CHANNELS, FIRST_NOISE, note_name
from synth.tracker.famistudio_read import famistudio_song
from synth.tracker.from_score import SongWriter
from synth.tracker.song import (
    CONCERT_HZ,
    FAMISTUDIO,
    FULL,
    RELEASE,
    STOP,
    ZERO,
    Event,
    TrackerBar,
    TrackerInstrument,
    TrackerSong,
)

VERSION: Final = "4.5.2"  # FamiStudio reads texts of its own major and minor version
DEFAULT_LEVEL: Final = 64


def write_famistudio(
    score: ChipScore, preset: Preset, titles: Titles, *, beat_rows: bool = False
) -> tuple[bytes, tuple[str, ...]]:
    """Write a chip score and its preset as a FamiStudio text.

    Parameters
    ----------
    score, preset
        The notes, and how they sound.
    titles
        What the project says of itself.
    beat_rows
        Whether nothing but notes begins within rows, though fewer frames are right.

    Returns
    -------
    data
        The file.
    lost
        One line for each thing that FamiStudio cannot play.

    Raises
    ------
    SynthError
        As `SongWriter`, or if the song has more columns than FamiStudio allows.
    """
    written, remarks = write_closest(
        SongWriter(score, preset, FAMISTUDIO), titles, famistudio_text, famistudio_song,
        beat_rows=beat_rows,
    )  # fmt: skip
    return written.data, remarks


def famistudio_text(song: TrackerSong) -> str:
    """Return a song as the text of a FamiStudio project.

    Raises
    ------
    SynthError
        If it has more columns of patterns than FamiStudio allows.
    """
    if len(song.bars) > FAMISTUDIO.most_columns:
        raise SynthError(
            f"the song takes {len(song.bars)} patterns in a row, and FamiStudio has "
            f"{FAMISTUDIO.most_columns}; shorten it with --seconds"
        )
    lines = [_project(song), *_samples(song)]
    for name, instrument in song.instruments.items():
        lines += _instrument(name, instrument)
    chords = _chords(song)
    lines += [_line(1, "Arpeggio", Name=name, **_shape(chord)) for chord, name in chords.items()]
    lines += _song(song, chords)
    return "\n".join(lines) + "\n"


def _line(depth: int, kind: str, **attributes: Any) -> str:
    def text(value: Any) -> str:
        return str(value).replace('"', '""')

    given = ((name, value) for name, value in attributes.items() if value not in (None, ""))
    return "\t" * depth + kind + "".join(f' {name}="{text(value)}"' for name, value in given)


def _project(song: TrackerSong) -> str:
    return _line(
        0, "Project", Version=VERSION, TempoMode="FamiStudio", Name=song.title,
        Author=song.artist, Copyright=song.copyright,
        PAL="True" if song.region.name == "pal" else None,
        Tuning=None if song.tuning_hz == CONCERT_HZ else song.tuning_hz,
    )  # fmt: skip


def _samples(song: TrackerSong) -> Iterable[str]:
    for name, sample in song.samples.items():
        level = sample.level // 2
        yield _line(
            1, "DPCMSample", Name=name,
            DmcInitialValue=None if sample.level == DEFAULT_LEVEL else level,
            Data=sample.data.hex(),
        )  # fmt: skip


def _shape(sequence: Sequence) -> dict[str, Any]:
    """Return the attributes of an envelope; one with a release part has to loop before it."""
    loop = sequence.loop
    if sequence.release is not None and loop is None:
        loop = sequence.release - 1
    return {
        "Length": len(sequence.values),
        "Loop": loop,
        "Release": sequence.release,
        "Values": ",".join(map(str, sequence.values)),
    }


def _instrument(name: str, instrument: TrackerInstrument) -> Iterable[str]:
    yield _line(1, "Instrument", Name=name)
    for note, key in instrument.keys:
        yield _line(
            2, "DPCMMapping", Note=note_name(note), Sample=key.sample, Pitch=key.rate,
            Loop=key.loop, DmcInitialValue=None if key.level is None else key.level // 2,
        )  # fmt: skip
    for kind, sequence in (
        ("Volume", None if instrument.volume == FULL else instrument.volume),
        ("Arpeggio", None if instrument.arpeggio == ZERO else instrument.arpeggio),
        ("Pitch", None if instrument.pitch == ZERO else instrument.pitch),
        ("DutyCycle", instrument.duty),
    ):
        if sequence is not None:
            shape = _shape(sequence)
            if kind == "Pitch" and instrument.relative_pitch:
                shape = {**shape, "Relative": True}
            yield _line(2, "Envelope", Type=kind, **shape)


def _chords(song: TrackerSong) -> dict[Sequence, str]:
    """Name the arpeggios that notes bring after their semitones."""
    names: dict[Sequence, str] = {}
    for events in song.channels.values():
        for event in events.values():
            if event.arpeggio is not None and event.arpeggio not in names:
                chord = "-".join(map(str, dict.fromkeys(event.arpeggio.values)))
                name, number = f"Arp {chord}"[:60], 1
                while name in names.values():
                    number += 1
                    name = f"Arp {chord}"[:56] + f" {number}"
                names[event.arpeggio] = name
    return names


def _song(song: TrackerSong, chords: Mapping[Sequence, str]) -> Iterable[str]:
    loop = [index for index, bar in enumerate(song.bars) if bar.start == song.loop]
    usual = _usual(song.bars)
    yield _line(
        1, "Song", Name=song.title or "Song", Length=len(song.bars),
        LoopPoint=loop[0] if loop else -1, PatternLength=len(usual.rows), **_tempo(usual),
    )  # fmt: skip
    for index, bar in enumerate(song.bars):
        if _settings(bar) != _settings(usual):
            yield _line(2, "PatternCustomSettings", Time=index, Length=len(bar.rows), **_tempo(bar))
    for voice, events in song.channels.items():
        yield _line(2, "Channel", Type=CHANNELS[voice])
        yield from _patterns(song, voice, events, chords)


def _usual(bars: tuple[TrackerBar, ...]) -> TrackerBar:
    """Return the bar whose settings most have."""
    counts = Counter(map(_settings, bars))
    return max(bars, key=lambda bar: counts[_settings(bar)])


def _settings(bar: TrackerBar) -> tuple[Any, ...]:
    return len(bar.rows), bar.beat_rows, bar.groove, bar.padding


def _tempo(bar: TrackerBar) -> dict[str, Any]:
    return {
        "BeatLength": min(bar.beat_rows, len(bar.rows)),
        "NoteLength": min(bar.groove),
        "Groove": "-".join(map(str, bar.groove)),
        "GroovePaddingMode": bar.padding,
    }


def _patterns(
    song: TrackerSong, voice: str, events: Mapping[int, Event], chords: Mapping[Sequence, str]
) -> Iterable[str]:
    """Write a channel's patterns, equal ones once, and where they are played."""
    where: list[tuple[int, int]] = []  # of every place: column, and place within it
    frames: list[int] = []
    for index, bar in enumerate(song.bars):
        played = places(bar)
        where += [(index, place) for place in range(len(played))]
        frames += played
    placed = _on_places(events, {frame: number for number, frame in enumerate(frames)}, song.frames)
    notes: list[list[str]] = [[] for _ in song.bars]
    marks = sorted(placed)
    ends = _ends(placed, marks, len(frames))
    for mark in marks:
        index, place = where[mark]
        line = _note(placed[mark], voice, mark, ends, chords, looped=frames[mark] == song.loop)
        if line:
            notes[index].append(_line(4, "Note", Time=place, **line))
    names: dict[tuple[str, ...], str] = {}
    instances = []
    for index, pattern in enumerate(map(tuple, notes)):
        if not pattern:
            continue
        if pattern not in names:
            names[pattern] = f"Pattern {len(names) + 1}"
            yield _line(3, "Pattern", Name=names[pattern])
            yield from pattern
        instances.append(_line(3, "PatternInstance", Time=index, Pattern=names[pattern]))
    yield from instances


def _on_places(
    events: Mapping[int, Event], number_of: Mapping[int, int], frames: int
) -> dict[int, Event]:
    """Put events on places; what falls on a padding frame comes a frame later or earlier."""
    placed: dict[int, Event] = {}

    def put(frame: int, event: Event) -> None:
        number = number_of[frame]
        placed[number] = placed[number].followed_by(event) if number in placed else event

    for frame, event in sorted(events.items()):
        if frame >= frames:
            continue
        choices = (frame, frame + 1, frame - 1)
        free = [at for at in choices if at in number_of and (at == frame or at not in events)]
        if free:
            put(free[0], event)
            continue
        at = next((at for at in choices if at in number_of), None)
        if at is not None and event.note is not None and event.note >= 0:
            put(at, event)
    return placed


def _ends(
    placed: Mapping[int, Event], marks: list[int], count: int
) -> dict[int, tuple[int, int | None]]:
    """Return for the place of each note how long it lasts, and after how long it is released."""
    ends: dict[int, tuple[int, int | None]] = {}
    sounding: int | None = None
    release: int | None = None
    for mark in [*marks, count]:
        note = placed[mark].note if mark < count else STOP
        if note is None:
            continue
        if note == RELEASE:
            release = mark
            continue
        if sounding is not None:
            length = mark - sounding + (mark == count)
            ends[sounding] = (length, None if release is None else release - sounding)
        sounding, release = (mark, None) if note >= 0 else (None, None)
    return ends


def _note(
    event: Event, voice: str, mark: int, ends: Mapping[int, tuple[int, int | None]],
    chords: Mapping[Sequence, str], *, looped: bool,
) -> dict[str, Any]:  # fmt: skip
    """Return the attributes of what happens on one place, none if a note's length says it."""
    given: dict[str, Any] = {}
    if event.note is not None and event.note >= 0:
        length, release = ends[mark]
        note = event.note + (FIRST_NOISE if voice == "noise" else 0)
        given = {
            "Value": note_name(note), "Duration": length, "Release": release,
            "Instrument": event.instrument,
            "Arpeggio": None if event.arpeggio is None else chords[event.arpeggio],
        }  # fmt: skip
        if not event.attack:
            given["Attack"] = False
    elif event.note == STOP and looped:
        given = {"Value": "Stop"}
    given.update(
        Volume=event.volume, FinePitch=event.fine_pitch, DutyCycle=event.duty,
        DeltaCounter=event.level, PhaseReset=1 if event.reset_phase else None,
    )  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}
