"""The machine that runs an NSF: memory, banks, and calls of init and play.

Time is divided into slices from one call of play to the next. A routine that has not returned by
then runs on, and the call that was due is left out, or interrupts it if it is an NSF 2's init.

References
----------
NESdev wiki: "NSF", section Initializing a tune; "NSF2", section Non-Returning INIT.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import PAL, Region
from synth.errors import SynthError
from synth.formats import nsf_bus as bus
from synth.formats.apu_status import counters, note_write, power_up, wait_until
from synth.formats.cpu6502 import (
    EVENTS_FULL,
    JAMMED,
    RESUME_PC,
    RETURNED,
    STOP_PC,
    run,
)
from synth.formats.cpu_tables import I
from synth.formats.nsf_bus import BANK_BYTES, Vector
from synth.formats.nsf_header import NsfFile
from synth.kernels import compiled, kernel

LEAST_PLAY_US: Final = 100
MAX_EVENTS: Final = 20_000_000
BLOCK_FRAMES: Final = 4096
_EVENT_ROWS: Final = 1 << 18

# Play speeds in microseconds that stand for one video frame: ours, and the customary 60 Hz.
FRAME_SPEEDS_US: Final = {"ntsc": (16_639, 16_640, 16_666, 16_667, 0), "pal": (19_997, 20_000, 0)}


class Machine:
    """A console with nothing but an NSF player in it.

    Parameters
    ----------
    header, program
        The NSF's.
    track
        Which one to play, counted from 1.
    region
        Which console.
    name
        What to call the file in messages.

    Raises
    ------
    SynthError
        If play is to be called faster than any program can be.
    """

    def __init__(
        self, header: NsfFile, program: bytes, track: int, region: Region, name: str
    ) -> None:
        self.header, self.track, self.region, self.name = header, track, region, name
        self.memory = np.zeros(0x1_0000, dtype=np.uint8)
        self.state = np.zeros(bus.STATE_SIZE, dtype=np.int64)
        self.state[bus.PC] = STOP_PC
        self._apu = power_up(region)
        fds = "FDS" in header.chips
        self.state[bus.RAM_TOP] = 0xE000 if fds else 0x8000
        self.state[bus.INTERRUPTS] = header.has_interrupts
        if header.banked:
            padded = bytes(header.load % BANK_BYTES) + program
            padded += bytes(-len(padded) % BANK_BYTES)
            self.rom = np.frombuffer(padded, dtype=np.uint8)
            banks = (*header.banks[6:], *header.banks) if fds else header.banks
            for register, bank in enumerate(banks, start=0x5FF6 if fds else 0x5FF8):
                self._show_bank(register, bank)
        else:
            self.rom = np.zeros(0, dtype=np.uint8)
            program = program[: 0x1_0000 - header.load]
            self.memory[header.load : header.load + len(program)] = np.frombuffer(program, np.uint8)
        self.start_memory = self.memory.copy()
        self._events = np.empty((_EVENT_ROWS, 3), dtype=np.int64)
        # What every player writes before a track; the registers before them are 0 as it is.
        self._events[:2] = (0, 0x4015, 0x0F), (0, 0x4017, 0x40)
        self.state[bus.N_EVENTS] = 2
        self._blocks: list[NDArray[np.int64]] = []
        self._n_events = 0
        us = header.play_us[region.name]
        # In 1/65,536 cycles, so that no rounding adds up.
        if us in FRAME_SPEEDS_US[region.name]:
            self._frame_units = region.frame_half_cycles << 15
        elif us < LEAST_PLAY_US:
            raise SynthError(
                f"{name} asks for a call every {us} microseconds; {LEAST_PLAY_US} are the least"
            )
        else:
            self._frame_units = round(us * region.clock_hz / 1e6 * 65_536)

    def _show_bank(self, register: int, bank: int) -> None:
        """Map a bank in before the program runs."""
        shown = self.rom[bank * BANK_BYTES : (bank + 1) * BANK_BYTES]
        self.state[bus.BANKS + register - 0x5FF6] = bank + 1
        self.state[bus.BAD_BANKS] += not len(shown)
        to = (register & 0xF) * BANK_BYTES
        self.memory[to : to + len(shown)] = shown

    @property
    def frame_s(self) -> float:
        """Seconds between calls of play."""
        return self._frame_units / 65_536 / self.region.clock_hz

    @property
    def n_events(self) -> int:
        """How many writes to sound and bank registers there have been."""
        return self._n_events + int(self.state[bus.N_EVENTS])

    def frame_cycle(self, frame: int) -> int:
        """Return the cycle at which call number `frame` of play is due; init is number 0."""
        return frame * self._frame_units >> 16

    @property
    def is_running(self) -> bool:
        """Whether a routine has not returned yet, or never will."""
        return bool(self.state[bus.PC] != STOP_PC)

    def advance(self, until: int, *, hashed: bool = True) -> NDArray[np.uint64]:
        """Make the calls before number `until` and run up to it, `BLOCK_FRAMES` at most.

        Returns
        -------
        ndarray
            A hash of the program's state before each call, uint64, shape (calls,); 0 if
            they are not needed.
        """
        first, header = int(self.state[bus.FRAME]), self.header
        hashes = np.zeros(until - first, dtype=np.uint64)
        while True:
            status = _run_frames(
                self.state, self.memory, self.rom, self._events, self._apu, hashes,
                first, until, self._frame_units, header.init, header.play, self.track - 1,
                int(self.region == PAL), int(header.init_may_stay), int(header.has_no_play),
                int(hashed),
            )  # fmt: skip
            if status == RETURNED:
                return hashes
            self._flush()

    def story(self) -> str:
        """Describe a program that halted or never returned; empty if it runs well."""
        if self.state[bus.HALTED]:
            at = int(self.state[bus.HALTED]) - 1
            seconds = self.state[bus.CYCLE] / self.region.clock_hz
            return f"its program halts the CPU at ${at:04X}, {seconds:.1f} s into the track"
        if self.is_running and not self.header.init_may_stay:
            return f"its program does not return from a call, at ${int(self.state[bus.PC]):04X}"
        return ""

    def events(self) -> NDArray[np.int64]:
        """Return all writes so far: cycle, address and value, shape (n, 3)."""
        self._flush()
        if len(self._blocks) > 1:
            self._blocks = [np.concatenate(self._blocks)]
        return self._blocks[0]

    def _flush(self) -> None:
        n = int(self.state[bus.N_EVENTS])
        if n or not self._blocks:
            self._blocks.append(self._events[:n].copy())
        self.state[bus.N_EVENTS] = 0
        self._n_events += n
        if self._n_events > MAX_EVENTS:
            raise SynthError(f"{self.name} makes more than 20 million writes; ask for less of it")


@kernel(
    state="int64[:]", memory="uint8[:]", rom="uint8[:]", events="int64[:,:]", apu="int64[:]",
    hashes="uint64[:]",
)  # fmt: skip
def _run_frames(
    state: Vector,
    memory: Vector,
    rom: Vector,
    events: Vector,
    apu: Vector,
    hashes: Vector,
    first: int,
    until: int,
    frame_units: int,
    init: int,
    play: int,
    track: int,
    pal: int,
    init_may_stay: int,
    has_no_play: int,
    hashed: int,
) -> int:
    """Make the calls from number ``state[FRAME]`` on; return `RETURNED`, or `EVENTS_FULL` to go on.

    Call 0 is that of init.
    """
    while state[bus.FRAME] < until:
        frame = state[bus.FRAME]
        if not state[bus.CALLED]:
            start = (frame * frame_units) >> 16
            if hashed:
                hashes[frame - first] = _hash(state, memory, apu, start)
            if frame == 0:
                state[bus.STAGE] = 1
                for row in range(state[bus.N_EVENTS]):  # the host's
                    note_write(apu, memory, events[row, 0], events[row, 1], events[row, 2])
                _call(state, memory, init, track, pal, 0x80 if init_may_stay else 0)
            elif not has_no_play:
                if state[bus.PC] == STOP_PC:
                    state[bus.CYCLE] = max(state[bus.CYCLE], start)
                    wait_until(apu, memory, state[bus.CYCLE])
                    _call(state, memory, play, 0, 0, 0)
                elif state[bus.STAGE] == 2 and not state[bus.SUSPENDED]:
                    _suspend(state, memory, play)
            state[bus.CALLED] = 1
        status = RETURNED
        if not state[bus.HALTED]:
            stop = ((frame + 1) * frame_units) >> 16
            status = run(state, memory, rom, events, apu, stop, 1)
        if status == EVENTS_FULL:
            return EVENTS_FULL
        if status == JAMMED:
            state[bus.HALTED] = state[bus.PC] + 1
        elif state[bus.PC] == RESUME_PC:
            _resume(state)
            continue
        elif state[bus.PC] == STOP_PC and init_may_stay and state[bus.STAGE] == 1:
            state[bus.STAGE] = 2
            _call(state, memory, init, track, pal, 0x81)
            continue
        state[bus.FRAME] = frame + 1
        state[bus.CALLED] = 0
    return RETURNED


@compiled
def _call(state: Vector, memory: Vector, routine: int, a: int, x: int, y: int) -> None:
    """Call a routine from where nothing runs."""
    back = STOP_PC - 1
    memory[0x1FF], memory[0x1FE] = back >> 8, back & 0xFF
    state[bus.A], state[bus.X], state[bus.Y], state[bus.S] = a, x, y, 0xFD
    state[bus.P] = 0x30 | (state[bus.P] & I if state[bus.INTERRUPTS] and state[bus.FRAME] else I)
    state[bus.PC] = routine


@compiled
def _suspend(state: Vector, memory: Vector, routine: int) -> None:
    """Interrupt what runs by a call of a routine."""
    for register in range(6):
        state[bus.OLD_A + register] = state[bus.A + register]
    state[bus.SUSPENDED] = 1
    s, back = state[bus.S], RESUME_PC - 1
    memory[0x100 | s] = back >> 8
    memory[0x100 | ((s - 1) & 0xFF)] = back & 0xFF
    state[bus.S] = (s - 2) & 0xFF
    state[bus.P] |= I
    state[bus.PC] = routine


@compiled
def _resume(state: Vector) -> None:
    """Resume the interrupted routine."""
    for register in range(6):
        state[bus.A + register] = state[bus.OLD_A + register]
    state[bus.SUSPENDED] = 0


@compiled
def _hash(state: Vector, memory: Vector, apu: Vector, start: int) -> Any:
    """Hash the state that the program can change: banks, RAM, and work RAM once it was written to.

    While a routine runs, its registers count and where it stands in its slice, which began at
    `start`; if the program listens to the sound chip, the chip's counters.
    """
    words = memory.view(np.uint64)
    total = np.uint64(14695981039346656037)
    prime = np.uint64(1099511628211)  # FNV-1a, by eight bytes at a time
    for i in range(10):
        total = (total ^ np.uint64(state[bus.BANKS + i])) * prime
    if state[bus.PC] != STOP_PC:
        for i in range(6):
            total = (total ^ np.uint64(state[bus.A + i])) * prime
            total = (total ^ np.uint64(state[bus.OLD_A + i])) * prime
        total = (total ^ np.uint64(state[bus.CYCLE] - start)) * prime
        total = (total ^ np.uint64(state[bus.SUSPENDED])) * prime
    if state[bus.LISTENS]:
        total = (total ^ np.uint64(counters(apu, memory, start))) * prime
    total = _hash_words(words, 0, 0x800 // 8, total)
    if state[bus.DIRTY]:
        total = _hash_words(words, 0x5C00 // 8, state[bus.RAM_TOP] // 8, total)
    return total


@compiled
def _hash_words(words: Vector, first: int, last: int, total: Any) -> Any:
    """Go on hashing with words `first` to `last`, four at a time as none waits for another."""
    prime = np.uint64(1099511628211)
    shift = np.uint64(29)
    a, b, c, d = total, total + np.uint64(1), total + np.uint64(2), total + np.uint64(3)
    for i in range(np.uint64(first), np.uint64(last), np.uint64(4)):
        a = (a ^ words[i]) * prime
        b = (b ^ words[i + np.uint64(1)]) * prime
        c = (c ^ words[i + np.uint64(2)]) * prime
        d = (d ^ words[i + np.uint64(3)]) * prime
        a ^= a >> shift
        b ^= b >> shift
        c ^= c >> shift
        d ^= d >> shift
    return (((a * prime) ^ b) * prime ^ c) * prime ^ d
