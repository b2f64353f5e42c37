"""VGM files read and written: what the bytes mean, what round trips keep, what is refused."""

import contextlib
import dataclasses
import gzip
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth.chip.hardware import NTSC, PAL, Region
from synth.chip.registers import RegisterLog
from synth.errors import SynthError
from synth.formats.chip_formats import read_chip_file, write_chip_file
from synth.formats.chipfile import Titles
from synth.formats.log_frames import cut_log, frame_of
from synth.formats.vgm import read_vgm
from synth.formats.vgm_write import compress_vgz, write_vgm

SOUND_REGISTERS = [r for r in range(0x4000, 0x4018) if r not in (0x4014, 0x4016)]
TICK_CYCLES = NTSC.clock_hz / 44_100


def from_dump(dump: str) -> bytes:
    """Bytes of an annotated hexdump: what follows a '#' is for the reader."""
    return bytes.fromhex("".join(line.split("#")[0] for line in dump.splitlines()))


def vgm_of(commands: bytes, *, loop_at: int | None = None, fields: dict[int, int] | None = None):
    """Make a minimal VGM 1.61 written here by hand, with `loop_at` counted within `commands`."""
    header = bytearray(0x100)
    header[:4] = b"Vgm "
    numbers = {0x08: 0x161, 0x34: 0x100 - 0x34, 0x84: 1_789_772}
    if loop_at is not None:
        numbers[0x1C] = 0x100 + loop_at - 0x1C
    for offset, number in (numbers | (fields or {})).items():
        struct.pack_into("<I", header, offset, number)
    return bytes(header) + commands


COMMANDS = from_dump(
    """
    67 66 C2 05 00 00 00  00 C0  AA 55 AA   # three bytes of sample memory at $C000
    B4 15 0F                                # $4015 = $0F
    62                                      # 735 ticks
    B4 02 FD                                # $4002 = $FD
    B4 03 00                                # $4003 = $00
    63                                      # 882 ticks
    61 10 27                                # 10,000 ticks
    B4 17 40                                # $4017 = $40
    7F                                      # 16 ticks
    70                                      # 1 tick
    B4 11 40                                # $4011 = $40
    66                                      # the end
    """
)


def test_every_wait_and_write_of_a_hand_written_file_is_read() -> None:
    """Commands mean what the specification says: ticks of 1/44,100 s and $4000 + register."""
    file = read_vgm(vgm_of(COMMANDS, fields={0x18: 735 + 882 + 10_017}), "hand.vgm")
    ticks = [0, 735, 735, 735 + 882 + 10_000, 735 + 882 + 10_017]
    assert [f"{a:04X}={v:02X}" for a, v in zip(file.log.address, file.log.value, strict=True)] == [
        "4015=0F", "4002=FD", "4003=00", "4017=40", "4011=40",
    ]  # fmt: skip
    assert file.log.cycle == pytest.approx([tick * TICK_CYCLES for tick in ticks], abs=1)
    assert file.log.memory == ((0xC000, b"\xaa\x55\xaa"),)
    assert file.warnings == ()
    assert file.chips == ("2A03",)


def test_a_loop_point_is_the_time_of_the_command_it_names() -> None:
    """The loop offset points at a command; that command's time is where playing goes on."""
    at = COMMANDS.index(b"\xb4\x02")
    file = read_vgm(vgm_of(COMMANDS, loop_at=at), "loop.vgm")
    assert file.log.loop_cycle == pytest.approx(735 * TICK_CYCLES, abs=1)


def test_other_chips_are_named_and_their_commands_stepped_over() -> None:
    """A file for several chips plays its 2A03 part, and the warnings name every other."""
    commands = from_dump(
        """
        50 9F           # SN76489
        52 28 F0        # YM2612
        A0 07 38        # AY8910
        C0 00 00 00     # Sega PCM
        E0 00 00 00 00  # seek in YM2612 data
        68 66 00 00 00 00 00 00 00 00 00 00      # PCM RAM write
        93 00 00 00 00 00 00 00 00 00 00         # start a stream
        82              # YM2612 and 2 ticks
        B4 A0 11        # second NES APU
        B4 23 11        # FDS
        B4 1A 11        # test register
        B4 14 02        # sprite DMA: no sound, no loss
        B4 11 7F        # $4011 = $7F
        62
        66
        """
    )
    fields = {0x0C: 3_579_545, 0x18: 737, 0x84: 1_789_772 | 2 << 30}
    file = read_vgm(vgm_of(commands, fields=fields), "x.vgm", seconds=1.0)
    assert file.log.address.tolist() == [0x4011]
    assert file.log.cycle[0] == round(2 * TICK_CYCLES)
    told = " / ".join(file.warnings)
    for name in ("SN76489", "YM2612", "AY8910", "Sega PCM", "FDS", "second NES APU", "stream"):
        assert name in told
    assert set(file.chips) == {"2A03", "SN76489", "FDS"}


@pytest.mark.parametrize(
    ("command", "length"),
    [(0x30, 2), (0x41, 3), (0x4F, 2), (0x5F, 3), (0x90, 5), (0x91, 5), (0x92, 6), (0x93, 11),
     (0x94, 2), (0x95, 5), (0xA5, 3), (0xBF, 3), (0xC9, 4), (0xDF, 4), (0xE1, 5), (0xFF, 5)],
)  # fmt: skip
def test_a_foreign_command_has_its_documented_length(command: int, length: int) -> None:
    """After any foreign command the next one of ours is found where the specification puts it."""
    foreign = bytes([command, *[0x66] * (length - 1)])
    file = read_vgm(vgm_of(foreign + b"\xb4\x0f\x08\x66"), "foreign.vgm")
    assert file.log.address.tolist() == [0x400F]
    assert file.warnings or 0x91 <= command <= 0x95  # nothing sounds of a stream never begun


def test_music_for_other_chips_alone_is_refused() -> None:
    """A file that names a 2A03 and leaves it silent says which chips its music is for."""
    data = vgm_of(b"\xb4\x23\x11\x62\x66", fields={0x84: 1_789_772 | 2 << 30})
    with pytest.raises(SynthError, match=r"song.vgm: its music is for the FDS.*the 2A03"):
        read_vgm(data, "song.vgm")


def test_two_chips_are_told_apart() -> None:
    """Bit 7 of a register, and of a data block's size, name the second chip; both are read."""
    commands = from_dump(
        """
        67 66 C2 03 00 00 00  00 C0 11      # a sample byte for the first chip
        67 66 C2 03 00 00 80  00 C0 22      # and another for the second
        B4 11 10        # first: $4011
        62
        B4 91 20        # second: $4011
        B4 11 30
        62 66
        """
    )
    fields = {0x18: 1470, 0x84: 1_789_772 | 1 << 30}
    file = read_vgm(vgm_of(commands, fields=fields, loop_at=10), "two.vgm")
    first, second = file.log, file.second
    assert second is not None
    assert (first.value.tolist(), second.value.tolist()) == ([0x10, 0x30], [0x20])
    assert second.cycle[0] == first.cycle[1]
    assert (first.memory, second.memory) == (((0xC000, b"\x11"),), ((0xC000, b"\x22"),))
    assert first.end_cycle == second.end_cycle
    assert file.warnings == ()


STREAM = """
    67 66 07 04 00 00 00  01 02 03 04       # data for streams: two blocks of type 7
    67 66 07 03 00 00 00  05 06 07
    90 00 14 00 11                          # stream 0: the 2A03's $4011
    91 00 07 01 00                          # from bank 7, byte by byte
    92 00 44 AC 00 00                       # at 44,100 Hz: one a tick
"""


@pytest.mark.parametrize(
    ("start", "values", "ticks"),
    [
        # From byte 1, three commands.
        ("93 00 01000000 01 03000000", [2, 3, 4], [5, 6, 7]),
        ("93 00 01000000 11 03000000", [4, 3, 2], [5, 6, 7]),  # backwards
        ("93 00 05000000 03 00000000", [6, 7], [5, 6]),  # to the end
        ("93 00 05000000 83 00000000", [6, 7, 6, 7, 6], [5, 6, 7, 8, 9]),  # round and round
        ("95 00 0100 00", [5, 6, 7], [5, 6, 7]),  # the second block
        ("95 00 0900 00", [], []),  # there is none
        ("92 00 22560000 93 00 00000000 01 02000000", [1, 2], [5, 7]),  # half as fast
        (
            "91 00 07 02 01 93 00 00000000 01 02000000",
            [2, 4],
            [5, 6],
        ),  # every second, from the next
        ("93 00 00000000 83 00000000 71 94 00", [1, 2], [5, 6]),  # stopped after two ticks
        ("92 00 E8030000 93 00 00000000 02 02000000", [1], [5]),  # 2 ms of 1,000 Hz: the end cuts
    ],
)
def test_a_stream_writes_its_data(start: str, values: list[int], ticks: list[int]) -> None:
    """Each byte at its own time, by the ways of saying how many; five ticks after the start."""
    commands = from_dump(STREAM + "74\n" + start) + bytes((0x74, 0x66))
    log = read_vgm(vgm_of(commands), "stream.vgm").log
    shown = log.value[log.cycle < round(10 * TICK_CYCLES)].tolist()
    assert shown[: len(values)] == values
    assert set(log.address.tolist()) <= {0x4011}
    expected = [int(tick * TICK_CYCLES) for tick in ticks]
    assert log.cycle[: len(ticks)].tolist() == pytest.approx(expected, abs=1)


def test_a_stream_without_end_or_for_another_chip_is_said() -> None:
    """Millions of writes a second are refused; what is not for the 2A03 is named."""
    fast = from_dump(STREAM + "92 00 FFFFFFFF 93 00 00000000 83 00000000 61 FFFF 66")
    with pytest.raises(SynthError, match=r"fast.vgm.*20 million"):
        read_vgm(vgm_of(fast), "fast.vgm")
    other = from_dump(STREAM.replace("90 00 14", "90 00 02") + "93 00 00000000 03 00000000 62 66")
    file = read_vgm(vgm_of(other), "other.vgm")
    assert len(file.log) == 0
    assert "another chip" in " ".join(file.warnings)


def test_a_gzip_of_several_members_is_one_file() -> None:
    """Members follow each other, as the format allows; padding after the last is passed over."""
    whole = vgm_of(COMMANDS, fields={0x18: 735 + 882 + 10_017})
    parts = [whole[:100], b"", whole[100:300], whole[300:]]
    packed = b"".join(gzip.compress(part, mtime=0) for part in parts)
    for data in (packed, packed + bytes(512)):
        assert read_vgm(data, "two.vgz").log.value.tolist() == [0x0F, 0xFD, 0, 0x40, 0x40]
    with pytest.raises(SynthError, match="64 MB"):
        read_vgm(gzip.compress(bytes(40 << 20), mtime=0) * 2, "big.vgz")


def test_version_172_is_read() -> None:
    """Its header names six chips more, and its commands have their lengths."""
    commands = from_dump(
        "32 66  41 66 66  42 66 66  43 66 66  44 66 66  C9 66 66 66  B4 11 40 62 66"
    )
    fields = {0x08: 0x172, 0x18: 735, 0xE8: 3_579_545, 0xFC: 33_868_800}
    file = read_vgm(vgm_of(commands, fields=fields), "new.vgm")
    assert file.format == "VGM 1.72"
    assert file.log.value.tolist() == [0x40]
    assert set(file.chips) == {"2A03", "K007232", "ICS2115"}
    for name in ("MSM5205", "K007232", "K005289", "MSM5232", "ICS2115", "BSMT2000"):
        assert any(name in warning for warning in file.warnings)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no VGM"),
        (b"RIFF" + bytes(300), "no VGM"),
        (b"Vgm " + bytes(20), "cut short"),
        (vgm_of(COMMANDS[:-1]), "cut short"),
        (vgm_of(b"\xb4\x00"), "cut short"),
        (vgm_of(b"\x67\x66\xc2\xff\xff\xff\x7f"), "cut short"),
        (vgm_of(b"\x67\x00\xc2\x00\x00\x00\x00\x66"), "broken"),
        (vgm_of(b"\x00\x66"), "unknown VGM command"),
        (vgm_of(b"\x66", fields={0x34: 0x7FFF_FFFF}), "outside"),
        (vgm_of(b"\x66", fields={0x84: 0, 0x2C: 7_670_453}), "YM2612"),
        (vgm_of(b"\x66", fields={0x08: 0x151}), "no NES APU"),
        (gzip.compress(vgm_of(COMMANDS), mtime=0)[:-20], "gzip"),
        (b"\x1f\x8b\x08\x00garbage", "gzip"),
        (gzip.compress(bytes(65 << 20), mtime=0), "64 MB"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_in_one_line(data: bytes, reason: str) -> None:
    """A file that cannot be played says which file and why, in one line."""
    with pytest.raises(SynthError, match=reason) as caught:
        read_vgm(data, "bad.vgm")
    assert "bad.vgm" in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_mutation_of_a_file_does_worse_than_refuse(data: st.DataObject) -> None:
    """Whatever bytes are changed or cut off, reading gives a log or a `SynthError`."""
    broken = bytearray(vgm_of(COMMANDS, loop_at=12))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(broken)))
    with contextlib.suppress(SynthError):
        assert len(read_vgm(bytes(broken[:cut]), "fuzz.vgm").log) <= len(COMMANDS)


@st.composite
def logs(draw: st.DrawFn) -> RegisterLog:
    """Any register log of up to 60 writes and some seconds."""
    steps = draw(st.lists(st.integers(0, 200_000), max_size=60))
    cycle = np.cumsum(np.array(steps, dtype=np.int64))
    address = draw(
        st.lists(st.sampled_from(SOUND_REGISTERS), min_size=len(steps), max_size=len(steps))
    )
    value = draw(st.binary(min_size=len(steps), max_size=len(steps)))
    end = int(cycle[-1] if len(steps) else 0) + draw(st.integers(100, 500_000))
    loop = draw(st.none() | st.integers(0, end - 100))
    memory = draw(st.none() | st.binary(min_size=1, max_size=64))
    return RegisterLog(
        cycle, np.array(address), np.frombuffer(value, dtype=np.uint8), end_cycle=end,
        region=draw(st.sampled_from([NTSC, PAL])), loop_cycle=loop,
        memory=() if memory is None else ((0xC040, memory),),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(log=logs())
@example(
    log=RegisterLog(
        np.array([0, 679, 680]), np.array([0x4000] * 3), np.array([1, 2, 3]), end_cycle=780,
        loop_cycle=680,
    )
)  # fmt: skip
def test_a_log_comes_back_within_one_tick(log: RegisterLog) -> None:
    """A log -> VGM -> log keeps every write, in order, each within one tick of its time."""
    back = read_vgm(write_vgm(log), "back.vgm")
    tick_cycles = log.region.clock_hz / 44_100
    assert back.log.address.tolist() == log.address.tolist()
    assert back.log.value.tolist() == log.value.tolist()
    assert np.all(np.abs(back.log.cycle - log.cycle) <= tick_cycles)
    assert abs(back.log.end_cycle - log.end_cycle) <= tick_cycles
    assert back.log.region == log.region
    assert back.log.memory == log.memory
    assert (back.log.loop_cycle is None) == (log.loop_cycle is None)
    if log.loop_cycle is not None and back.log.loop_cycle is not None:
        assert abs(back.log.loop_cycle - log.loop_cycle) <= tick_cycles
    assert back.warnings == ()
    # What has been on ticks once stays there.
    assert write_vgm(back.log) == write_vgm(log)


@settings(max_examples=60, deadline=None)
@given(log=logs(), rounds=st.integers(0, 5))
def test_any_log_can_be_cut_or_unrolled(log: RegisterLog, rounds: int) -> None:
    """A cut log has the writes up to there; an unrolled one goes round its loop in order."""
    if log.loop_cycle is None:
        half = cut_log(log, log.duration_s / 2)
        kept = int(np.sum(log.cycle < half.end_cycle))
        assert half.value.tolist() == log.value[:kept].tolist()
        assert cut_log(log, log.duration_s + 10) is log
        return
    length = log.end_cycle - log.loop_cycle
    longer = cut_log(log, (log.end_cycle + rounds * length) / log.region.clock_hz)
    again = log.value[log.cycle >= log.loop_cycle].tolist()
    expected = log.value.tolist() + again * (rounds + 1)
    assert longer.value.tolist() == expected[: len(longer)]
    assert abs(len(longer) - len(log) - rounds * len(again)) <= len(again)
    assert longer.loop_cycle is None or rounds == 0


@settings(max_examples=30, deadline=None)
@given(frames=st.lists(st.integers(0, 5_000), min_size=1), region=st.sampled_from([NTSC, PAL]))
def test_writes_stay_in_their_video_frame(frames: list[int], region: Region) -> None:
    """Rounding to ticks does not move what a driver writes at a frame's start into the one before.

    The tick is the first that is not earlier than the write, and its cycle is read back rounded
    down, which is not earlier either.
    """
    starts = np.array([region.frame_cycle(frame) for frame in sorted(frames)])
    log = RegisterLog(
        starts, np.full(len(starts), 0x4000), np.zeros(len(starts)),
        end_cycle=int(starts[-1]) + 30_000, region=region,
    )  # fmt: skip
    back = read_vgm(write_vgm(log), "frames.vgm").log
    assert frame_of(back.cycle, region).tolist() == sorted(frames)


def test_the_header_holds_what_the_specification_asks() -> None:
    """Every header field of a written file is right, by a parse that shares no code with ours."""
    log = RegisterLog(
        np.array([0, 500_000]), np.array([0x4015, 0x4000]), np.array([15, 0xBF]),
        end_cycle=3_579_546, loop_cycle=NTSC.clock_hz,
    )  # fmt: skip
    data = write_vgm(log, Titles("Title", "Artist", "Album", "1987"))
    words = struct.unpack("<64I", data[:256])
    assert data[:4] == b"Vgm "
    assert words[1] + 4 == len(data)
    assert words[2] == 0x171
    assert words[6] == 2 * 44_100  # total ticks
    assert words[8] == 44_100  # ticks of the loop
    assert words[9] == 60
    assert words[13] + 0x34 == 0x100
    assert words[33] == 1_789_773
    assert sum(words[3:5]) + sum(words[10:13]) == 0  # no other chip has a clock
    loop = words[7] + 0x1C
    at, ticks_before = 0x100, 0
    while at < loop:  # this file's first second: writes and waits alone
        assert data[at] in (0xB4, 0x61)
        if data[at] == 0x61:
            ticks_before += int.from_bytes(data[at + 1 : at + 3], "little")
        at += 3
    gd3 = words[5] + 0x14
    assert data[gd3 : gd3 + 8] == b"Gd3 \x00\x01\x00\x00"
    strings = data[gd3 + 12 :].decode("utf-16-le").split("\0")
    assert strings[:9:2] == ["Title", "Album", "Nintendo Entertainment System", "Artist", "1987"]
    assert struct.unpack("<I", data[gd3 + 8 : gd3 + 12])[0] == len(data) - gd3 - 12
    assert ticks_before == 44_100


def test_titles_come_back_and_cannot_harm_a_terminal() -> None:
    """GD3 keeps titles in any script; control characters are taken out on reading."""
    log = RegisterLog(np.zeros(1), np.array([0x4015]), np.zeros(1), end_cycle=1000)
    titles = Titles("Ночь \x1b[31m", "作曲家", "", "2024")
    file = read_vgm(write_vgm(log, titles), "x.vgm")
    assert file.titles == Titles("Ночь [31m", "作曲家", "", "2024")
    # Persian and Hindi need joiners that have no shape; a half of a pair is no character at all.
    scripts = Titles("می\u200cروم", "क्\u200dष", "🎵 émoji", "\ud800?")
    assert read_vgm(write_vgm(log, scripts), "x.vgm").titles == dataclasses.replace(
        scripts, copyright="??"
    )


def test_files_of_both_suffixes_hold_the_same_music(tmp_path) -> None:
    """`.vgm` and `.vgz` are the same bytes, one of them compressed, and each time the same."""
    log = RegisterLog(np.zeros(1), np.array([0x4015]), np.array([15]), end_cycle=44_100)
    write_chip_file(tmp_path / "a.vgm", log, title="A")
    write_chip_file(tmp_path / "a.vgz", log, title="A")
    plain, packed = (tmp_path / "a.vgm").read_bytes(), (tmp_path / "a.vgz").read_bytes()
    assert gzip.decompress(packed) == plain
    assert packed == compress_vgz(plain)
    assert read_chip_file(tmp_path / "a.vgz").titles.title == "A"
    with pytest.raises(SynthError, match="--force"):
        write_chip_file(tmp_path / "a.vgm", log)
    with pytest.raises(SynthError, match="suffix"):
        write_chip_file(tmp_path / "a.spc", log)
    with pytest.raises(SynthError, match="one track"):
        read_chip_file(tmp_path / "a.vgm", track=2)


def test_seconds_cut_a_log_or_go_round_its_loop(tmp_path) -> None:
    """Asking for more seconds than a looping file has plays its loop again, in time."""
    log = RegisterLog(
        np.array([0, 1_000_000, 1_789_773]), np.array([0x4015, 0x4002, 0x4000]),
        np.array([15, 1, 2]), end_cycle=2 * NTSC.clock_hz, loop_cycle=NTSC.clock_hz,
    )  # fmt: skip
    write_chip_file(tmp_path / "a.vgm", log)
    longer = read_chip_file(tmp_path / "a.vgm", seconds=4.5).log
    assert longer.value.tolist() == [15, 1, 2, 2, 2, 2]
    assert longer.cycle[2:] / NTSC.clock_hz == pytest.approx([1, 2, 3, 4], abs=1e-4)
    assert longer.duration_s == pytest.approx(4.5)
    shorter = read_chip_file(tmp_path / "a.vgm", seconds=0.8).log
    assert shorter.value.tolist() == [15, 1]
    assert shorter.loop_cycle is None
