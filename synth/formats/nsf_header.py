"""Reads and writes the 128-byte header of an NSF file.

References
----------
Kevin Horton's NES Music Format specification 1.61; NESdev wiki: "NSF".
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from synth.chip.hardware import NTSC, PAL, Region
from synth.errors import SynthError
from synth.formats.chipfile import Titles, Track, clean_text

HEADER_SIZE: Final = 0x80
MAGIC: Final = b"NESM\x1a"
# One video frame, in the microseconds that the header counts in.
FRAME_US: Final = {"ntsc": 16_639, "pal": 19_997}
CHIPS: Final = ("VRC6", "VRC7", "FDS", "MMC5", "Namco 163", "Sunsoft 5B", "VT02+")
_LAYOUT: Final = struct.Struct("<5sBBBHHH32s32s32sH8sHBBB3s")


@dataclass(frozen=True, slots=True)
class NsfFile:
    """An NSF's header.

    Attributes
    ----------
    titles
        Title, artist and copyright.
    tracks, first_track
        How many tracks there are, and the one to begin with, from 1.
    load, init, play
        CPU addresses: where the data goes, and the two routines.
    play_us
        Microseconds between calls of `play`, by region name.
    banks
        Initial banks of the eight 4 KB slots from $8000 on, or all 0 if there are none.
    regions
        The regions it is made for; the first is the one it prefers.
    chips
        Sound chips: 2A03 and the expansions.
    version
        1 or 2.
    features
        The flags of version 2.
    kind
        ``"NSF"`` or ``"NSFe"``.
    all_tracks, playlist
        Information about the tracks: of all by number, and in the order in which they are to be
        played, which may leave some out. Both are empty where nothing is.
    """

    titles: Titles
    tracks: int
    first_track: int
    load: int
    init: int
    play: int
    play_us: dict[str, int]
    banks: tuple[int, ...]
    regions: tuple[Region, ...]
    chips: tuple[str, ...] = ("2A03",)
    version: int = 1
    features: int = 0
    kind: str = "NSF"
    all_tracks: tuple[Track, ...] = ()
    playlist: tuple[Track, ...] = ()

    @property
    def has_interrupts(self) -> bool:
        """Whether interrupts reach the program (NSF 2)."""
        return bool(self.features & 0x10)

    @property
    def init_may_stay(self) -> bool:
        """Whether init is called twice and need not return from the second call (NSF 2)."""
        return bool(self.features & 0x20)

    @property
    def has_no_play(self) -> bool:
        """Whether play is never called (NSF 2)."""
        return bool(self.features & 0x40)

    def track(self, number: int) -> Track:
        """Return the information about a track, counted from 1."""
        return self.all_tracks[number - 1] if self.all_tracks else Track(number)

    @property
    def banked(self) -> bool:
        """Whether the data is cut into banks."""
        return any(self.banks)


def read_header(data: bytes, name: str) -> NsfFile:
    """Read the header of an NSF file.

    Raises
    ------
    SynthError
        If it is none, or says impossible things.
    """
    if not data.startswith(MAGIC):
        raise SynthError(f"{name} is no NSF file (it does not begin with 'NESM')")
    if len(data) <= HEADER_SIZE:
        raise SynthError(f"{name}: the NSF is cut short at {len(data)} bytes, before its program")
    (
        _, version, tracks, first, load, init, play, title, artist, rights, ntsc_us, banks, pal_us,
        region_bits, chip_bits, features, _,
    ) = _LAYOUT.unpack_from(data)  # fmt: skip
    if tracks == 0:
        raise SynthError(f"{name}: the NSF says it has no tracks")
    regions = {0: (NTSC,), 1: (PAL,)}.get(region_bits & 3, (NTSC, PAL))
    expansions = expansions_of(chip_bits)
    check_load_address(load, expansions, banks, name)
    return NsfFile(
        titles=Titles(title=_text(title), artist=_text(artist), copyright=_text(rights)),
        tracks=tracks,
        first_track=min(max(first, 1), tracks),
        load=load,
        init=init,
        play=play,
        play_us={"ntsc": ntsc_us, "pal": pal_us},
        banks=tuple(banks),
        regions=regions,
        chips=("2A03", *expansions),
        version=version,
        features=features if version >= 2 else 0,
    )


def expansions_of(chip_bits: int) -> tuple[str, ...]:
    """Return the names of the expansion chips that a header's flags stand for."""
    return tuple(chip for bit, chip in enumerate(CHIPS) if chip_bits >> bit & 1)


def check_load_address(
    load: int, expansions: tuple[str, ...], banks: Iterable[int], name: str
) -> None:
    """Refuse a program that would lie where no program can.

    Raises
    ------
    SynthError
        As said.
    """
    lowest = 0x6000 if "FDS" in expansions else 0x8000
    if load < lowest and not any(banks):
        raise SynthError(f"{name}: the NSF loads at ${load:04X}, below ${lowest:04X}")


def header_bytes(header: NsfFile) -> bytes:
    """Write the header of an NSF file whose titles are ASCII; the inverse of `read_header`."""
    region_bits = 2 if len(header.regions) == 2 else int(header.regions[0] == PAL)
    titles = header.titles
    return _LAYOUT.pack(
        MAGIC, header.version, header.tracks, header.first_track, header.load, header.init,
        header.play, *(_field(text) for text in (titles.title, titles.artist, titles.copyright)),
        header.play_us["ntsc"], bytes(header.banks), header.play_us["pal"], region_bits,
        sum(1 << CHIPS.index(chip) for chip in header.chips if chip in CHIPS), header.features,
        bytes(3),
    )  # fmt: skip


def _text(raw: bytes) -> str:
    text = clean_text(raw.split(b"\0")[0].decode("latin-1"))
    return "" if text in ("<?>", "?") else text


def _field(text: str) -> bytes:
    return text.encode("ascii")[:31]
