"""Cartridges: what the file holds, and what their program does to a console made of py65."""

from pathlib import Path

import numpy as np
import pytest
from py65.devices.mpu6502 import MPU
from py65.memory import ObservableMemory

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.formats.chip_formats import read_chip_file, write_chip_file
from synth.formats.chipfile import Titles
from synth.formats.font import screen_rows, tiles
from synth.formats.log_frames import Frame
from synth.formats.nes_write import write_nes


def log_of(
    frames: list[Frame], region: Region = NTSC, loop: int | None = None, memory: tuple = ()
) -> RegisterLog:
    """Make a log whose writes stand at the beginning of their frames."""
    rows = [
        (region.frame_cycle(number), 0x4000 + register, value)
        for number, frame in enumerate(frames)
        for register, value in frame
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return RegisterLog(
        table[:, 0], table[:, 1], table[:, 2], end_cycle=region.frame_cycle(len(frames)),
        region=region, loop_cycle=None if loop is None else region.frame_cycle(loop), memory=memory,
    )  # fmt: skip


class Console:
    """A NES of py65, UxROM banks and just enough PPU: vertical blanks when they are asked for."""

    def __init__(self, rom: bytes) -> None:
        self.banks = [rom[16 + i * 16_384 : 16 + (i + 1) * 16_384] for i in range(rom[4])]
        self.bank = 0
        self.written: list[tuple[int, int]] = []
        self.video = bytearray(0x4000)
        self.video_at = 0
        self.ppu: dict[int, int] = {}
        self.polls = 0
        memory = ObservableMemory()
        memory.subscribe_to_read(
            range(0x8000, 0xC000), lambda at: self.banks[self.bank][at - 0x8000]
        )
        memory.subscribe_to_read(range(0xC000, 0x10000), lambda at: self.banks[-1][at - 0xC000])
        memory.subscribe_to_write(range(0x8000, 0x10000), self._switch)
        memory.subscribe_to_write(range(0x4000, 0x4018), self._sound)
        memory.subscribe_to_write(range(0x2000, 0x2008), self._draw)
        memory.subscribe_to_read([0x2002], self._status)
        self.mpu = MPU(memory=memory)
        self.mpu.pc = int.from_bytes(self.banks[-1][0x3FFC:0x3FFE], "little")

    def _rom(self, address: int) -> int:
        bank = self.bank if address < 0xC000 else -1
        return self.banks[bank][address & 0x3FFF]

    def _switch(self, address: int, value: int) -> None:
        # UxROM has bus conflicts: the ROM drives the bus too, so both must say the same.
        bank = self.banks[self.bank] if address < 0xC000 else self.banks[-1]
        assert bank[address & 0x3FFF] == value
        self.bank = value

    def _sound(self, address: int, value: int) -> None:
        self.written.append((address - 0x4000, value))

    def _draw(self, address: int, value: int) -> None:
        if address == 0x2006:
            self.video_at = (self.video_at << 8 | value) & 0x3FFF
        elif address == 0x2007:
            self.video[self.video_at] = value
            self.video_at = self.video_at + 1 & 0x3FFF
        else:
            self.ppu[address] = value

    def _status(self, _: int) -> int:
        self.polls += 1
        return 0x80 if self.polls % 50 == 0 else 0

    def reset(self) -> Frame:
        """Run until the program waits for interrupts; return its sound writes."""
        for _ in range(200_000):
            before = self.mpu.pc
            self.mpu.step()
            if self.mpu.pc == before:
                return self._frame()
        raise AssertionError("reset does not come to rest")

    def vertical_blank(self) -> Frame:
        """Interrupt as at a vertical blank, and return the sound writes."""
        resting = self.mpu.pc
        self.mpu.nmi()
        self.mpu.pc = int.from_bytes(self.banks[-1][0x3FFA:0x3FFC], "little")
        for _ in range(20_000):
            if self.mpu.pc == resting:
                return self._frame()
            self.mpu.step()
        raise AssertionError("the interrupt does not return")

    def _frame(self) -> Frame:
        frame = tuple(self.written)
        self.written.clear()
        return frame


RESET = ((0x17, 0x40), (0x10, 0), *((r, 0) for r in reversed(range(0x14))), (0x15, 0), (0x15, 0x0F))


@pytest.mark.parametrize("loop", [None, 130])
def test_every_vertical_blank_plays_a_frame(loop: int | None) -> None:
    """Reset puts the chip in order; each interrupt then makes one frame's writes, in order."""
    rng = np.random.default_rng(4)
    frames = [
        tuple(zip(rng.choice(16, 30).tolist(), rng.integers(0, 256, 30).tolist(), strict=True))
        if rng.random() < 0.9
        else ()
        for _ in range(700)
    ]
    data, warnings = write_nes(log_of(frames, loop=loop))
    assert warnings == ()
    console = Console(data)
    assert console.reset() == RESET
    got = [console.vertical_blank() for _ in range(800)]
    assert got[:700] == frames
    if loop is None:
        assert got[700:] == [((0x15, 0),), *[()] * 99]
    else:
        assert got[700:] == frames[loop : loop + 100]
    assert data[4] >= 4  # so that banks were switched


def test_reset_draws_the_titles_and_then_turns_the_picture_on() -> None:
    """Tiles, colours and text are in video memory before rendering and interrupts begin."""
    data, _ = write_nes(log_of([((0, 1),)]), Titles("Hello", "World", copyright="1990"))
    console = Console(data)
    console.reset()
    planes = np.frombuffer(bytes(console.video[:1024]), dtype=np.uint8).reshape(64, 16)
    assert planes[:, :8].tobytes() == tiles()
    assert not planes[:, 8:].any()
    assert bytes(console.video[0x2100:0x2200]) == screen_rows(("Hello", "World", "1990"), 8)
    assert not any(console.video[0x2000:0x2100] + console.video[0x2200:0x2400])
    assert console.video[0x3F00:0x3F04] == bytes((0x01, 0x30, 0x21, 0x11))
    assert console.ppu[0x2000] == 0x80
    assert console.ppu[0x2001] == 0x0A


def test_a_reset_button_begins_again() -> None:
    """A second reset in the middle of the song starts it from its first frame."""
    frames: list[Frame] = [((0, n),) for n in range(60)]
    data, _ = write_nes(log_of(frames))
    console = Console(data)
    console.reset()
    for _ in range(20):
        console.vertical_blank()
    console.mpu.pc = int.from_bytes(console.banks[-1][0x3FFC:0x3FFE], "little")
    assert console.reset() == RESET
    assert [console.vertical_blank() for _ in range(60)] == frames


@pytest.mark.parametrize("region", [NTSC, PAL])
def test_the_header_holds_what_the_specification_asks(region: Region) -> None:
    """NES 2.0, mapper 2, RAM for tiles, the region; the program as long as the header says."""
    data, _ = write_nes(log_of([((0, 1),)], region))
    assert data[:4] == b"NES\x1a"
    assert data[4] * 16_384 + 16 == len(data)
    assert data[5] == 0  # no ROM for tiles
    assert (data[6] >> 4) | (data[7] & 0xF0) == 2
    assert data[7] & 0x0C == 0x08
    assert 64 << (data[11] & 0xF) == 8192
    assert data[12] == int(region == PAL)
    assert data[4] & data[4] - 1 == 0


def test_samples_stand_where_the_dmc_reads_them() -> None:
    """The player makes way for samples in the fixed bank, and both are whole."""
    sample = bytes(range(1, 34))
    frames: list[Frame] = [((0x12, 0), (0x13, 2), (0x15, 0x1F)), ((0, 5),), ()] * 3
    data, warnings = write_nes(log_of(frames, memory=((0xC000, sample),)))
    assert warnings == ()
    assert data[-16_384:][:33] == sample
    console = Console(data)
    assert console.reset() == RESET
    assert [console.vertical_blank() for _ in range(9)] == frames


def test_samples_that_leave_no_room_are_refused() -> None:
    """Where vectors or player cannot stand, the error names the way out."""
    last: list[Frame] = [((0x12, 0xFF), (0x13, 4), (0x15, 0x1F))]
    with pytest.raises(SynthError, match=r"vectors.*NSF"):
        write_nes(log_of(last, memory=((0xFFC0, bytes(64)),)))
    everywhere: list[Frame] = [
        ((0x12, at), (0x13, 0xFF), (0x15, 0x1F)) for at in range(0, 0xE0, 0x20)
    ]
    with pytest.raises(SynthError, match=r"no \d+ bytes together"):
        write_nes(log_of(everywhere, memory=((0xC000, bytes(0x3FF0)),)))


def test_a_song_beyond_every_board_is_warned_of() -> None:
    """More than 256 KB plays in emulators, and that is said."""
    rng = np.random.default_rng(9)
    noise = rng.integers(0, 256, (9_000, 40))
    frames = [tuple((n % 16, int(v)) for n, v in enumerate(row)) for row in noise]
    data, warnings = write_nes(log_of(frames))
    assert data[4] == 32
    assert "256 KB" in warnings[0]


def test_a_cartridge_is_written_and_not_read(tmp_path: Path) -> None:
    """The table of formats writes `.nes`; reading one says what can be read instead."""
    path = tmp_path / "song.nes"
    assert write_chip_file(path, log_of([((0, 1),)])) == ()
    with pytest.raises(SynthError, match=r"written, not read; give \.vgm, \.vgz, \.nsf"):
        read_chip_file(path)
