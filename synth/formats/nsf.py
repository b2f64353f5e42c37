"""NSF files to register logs, by running their 6502 code.

References
----------
NESdev wiki: "NSF", sections on initialising a tune and on the memory map.
"""

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.compiled import compiled
from synth.chip.hardware import PAL, Region
from synth.chip.registers import RegisterLog
from synth.errors import SynthError
from synth.formats import bus
from synth.formats.apu_status import note_write, power_up
from synth.formats.bus import BANK_BYTES, Vector
from synth.formats.chipfile import ChipFile
from synth.formats.cpu6502 import EVENTS_FULL, JAMMED, OUT_OF_TIME, RETURNED, STOP_PC, run
from synth.formats.nsf_header import HEADER_SIZE, NsfFile, read_header
from synth.formats.nsf_samples import follow_samples

INIT_LIMIT_S: Final = 20.0  # of chip time; some rips unpack themselves for seconds
PLAY_LIMIT_S: Final = 5.0
SEARCH_S: Final = 3600.0  # how far an end or a loop is looked for, when no length is asked for ...
SEARCH_INSTRUCTIONS: Final = 200_000_000  # ... and how long, about 20 s
DEFAULT_S: Final = 150.0  # what is taken if neither is found
EVENT_ROWS: Final = 1 << 18
BLOCK_FRAMES: Final = 4096
MAX_EVENTS: Final = 100_000_000

# Play speeds in microseconds that stand for one video frame: ours, and the customary 60 Hz.
FRAME_SPEEDS_US: Final = {"ntsc": (16_639, 16_640, 16_666, 16_667, 0), "pal": (19_997, 20_000, 0)}


def read_nsf(data: bytes, name: str, track: int = 1, seconds: float | None = None) -> ChipFile:
    """Read what one track of an NSF file writes to the 2A03.

    Parameters
    ----------
    data
        The whole file.
    name
        What to call the file in messages.
    track
        From 1 on.
    seconds
        How much to play; by default until the track ends or has gone round its loop once, which
        is known when its memory is what it has been before.

    Returns
    -------
    ChipFile
        With the log, which begins with the two writes that every player makes before a track:
        $4015 = $0F and $4017 = $40.

    Raises
    ------
    SynthError
        If this is no NSF, is broken, has no such track, or its program hangs or crashes.
    """
    header = read_header(data, name)
    if not 1 <= track <= header.tracks:
        raise SynthError(f"{name} has tracks 1 to {header.tracks}; there is no track {track}")
    warnings = _header_warnings(header)
    if header.features & 0x30:
        raise SynthError(
            f"{name} needs interrupts or an init that never returns (NSF 2), which is not played"
        )
    region = header.regions[0]
    machine = _Machine(header, _program(data, header), region, name)
    machine.init(track)
    n_frames, loop_frame = machine.play(seconds)
    end_cycle = machine.frame_cycle(n_frames)
    if n_frames == machine.undecided:
        warnings.append(
            f"neither an end nor a loop was found; {DEFAULT_S:g} s are taken, or name the seconds"
        )
    if machine.state[bus.BAD_BANKS]:
        warnings.append("it asks for banks that the file does not have")
    events = machine.events()
    events = events[events[:, 0] < end_cycle]
    cycle, address, value, memory, sample_warnings = follow_samples(
        events, machine.start_memory, machine.rom, header.banked
    )
    log = RegisterLog(
        cycle=cycle,
        address=address,
        value=value,
        end_cycle=end_cycle,
        region=region,
        loop_cycle=None if loop_frame is None else machine.frame_cycle(loop_frame),
        memory=memory,
    )
    return ChipFile(
        log=log,
        format=f"NSF {header.version}",
        titles=header.titles,
        track=track,
        tracks=header.tracks,
        chips=header.chips,
        warnings=(*warnings, *sample_warnings),
    )


def _header_warnings(header: NsfFile) -> list[str]:
    warnings = []
    expansions = header.chips[1:]
    if expansions:
        warnings.append(f"the sound of {', '.join(expansions)} is left out; only the 2A03 plays")
    if header.version > 2:
        warnings.append(f"it is of the unknown NSF version {header.version}")
    return warnings


def _program(data: bytes, header: NsfFile) -> bytes:
    program = data[HEADER_SIZE:]
    if header.version >= 2:  # what follows the program is metadata
        length = struct.unpack_from("<I", data, 0x7C)[0] >> 8
        program = program[: length or len(program)]
    return program


class _Machine:
    """An NSF player: memory, banks and the calls of init and play."""

    def __init__(self, header: NsfFile, program: bytes, region: Region, name: str) -> None:
        self.header, self.region, self.name = header, region, name
        self.memory = np.zeros(0x1_0000, dtype=np.uint8)
        self.state = np.zeros(bus.STATE_SIZE, dtype=np.int64)
        self.apu = power_up(region)
        self.undecided = -1
        fds = "FDS" in header.chips
        self.state[bus.RAM_TOP] = 0xE000 if fds else 0x8000
        if header.banked:
            padded = bytes(header.load % BANK_BYTES) + program
            padded += bytes(-len(padded) % BANK_BYTES)
            # A copy, because numba compiles anew for arrays that are read-only.
            self.rom = np.frombuffer(padded, dtype=np.uint8).copy()
            first = 0x5FF6 if fds else 0x5FF8
            banks = (*header.banks[6:8], *header.banks) if fds else header.banks
            for register, bank in enumerate(banks, start=first):
                bus.switch_bank(self.state, self.memory, self.rom, register, bank)
        else:
            self.rom = np.zeros(0, dtype=np.uint8)
            program = program[: 0x1_0000 - header.load]
            self.memory[header.load : header.load + len(program)] = np.frombuffer(program, np.uint8)
        self.start_memory = self.memory.copy()
        self._blocks: list[NDArray[np.int64]] = []
        self._events = np.empty((EVENT_ROWS, 3), dtype=np.int64)
        self._n_events = 0
        us = header.play_us[region.name]
        if us in FRAME_SPEEDS_US[region.name]:
            # In 1/65,536 cycles, so that no rounding adds up.
            self.frame_units = region.frame_half_cycles << 15
        else:
            self.frame_units = round(us * region.clock_hz / 1e6 * 65_536)

    def frame_cycle(self, frame: int) -> int:
        """Cycle at which call number `frame` of play is due; init is number 0."""
        return frame * self.frame_units >> 16

    def init(self, track: int) -> None:
        """Do what a player does before a track, and call its init routine."""
        self._events[0], self._events[1] = (0, 0x4015, 0x0F), (0, 0x4017, 0x40)
        self.state[bus.N_EVENTS] = 2
        note_write(self.apu, 0, 0x4015, 0x0F)
        _call(self.state, self.memory, self.header.init, track - 1, int(self.region == PAL))
        limit = int(INIT_LIMIT_S * self.region.clock_hz)
        status = self._run(limit)
        if status != RETURNED:
            raise self._failure(status, "init", INIT_LIMIT_S)

    def play(self, seconds: float | None) -> tuple[int, int | None]:
        """Call play until `seconds` are over, or the track ends or loops: frames and loop."""
        us = self.frame_units / 65_536 / self.region.clock_hz
        limit = max(1, round((SEARCH_S if seconds is None else seconds) / us))
        hashes = np.zeros(limit, dtype=np.uint64)
        frame = 1
        known: dict[int, int] = {}
        while frame < limit:
            until = min(limit, frame + BLOCK_FRAMES)
            reached, status = _play_frames(
                self.state, self.memory, self.rom, self._events, self.apu, self.header.play,
                frame, until, self.frame_units, int(PLAY_LIMIT_S * self.region.clock_hz),
                True, hashes,
            )  # fmt: skip
            while status == EVENTS_FULL:
                self._flush()
                status = self._run(int(self.state[bus.CYCLE] + PLAY_LIMIT_S * self.region.clock_hz))
            if status != RETURNED:
                raise self._failure(status, "play", PLAY_LIMIT_S)
            if seconds is None:
                for at in range(frame, reached):
                    before = known.setdefault(int(hashes[at]), at)
                    if before != at:
                        return self._settle(before, at)
                if self.state[bus.N_INSTRUCTIONS] > SEARCH_INSTRUCTIONS:
                    break
            frame = reached
        if seconds is not None:
            return limit, None
        self.undecided = min(frame, round(DEFAULT_S / us))
        return self.undecided, None

    def events(self) -> NDArray[np.int64]:
        """Return all writes so far: cycle, address and value, shape (n, 3)."""
        self._flush()
        return np.concatenate(self._blocks)

    def _settle(self, before: int, at: int) -> tuple[int, int | None]:
        """Find where the loop begins, given that memory at frame `at` is as at `before`.

        What a program leaves lying about in memory can differ on the first round although the
        music does not, so the loop begins as early as the writes agree. A loop in which nothing
        is written is an end.
        """
        events = self.events()
        self._blocks, self._n_events = [events], len(events)
        sound = events[events[:, 1] < 0x5000]
        starts = [self.frame_cycle(frame) for frame in range(at + 1)]
        edges = np.searchsorted(sound[:, 0], starts)
        length = at - before
        if edges[before] == edges[at]:
            return before, None
        for frame in reversed(range(before)):
            first = sound[edges[frame] : edges[frame + 1], 1:]
            again = sound[edges[frame + length] : edges[frame + length + 1], 1:]
            if not np.array_equal(first, again):
                break
            if len(first):  # begin at a write, not in the rest before it
                before = frame
        return before + length, before

    def _run(self, stop_cycle: int) -> int:
        while True:
            status = run(
                self.state, self.memory, self.rom, self._events, self.apu, stop_cycle, True
            )
            if status != EVENTS_FULL:
                return status
            self._flush()

    def _flush(self) -> None:
        n = int(self.state[bus.N_EVENTS])
        self._blocks.append(self._events[:n].copy())
        self.state[bus.N_EVENTS] = 0
        self._n_events += n
        if self._n_events > MAX_EVENTS:
            raise SynthError(f"{self.name} makes more than 100 million writes; ask for less of it")

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


@compiled
def _call(state: Vector, memory: Vector, address: int, a: int, x: int) -> None:
    """Set the CPU up to run a routine that returns to `STOP_PC`."""
    back = STOP_PC - 1
    memory[0x1FF], memory[0x1FE] = back >> 8, back & 0xFF
    state[bus.A], state[bus.X], state[bus.Y] = a, x, 0
    state[bus.S], state[bus.P], state[bus.PC] = 0xFD, 0x34, address


@compiled
def _play_frames(
    state: Vector,
    memory: Vector,
    rom: Vector,
    events: Vector,
    apu: Vector,
    play: int,
    frame: int,
    until: int,
    frame_units: int,
    limit_cycles: int,
    nsf: bool,
    hashes: Vector,
) -> tuple[int, int]:
    """Call play from `frame` on up to `until`; the next frame, and what stopped the last call.

    A call that takes longer than a frame delays the next one to the first frame it leaves free.
    """
    while frame < until:
        start = (frame * frame_units) >> 16
        hashes[frame] = _hash(memory, state[bus.DIRTY] != 0)
        if state[bus.CYCLE] > start:  # the last call still runs
            hashes[frame] += np.uint64(frame)
            frame += 1
            continue
        state[bus.CYCLE] = start
        _call(state, memory, play, 0, 0)
        status = run(state, memory, rom, events, apu, start + limit_cycles, nsf)
        frame += 1
        if status != RETURNED:
            return frame, status
        if state[bus.N_EVENTS] > events.shape[0] // 2:
            return frame, EVENTS_FULL
    return frame, RETURNED


@compiled
def _hash(memory: Vector, dirty: bool) -> Any:
    """Hash what the program can change: RAM, and work RAM once it was written to."""
    words = memory.view(np.uint64)
    total = np.uint64(14695981039346656037)
    prime = np.uint64(1099511628211)
    shift = np.uint64(29)
    for i in range(0x800 // 8):
        total = (total ^ words[i]) * prime
        total ^= total >> shift
    if dirty:
        for i in range(0x5C00 // 8, 0x8000 // 8):
            total = (total ^ words[i]) * prime
            total ^= total >> shift
    return total
