"""A second 2A03, one CPU cycle at a time in plain Python, for the first one to be compared with.

Nothing here is shared with `synth.chip` but the hardware's tables: it counts every divider down
cycle by cycle, as the documentation of the chip tells it, and is therefore slow and simple.
"""

from hypothesis import strategies as st

from synth.chip.hardware import DUTY_SEQUENCES, LENGTH_TABLE, TRIANGLE_SEQUENCE, Region
from tests.chip_logs import Write


class Envelope:
    """Envelope generator with its start flag, divider and decay level."""

    def __init__(self) -> None:
        self.start = self.loop = self.constant = False
        self.v = self.divider = self.decay = 0

    def quarter_frame(self) -> None:
        """Take a quarter frame."""
        if self.start:
            self.start, self.decay, self.divider = False, 15, self.v
        elif self.divider:
            self.divider -= 1
        else:
            self.divider = self.v
            if self.decay:
                self.decay -= 1
            elif self.loop:
                self.decay = 15

    @property
    def volume(self) -> int:
        """Answer with the volume now."""
        return self.v if self.constant else self.decay


class Counted:
    """A channel with a length counter; a clock passes over what was written a cycle before."""

    def __init__(self) -> None:
        self.enabled = self.halt = False
        self.length = 0
        # What there was before a write: of this cycle, and of the one before.
        self.new: dict[str, int] = {}
        self.late: dict[str, int] = {}

    def half_frame(self) -> None:
        """Take a half frame."""
        if "length" in self.late and self.length:
            if self.late["length"] == 0:
                return
            self.length = self.late["length"]
        if self.length and not self.late.get("halt", self.halt):
            self.length -= 1

    def load(self, value: int) -> None:
        """Take the length of a length register."""
        if self.enabled:
            self.new.setdefault("length", self.length)
            self.late.pop("length", None)
            self.length = LENGTH_TABLE[value >> 3]

    def set_halt(self, halt: bool) -> None:
        """Take the halt flag."""
        self.new.setdefault("halt", self.halt)
        self.late.pop("halt", None)
        self.halt = halt

    def end_cycle(self) -> None:
        """Grow a cycle older."""
        self.new, self.late = {}, self.new

    def enable(self, on: bool) -> None:
        """Take the channel's bit of $4015."""
        self.enabled = on
        if not on:
            self.length = 0


class Pulse(Counted):
    """Timer, sequencer, sweep and envelope; `extra` is 1 for pulse 1's ones' complement."""

    def __init__(self, extra: int) -> None:
        super().__init__()
        self.envelope = Envelope()
        self.extra = extra
        self.duty = self.phase = self.t = self.countdown = 0
        self.sweep_on = self.negate = self.reload = False
        self.sweep_p = self.shift = self.sweep_divider = 0

    def write(self, register: int, v: int) -> None:
        """Take a register write."""
        if register == 0:
            self.duty = v >> 6
            self.set_halt(bool(v & 32))
            self.envelope.loop, self.envelope.constant = bool(v & 32), bool(v & 16)
            self.envelope.v = v & 15
        elif register == 1:
            self.sweep_on, self.sweep_p = bool(v & 128), v >> 4 & 7
            self.negate, self.shift, self.reload = bool(v & 8), v & 7, True
        elif register == 2:
            self.t = self.t & 0x700 | v
        else:
            self.t = self.t & 0xFF | (v & 7) << 8
            self.load(v)
            self.envelope.start, self.phase = True, 0

    @property
    def target(self) -> int:
        """Answer with the timer the sweep works towards."""
        change = self.t >> self.shift
        return max(self.t - change - self.extra, 0) if self.negate else self.t + change

    @property
    def muted(self) -> bool:
        """Answer whether the sweep unit silences."""
        return self.t < 8 or self.target > 0x7FF

    def half_frame(self) -> None:
        """Take a half frame."""
        super().half_frame()
        due = self.sweep_divider == 0
        if due and self.sweep_on and self.shift and not self.muted:
            self.t = self.target
        if due or self.reload:
            self.sweep_divider, self.reload = self.sweep_p, False
        else:
            self.sweep_divider -= 1

    def apu_cycle(self) -> None:
        """Count every second CPU cycle."""
        if self.countdown == 0:
            self.countdown = self.t
            self.phase = (self.phase + 1) % 8
        else:
            self.countdown -= 1

    @property
    def level(self) -> int:
        """Answer with the output now."""
        silent = self.muted or self.length == 0 or not DUTY_SEQUENCES[self.duty][self.phase]
        return 0 if silent else self.envelope.volume


class Triangle(Counted):
    """Timer, sequencer and linear counter."""

    def __init__(self, hold_ultrasonic: bool) -> None:
        super().__init__()
        self.hold = hold_ultrasonic
        self.phase = self.t = self.countdown = self.linear = self.linear_load = 0
        self.linear_reload = False

    def write(self, register: int, v: int) -> None:
        """Take a register write."""
        if register == 0:
            self.set_halt(bool(v & 128))
            self.linear_load = v & 127
        elif register == 2:
            self.t = self.t & 0x700 | v
        elif register == 3:
            self.t = self.t & 0xFF | (v & 7) << 8
            self.load(v)
            self.linear_reload = True

    def quarter_frame(self) -> None:
        """Take a quarter frame."""
        if self.linear_reload:
            self.linear = self.linear_load
        elif self.linear:
            self.linear -= 1
        if not self.halt:
            self.linear_reload = False

    def cpu_cycle(self) -> None:
        """Count one CPU cycle."""
        if self.countdown:
            self.countdown -= 1
            return
        self.countdown = self.t
        if self.length and self.linear and not (self.hold and self.t < 2):
            self.phase = (self.phase + 1) % 32

    @property
    def level(self) -> int:
        """Answer with the output now."""
        return TRIANGLE_SEQUENCE[self.phase]


class Noise(Counted):
    """Timer and shift register, one shift at a time."""

    def __init__(self, periods: tuple[int, ...]) -> None:
        super().__init__()
        self.envelope = Envelope()
        self.periods = periods
        self.register, self.short, self.rate = 1, False, 0
        self.countdown = 0

    def write(self, register: int, v: int) -> None:
        """Take a register write."""
        if register == 0:
            self.set_halt(bool(v & 32))
            self.envelope.loop = bool(v & 32)
            self.envelope.constant, self.envelope.v = bool(v & 16), v & 15
        elif register == 2:
            self.short, self.rate = bool(v & 128), v & 15
        elif register == 3:
            self.load(v)
            self.envelope.start = True

    def cpu_cycle(self) -> None:
        """Count one CPU cycle."""
        if self.countdown:
            self.countdown -= 1
            return
        self.countdown = self.periods[self.rate] - 1
        r = self.register
        feedback = (r ^ r >> (6 if self.short else 1)) & 1
        self.register = r >> 1 | feedback << 14

    @property
    def level(self) -> int:
        """Answer with the output now."""
        return 0 if self.length == 0 or self.register & 1 else self.envelope.volume


class Dmc:
    """Memory reader, one-byte buffer and output unit."""

    def __init__(self, periods: tuple[int, ...], memory: dict[int, int]) -> None:
        self.periods, self.memory = periods, memory
        self.irq = self.irq_on = self.loop = False
        self.rate, self.level = 0, 0
        self.start, self.size = 0xC000, 1
        self.address, self.left = 0, 0
        self.buffer: int | None = None
        self.shift, self.bits, self.silence = 0, 8, True
        self.countdown = periods[0]  # a whole period from power-up

    def write(self, register: int, v: int) -> None:
        """Take a register write."""
        if register == 0:
            self.irq_on, self.loop, self.rate = bool(v & 128), bool(v & 64), v & 15
            self.irq = self.irq and self.irq_on
        elif register == 1:
            self.level = v & 127
        elif register == 2:
            self.start = 0xC000 + v * 64
        else:
            self.size = v * 16 + 1

    def enable(self, on: bool) -> None:
        """Take the channel's bit of $4015."""
        self.irq = False
        if not on:
            self.left = 0
        elif self.left == 0:
            self.address, self.left = self.start, self.size
        self.fetch()

    def fetch(self) -> None:
        """Fill the buffer if there is a byte and room."""
        if self.buffer is None and self.left:
            self.buffer = self.memory.get(self.address, 0)
            self.address = 0x8000 if self.address == 0xFFFF else self.address + 1
            self.left -= 1
            if self.left == 0 and self.loop:
                self.address, self.left = self.start, self.size
            elif self.left == 0 and self.irq_on:
                self.irq = True

    def cpu_cycle(self) -> None:
        """Count one CPU cycle."""
        if self.countdown:
            self.countdown -= 1
            return
        self.countdown = self.periods[self.rate] - 1
        if not self.silence:
            if self.shift & 1 and self.level <= 125:
                self.level += 2
            elif not self.shift & 1 and self.level >= 2:
                self.level -= 2
        self.shift >>= 1
        self.bits -= 1
        if self.bits == 0:
            self.bits, self.silence = 8, self.buffer is None
            if self.buffer is not None:
                self.shift, self.buffer = self.buffer, None
                self.fetch()


class ReferenceApu:
    """All channels and the frame sequencer; in a cycle first it, then timers, then writes."""

    def __init__(
        self, region: Region, memory: tuple[tuple[int, bytes], ...] = (), *, exact: bool = False
    ) -> None:
        bytes_at = {a + i: b for a, data in memory for i, b in enumerate(data)}
        self.pulse1, self.pulse2 = Pulse(1), Pulse(0)
        self.triangle = Triangle(hold_ultrasonic=not exact)
        self.noise = Noise(region.noise_period_cycles)
        self.dmc = Dmc(region.dmc_period_cycles, bytes_at)
        self.steps = region.sequencer_4step_cycles, region.sequencer_5step_cycles
        self.five = False
        self.sequencer = 0  # cycles since its reset
        self.clocked: set[str] = set()
        self.restart: tuple[int, bool] | None = None  # when $4017 takes effect, with five steps?

    def levels(self) -> tuple[int, int, int, int, int]:
        """Answer with all five outputs."""
        return (
            self.pulse1.level, self.pulse2.level, self.triangle.level, self.noise.level,
            self.dmc.level,
        )  # fmt: skip

    def run(
        self, writes: list[tuple[int, int, int]], end_cycle: int
    ) -> list[tuple[int, tuple[int, int, int, int, int]]]:
        """(cycle, levels) whenever levels change, power-up at cycle -1 first."""
        changes = [(-1, self.levels())]
        waiting = list(reversed(writes))
        for cycle in range(end_cycle):
            self.sequence()
            if self.restart and self.restart[0] == cycle:
                self.start_over()
            self.run_timers(cycle)
            while waiting and waiting[-1][0] == cycle:
                self.clocked = set()
                self.start_over()  # rather than be overtaken
                self.write(*waiting.pop())
            for channel in (self.pulse1, self.pulse2, self.triangle, self.noise):
                channel.end_cycle()
            if self.levels() != changes[-1][1]:
                changes.append((cycle, self.levels()))
            self.sequencer += 1
        return changes

    def sequence(self) -> None:
        """Clock the units if a step is due."""
        self.clocked = set()
        steps = self.steps[self.five]
        if self.sequencer > steps[3]:
            self.sequencer = 0
        if self.sequencer in steps:
            self.clock("quarter")
            if steps.index(self.sequencer) in (1, 3):
                self.clock("half")

    def run_timers(self, cycle: int) -> None:
        """Count one CPU cycle on all channels."""
        if cycle % 2 == 0:
            self.pulse1.apu_cycle()
            self.pulse2.apu_cycle()
        self.triangle.cpu_cycle()
        self.noise.cpu_cycle()
        self.dmc.cpu_cycle()

    def quarter_frame(self) -> None:
        """Take a quarter frame."""
        for channel in (self.pulse1, self.pulse2, self.noise):
            channel.envelope.quarter_frame()
        self.triangle.quarter_frame()

    def half_frame(self) -> None:
        """Take a half frame."""
        for channel in (self.pulse1, self.pulse2, self.triangle, self.noise):
            channel.half_frame()

    def start_over(self) -> None:
        """Let what was written to $4017 take effect, if it has not."""
        if self.restart is None:
            return
        self.sequencer, self.five = 0, self.restart[1]
        self.restart = None
        if self.five:
            self.clock("quarter")
            self.clock("half")

    def clock(self, what: str) -> None:
        """Give a clock, but only one of a kind to a cycle's step and restart."""
        if what not in self.clocked:
            self.quarter_frame() if what == "quarter" else self.half_frame()
        self.clocked.add(what)

    def write(self, cycle: int, address: int, value: int) -> None:
        """Take a register write."""
        channels = (self.pulse1, self.pulse2, self.triangle, self.noise, self.dmc)
        if address < 0x4014:
            channels[(address - 0x4000) // 4].write(address & 3, value)
        elif address == 0x4015:
            for bit, channel in enumerate(channels):
                channel.enable(bool(value >> bit & 1))
        elif address == 0x4017:
            # Within an APU cycle 3 CPU cycles later, between two 4.
            self.restart = (cycle + (4 if cycle % 2 else 3), bool(value & 0x80))


SOUND_REGISTERS = [*range(0x4000, 0x4014), 0x4015, 0x4017]


SAMPLE = ((0xC000, bytes(range(0, 256, 3))), (0xFFC0, b"\xaa\xff\x0f" * 21))


END_CYCLE = 45_000  # past the last step of either sequence, in either region


@st.composite
def write_lists(draw: st.DrawFn) -> list[Write]:
    """All channels on, then up to 40 writes of anything to anywhere, some at the same cycle."""
    gaps = st.one_of(st.just(0), st.integers(1, 20), st.integers(20, 4000))
    address = st.sampled_from(SOUND_REGISTERS)
    steps = draw(st.lists(st.tuples(gaps, address, st.integers(0, 255)), max_size=40))
    writes: list[Write] = [(0, 0x4015, 0x1F)]
    for gap, where, value in steps:
        cycle = writes[-1][0] + gap
        if cycle >= END_CYCLE:
            break
        writes.append((cycle, where, value))
    return writes
