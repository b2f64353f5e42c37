"""Writes a register log as a `.nes` ROM.

References
----------
NESdev wiki: "NES 2.0", "UxROM", "CPU memory map", "PPU power up state".
"""

from typing import Final

from synth.chip.hardware import PAL
from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.formats.font import screen_rows, tiles
from synth.formats.log_frames import to_frames
from synth.formats.nsf_write import sample_warnings
from synth.formats.player_build import build_player, hurry_warnings, player_warnings
from synth.formats.player_tokens import Song, encode
from synth.formats.sample_memory import used_samples

MAPPER: Final = 2  # UxROM: 16 KB at $8000 switched, 16 KB at $C000 fixed, RAM for tiles
BANK_BYTES: Final = 16_384
WINDOW: Final = 0x8000
FIXED: Final = 0xC000
VECTORS: Final = 0xFFFA
LARGEST_BOARD_BANKS: Final = 16  # UOROM; emulators and flash cartridges take 255
MAX_BANKS: Final = 255
TEXT_ROWS: Final = 8
# Backdrop dark blue, text white; the other two are not used.
PALETTE: Final = bytes((0x01, 0x30, 0x21, 0x11))


def write_nes(log: RegisterLog, titles: Titles = Titles()) -> tuple[bytes, tuple[str, ...]]:  # noqa: B008 (frozen)
    """Write a register log as a NES cartridge.

    Parameters
    ----------
    log
        What to play. The writes of a video frame are made in their order at its beginning.
    titles
        The titles on the screen.

    Returns
    -------
    data
        The file: a NES 2.0 header and the program. Older readers take it for iNES.
    warnings
        One line for each thing that the cartridge cannot keep.

    Raises
    ------
    SynthError
        If the song needs more than 4 MB, or its samples leave no room for the player.
    """
    frames, loop_frame = to_frames(log)
    song = encode(
        frames,
        loop_frame,
        window=WINDOW,
        bank_bytes=BANK_BYTES,
        first_bank=0,
        last_bank=MAX_BANKS - 2,
    )
    fixed = _fixed_bank(log, song, titles)
    n_banks = 2
    while n_banks < len(song.banks) + 1:
        n_banks *= 2
    n_banks = min(n_banks, MAX_BANKS)
    blank = bytes([0xFF]) * BANK_BYTES
    banks = [bank.ljust(BANK_BYTES, b"\xff") for bank in song.banks]
    banks += [blank] * (n_banks - 1 - len(banks))
    warnings = [
        *sample_warnings(log),
        *player_warnings(frames, "a cartridge"),
        *hurry_warnings(log, "a cartridge"),
    ]
    if n_banks > LARGEST_BOARD_BANKS:
        warnings.append(
            f"the song fills {n_banks * 16} KB, more than the 256 KB of any board that was made; "
            "emulators and flash cartridges play it"
        )
    return _header(n_banks, pal=log.region == PAL) + b"".join(banks) + fixed, tuple(warnings)


def _fixed_bank(log: RegisterLog, song: Song, titles: Titles) -> bytes:
    """Lay out the bank at $C000: samples where the DMC reads them, the player between them."""
    image = bytearray(b"\xff" * BANK_BYTES)
    taken = bytearray(BANK_BYTES)
    taken[VECTORS - FIXED :] = b"\1" * 6
    for address, block in used_samples(log):
        if address < FIXED:
            continue  # a warning reports it
        if address + len(block) > VECTORS:
            raise SynthError(
                "a sample reaches $FFFA, where a cartridge keeps its vectors; write an NSF instead"
            )
        image[address - FIXED : address - FIXED + len(block)] = block
        taken[address - FIXED : address - FIXED + len(block)] = b"\1" * len(block)

    text = screen_rows((titles.title, titles.artist, titles.copyright), TEXT_ROWS)
    data = "\n".join(
        f"{name}: .byte {', '.join(map(str, content))}"
        for name, content in (
            ("banks", bytes(range(len(song.banks)))),
            ("palette", PALETTE),
            ("font", tiles()),
            ("screen", text),
        )
    )
    size = len(_player(song, FIXED, data)[0])
    hole = taken.find(bytes(size))
    if hole < 0:
        raise SynthError(
            f"the samples leave no {size} bytes together for the player; write an NSF instead"
        )
    code, vectors = _player(song, FIXED + hole, data)
    image[hole : hole + size] = code
    image[VECTORS - FIXED :] = vectors
    return bytes(image)


def _player(song: Song, origin: int, data: str) -> tuple[bytes, bytes]:
    player = build_player(
        song.shapes, origin=origin, window=WINDOW, first_bank=0, cartridge=True, data=data
    )
    names = ("vertical_blank", "reset", "unused_interrupt")
    vectors = b"".join(player.symbols[name].to_bytes(2, "little") for name in names)
    return player.code, vectors


def _header(n_banks: int, *, pal: bool) -> bytes:
    header = bytearray(16)
    header[:4] = b"NES\x1a"
    header[4] = n_banks
    header[6] = MAPPER << 4 & 0xF0
    header[7] = MAPPER & 0xF0 | 0x08  # this is NES 2.0
    header[11] = 7  # 64 << 7 bytes of RAM for tiles
    header[12] = int(pal)
    return bytes(header)
