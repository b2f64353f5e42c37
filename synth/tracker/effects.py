"""Evaluates a channel's slides, vibrato and volume slides by frame."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from synth.chip.hardware import Region
from synth.tracker.song import RELEASE, STOP, Event, note_periods

VIBRATO_FRAMES: Final = (0, 64, 32, 21, 16, 13, 11, 9, 8, 7, 6, 5, 4)  # by speed
VIBRATO_DEPTHS: Final = (
    0x01, 0x03, 0x05, 0x07, 0x09, 0x0D, 0x13, 0x17, 0x1B, 0x21, 0x2B, 0x3B, 0x57, 0x7F, 0xBF, 0xFF,
)  # fmt: skip
MOST_STEP: Final = 127  # half timer steps a frame; sixteenths of a volume step


@dataclass(frozen=True, slots=True)
class Slide:
    """A note that moves to another during its frames."""

    start: int
    end: int
    note: int
    target: int


class Effects:
    """The events of one channel, with moving effects written out frame by frame.

    Parameters
    ----------
    voice
        Of the chip.
    region, tuning_hz
        As in `TrackerSong`.
    frames
        Length of the song.
    """

    def __init__(self, voice: str, region: Region, tuning_hz: int, frames: int) -> None:
        self._voice, self._frames = voice, frames
        self._periods = note_periods(region, tuning_hz).tolist()
        self._events: dict[int, Event] = {}
        self._bends: dict[int, int] = {}  # timer steps by frame, from slides
        self._vibratos: list[tuple[int, int, int]] = []
        self._volumes: dict[int, int] = {}

    def add(self, frame: int, event: Event) -> None:
        """Add an event; what it says takes the place of what was said for the frame."""
        old = self._events.get(frame)
        if old is None:
            self._events[frame] = event
            return
        if event.note in (STOP, RELEASE) and old.note is not None and old.note >= 0:
            return
        said = {
            name: getattr(event, name)
            for name in ("volume", "duty", "fine_pitch", "level")
            if getattr(event, name) is not None
        }
        if event.note is not None:
            said |= {
                name: getattr(event, name)
                for name in ("note", "instrument", "attack", "arpeggio", "reset_phase")
            }
        self._events[frame] = replace(old, **said)

    def slide(self, slide: Slide) -> None:
        """Move a note to another, in steps of half a timer step that are equal in all frames."""
        if self._voice == "noise":
            delta, shift = slide.note - slide.target, 4
        else:
            delta, shift = self._periods[slide.note] - self._periods[slide.target], 1
        if not delta:
            return
        frames = max(slide.end - slide.start, 1)
        rest = delta << shift
        step = min(math.ceil(abs(rest) / frames), MOST_STEP) * (-1 if delta > 0 else 1)
        for frame in range(slide.start, min(slide.end, self._frames)):
            rest = rest + step if rest and (rest + step > 0) == (delta > 0) else 0
            self._bends[frame] = (rest >> shift) - delta

    def vibrato(self, frame: int, speed: int, depth: int) -> None:
        """Begin a vibrato, or end it where speed or depth is 0."""
        self._vibratos.append((frame, speed, depth))

    def volume_slide(self, start: int, end: int, volume: int, target: int) -> None:
        """Move the volume to another."""
        delta = target - volume
        if not delta:
            return
        frames = max(end - start, 1)
        step = min(math.ceil(abs(delta * 16) / frames), MOST_STEP)
        at = volume * 16
        for frame in range(start, min(end, self._frames)):
            at = min(at + step, target * 16) if delta > 0 else max(at - step, target * 16)
            self._volumes[frame] = at >> 4

    def events(self) -> Mapping[int, Event]:
        """Return the events, moving effects as changes of volume and fine pitch."""
        if self._bends or self._vibratos:
            self._write_pitch()
        for frame, volume in self._volumes.items():
            self._events[frame] = replace(self._events.get(frame, Event()), volume=volume)
        return {f: self._events[f] for f in sorted(self._events) if 0 <= f < self._frames}

    def _write_pitch(self) -> None:
        swing = self._swing()
        fine = written = 0
        for frame in range(self._frames):
            event = self._events.get(frame)
            if event is not None and event.fine_pitch is not None:
                fine = event.fine_pitch
            wanted = fine + self._bends.get(frame, 0) + swing.get(frame, 0)
            if wanted != written:
                self._events[frame] = replace(event or Event(), fine_pitch=wanted)
                written = wanted
            elif event is not None and event.fine_pitch is not None:
                self._events[frame] = replace(event, fine_pitch=wanted)

    def _swing(self) -> dict[int, int]:
        """Return what vibrato adds to the period, by frame; each note begins it anew."""
        swing: dict[int, int] = {}
        attacks = sorted(
            frame for frame, event in self._events.items()
            if event.note is not None and event.note >= 0 and event.attack
        )  # fmt: skip
        ends = [*(frame for frame, _, _ in self._vibratos[1:]), self._frames][: len(self._vibratos)]
        for (start, speed, depth), end in zip(self._vibratos, ends, strict=True):
            if not speed or not depth:
                continue
            length = VIBRATO_FRAMES[speed]
            begin, following = start, [frame for frame in attacks if start < frame < end]
            for frame in range(start, min(end, self._frames)):
                if following and frame == following[0]:
                    begin = following.pop(0)
                angle = (frame - begin) % length * 2.0 * math.pi / length
                swing[frame] = round(-math.sin(angle) * (VIBRATO_DEPTHS[depth] // 2))
        return swing
