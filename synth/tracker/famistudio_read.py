"""FamiStudio's text format to tracker songs.

References
----------
FamiStudio documentation: "Exporting Songs", section "FamiStudio Text"; "Editing patterns".
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from synth.errors import SynthError
from synth.formats.chipfile import Track, clean_text
from synth.instrument.chip_score import ChipScore
from synth.instrument.preset_loader import Preset
from synth.tracker.columns import groove_frames
from synth.tracker.effects import Effects, Slide
from synth.tracker.famistudio_names import FIRST_NOISE, NAMES
from synth.tracker.famistudio_text import (
    NOTE,
    VOICE_OF,
    Project,
    RawNote,
    RawSong,
    Tempo,
    parse_project,
)
from synth.tracker.rows import RowClock
from synth.tracker.song import FAMISTUDIO, NOTES, RELEASE, STOP, Event, TrackerBar, TrackerSong
from synth.tracker.song_list import list_songs, pick_song
from synth.tracker.to_score import chip_score

MOST_FRAMES: Final = 1_000_000


def read_famistudio(data: bytes, name: str, track: int) -> tuple[ChipScore, Preset]:
    """Read a song of a FamiStudio text as a chip score, and its instruments as a preset.

    Parameters
    ----------
    data
        The file.
    name
        What errors call it.
    track
        Which song, counted from 1.

    Raises
    ------
    SynthError
        If the text does not follow the format: one line with the file, line, and what is wrong;
        or if there is no such song.
    """
    return chip_score(famistudio_song(data, name, track))


def list_famistudio(data: bytes, name: str) -> tuple[Track, ...]:
    """Return the songs of a FamiStudio text.

    Raises
    ------
    SynthError
        As `read_famistudio`.
    """
    return list_songs(song.name for song in parse_project(data, name).songs)


def famistudio_song(data: bytes, name: str, track: int = 1) -> TrackerSong:
    """Read a song of a FamiStudio text as it is.

    Raises
    ------
    SynthError
        As `read_famistudio`.
    """
    project = parse_project(data, name)
    return _Song(project, pick_song(project.songs, track, name), name).song()


class _Song:
    """Puts a song's notes on frames."""

    def __init__(self, project: Project, raw: RawSong, name: str) -> None:
        self._project, self._raw, self._name = project, raw, name
        self._remarks: list[str] = []
        self._speeds = self._find_speeds()

    def song(self) -> TrackerSong:
        """Return the song."""
        raw, project = self._raw, self._project
        starts, places, frames = self._places()
        channels = {}
        for channel in raw.channels:
            voice = VOICE_OF.get(channel)
            if voice is None:
                if any(
                    c == channel and raw.patterns[channel, p] for (c, _), p in raw.instances.items()
                ):
                    self._remarks.append(f"channel {channel} is left out; the 2A03 has none")
                continue
            channels[voice] = self._events(channel, voice, places, frames)
        loops = 0 <= raw.loop < raw.length
        bars = tuple(
            TrackerBar(start, max(1, round(tempo.notes / tempo.beat)))
            for start, tempo in zip(starts, map(self._tempo, range(raw.length)), strict=True)
        )
        return TrackerSong(
            rules=FAMISTUDIO,
            region=project.region,
            tuning_hz=project.tuning_hz,
            title=clean_text(project.title or raw.name),
            artist=clean_text(project.artist),
            copyright=clean_text(project.copyright),
            instruments={k: v for k, v in project.instruments.items() if k not in project.foreign},
            samples=project.samples,
            channels=channels,
            bars=bars,
            frames=frames,
            loop=starts[raw.loop] if loops else None,
            remarks=tuple(self._remarks),
        )

    def _tempo(self, column: int) -> Tempo:
        return self._raw.custom.get(column, self._raw.tempo)

    def _find_speeds(self) -> dict[tuple[int, int], int]:
        """Return the changes of FamiTracker's speed by column and row."""
        speeds = {}
        for (channel, column), pattern in self._raw.instances.items():
            for note in self._raw.patterns[channel, pattern]:
                if int(note.given.get("Speed", 0)):
                    speeds[column, note.time] = int(note.given["Speed"])
        return speeds

    def _places(self) -> tuple[list[int], dict[tuple[int, int], int], int]:
        """Return the frame of each column, that of each place in it, and the number of frames."""
        raw = self._raw
        starts: list[int] = []
        places: dict[tuple[int, int], int] = {}
        frame = 0
        clock = RowClock(self._project.region, raw.speed, raw.beats_a_minute)
        for column in range(raw.length):
            tempo = self._tempo(column)
            if tempo.groove:
                starts.append(frame)
                for place, at in enumerate(groove_frames(tempo.notes, tempo.groove, tempo.padding)):
                    places[column, place] = frame + at
                frame += sum(tempo.groove[n % len(tempo.groove)] for n in range(tempo.notes))
            else:
                for row in range(tempo.notes):
                    at = clock.next_row()
                    places[column, row] = at
                    if not row:
                        starts.append(at)
                    clock.speed = self._speeds.get((column, row), clock.speed)
            if frame > MOST_FRAMES or clock.frame > MOST_FRAMES:
                raise SynthError(f"{self._name}: the song is longer than {MOST_FRAMES} frames")
        if self._project.famitracker_tempo:
            frame = clock.next_row()
        return starts, places, max(frame, 1)

    def _events(
        self, channel: str, voice: str, places: dict[tuple[int, int], int], frames: int
    ) -> Mapping[int, Event]:
        """Return the events of a channel by frame."""
        raw = self._raw
        order = list(places)  # every place of the song in time
        number_of = {place: number for number, place in enumerate(order)}
        when = [*places.values(), frames]
        effects = Effects(voice, self._project.region, self._project.tuning_hz, frames)
        lines: list[tuple[int, RawNote]] = []
        for (owner, column), pattern in raw.instances.items():
            if owner == channel and column < raw.length:
                for note in raw.patterns[channel, pattern]:
                    number = number_of.get((column, note.time))
                    if number is not None:  # behind a shortened pattern's end
                        lines.append((number, note))
        lines.sort(key=lambda line: line[0])
        numbers = [number for number, _ in lines]
        for index, (number, line) in enumerate(lines):
            self._line(effects, voice, line, number, when, numbers, lines, index)
        return effects.events()

    def _line(
        self, effects: Effects, voice: str, line: RawNote, number: int, when: list[int],
        numbers: list[int], lines: list[tuple[int, RawNote]], index: int,
    ) -> None:  # fmt: skip
        given = line.given
        frame = when[number] + int(given.get("NoteDelay", 0))
        whole: dict[str, Any] = {
            name: int(given[key]) for name, key in _EFFECTS.items() if key in given
        }
        if "duty" in whole:
            whole["duty"] &= 3
        value = given.get("Value", "")
        note = {"": None, "Stop": STOP, "Release": RELEASE}.get(value, 0)
        event = Event(**whole, reset_phase=given.get("PhaseReset") == "1")
        if note == 0:
            note = self._note(value, voice)
            event = replace(
                event, note=note, instrument=given.get("Instrument", ""),
                attack=given.get("Attack", "True").lower() == "true",
                arpeggio=self._project.arpeggios.get(given.get("Arpeggio", "")),
            )  # fmt: skip
        elif note is not None:
            event = replace(event, note=note)
        effects.add(frame, event)
        following = self._next(numbers, lines, index, len(when) - 1)
        end = when[following]
        if note is not None and note >= 0 and "Duration" in given:
            last = min(number + int(given["Duration"]), len(when) - 1)
            if last < following or (last == following and following == len(when) - 1):
                end = when[last]
                if last < len(when) - 1:
                    effects.add(end, Event(note=STOP))
            released = number + int(given.get("Release", 0))
            if "Release" in given and released < min(following, last):
                effects.add(when[released], Event(note=RELEASE))
        if "CutDelay" in given:
            effects.add(when[number] + int(given["CutDelay"]), Event(note=STOP))
        if "SlideTarget" in given and note is not None and note >= 0:
            effects.slide(Slide(frame, end, note, self._note(given["SlideTarget"], voice)))
        if "VibratoDepth" in given or "VibratoSpeed" in given:
            effects.vibrato(
                frame, int(given.get("VibratoSpeed", 0)), int(given.get("VibratoDepth", 0))
            )
        if "VolumeSlideTarget" in given and "Volume" in given:
            later = [n for n, line in lines[index + 1 :] if "Volume" in line.given][:1]
            until = when[later[0] if later else len(when) - 1]
            effects.volume_slide(
                frame, until, int(given["Volume"]), int(given["VolumeSlideTarget"])
            )

    @staticmethod
    def _next(numbers: list[int], lines: list[tuple[int, RawNote]], index: int, last: int) -> int:
        """Return the place of the note, stop or release that comes after a line."""
        for at in range(index + 1, len(lines)):
            if lines[at][1].given.get("Value", "Release") != "Release":
                return numbers[at]
        return last

    @staticmethod
    def _note(text: str, voice: str) -> int:
        found = NOTE.fullmatch(text)
        assert found is not None
        note = int(found[2]) * 12 + NAMES.index(found[1])
        return (note - FIRST_NOISE) % 16 if voice == "noise" else min(note, NOTES - 1)


_EFFECTS: Final = {
    "volume": "Volume", "duty": "DutyCycle", "fine_pitch": "FinePitch", "level": "DeltaCounter",
}  # fmt: skip
