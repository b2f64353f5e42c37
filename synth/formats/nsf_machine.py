"""The machine that an NSF runs on: its memory and banks, and the calls of init and play."""

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.compiled import compiled, compiled_entry, said_if_slow
from synth.chip.hardware import PAL, Region
from synth.errors import SynthError
from synth.formats import bus
from synth.formats.apu_status import ENABLED, power_up
from synth.formats.bus import BANK_BYTES, Vector
from synth.formats.cpu6502 import EVENTS_FULL, JAMMED, OUT_OF_TIME, RETURNED, STOP_PC, run
from synth.formats.nsf_header import NsfFile

INIT_LIMIT_S: Final = 10.0  # of chip time; some programs unpack themselves for seconds
PLAY_LIMIT_S: Final = 2.0
LEAST_PLAY_US: Final = 100
MAX_EVENTS: Final = 20_000_000
BLOCK_FRAMES: Final = 4096
_EVENT_ROWS: Final = 1 << 18

# Play speeds in microseconds that stand for one video frame: ours, and the customary 60 Hz.
FRAME_SPEEDS_US: Final = {"ntsc": (16_639, 16_640, 16_666, 16_667, 0), "pal": (19_997, 20_000, 0)}

_COMPILE_NOTICE: Final = "compiling the 6502 once (about 15 s) ..."


class Machine:
    """A console with nothing but an NSF player in it.

    Parameters
    ----------
    header, program
        The NSF's.
    region
        Which console.
    name
        What to call the file in messages.

    Raises
    ------
    SynthError
        If play is to be called faster than any program can be.
    """

    def __init__(self, header: NsfFile, program: bytes, region: Region, name: str) -> None:
        self.header, self.region, self.name = header, region, name
        self.memory = np.zeros(0x1_0000, dtype=np.uint8)
        self.state = np.zeros(bus.STATE_SIZE, dtype=np.int64)
        self.state[bus.PC] = STOP_PC
        self._apu = power_up(region)
        fds = "FDS" in header.chips
        self.state[bus.RAM_TOP] = 0xE000 if fds else 0x8000
        if header.banked:
            padded = bytes(header.load % BANK_BYTES) + program
            padded += bytes(-len(padded) % BANK_BYTES)
            self.rom = np.frombuffer(padded, dtype=np.uint8)
            banks = (*header.banks[6:8], *header.banks) if fds else header.banks
            for register, bank in enumerate(banks, start=0x5FF6 if fds else 0x5FF8):
                bus.switch_bank(self.state, self.memory, self.rom, register, bank)
        else:
            self.rom = np.zeros(0, dtype=np.uint8)
            program = program[: 0x1_0000 - header.load]
            self.memory[header.load : header.load + len(program)] = np.frombuffer(program, np.uint8)
        self.start_memory = self.memory.copy()
        self._events = np.empty((_EVENT_ROWS, 3), dtype=np.int64)
        # What every player writes before a track; the registers before them are 0 as it is.
        self._events[:2] = (0, 0x4015, 0x0F), (0, 0x4017, 0x40)
        self.state[bus.N_EVENTS] = 2
        self._apu[ENABLED] = 0x0F
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

    def init(self, track: int) -> None:
        """Call the init routine for `track`, counted from 1.

        Raises
        ------
        SynthError
            If it hangs or crashes.
        """
        _prepare()
        self._call(self.header.init, track - 1, int(self.region == PAL), 0, 1, INIT_LIMIT_S)

    def play(self, frame: int, until: int) -> NDArray[np.uint64]:
        """Call play for the frames from `frame` on up to `until`, which are `BLOCK_FRAMES` at most.

        Returns
        -------
        ndarray
            A hash of what the program can change, before each call, uint64, (until - frame,).

        Raises
        ------
        SynthError
            If it hangs or crashes.
        """
        return self._call(self.header.play, 0, 0, frame, until, PLAY_LIMIT_S)

    def events(self) -> NDArray[np.int64]:
        """Return all writes so far: cycle, address and value, shape (n, 3)."""
        self._flush()
        self._blocks = [np.concatenate(self._blocks)]
        return self._blocks[0]

    def _call(
        self, routine: int, a: int, x: int, frame: int, until: int, limit_s: float
    ) -> NDArray[np.uint64]:
        hashes = np.zeros(BLOCK_FRAMES, dtype=np.uint64)
        first, limit = frame, int(limit_s * self.region.clock_hz)
        self.state[bus.FRAME] = frame
        while True:
            status = _call_frames(
                self.state, self.memory, self.rom, self._events, self._apu, hashes,
                routine, a, x, first, until, self._frame_units, limit,
            )  # fmt: skip
            if status == RETURNED:
                return hashes[: until - first]
            if status != EVENTS_FULL:
                raise self._failure(status, "init" if first == 0 else "play", limit_s)
            self._flush()

    def _flush(self) -> None:
        n = int(self.state[bus.N_EVENTS])
        self._blocks.append(self._events[:n].copy())
        self.state[bus.N_EVENTS] = 0
        self._n_events += n
        if self._n_events > MAX_EVENTS:
            raise SynthError(f"{self.name} makes more than 20 million writes; ask for less of it")

    def _failure(self, status: int, routine: str, limit_s: float) -> SynthError:
        at = int(self.state[bus.PC])
        if status == OUT_OF_TIME:
            reason = f"did not return within {limit_s:g} s of chip time"
        elif status == JAMMED:
            reason = f"halted the CPU at ${at:04X}"
        else:
            reason = f"came to the unstable opcode ${self.memory[at]:02X} at ${at:04X}"
        seconds = self.state[bus.CYCLE] / self.region.clock_hz
        return SynthError(
            f"{self.name}: the {routine} routine {reason}, {seconds:.1f} s into the track; "
            "the file is broken or needs more than an NSF player"
        )


@cache
def _prepare() -> None:
    """Load or compile the machine code, and say so if that takes a while."""
    with said_if_slow(_COMPILE_NOTICE):
        _call_frames.load()


@compiled_entry(
    state="int64[:]", memory="uint8[:]", rom="uint8[:]", events="int64[:,:]", apu="int64[:]",
    hashes="uint64[:]",
)  # fmt: skip
def _call_frames(
    state: Vector,
    memory: Vector,
    rom: Vector,
    events: Vector,
    apu: Vector,
    hashes: Vector,
    routine: int,
    a: int,
    x: int,
    first: int,
    until: int,
    frame_units: int,
    limit_cycles: int,
) -> int:
    """Call a routine for the frames from ``state[FRAME]`` on, and return what stopped the last.

    A call that takes longer than a frame delays the next one to the first frame it leaves free. A
    call that was stopped because `events` was full is taken up again.
    """
    while state[bus.FRAME] < until:
        frame = state[bus.FRAME]
        if state[bus.PC] == STOP_PC:
            start = (frame * frame_units) >> 16
            hashes[frame - first] = _hash(state, memory)
            if state[bus.CYCLE] > start:  # the last call still ran
                hashes[frame - first] += np.uint64(frame)
                state[bus.FRAME] = frame + 1
                continue
            state[bus.CYCLE], state[bus.DEADLINE] = start, start + limit_cycles
            back = STOP_PC - 1
            memory[0x1FF], memory[0x1FE] = back >> 8, back & 0xFF
            state[bus.A], state[bus.X], state[bus.Y] = a, x, 0
            state[bus.S], state[bus.P], state[bus.PC] = 0xFD, 0x34, routine
        status = run(state, memory, rom, events, apu, state[bus.DEADLINE], 1)
        if status != RETURNED:
            return int(status)
        state[bus.FRAME] = frame + 1
    return RETURNED


@compiled
def _hash(state: Vector, memory: Vector) -> Any:
    """Hash what the program can change: banks, RAM, and work RAM once it was written to."""
    words = memory.view(np.uint64)
    total = np.uint64(14695981039346656037)
    prime = np.uint64(1099511628211)  # FNV-1a, by eight bytes at a time
    shift = np.uint64(29)
    for i in range(10):
        total = (total ^ np.uint64(state[bus.BANKS + i])) * prime
    for i in range(0x800 // 8):
        total = (total ^ words[i]) * prime
        total ^= total >> shift
    if state[bus.DIRTY]:
        for i in range(0x5C00 // 8, state[bus.RAM_TOP] // 8):
            total = (total ^ words[i]) * prime
            total ^= total >> shift
    return total
