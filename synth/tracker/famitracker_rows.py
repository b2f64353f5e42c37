"""The rows of one FamiTracker channel to events, effects that move written out frame by frame."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from synth.chip.hardware import Region
from synth.instrument.macro_sequence import Sequence
from synth.tracker.song import NOTES, RELEASE, STOP, Event, note_periods

VIBRATO_DEPTHS: Final = (
    1.0, 1.5, 2.5, 4.0, 5.0, 7.0, 10.0, 12.0, 14.0, 17.0, 22.0, 30.0, 44.0, 64.0, 96.0, 128.0,
)  # fmt: skip
VIBRATO_TURN: Final = 64
NO_SHIFT: Final = 0x80  # of the fine pitch effect
VOLUME_PARTS: Final = 8  # of a volume step in which Axy counts
UNPLAYED: Final = {
    "7": "tremolo", "E": "hardware envelopes", "H": "hardware sweeps", "I": "hardware sweeps",
    "W": "DPCM pitches", "X": "DPCM retriggers", "Y": "DPCM offsets",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """A channel's part of a row: note or ``---``, ``===``, ``...``; the rest None where empty."""

    note: int | str = "..."
    instrument: int | None = None
    volume: int | None = None
    effects: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class _Motion:
    """What moves a channel's pitch and volume from frame to frame."""

    chord: tuple[int, int] = (0, 0)
    step: int = 0  # timer steps a frame, without end
    porta: int = 0  # timer steps a frame towards the note
    glide: int = 0  # the same, of Qxy and Rxy, for one note
    vibrato: tuple[int, int] = (0, 0)
    volume: int = 0
    fine: int = 0


class ChannelPlayer:
    """Takes the rows of a channel in the order in which they are played."""

    def __init__(
        self, voice: str, region: Region, instruments: Mapping[int, str],
        keys: Mapping[int, frozenset[int]],
    ) -> None:  # fmt: skip
        self._voice, self._instruments, self._keys = voice, instruments, keys
        self._table = note_periods(region).tolist()
        self._events: dict[int, Event] = {}
        self._rows: list[tuple[int, Cell]] = []
        self._chord = (0, 0)  # of the note that sounds
        self.remarks: list[str] = []

    def row(self, frame: int, cell: Cell) -> None:
        """Take a row, and what is late in it to where it comes."""
        late = next((value for effect, value in cell.effects if effect == "G"), 0)
        self._rows.append((frame + late if late else frame, cell))

    def events(self, frames: int) -> Mapping[int, Event]:
        """Return the channel's events by frame."""
        rows = self._in_time()
        motion = _Motion()
        note = -1
        period = target = 0
        chord_at = phase = 0
        written, volume, shown = 0, 15 * VOLUME_PARTS, 15
        stop_at: int | None = None
        for frame in range(frames):
            for cell in rows.get(frame, ()):
                self._effects(cell, motion)
                for effect, value in cell.effects:
                    if effect == "S":
                        stop_at = frame + value
                if cell.volume is not None:
                    volume = cell.volume * VOLUME_PARTS
                event = self._event(cell, motion)
                if event.note is not None and event.note >= 0:
                    stop_at = stop_at if any(e == "S" for e, _ in cell.effects) else None
                    goes_on = note >= 0 and motion.porta and self._pitched
                    note, chord_at = event.note, frame
                    target = self._period(note)
                    period = period if goes_on else target
                    motion.glide = 0
                elif event.note == STOP:
                    note = -1
                for effect, value in cell.effects:
                    if effect in "QR" and note >= 0 and self._pitched:
                        up = (value & 15) * (1 if effect == "Q" else -1)
                        motion.glide = (value >> 4) * 2 + 1
                        target = self._period(note + up)
                if event != Event():
                    self._events[frame] = event
            if stop_at is not None and frame >= stop_at:
                self._events[frame] = replace(self._events.get(frame, Event()), note=STOP)
                note, stop_at = -1, None
            volume = min(max(volume + motion.volume, 0), 15 * VOLUME_PARTS + VOLUME_PARTS - 1)
            if volume // VOLUME_PARTS != shown:
                shown = volume // VOLUME_PARTS
                self._events[frame] = replace(self._events.get(frame, Event()), volume=shown)
            if not self._pitched:
                continue
            period = _moved(period, target, motion) if note >= 0 else period
            phase = (phase + motion.vibrato[0]) % VIBRATO_TURN if any(motion.vibrato) else 0
            wanted = motion.fine - _swing(phase, motion.vibrato[1] if motion.vibrato[0] else -1)
            if note >= 0:
                wanted += period - self._period(note)
                wanted += self._chord_shift(note, motion, frame - chord_at)
            if wanted != written and note >= 0:
                written = wanted
                self._events[frame] = replace(self._events.get(frame, Event()), fine_pitch=wanted)
        return dict(sorted(self._events.items()))

    @property
    def _pitched(self) -> bool:
        return self._voice not in ("noise", "dmc")

    def _period(self, note: int) -> int:
        return int(self._table[min(max(note, 0), NOTES - 1)])

    def _in_time(self) -> dict[int, list[Cell]]:
        """Return the cells by frame; one that is late for its row comes with the next."""
        rows: dict[int, list[Cell]] = {}
        starts = [
            frame - next((value for effect, value in cell.effects if effect == "G"), 0)
            for frame, cell in self._rows
        ]
        for (frame, cell), following in zip(self._rows, [*starts[1:], None], strict=True):
            at = frame if following is None else min(frame, following)
            if cell != Cell():
                rows.setdefault(at, []).append(cell)
        return rows

    def _effects(self, cell: Cell, motion: _Motion) -> None:
        for effect, value in cell.effects:
            if effect == "0":
                motion.chord = (value >> 4, value & 15)
            elif effect in "12":
                motion.step = -value if effect == "1" else value
                motion.porta = 0
            elif effect == "3":
                motion.porta, motion.step = value, 0
            elif effect == "4":
                motion.vibrato = (value >> 4, value & 15)
            elif effect == "A":
                motion.volume = (value >> 4) - (value & 15)
            elif effect == "P":
                motion.fine = NO_SHIFT - value
            elif effect in UNPLAYED and value:
                self.remarks.append(f"{UNPLAYED[effect]} ({effect}xx) are left out")

    def _event(self, cell: Cell, motion: _Motion) -> Event:
        """Return what a cell says at once."""
        duty = next((value & 3 for effect, value in cell.effects if effect == "V"), None)
        level = next((value & 127 for effect, value in cell.effects if effect == "Z"), None)
        said = Event(volume=cell.volume, duty=duty, level=level)
        if isinstance(cell.note, str):
            mark = {"---": STOP, "===": RELEASE}.get(cell.note)
            return said if mark is None else replace(said, note=mark)
        instrument = "" if cell.instrument is None else self._instruments.get(cell.instrument, "")
        chord = Sequence((0, *motion.chord), loop=0) if any(motion.chord) else None
        self._chord = motion.chord
        return replace(said, note=cell.note, instrument=instrument, arpeggio=chord)

    def _chord_shift(self, note: int, motion: _Motion, at: int) -> int:
        """Return what a chord that changed within a note adds beyond the note's own."""
        if motion.chord == self._chord:
            return 0
        turn = at % 3
        now = (0, *motion.chord)[turn]
        own = (0, *self._chord)[turn]
        return self._period(note + now) - self._period(note + own)


def _moved(period: int, target: int, motion: _Motion) -> int:
    """Return a period one frame later."""
    period += motion.step
    speed = motion.porta or motion.glide
    if speed and period != target:
        step = min(speed, abs(target - period))
        period += step if target > period else -step
    return min(max(period, 0), 2047)


def _swing(phase: int, depth: int) -> int:
    if depth < 0:
        return 0
    return int(VIBRATO_DEPTHS[depth] * math.sin(2.0 * math.pi * phase / VIBRATO_TURN))
