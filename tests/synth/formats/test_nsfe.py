"""NSFe files and the metadata of an NSF 2: names, times, order, and what is refused."""

import dataclasses
import struct

import pytest

from synth.chip.hardware import NTSC, PAL
from synth.errors import SynthError
from synth.formats.chipfile import Titles, Track
from synth.formats.nsf_header import HEADER_SIZE
from synth.formats.nsf_read import list_tracks, read_nsf
from tests.synth.formats.nsf_files import COUNTING, PLAIN, nsf_of

PROGRAM = nsf_of(COUNTING)[HEADER_SIZE:]
INFO = struct.pack("<HHHBBBB", 0x8000, 0x8000, 0x8003, 0, 0, 3, 1)
TIMES = struct.pack("<3i", 2000, -1, 500)
NAMED = {
    "tlbl": "First\0二番目\0".encode(),
    "taut": b"\0Somebody\0",
    "auth": b"Game\0Composer\x001990\0Ripper\0",
    "time": TIMES,
    "fade": struct.pack("<2i", 1000, 250),
    "plst": bytes((2, 0, 9)),
}


def chunk(label: str, data: bytes) -> bytes:
    """Write one chunk."""
    return struct.pack("<I", len(data)) + label.encode() + data


def nsfe_of(**chunks: bytes) -> bytes:
    """Write an NSFe file of three tracks with more chunks."""
    whole = {"INFO": INFO, **chunks, "DATA": PROGRAM, "NEND": b""}
    return b"NSFE" + b"".join(chunk(label, data) for label, data in whole.items())


def nsf2_of(features: int = 0, version: int = 2, **chunks: bytes) -> bytes:
    """Write an NSF 2 of the same."""
    header = dataclasses.replace(PLAIN, tracks=3, version=version, features=features)
    plain = bytearray(nsf_of(COUNTING, header))
    plain[0x7C] = features
    plain[0x7D:0x80] = len(PROGRAM).to_bytes(3, "little")
    tail = b"".join(chunk(label, data) for label, data in {**chunks, "NEND": b""}.items())
    return bytes(plain) + tail


@pytest.mark.parametrize(
    "data",
    [nsfe_of(**NAMED), nsf2_of(**NAMED), nsf2_of(version=1, **NAMED)],
    ids=["nsfe", "nsf2", "nsf1"],
)
def test_names_times_and_order_are_read(data: bytes) -> None:
    """The playlist says which tracks come in which order; each has its name and times."""
    first = Track(1, "First", length_s=2.0, fade_s=1.0)
    third = Track(3, length_s=0.5)
    assert list_tracks(data, "game") == (third, first)
    file = read_nsf(data, "game", track=1)
    assert (file.length_s, file.fade_s, file.track, file.tracks) == (2.0, 1.0, 1, 3)
    assert file.log.duration_s == pytest.approx(3.0, abs=0.02)
    assert file.titles == Titles("First", "Composer", "Game", "1990")
    second = read_nsf(data, "game", track=2, seconds=0.5)
    assert second.titles == Titles("二番目", "Somebody", "Game", "1990")
    assert (second.length_s, second.fade_s) == (None, 0.0)
    assert second.log.duration_s == pytest.approx(0.5, abs=0.02)
    assert set(second.log.value[second.log.address == 0x4006].tolist()) == {1}  # track 2


def test_a_loop_within_the_stated_time_is_kept() -> None:
    """A track that goes round once in less than its time is given with its loop."""
    source = """
    init:   LDA #0
            STA $10
            RTS
    play:   INC $10
            LDA $10
            AND #15
            STA $10
            STA $4002
            RTS
    """
    program = nsf_of(source)[HEADER_SIZE:]
    whole = {"INFO": INFO, "time": struct.pack("<i", 60_000), "DATA": program, "NEND": b""}
    data = b"NSFE" + b"".join(chunk(label, part) for label, part in whole.items())
    file = read_nsf(data, "loop.nsfe")
    assert file.length_s == 60.0
    assert file.log.loop_cycle is not None
    assert file.log.duration_s < 1


def test_rate_banks_and_region_are_followed() -> None:
    """RATE says how often play is called, regn which console is preferred."""
    both = INFO[:6] + b"\2" + INFO[7:]
    data = nsfe_of(RATE=struct.pack("<HHH", 10_000, 5_000, 0), regn=b"\3\1")
    data = data.replace(chunk("INFO", INFO), chunk("INFO", both))
    pal = read_nsf(data, "x", seconds=1.0).log
    assert pal.region == PAL
    assert (pal.address == 0x4002).sum() == 199
    ntsc = read_nsf(data, "x", seconds=1.0, region="ntsc").log
    assert ntsc.region == NTSC
    assert (ntsc.address == 0x4002).sum() == 99


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"NSFE", "cut short"),
        (b"NSFE" + chunk("NEND", b""), "no INFO chunk"),
        (b"NSFE" + chunk("INFO", INFO) + chunk("NEND", b""), "no DATA chunk"),
        (nsfe_of()[:-9], "cut short"),
        (nsfe_of(XTRA=b"1"), "needs the chunk 'XTRA'"),
        (nsf2_of(features=0x80, XTRA=b"1"), "needs the chunk 'XTRA'"),
    ],
)
def test_a_broken_file_is_refused(data: bytes, reason: str) -> None:
    """What is missing or must be known and is not, is said in one line."""
    with pytest.raises(SynthError, match=reason) as caught:
        read_nsf(data, "broken.nsfe")
    assert "\n" not in str(caught.value)
    assert "broken.nsfe" in str(caught.value)


def test_what_may_be_unknown_is_passed_over() -> None:
    """A chunk in small letters, a capital one where metadata is optional, and a cut tail."""
    assert list_tracks(nsfe_of(xtra=b"1"), "x") == tuple(Track(n) for n in (1, 2, 3))
    assert list_tracks(nsfe_of(tlbl=b"A\0")[:-8], "x")[0].title == "A"  # without an end
    assert list_tracks(nsf2_of(XTRA=b"1", tlbl=b"A\0"), "x")[0].title == "A"
    assert list_tracks(nsf2_of(tlbl=b"A\0")[:-3], "x")[0].title == "A"
