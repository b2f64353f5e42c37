"""VGM files read and written: what the bytes mean, what round trips keep, what is refused."""

import contextlib
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.chip.hardware import NTSC, PAL, Region
from synth.errors import SynthError
from synth.formats import vgm_read
from synth.formats.chipfile import Titles
from synth.formats.vgm_gd3 import gd3_bytes
from synth.formats.vgm_read import read_vgm
from tests.synth.formats.vgm_files import vgm_of

TICK_CYCLES = NTSC.clock_hz / 44_100


def from_dump(dump: str) -> bytes:
    """Bytes of an annotated hexdump: what follows a '#' is for the reader."""
    return bytes.fromhex("".join(line.split("#")[0] for line in dump.splitlines()))


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


def test_waits_and_registers_have_the_bounds_of_the_specification() -> None:
    """$80 to $8F wait 0 to 15 ticks, and the chip's registers are told from their neighbours."""
    waits = b"".join(bytes([0x80 + k, 0xB4, 0x11, k]) for k in range(16))
    file = read_vgm(vgm_of(waits + b"\x62\x66"), "waits.vgm")
    ticks = [sum(range(k + 1)) for k in range(16)]
    assert file.log.cycle == pytest.approx([tick * TICK_CYCLES for tick in ticks], abs=1)
    assert "16 writes to YM2612 left out" in file.warnings
    registers = b"".join(
        bytes([0xB4, register, 64]) for register in (0x11, 0x17, 0x18, 0x1F, 0x20, 0x7F)
    )
    fields = {0x84: 1_789_772 | 2 << 30, 0x18: 735}
    file = read_vgm(vgm_of(registers + b"\x62\x66", fields=fields), "registers.vgm")
    assert file.log.address.tolist() == [0x4011, 0x4017]
    assert "2 writes to NES test registers left out" in file.warnings
    assert "2 writes to FDS left out" in file.warnings


def test_a_data_block_without_an_address_is_none_of_ours() -> None:
    """One byte of sample memory is no sample, and a block of another type is another chip's."""
    empty = b"\x67\x66\xc2\x01\x00\x00\x00\x11"
    foreign = b"\x67\x66\x80\x04\x00\x00\x00\x00\xc0\x11\x22"
    table, packed = (b"\x67\x66" + bytes([kind, 1, 0, 0, 0, 0]) for kind in (0x7F, 0x7E))
    for block, told in ((empty, ""), (foreign, "type $80"), (table, "type $7F"),
                        (packed, "compressed")):  # fmt: skip
        file = read_vgm(vgm_of(block + b"\xb4\x11\x40\x62\x66", fields={0x18: 735}), "a.vgm")
        assert file.log.memory == ()
        assert len(file.warnings) == bool(told)
        assert told in " ".join(file.warnings)
    named = b"\x67\x66\xc2\x02\x00\x00\x00\x00\xc0"  # an address, and nothing to put there
    assert read_vgm(vgm_of(named + b"\xb4\x11\x40\x62\x66"), "a.vgm").log.memory == ()


@pytest.mark.parametrize(
    ("before", "address", "told"), [(b"", 1, False), (b"\xb4\x11\x40", 1, False),
                                    (b"", 0, False), (b"\xb4\x11\x40", 0, True)],
)  # fmt: skip
def test_samples_that_are_replaced_while_playing_are_told(
    before: bytes, address: int, told: bool
) -> None:
    """Not those that are added, nor those that are replaced before anything plays."""
    blocks = [b"\x67\x66\xc2\x03\x00\x00\x00" + bytes([at, 0xC0, at + 5 * k])
              for k, at in enumerate((0, address))]  # fmt: skip
    data = vgm_of(blocks[0] + before + blocks[1] + b"\x62\x66", fields={0x18: 735})
    assert any("replaces samples" in each for each in read_vgm(data, "a.vgm").warnings) is told


def test_a_wrong_length_in_the_header_is_told_in_seconds() -> None:
    """The commands are followed, and both lengths are said."""
    file = read_vgm(vgm_of(b"\xb4\x11\x40\x62\x66", fields={0x18: 66_150}), "a.vgm")
    assert file.warnings == (
        "its header says 1.50 s but its commands last 0.02 s; the commands are followed",
    )


@pytest.mark.parametrize("rest", [b"", b"\x61", b"\x61\x10", b"\xb4\x00", b"\x67\x66"])
def test_what_a_file_that_breaks_off_has_is_played(rest: bytes) -> None:
    """Its end command is missing, and with it perhaps the end of a download."""
    file = read_vgm(vgm_of(b"\xb4\x11\x40\x62" + rest, fields={0x18: 735}), "a.vgm")
    assert file.log.value.tolist() == [0x40]
    assert file.log.duration_s == pytest.approx(735 / 44_100, abs=1e-4)
    assert file.warnings == ("it is cut short after 0.02 s, and played so far",)


def test_titles_are_where_the_header_says() -> None:
    """The tag's place is counted from the field that holds it; 0 is no tag."""
    music = b"\xb4\x11\x40\x62\x66"
    tag = gd3_bytes(Titles(title="Song", artist="Player"))
    fields = {0x14: 0x100 + len(music) - 0x14, 0x18: 735}
    file = read_vgm(vgm_of(music, fields=fields) + tag, "a.vgm")
    assert (file.titles.title, file.titles.artist, file.warnings) == ("Song", "Player", ())
    assert read_vgm(vgm_of(music, fields={0x18: 735}) + tag, "a.vgm").titles == Titles()


def test_a_loop_without_time_or_place_is_left_out() -> None:
    """A loop at the end, or in the middle of a command, is said and not played."""
    music = b"\x62\xb4\x11\x40\x66"
    for at, told in ((1, "loop is empty"), (2, "not at a command")):
        file = read_vgm(vgm_of(music, loop_at=at, fields={0x18: 735}), "a.vgm")
        assert file.log.loop_cycle is None
        assert [told in warning for warning in file.warnings] == [True]
    whole = read_vgm(vgm_of(b"\xb4\x11\x40\x62\x66", loop_at=0, fields={0x18: 735}), "a.vgm")
    assert whole.log.loop_cycle == 0


def test_what_comes_before_a_loop_in_its_tick_is_not_played_again() -> None:
    """It is one cycle earlier than the loop; what the loop itself begins with is not."""
    music = b"\x62\xb4\x15\x0f\xb4\x11\x40\x62\x66"
    log = read_vgm(vgm_of(music, loop_at=4, fields={0x18: 1470}), "a.vgm").log
    assert log.loop_cycle is not None
    assert (log.cycle - log.loop_cycle).tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("clock_hz", "region", "told"),
    [
        (NTSC.clock_hz, NTSC, ""), (1_789_772, NTSC, ""), (1_662_607, PAL, ""),
        (1_700_000, PAL, "-38.5 cents"), (1_789_900, NTSC, "-0.1 cents"),
        (1_000_001, PAL, "+880.1 cents"),
    ],
)  # fmt: skip
def test_a_clock_is_that_of_the_nearest_region(clock_hz: int, region: Region, told: str) -> None:
    """A clock that no NES has is played at the nearest one, and by how much that is off is said."""
    fields = {0x84: clock_hz, 0x18: 735}
    file = read_vgm(vgm_of(b"\xb4\x11\x40\x62\x66", fields=fields), "a.vgm")
    assert file.log.region is region
    assert file.second is None
    assert told in " ".join(file.warnings)
    assert len(file.warnings) == bool(told)


def test_the_limit_of_what_is_unpacked_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many bytes are taken, and not one more."""
    whole = vgm_of(COMMANDS)
    packed = gzip.compress(whole, mtime=0)
    monkeypatch.setattr(vgm_read, "MAX_UNPACKED_BYTES", len(whole))
    assert len(read_vgm(packed, "a.vgz").log) == 5
    monkeypatch.setattr(vgm_read, "MAX_UNPACKED_BYTES", len(whole) - 1)
    with pytest.raises(SynthError, match="64 MB"):
        read_vgm(packed, "a.vgz")


def test_only_the_first_track_is_there() -> None:
    """A VGM file is one piece."""
    with pytest.raises(SynthError, match=r"a\.vgm: .* no track 2"):
        read_vgm(vgm_of(COMMANDS), "a.vgm", track=2)


@pytest.mark.parametrize(("version", "extra", "named"), [
    (0x171, 0x04, ()),  # the header ends where the extra header begins, 4 bytes behind its offset
    (0x171, 0x30, ("K007232",)), (0x171, 0x2F, ()), (0x171, 0x00, ("K007232",)),
    (0x170, 0x04, ()), (0x161, 0x04, ("K007232",)),  # versions before 1.70 have no extra header
])  # fmt: skip
def test_an_extra_header_ends_the_list_of_chips(
    version: int, extra: int, named: tuple[str, ...]
) -> None:
    """What stands in an extra header is no chip's clock, however much it looks like one."""
    fields = {0x08: version, 0xBC: extra, 0xE8: 3_579_545, 0x18: 735}
    file = read_vgm(vgm_of(b"\xb4\x11\x40\x62\x66", fields=fields), "extra.vgm")
    assert file.chips == ("2A03", *named)
    assert file.log.value.tolist() == [0x40]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no VGM"),
        (b"RIFF" + bytes(300), "no VGM"),
        (b"Vgm " + bytes(20), "cut short"),
        (vgm_of(b"\xb4\x00"), "cut short"),
        (vgm_of(b"\x67\x66\xc2\xff\xff\xff\x7f"), "cut short"),
        (vgm_of(b"\x67\x00\xc2\x00\x00\x00\x00\x66"), "broken"),
        (vgm_of(b"\x00\x66"), "unknown VGM command"),
        (vgm_of(b"\x66", fields={0x34: 0x7FFF_FFFF}), "outside"),
        (vgm_of(b"\x66", fields={0x84: 0, 0x2C: 7_670_453}), "YM2612"),
        (vgm_of(b"\x66", fields={0x08: 0x151}), "drives no chip and no NES APU"),
        (vgm_of(b"\x66", fields={0x84: 0}), "drives no chip and no NES APU"),
        (vgm_of(b"\x66", fields={0x34: 0}), "drives no chip and no NES APU"),
        (vgm_of(b"\x66", fields={0x34: 12}), "drives no chip and no NES APU"),
        (vgm_of(b"\x66", fields={0x34: 11}), "begin at byte 63, outside the file"),
        (vgm_of(b"")[:64], "begin at byte 256, outside the file"),
        (vgm_of(b""), "begin at byte 256, outside the file"),
        (b"Vgm " + bytes(59), "cut short at 63 bytes"),
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
