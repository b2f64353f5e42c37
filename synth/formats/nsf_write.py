"""Writes a register log as an NSF file with its own player."""

from dataclasses import dataclass
from typing import Final

from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.formats.assembler import Assembled
from synth.formats.chipfile import Titles
from synth.formats.log_frames import Frame, to_frames
from synth.formats.nsf_header import FRAME_US, NsfFile, header_bytes
from synth.formats.player_build import (
    build_column_player,
    build_player,
    hurry_warnings,
    plain_text,
    player_warnings,
)
from synth.formats.player_columns import to_columns
from synth.formats.player_tokens import encode
from synth.formats.sample_memory import used_samples

BANK_BYTES: Final = 4096
MAX_BANKS: Final = 256
PLAYER: Final = 0x8000  # slot 0
SAMPLES: Final = 0xC000
WINDOW: Final = 0x9000  # slot 1; slots 4 to 7 show the samples

# An NSF player's writes before init, with which a log that was read from an NSF begins.
HOST_WRITES: Final = ((0x15, 0x0F), (0x17, 0x40))


def write_nsf(log: RegisterLog, titles: Titles = Titles()) -> tuple[bytes, tuple[str, ...]]:  # noqa: B008 (frozen)
    """Write a register log as an NSF file.

    Parameters
    ----------
    log
        What to play. The writes of a video frame are made in their order at its beginning.
    titles
        Titles for the header, 31 ASCII characters each.

    Returns
    -------
    data
        The file.
    warnings
        One line for each thing that the file cannot keep.

    Raises
    ------
    SynthError
        If the song needs more than the 1 MB that an NSF can hold.
    """
    frames, loop_frame = to_frames(log)
    if frames[0][:2] == HOST_WRITES and loop_frame != 0:
        frames[0] = frames[0][2:]
    samples = _sample_image(log)
    program = _small_program(frames, loop_frame, samples)
    program = program or _banked_program(frames, loop_frame, samples)
    header = NsfFile(
        titles=Titles(
            title=plain_text(titles.title, 31),
            artist=plain_text(titles.artist, 31),
            copyright=plain_text(titles.copyright, 31),
        ),
        tracks=1,
        first_track=1,
        load=program.load,
        init=program.player.symbols["init"],
        play=program.player.symbols["play"],
        play_us=FRAME_US,
        banks=program.shown,
        regions=(log.region,),
    )
    return header_bytes(header) + program.data, (
        *sample_warnings(log),
        *player_warnings(frames, "an NSF"),
        *hurry_warnings(log, "an NSF"),
    )


@dataclass(frozen=True, slots=True)
class _Program:
    """The part after the header: the player, its data and the initial banks."""

    player: Assembled
    data: bytes
    load: int = PLAYER
    shown: tuple[int, ...] = (0,) * 8


def _small_program(
    frames: list[Frame], loop_frame: int | None, samples: dict[int, bytes]
) -> _Program | None:
    """Put the song into columns, or return None if they do not fit the memory as it stands.

    Where there are samples, the program ends where their memory begins.
    """
    columns = to_columns(frames, loop_frame)
    if columns is None:
        return None

    def build(origin: int) -> Assembled:
        return build_column_player(
            columns, origin=origin, n_frames=len(frames), loop_frame=loop_frame
        )

    player = build(PLAYER)
    if not samples:
        fits = PLAYER + len(player.code) <= 1 << 16
        return _Program(player, player.code) if fits else None
    load = SAMPLES - len(player.code)
    if load < PLAYER:
        return None
    image = b"".join(samples.get(slot, bytes(BANK_BYTES)) for slot in range(12, 16))
    return _Program(player := build(load), player.code + image.rstrip(b"\0"), load)


def _banked_program(
    frames: list[Frame], loop_frame: int | None, samples: dict[int, bytes]
) -> _Program:
    """Write the song as a stream of frames that fills banks of 4 KB, with its samples."""
    first_bank = 1 + len(samples)
    places = {slot: 1 + place for place, slot in enumerate(samples)}
    song = encode(
        frames,
        loop_frame,
        window=WINDOW,
        bank_bytes=BANK_BYTES,
        first_bank=first_bank,
        last_bank=MAX_BANKS - 1,
    )
    player = build_player(
        song.shapes, origin=PLAYER, window=WINDOW, first_bank=first_bank, cartridge=False
    )
    if len(player.code) > BANK_BYTES:
        raise SynthError(
            f"the player with its tables takes {len(player.code)} bytes, more than {BANK_BYTES}; "
            "write a VGM instead"
        )
    banks = [player.code, *samples.values(), *song.banks]
    data = b"".join(bank.ljust(BANK_BYTES, b"\0") for bank in banks)
    shown = (0, first_bank, 0, 0, *(places.get(slot, 0) for slot in range(12, 16)))
    return _Program(player, data, shown=shown)


def sample_warnings(log: RegisterLog) -> tuple[str, ...]:
    """Return warnings about samples that a file with our player cannot hold."""
    if any(address < 0xC000 for address, _ in used_samples(log)):
        return ("samples that run on past $FFFF are cut there",)
    return ()


def _sample_image(log: RegisterLog) -> dict[int, bytes]:
    """Return the samples at $C000-$FFFF in pieces of 4 KB, those that have any, by slot."""
    image = bytearray(0x4000)
    used = set()
    for address, block in used_samples(log):
        if address >= SAMPLES:
            image[address - SAMPLES : address - SAMPLES + len(block)] = block
            used |= set(range(address >> 12, (address + len(block) - 1 >> 12) + 1))
    return {slot: bytes(image[(slot - 12) * 4096 : (slot - 11) * 4096]) for slot in sorted(used)}
