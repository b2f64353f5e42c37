"""Small valid chip files for fuzzing, one function for each format."""

import struct

import numpy as np

from synth.chip.hardware import NTSC, PAL
from synth.chip.register_log import RegisterLog
from synth.formats.chipfile import Titles
from synth.formats.nsf_header import HEADER_SIZE, read_header
from synth.formats.nsf_write import write_nsf
from synth.formats.vgm_write import compress_vgz, write_vgm

_TITLES = Titles("Title", "Artist", "Album", "1987")


def vgm() -> list[bytes]:
    """Return VGM files: a loop with samples, an empty PAL song."""
    return [write_vgm(log, _TITLES) for log in _logs()]


def vgz() -> list[bytes]:
    """Return the files of `vgm` compressed."""
    return [compress_vgz(data) for data in vgm()]


def nsf() -> list[bytes]:
    """Return NSF files of the same music."""
    return [write_nsf(log, _TITLES)[0] for log in _logs()]


def nsfe() -> list[bytes]:
    """Return the same as NSFe files, with names, times and an order."""
    files = []
    for data in nsf():
        header = read_header(data, "seed")
        info = struct.pack(
            "<HHHBBBB", header.load, header.init, header.play, data[0x7A], 0, header.tracks, 0
        )
        chunks = {
            b"INFO": info, b"BANK": bytes(header.banks), b"DATA": data[HEADER_SIZE:],
            b"auth": b"Game\0Artist\0" + b"1987\0Ripper\0", b"tlbl": b"One\0Two\0",
            b"time": struct.pack("<i", 1500), b"fade": struct.pack("<i", 500), b"plst": b"\0",
            b"NEND": b"",
        }  # fmt: skip
        pieces = (struct.pack("<I", len(chunk)) + key + chunk for key, chunk in chunks.items())
        files.append(b"NSFE" + b"".join(pieces))
    return files


def m3u() -> list[bytes]:
    """Return playlists: lines of chip players, and a plain one."""
    lines = "# Game\ngame.nsf::NSF,3,Title\\, part 2,1:05,,10\ngame.nsf::NSF,$0F,,0:0:30.5,0:10-,\n"
    return [lines.encode(), b"#EXTM3U\nsong.vgz\n"]


def _logs() -> list[RegisterLog]:
    """Return a second of every register with a loop and a DMC sample, and silence on PAL."""
    address = np.array([*range(0x4000, 0x4014), 0x4015, 0x4017] * 3, dtype=np.uint16)
    frames = np.repeat(np.arange(3), len(address) // 3)
    cycle = np.array([NTSC.frame_cycle(int(frame)) for frame in frames], dtype=np.int64)
    value = (np.arange(len(address)) * 37 % 256).astype(np.uint8)
    value[address == 0x4015] = 0x1F
    every = RegisterLog(
        cycle, address, value, NTSC.frame_cycle(60),
        loop_cycle=NTSC.frame_cycle(1), memory=((0xC000, bytes(range(17))),),
    )  # fmt: skip
    nothing = np.zeros(0, dtype=np.int64)
    silent = RegisterLog(
        nothing, nothing.astype(np.uint16), nothing.astype(np.uint8), PAL.frame_cycle(5), PAL
    )
    return [every, silent]
