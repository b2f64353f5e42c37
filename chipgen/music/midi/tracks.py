"""Turns one player's MIDI messages into a track: notes, programs, controls and bends."""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

from chipgen.music.midi.channel_messages import (
    BEND,
    CC_ALL_NOTES_OFF,
    CC_ALL_SOUND_OFF,
    CC_DATA,
    CC_DATA_FINE,
    CC_DECREMENT,
    CC_EXPRESSION,
    CC_INCREMENT,
    CC_NRPN,
    CC_NRPN_FINE,
    CC_RESET,
    CC_RPN,
    CC_RPN_FINE,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    Part,
)
from chipgen.music.midi.hanging_notes import TickNote
from chipgen.music.midi.loop_marks import LOOP_CONTROLS
from chipgen.music.score import Bend, Control, Note, ProgramChange, Track
from synth.chip.voices import TIMBRE

CC_TIMBRE: Final = TIMBRE  # of NES-MDB: duty, or the mode of noise
DEFAULT_BEND_SEMITONES: Final = 2.0  # General MIDI level 1
BEND_CENTRE: Final = 8192
BEND_TOP: Final = 16383

_NO_PARAMETER: Final = (127, 127)
# Registered parameters (MIDI 1.0, table 3a): the wheel's range, fine and coarse tuning.
_BEND_RANGE, _FINE_TUNING, _COARSE_TUNING = (0, 0), (0, 1), (0, 2)
_PARAMETERS: Final = frozenset({_BEND_RANGE, _FINE_TUNING, _COARSE_TUNING})
# What "reset all controllers" sets (RP-015), of what chipgen plays.
_RESET_VALUES: Final = {1: 0, CC_EXPRESSION: 127, 64: 0, 65: 0, 66: 0, 67: 0}


@dataclass(slots=True)
class Player:
    """A part's events, in ticks.

    Attributes
    ----------
    notes
        In order of their ends.
    controls
        ``(tick, number, value)``.
    pitch
        Steps ``(tick, semitones)`` of wheel and fine tuning, from 0 at the beginning.
    programs
        ``(tick, program)``.
    """

    notes: list[TickNote] = field(default_factory=list)
    controls: list[tuple[int, int, int]] = field(default_factory=list)
    pitch: list[tuple[int, float]] = field(default_factory=list)
    programs: list[tuple[int, int]] = field(default_factory=list)


def play_part(
    part: Part,
    *,
    tuning: float = 0.0,
    shift: int = 0,
    drums: bool = False,
    bend_range: float = DEFAULT_BEND_SEMITONES,
) -> Player:
    """Follow a part's messages.

    A note off ends the oldest note of its key. A note without length, as some drum machines write,
    lasts one tick.

    Parameters
    ----------
    part
        A channel's messages.
    tuning, shift
        Semitones by which the whole piece sounds higher: as pitch, and as other keys.
    drums
        Whether keys are drums, which no tuning changes.
    bend_range
        Semitones of the wheel until the part says otherwise.
    """
    player = Player()
    sounding: defaultdict[int, deque[tuple[int, int, int]]] = defaultdict(deque)
    pitch = _Pitch(tuning, bend_range)
    keys = shift
    if tuning and not drums:
        player.pitch.append((0, tuning))
    values: dict[int, int] = {}

    def end_all(tick: int, *, ended: bool) -> None:
        for waiting in sounding.values():
            for start, key, velocity in waiting:
                player.notes.append(TickNote(start, key, max(tick, start + 1), velocity, ended))
        sounding.clear()

    for tick, status, first, second in part.messages:
        kind = status >> 4
        if kind == NOTE_ON and second:
            sounding[first].append((tick, first if drums else _shifted(first, keys), second))
        elif kind in (NOTE_OFF, NOTE_ON):
            if waiting := sounding[first]:
                start, key, velocity = waiting.popleft()
                player.notes.append(TickNote(start, key, max(tick, start + 1), velocity))
        elif kind == PROGRAM:
            player.programs.append((tick, first))
        elif kind == BEND:
            pitch.wheel = _bend_position(first | second << 7)
            pitch.step(player, tick)
        elif kind == CONTROL:
            if first == CC_ALL_SOUND_OFF or first >= CC_ALL_NOTES_OFF:
                end_all(tick, ended=True)
            elif first == CC_RESET:
                pitch.wheel, pitch.parameter = 0.0, _NO_PARAMETER
                pitch.step(player, tick)
                for number, value in _RESET_VALUES.items():
                    if values.get(number, value) != value:
                        values[number] = value
                        player.controls.append((tick, number, value))
            elif pitch.control(first, second):
                keys = shift + pitch.coarse
                pitch.step(player, tick)
            elif first not in (CC_RPN, CC_RPN_FINE, *LOOP_CONTROLS):
                values[first] = second
                player.controls.append((tick, first, second))
    end_all(part.end_tick, ended=False)
    if drums:
        player.pitch.clear()
    return player


class _Pitch:
    """A channel's wheel and its registered parameters for pitch."""

    def __init__(self, tuning: float, bend_range: float) -> None:
        self.parameter = _NO_PARAMETER
        self.wheel = 0.0
        self.semitones, self.cents = bend_range, 0
        self.fine = 8192
        self.coarse = 0
        self._tuning = tuning

    def control(self, number: int, value: int) -> bool:
        """Take a control change; return whether it set a parameter of pitch."""
        if number == CC_RPN:
            self.parameter = value, self.parameter[1]
        elif number == CC_RPN_FINE:
            self.parameter = self.parameter[0], value
        elif number in (CC_NRPN, CC_NRPN_FINE):
            self.parameter = _NO_PARAMETER
        elif self.parameter in _PARAMETERS:
            if number == CC_DATA:
                self._set(value, 0)
                return True
            if number == CC_DATA_FINE:
                self._set(None, value)
                return True
            if number in (CC_INCREMENT, CC_DECREMENT):
                self._step(1 if number == CC_INCREMENT else -1)
                return True
        return False

    def _set(self, coarse: int | None, fine: int) -> None:
        if self.parameter == _BEND_RANGE:
            self.semitones, self.cents = (self.semitones if coarse is None else coarse), fine
        elif self.parameter == _FINE_TUNING:
            self.fine = (self.fine >> 7 if coarse is None else coarse) << 7 | fine
        elif coarse is not None:
            self.coarse = coarse - 64

    def _step(self, by: int) -> None:
        if self.parameter == _BEND_RANGE:
            self.semitones = min(127.0, max(0.0, self.semitones + by))
        elif self.parameter == _FINE_TUNING:
            self.fine = min(16383, max(0, self.fine + by))
        else:
            self.coarse = min(63, max(-64, self.coarse + by))

    def step(self, player: Player, tick: int) -> None:
        """Note where the pitch is now, if it has moved."""
        tuning = self._tuning + (self.fine - 8192) / 8192
        now = self.wheel * (self.semitones + self.cents / 100) + tuning
        if now != (player.pitch[-1][1] if player.pitch else 0.0):
            if player.pitch and player.pitch[-1][0] == tick:
                player.pitch.pop()
            player.pitch.append((tick, now))


def build_track(
    part: Part, player: Player, beat: float, drums: bool | None, own_bends: bool = False
) -> Track:
    """Turn a part's events into a Track.

    Parameters
    ----------
    part, player
        The part, and what `play_part` made of it.
    beat
        Ticks in a quarter note.
    drums
        As `Track.drums`.
    own_bends
        Whether each note takes its pitch with it, as in MPE, instead of leaving it to the track.
    """
    notes = sorted(player.notes)
    first_tick, last_tick = notes[0].start, notes[-1].start
    program, changes = _programs(player.programs, first_tick, last_tick)
    if own_bends:
        played = [_with_own_bends(note, player.pitch, beat) for note in notes]
    else:
        played = [
            Note(note.start / beat, (note.end - note.start) / beat, note.key, note.velocity)
            for note in notes
        ]
    return Track(
        name=part.name,
        channel=part.channel,
        program=program,
        notes=tuple(played),
        controls=tuple(Control(tick / beat, *rest) for tick, *rest in player.controls),
        bends=() if own_bends else tuple(Bend(tick / beat, s) for tick, s in player.pitch),
        drums=drums,
        program_changes=tuple(ProgramChange(tick / beat, number) for tick, number in changes),
    )


def _programs(
    programs: list[tuple[int, int]], first_tick: int, last_tick: int
) -> tuple[int, list[tuple[int, int]]]:
    """Return the program in force at the first note, and the changes that later notes play."""
    before = [number for tick, number in programs if tick <= first_tick]
    program = before[-1] if before else 0
    changes: list[tuple[int, int]] = []
    for tick, number in programs:
        if first_tick < tick <= last_tick:
            if changes and changes[-1][0] == tick:
                changes.pop()
            if number != (changes[-1][1] if changes else program):
                changes.append((tick, number))
    return program, changes


def _with_own_bends(note: TickNote, pitch: list[tuple[int, float]], beat: float) -> Note:
    first = bisect_right(pitch, note.start, key=lambda step: step[0])
    last = bisect_left(pitch, note.end, key=lambda step: step[0])
    steps = [(0.0, pitch[first - 1][1] if first else 0.0)]
    steps += [((tick - note.start) / beat, semitones) for tick, semitones in pitch[first:last]]
    bends = tuple(steps) if any(semitones for _, semitones in steps) else ()
    length = (note.end - note.start) / beat
    return Note(note.start / beat, length, note.key, note.velocity, bends)


def _shifted(key: int, by: int) -> int:
    """Return a key some semitones higher, by octaves nearer if there is no such key."""
    key += by
    while key > 127:
        key -= 12
    while key < 0:
        key += 12
    return key


def _bend_position(value: int) -> float:
    """Return a bend of 0–16383 as −1 to 1; both ends mean the whole range."""
    if value == BEND_TOP:
        return 1.0
    return (value - BEND_CENTRE) / BEND_CENTRE
