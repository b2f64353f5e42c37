"""An NSF machine's memory, registers and hashes are what its program could tell them to be."""

import dataclasses

import numpy as np
import pytest

from synth.chip.hardware import NTSC, PAL, Region
from synth.errors import SynthError
from synth.formats import nsf_bus as bus
from synth.formats import nsf_machine
from synth.formats.assembler import assemble
from synth.formats.nsf_header import NsfFile
from synth.formats.nsf_machine import Machine
from tests.synth.formats.nsf_files import COUNTING, PLAIN

IRQ, STAY, NO_PLAY = 0x10, 0x20, 0x40
FDS = dataclasses.replace(PLAIN, chips=("2A03", "FDS"))
HOST = [[0, 0x4015, 0x0F], [0, 0x4017, 0x40]]


def version_2(features: int) -> NsfFile:
    """Return the header of an NSF 2 with these features."""
    return dataclasses.replace(PLAIN, version=2, features=features)


def machine_of(
    source: str, header: NsfFile = PLAIN, track: int = 1, region: Region = NTSC
) -> Machine:
    """Load a program whose init is at $8000 and whose play is at $8003."""
    program = assemble(f".org $8000\n JMP init\n JMP play\n{source}").code
    return Machine(header, program, track, region, "song.nsf")


def values(machine: Machine, frames: int) -> list[int]:
    """Run so many frames, and return the values that the program wrote to sound registers."""
    machine.advance(frames, hashed=False)
    return machine.events()[len(HOST) :, 2].tolist()


def hash_of(machine: Machine) -> int:
    """Hash what a program that does not listen to the chip can change, in Python's own numbers.

    FNV-1a: the mapped banks; the registers, those of an interrupted init and the cycle within the
    slice, while a routine runs; then RAM, and work RAM once it was written to, in four lanes.
    """
    mask, state = (1 << 64) - 1, machine.state.tolist()

    def add(total: int, word: int) -> int:
        return ((total ^ (word & mask)) * 0x100_0000_01B3) & mask

    total = 0xCBF2_9CE4_8422_2325
    for word in state[bus.BANKS : bus.BANKS + 10]:
        total = add(total, word)
    if machine.is_running:
        for register in range(6):
            total = add(add(total, state[bus.A + register]), state[bus.OLD_A + register])
        total = add(total, state[bus.CYCLE] - machine.frame_cycle(state[bus.FRAME]))
        total = add(total, state[bus.SUSPENDED])
    parts = [(0, 0x800), *([(0x5C00, state[bus.RAM_TOP])] if state[bus.DIRTY] else [])]
    for start, end in parts:
        lanes = [total + lane for lane in range(4)]
        for at, word in enumerate(machine.memory[start:end].view(np.uint64).tolist()):
            mixed = add(lanes[at % 4], word)
            lanes[at % 4] = mixed ^ mixed >> 29
        total = 0
        for lane in lanes:
            total = (total * 0x100_0000_01B3 ^ lane) & mask
    return total


REPORT = """
report: PHP
        STA $4000
        STX $4001
        STY $4002
        PLA
        STA $4003
        TSX
        STX $4004
        RTS
"""
ONCE = f"init: JSR report\n CLI\n SEC\n RTS\nplay: JMP report\n{REPORT}"
WAITING = 0x34  # of the flags only I, and the two bits that are always pushed as 1


@pytest.mark.parametrize(
    ("features", "calls"),
    [
        (0, [[1, 1, 0, WAITING, 0xFB], [0, 0, 0, WAITING, 0xFD]]),
        (IRQ, [[1, 1, 0, WAITING, 0xFB], [0, 0, 0, 0x30, 0xFD]]),
        (STAY, [[1, 1, 0x80, WAITING, 0xFB], [1, 1, 0x81, WAITING, 0xFB],
                [0, 0, 0, WAITING, 0xFD]]),
    ],
)  # fmt: skip
def test_a_routine_is_called_with_known_registers(features: int, calls: list[list[int]]) -> None:
    """A is the track, X the region, Y which call of init it is; only IRQs may be let through."""
    machine = machine_of(ONCE, version_2(features), track=2, region=PAL)
    told = np.reshape(values(machine, 3), (-1, 5)).tolist()
    assert told == [*calls, calls[-1]]


def test_an_init_that_returns_both_times_is_not_called_again() -> None:
    """It is called twice in all, and play once a frame from then on."""
    source = "init: STY $4002\n RTS\nplay: INC $10\n LDA $10\n STA $4003\n RTS"
    machine = machine_of(source, version_2(STAY))
    assert values(machine, 5) == [0x80, 0x81, 1, 2, 3, 4]
    starts = machine.events()[4:, 0] - [machine.frame_cycle(frame) for frame in range(1, 5)]
    assert len(set(starts.tolist())) == 1
    quiet = machine_of(source, version_2(STAY | NO_PLAY))
    assert values(quiet, 5) == [0x80, 0x81]


STACKED = """
init:   CPY #$81
        BEQ stay
        RTS
stay:   LDX #0
        LDA #$EE
fill:   STA $0100,X
        INX
        BNE fill
        LDX #{stack}
        TXS
again:  TSX
        CPX #{stack}
        BNE wrong
        JMP again
wrong:  STX $4005
        JMP again
play:   PHP
        PLA
        AND #4
        STA $4000
        TSX
        STX $4001
        PLA
        STA $4002
        TAY
        PLA
        STA $4003
        PHA
        TYA
        PHA
        RTS
"""


@pytest.mark.parametrize("stack", [0xFD, 0x40, 1, 0])
def test_play_returns_to_the_init_that_it_interrupts(stack: int) -> None:
    """The return address is on the stack, round its end where that is near; IRQs are off."""
    machine = machine_of(STACKED.format(stack=stack), version_2(STAY))
    told = values(machine, 4)
    assert told == [4, (stack - 2) & 0xFF, 0x00, 0x4F] * 3
    assert machine.story() == ""


def test_an_init_that_stays_goes_on_in_time() -> None:
    """It loses the cycles of each call of play, and no others."""
    source = """
    init:   CPY #$81
            BEQ again
            RTS
    again:  STX $4002           ; 9 cycles a round
            INX
            JMP again
    play:   RTS
    """
    machine = machine_of(source, version_2(STAY))
    machine.advance(5)
    steps = np.diff(machine.events()[2:, 0])
    assert sorted(set(steps.tolist())) == [9, 18]  # JMP play, 3, and RTS, 6


def test_a_play_that_lasts_longer_does_not_interrupt_itself() -> None:
    """A call that falls due meanwhile is left out, and init finds its registers as they were."""
    source = """
    init:   CPY #$81
            BEQ stay
            RTS
    stay:   LDX #2
            LDY #3
    again:  CPX #2
            BNE wrong
            CPY #3
            BEQ again
    wrong:  STX $4002
            JMP again
    play:   INC $10
            LDA $10
            STA $4011
            LDY #29             ; 1.25 frames
    outer:  LDX #0
    inner:  DEX
            BNE inner
            DEY
            BNE outer
            RTS
    """
    machine = machine_of(source, version_2(STAY))
    assert values(machine, 9) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("header", "told"),
    [(PLAIN, [0x5A, 0x5A, 0x4C, 0, 0, 0]), (FDS, [0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0])],
)
def test_ram_ends_where_the_chips_say(header: NsfFile, told: list[int]) -> None:
    """A Famicom Disk System has RAM up to $DFFF, a cartridge up to $7FFF."""
    places = (0x6000, 0x7FFF, 0x8000, 0x9000, 0xDFFF, 0xE000)
    tries = "".join(f" STY ${place:04X}\n LDA ${place:04X}\n STA $4002\n" for place in places)
    # $8000 holds the jump to init, which has been taken.
    assert values(machine_of(f"init: LDY #$5A\n{tries} RTS\nplay: RTS", header), 1) == told


@pytest.mark.parametrize("is_fds", [False, True])
def test_banks_are_mapped_before_the_program_runs(is_fds: bool) -> None:
    """Data begins within its first bank, the last bank is filled up, and FDS has two banks more."""
    program = np.random.default_rng(1).integers(0, 256, 14_000, np.uint8)
    banks = (3, 2, 1, 0, 0, 9, 2, 1)  # there is no bank 9
    header = dataclasses.replace(FDS if is_fds else PLAIN, load=0x8010, banks=banks)
    machine = Machine(header, program.tobytes(), 1, NTSC, "song.nsf")
    rom = np.zeros((4, 4096), np.uint8)
    rom.reshape(-1)[0x10 : 0x10 + len(program)] = program
    none = np.zeros(4096, np.uint8)
    shown = [none if bank == 9 else rom[bank] for bank in banks]
    expected = [*[none] * 6, *(shown[6:] if is_fds else [none] * 2), *shown]
    assert np.array_equal(machine.memory, np.concatenate(expected))
    assert np.array_equal(machine.start_memory, machine.memory)
    assert np.array_equal(machine.rom, rom.reshape(-1))
    slots = machine.state[bus.BANKS : bus.BANKS + 10].tolist()
    assert slots == [*([3, 2] if is_fds else [0, 0]), *(bank + 1 for bank in banks)]
    assert machine.state[bus.BAD_BANKS] == 1


def test_a_bank_that_is_not_mapped_yet_is_mapped() -> None:
    """Banks next to the first ones come in at their first write."""
    source = "".join(
        f" LDA #{bank}\n STA $5FF{slot:X}\n LDX ${slot:X}800\n STX $4002\n"
        for slot, bank in ((0x9, 0), (0xA, 1), (0xB, 2), (0xC, 3))
    )
    header = dataclasses.replace(PLAIN, banks=(0, 2, 0, 1, 2, 0, 0, 0))
    code = assemble(f".org $8000\n JMP init\n JMP play\ninit:{source} RTS\nplay: RTS").code
    program = bytearray(4 * 4096)
    program[: len(code)] = code
    for bank in range(4):
        program[bank * 4096 + 0x800] = 0xB0 + bank
    machine = Machine(header, bytes(program), 1, NTSC, "song.nsf")
    machine.advance(1)
    events = machine.events()
    assert events[events[:, 1] == 0x4002, 2].tolist() == [0xB0, 0xB1, 0xB2, 0xB3]


@pytest.mark.parametrize("length", [15, 16, 17, 300])
def test_a_program_that_is_not_banked_lies_where_it_is_loaded(length: int) -> None:
    """What reaches beyond the end of memory is left out."""
    program = bytes(range(1, 200)) * 2
    header = dataclasses.replace(PLAIN, load=0xFFF0)
    machine = Machine(header, program[:length], 1, NTSC, "song.nsf")
    assert machine.memory.shape == (0x1_0000,)
    assert machine.memory[0xFFF0:].tobytes() == program[: min(length, 16)].ljust(16, b"\0")
    assert not machine.memory[:0xFFF0].any()
    assert machine.rom.size == 0


def test_a_machine_counts_its_calls_and_writes() -> None:
    """It stops before the call that it is told to stop at, as often as it is asked."""
    machine = machine_of(COUNTING)
    assert (machine.n_events, machine.is_running) == (2, False)
    assert machine.events().tolist() == HOST
    assert machine.frame_s == pytest.approx(1 / NTSC.frame_hz, rel=1e-9)
    for until, calls in ((0, 0), (3, 2), (3, 2), (5, 4), (9, 8)):
        fresh = max(0, until - int(machine.state[bus.FRAME]))
        assert machine.advance(until, hashed=False).tolist() == [0] * fresh
        assert machine.n_events == 2 + 3 * calls
        assert len(machine.events()) == machine.n_events == 2 + 3 * calls
        assert machine.story() == ""


def test_a_program_that_writes_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is the last count that goes."""
    machine = machine_of(COUNTING)
    machine.advance(9)
    monkeypatch.setattr(nsf_machine, "MAX_EVENTS", 26)
    assert len(machine.events()) == 26
    machine.advance(10)
    with pytest.raises(SynthError, match=r"song\.nsf makes more than 20 million writes"):
        machine.events()


@pytest.mark.parametrize(
    ("source", "features", "story"),
    [
        ("init: RTS\nplay: JMP play", 0,
         "its program does not return from a call, at $8007"),
        ("init: RTS\nplay: INC $10\n LDA $10\n CMP #90\n BNE on\n .byte $02\non: RTS", 0,
         "its program halts the CPU at $800F, 1.5 s into the track"),
        (STACKED.format(stack=9), STAY, ""),
    ],
)  # fmt: skip
def test_a_story_names_place_and_time(source: str, features: int, story: str) -> None:
    """It is told of programs that halt, and of those that hang although they should not."""
    machine = machine_of(source, version_2(features))
    machine.advance(100)
    assert machine.story() == story


def test_the_least_time_between_calls_is_a_limit() -> None:
    """A hundred microseconds go, and one less does not."""
    for us in (100, 99):
        header = dataclasses.replace(PLAIN, play_us={"ntsc": us, "pal": us})
        if us == 100:
            second = machine_of(COUNTING, header).frame_cycle(10_000)
            assert second == pytest.approx(NTSC.clock_hz, abs=1)
        else:
            with pytest.raises(SynthError, match="every 99 microseconds; 100 are the least"):
                machine_of(COUNTING, header)


def test_the_player_s_own_writes_reach_the_chip() -> None:
    """They switch the channels on, and the frame sequencer's steps count from them."""
    source = """
    init:   LDA #$18            ; two half frames
            STA $4003
            LDA $4015
            STA $4001
    more:   LDA $4015
            BNE more
            STA $4002
            RTS
    play:   RTS
    """
    machine = machine_of(source)
    machine.advance(3)
    on, off = machine.events()[3:, :].tolist()
    assert (on[1:], off[1:]) == ([0x4001, 1], [0x4002, 0])
    assert 29_829 <= off[0] <= 29_860  # four steps of the sequencer


@pytest.mark.parametrize(
    ("source", "header"),
    [
        (COUNTING, PLAIN),
        (COUNTING, dataclasses.replace(PLAIN, banks=(0, 0, 0, 0, 0, 0, 0, 1))),
        ("init: INC $6123\n RTS\nplay: INC $7FF0\n INC $5C00\n RTS", PLAIN),
        ("init: RTS\nplay: INC $DFF8\n INC $07FF\n RTS", FDS),
        (STACKED.format(stack=0xFD), version_2(STAY)),
        ("init: CPY #$81\n BEQ more\n RTS\nmore: INC $20\n JMP more\n"
         "play: LDY #30\nouter: LDX #0\ninner: DEX\n BNE inner\n DEY\n BNE outer\n RTS",
         version_2(STAY)),
    ],
)  # fmt: skip
def test_a_call_is_known_by_the_state_before_it(source: str, header: NsfFile) -> None:
    """Two calls have one hash where nothing that the program could change has changed."""
    machine = machine_of(source, header)
    for frame in range(7):
        expected = hash_of(machine)
        assert machine.advance(frame + 1).tolist() == [expected]


def test_what_a_program_hears_of_the_chip_is_part_of_its_state() -> None:
    """Only of one that asks: then lengths that run down make calls differ until they are down."""
    source = "init: LDA #0\n STA $400C\n STA $400F\n RTS\nplay: LDA ${}15\n RTS"
    deaf = machine_of(source.format("00")).advance(12).tolist()[1:]
    hearing = machine_of(source.format("40")).advance(12).tolist()[1:]
    assert len(set(deaf)) == 1
    assert len(set(hearing[1:5])) == 4
    assert len(set(hearing[-4:])) == 1
