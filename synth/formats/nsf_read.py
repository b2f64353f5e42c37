"""Reads NSF and NSFe files by running their 6502 code.

References
----------
NESdev wiki: "NSF", sections on initialising a tune and on the memory map.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from synth.chip.level_trace import is_silent, last_step
from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.formats import nsf_bus as bus
from synth.formats.chipfile import ChipFile, Titles, Track
from synth.formats.nsf_header import HEADER_SIZE, NsfFile, read_header
from synth.formats.nsf_machine import BLOCK_FRAMES, Machine
from synth.formats.nsf_samples import follow_samples
from synth.formats.nsfe import MAGIC as NSFE_MAGIC
from synth.formats.nsfe import read_nsfe, split_chunks, with_metadata

# Limits of the search for an end or a loop where no length is requested: some seconds of work.
SEARCH_S: Final = 14_400.0
SEARCH_INSTRUCTIONS: Final = 150_000_000
SEARCH_CALLS: Final = 1_000_000
SEARCH_EVENTS: Final = 5_000_000
DEFAULT_S: Final = 150.0  # the length if neither is found
_DEFAULT: Final = f"{DEFAULT_S:g} s are taken, or name the seconds"
MAX_STATED_S: Final = 86_400.0
RING_S: Final = 10.0  # that a channel sounds without writes, at most: the longest sample takes 7.8


def read_nsf(
    data: bytes,
    name: str,
    track: int = 1,
    seconds: float | None = None,
    region: str | None = None,
) -> ChipFile:
    """Read the writes of one track of an NSF or NSFe file to the 2A03.

    Parameters
    ----------
    data
        The whole file.
    name
        What to call the file in messages.
    track
        From 1 on.
    seconds
        How much to play; by default until the track ends and its last sound too, or has gone round
        its loop once, which is known when its memory is what it has been before, or as long as the
        file says.
    region
        ``"ntsc"`` or ``"pal"``, if the file is made for both; by default the one it prefers.

    Returns
    -------
    ChipFile
        With the log, which begins with the two writes that every player makes before a track:
        $4015 = $0F and $4017 = $40.

    Raises
    ------
    SynthError
        If this is no NSF, is broken or has no such track, or if it halts, hangs or plays on another
        chip without a sound on the 2A03.
    """
    header, program = _open(data, name)
    if not 1 <= track <= header.tracks:
        raise SynthError(f"{name} has tracks 1 to {header.tracks}; there is no track {track}")
    warnings = _header_warnings(header)
    chip = next((made for made in header.regions if made.name == region), header.regions[0])
    machine = Machine(header, program, track, chip, name)
    said = header.track(track)
    stated_s = None if said.length_s is None else min(said.length_s + said.fade_s, MAX_STATED_S)
    if seconds is None:
        n_frames, loop_frame, found = _play_to_the_end(machine, stated_s)
        if not found and stated_s is None:
            warnings.append(f"neither an end nor a loop was found; {_DEFAULT}")
    else:
        n_frames, loop_frame, found = max(1, round(seconds / machine.frame_s)), None, False
        for frame in range(0, n_frames, BLOCK_FRAMES):
            machine.advance(min(n_frames, frame + BLOCK_FRAMES), hashed=False)
    end_cycle = machine.frame_cycle(n_frames)
    if machine.state[bus.BAD_BANKS]:
        warnings.append("it asks for banks that the file does not have")
    events = machine.events()
    events = events[: np.searchsorted(events[:, 0], end_cycle)]
    cycle, address, value, memory, sample_warnings = follow_samples(
        events, machine.start_memory, machine.rom, header.banked
    )
    log = RegisterLog(
        cycle=cycle,
        address=address,
        value=value,
        end_cycle=end_cycle,
        region=chip,
        loop_cycle=None if loop_frame is None else machine.frame_cycle(loop_frame),
        memory=memory,
    )
    if found and loop_frame is None and stated_s is None:
        log, endless = _with_last_sound(log)
        if endless:
            warnings.append(f"its last sound has no end; {_DEFAULT}")
    story = machine.story()
    if (story or header.chips[1:]) and is_silent(log):
        raise SynthError(f"{name}: {story or _wanted(header)}, and nothing sounds on the 2A03")
    if machine.state[bus.HALTED]:
        warnings.append(f"{story}; what it had set sounds on")
    return ChipFile(
        log=log,
        format=f"{header.kind} {header.version}",
        titles=_titles(header, said),
        track=track,
        tracks=header.tracks,
        length_s=said.length_s if seconds is None else None,
        fade_s=said.fade_s if seconds is None else 0.0,
        playlist=header.playlist,
        chips=header.chips,
        warnings=(*warnings, *sample_warnings),
    )


def _with_last_sound(log: RegisterLog) -> tuple[RegisterLog, bool]:
    """Lengthen a log until its last sound has ended, and tell whether it has no end.

    Envelopes, length counters, sweeps and samples go on without writes, and so does a held tone.
    """
    second = log.region.clock_hz
    longer = replace(log, end_cycle=log.end_cycle + round(RING_S * second))
    last = last_step(longer)
    endless = last > longer.end_cycle - second // 10
    end_cycle = round(DEFAULT_S * second) if endless else last + 1
    return replace(log, end_cycle=max(log.end_cycle, end_cycle)), endless


def _titles(header: NsfFile, track: Track) -> Titles:
    """Return the titles of one track; where it has a name, the file's is the album's."""
    titles = header.titles
    if track.title:
        titles = replace(titles, title=track.title, album=titles.title)
    return replace(titles, artist=track.artist or titles.artist)


def _wanted(header: NsfFile) -> str:
    return f"its music is for the {' and '.join(header.chips[1:])}, not played here"


def _header_warnings(header: NsfFile) -> list[str]:
    warnings = []
    expansions = header.chips[1:]
    if expansions:
        warnings.append(f"the sound of {', '.join(expansions)} is left out; only the 2A03 plays")
    if header.version > 2:
        warnings.append(f"it is of the unknown NSF version {header.version}")
    return warnings


def list_tracks(data: bytes, name: str) -> tuple[Track, ...]:
    """Return what an NSF or NSFe file says of its tracks, in the order of its playlist.

    Raises
    ------
    SynthError
        If this is no such file, or is broken.
    """
    header, _ = _open(data, name)
    return header.playlist or tuple(map(Track, range(1, header.tracks + 1)))


def _open(data: bytes, name: str) -> tuple[NsfFile, bytes]:
    """Split a file into its header and its program."""
    if data.startswith(NSFE_MAGIC):
        return read_nsfe(data, name)
    header = read_header(data, name)
    program = data[HEADER_SIZE:]
    length = int.from_bytes(data[0x7D:0x80], "little")
    if not length:
        return header, program
    # Metadata follows the program, in version 1 too.
    needed = header.version >= 2 and bool(header.features & 0x80)
    chunks = split_chunks(program[length:], name, needed=needed)
    return with_metadata(header, chunks), program[:length]


def _play_to_the_end(machine: Machine, stated_s: float | None) -> tuple[int, int | None, bool]:
    """Play until memory is as it was before: frames, where the loop begins, and whether it is so.

    The state of all memory before a call decides everything that follows, so a state that recurs
    closes a loop.
    """
    limit = min(round((stated_s or SEARCH_S) / machine.frame_s), SEARCH_CALLS)
    known: dict[int, int] = {}
    frame = 0
    while (
        frame < limit
        and machine.state[bus.N_INSTRUCTIONS] < SEARCH_INSTRUCTIONS
        and machine.n_events < SEARCH_EVENTS
    ):
        until = min(limit, frame + BLOCK_FRAMES)
        for at, state in enumerate(machine.advance(until).tolist(), start=frame):
            before = known.setdefault(state, at)
            if before != at:
                return *_settle(machine, before, at), True
        frame = until
    return min(frame, round((stated_s or DEFAULT_S) / machine.frame_s)), None, False


def _settle(machine: Machine, before: int, at: int) -> tuple[int, int | None]:
    """Find where the loop begins, given that memory at frame `at` is as at `before`.

    What a program leaves lying about in memory can differ on the first round although the music
    does not, so the loop begins as early as the writes agree. A loop in which nothing is written is
    an end.
    """
    events = machine.events()
    sound = events[events[:, 1] < 0x5000]
    edges = np.searchsorted(sound[:, 0], [machine.frame_cycle(frame) for frame in range(at + 1)])
    length = at - before
    if edges[before] == edges[at]:
        return before, None
    for frame in reversed(range(before)):
        first = sound[edges[frame] : edges[frame + 1], 1:]
        again = sound[edges[frame + length] : edges[frame + length + 1], 1:]
        if not np.array_equal(first, again):
            break
        if len(first):  # begin at a write, not in the rest before it
            before = frame
    return before + length, before
