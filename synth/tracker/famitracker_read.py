"""FamiTracker's text export to tracker songs.

References
----------
FamiTracker's manual: "Effect list", "Text export".
"""

from collections.abc import Mapping
from typing import Final

from synth.errors import SynthError
from synth.formats.chipfile import Track, clean_text
from synth.instrument.chip_score import ChipScore
from synth.instrument.preset_loader import Preset
from synth.tracker.bank import free_name
from synth.tracker.famitracker_patterns import CHANNELS
from synth.tracker.famitracker_rows import Cell, ChannelPlayer
from synth.tracker.famitracker_text import Module, RawSong, parse_module, sample_names
from synth.tracker.rows import RowClock
from synth.tracker.song import FAMITRACKER, Sample, TrackerBar, TrackerSong
from synth.tracker.song_list import list_songs, pick_song
from synth.tracker.to_score import chip_score

MOST_FRAMES: Final = 1_000_000
USUAL_BEAT: Final = 4  # rows
FULL_TEMPO: Final = 150  # at which a tick is a frame


def read_famitracker(data: bytes, name: str, track: int) -> tuple[ChipScore, Preset]:
    """Read a song of a FamiTracker text as a chip score, and its instruments as a preset.

    Parameters
    ----------
    data
        The file.
    name
        What errors call it.
    track
        Which song, counted from 1.

    Raises
    ------
    SynthError
        If the text does not follow the format: one line with the file, line, and what is wrong;
        or if there is no such song.
    """
    return chip_score(famitracker_song(data, name, track))


def list_famitracker(data: bytes, name: str) -> tuple[Track, ...]:
    """Return the songs of a FamiTracker text.

    Raises
    ------
    SynthError
        As `read_famitracker`.
    """
    return list_songs(song.name for song in parse_module(data, name).songs)


def famitracker_song(data: bytes, name: str, track: int = 1) -> TrackerSong:
    """Read a song of a FamiTracker text as it is.

    Raises
    ------
    SynthError
        As `read_famitracker`.
    """
    module = parse_module(data, name)
    return _play(module, pick_song(module.songs, track, name), name)


def _play(module: Module, raw: RawSong, name: str) -> TrackerSong:
    """Go through the rows as they are played, until the song ends or comes back to itself."""
    instruments = _instrument_names(module)
    players = {
        voice: ChannelPlayer(voice, module.region, instruments, dict(_keys(module)))
        for voice in CHANNELS
    }
    clock = RowClock(module.region, raw.speed, raw.tempo)
    seen: dict[tuple[int, int], int] = {}
    order, row = min(raw.orders, default=0), 0
    bars: list[int] = []
    loop: int | None = None
    if not raw.orders:
        raise SynthError(f"{name}: song {raw.name[:40]!r} has no ORDER; it plays nothing")
    orders = sorted(raw.orders)
    ended = False
    while not ended:
        if (order, row) in seen:
            loop = seen[order, row]
            frame = clock.next_row()
            break
        frame = clock.next_row()
        if frame > MOST_FRAMES:
            raise SynthError(f"{name}: the song is longer than {MOST_FRAMES} frames")
        seen[order, row] = frame
        if not bars or row == 0 or (order, row - 1) not in seen:
            bars.append(frame)
        patterns = raw.orders[order]
        cells = [
            raw.patterns.get(patterns[channel], {}).get(row, [Cell()] * len(CHANNELS))[channel]
            for channel in range(len(CHANNELS))
        ]
        jump: tuple[int, int] | None = None
        for cell in cells:
            for effect, value in cell.effects:
                if effect == "F":
                    if value < module.split:
                        clock.speed = max(value, 1)
                    else:
                        clock.tempo = value
                elif effect == "B":
                    jump = (value if value in raw.orders else orders[0], 0)
                elif effect == "D" and jump is None:
                    jump = (_after(orders, order), value)
                elif effect == "C":
                    ended = True
        if ended:
            break
        for voice, cell in zip(CHANNELS, cells, strict=True):
            players[voice].row(frame, cell)
        row += 1
        if jump is not None:
            order, row = jump
        elif row >= raw.rows:
            order, row = _after(orders, order), 0
    frames = max(frame, 1)
    for player in players.values():
        module.remarks += player.remarks
    if loop is not None and loop not in bars:
        bars = sorted([*bars, loop])
    return TrackerSong(
        rules=FAMITRACKER,
        region=module.region,
        title=clean_text(module.title if len(module.songs) == 1 else raw.name or module.title),
        artist=clean_text(module.artist),
        copyright=clean_text(module.copyright),
        instruments={instruments[n]: made for n, (_, made) in module.instruments.items()},
        samples={
            sample_names(module.samples)[number]: Sample(bytes(data[:size] if size else data))
            for number, (_, data, size) in module.samples.items()
        },
        channels={voice: player.events(frames) for voice, player in players.items()},
        bars=_bars(bars, frames, raw),
        frames=frames,
        loop=loop,
        remarks=tuple(dict.fromkeys(module.remarks)),
    )  # fmt: skip


def _bars(starts: list[int], frames: int, raw: RawSong) -> tuple[TrackerBar, ...]:
    """Return the bars, a beat being four rows of the song's first speed and tempo."""
    beat_frames = USUAL_BEAT * raw.speed * FULL_TEMPO / raw.tempo
    inside = [start for start in starts if start < frames] or [0]
    return tuple(
        TrackerBar(start, max(1, round((end - start) / beat_frames)))
        for start, end in zip(inside, [*inside[1:], frames], strict=True)
    )


def _after(orders: list[int], order: int) -> int:
    following = [number for number in orders if number > order]
    return following[0] if following else orders[0]


def _instrument_names(module: Module) -> dict[int, str]:
    """Return a name for each instrument that no other has."""
    names: dict[int, str] = {}
    for number, (name, _) in module.instruments.items():
        wanted = clean_text(name) or f"instrument {number:02X}"
        names[number] = free_name(wanted, names.values())
    return names


def _keys(module: Module) -> Mapping[int, frozenset[int]]:
    return {
        number: frozenset(note for note, _ in made.keys)
        for number, (_, made) in module.instruments.items()
    }
