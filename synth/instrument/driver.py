"""The driver: turns a score and a preset into register writes, 60 times a second."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import Region
from synth.chip.register_log import RegisterLog
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.dmc_writes import lay_out, sample_writes
from synth.instrument.frame_context import Cells, Ints, Setup, set_up
from synth.instrument.instrument_format import Echo, Instrument
from synth.instrument.modulation import SOFTWARE
from synth.instrument.overrides import turn_notes
from synth.instrument.preset_format import Preset
from synth.instrument.preset_score import with_preset_notes
from synth.instrument.register_writes import Stores, emit_writes, frame_table
from synth.instrument.voice_frames import VoiceFrames, silent_frames, tail_frames, voice_frames

__all__ = ["Placed", "PlayedScore", "Setup", "drive", "play_score", "set_up", "uses_units"]

MAX_TICKS: Final = 2_000_000  # nine hours at 60 Hz; memory grows with the ticks
LONGEST_TAIL_S: Final = 1.0  # how long releases and echoes may ring on after the score's end
REATTACK_LEVELS: Final = 3  # a rise or fall of fewer steps is not heard as a new attack


def drive(score: ChipScore, preset: Preset, region: Region | None = None) -> RegisterLog:
    """Play a score through a preset into the writes that the chip would receive.

    Each onset and release falls on the nearest driver call, and every note gets one call at least;
    a voice that is asked for more notes than there are calls plays them late. A repeated note whose
    level would not tell the two apart is preceded by one silent frame. After the score's end
    releases and echoes ring on for up to a second, then all falls silent; a score that loops ends
    on its loop instead.

    Parameters
    ----------
    score
        What is played.
    preset
        How it sounds.
    region
        The chip; by default the one the preset names. Musical time is the same on both.

    Raises
    ------
    SynthError
        If a note names an instrument that the preset lacks, or the score is too long.

    Examples
    --------
    >>> from synth.instrument.preset_loader import load_preset
    >>> tune = ChipScore(pulse1=(ChipNote(0.0, 0.5, 69),), end_s=0.5)
    >>> log = drive(tune, load_preset("plain"))
    >>> [hex(value) for value in log.value[log.address == 0x4002]]
    ['0xfd']
    """
    score = with_preset_notes(score, preset, region)
    played = play_score(score, preset, region)
    setup, rows, loop_tick = played.setup, played.rows, played.loop_tick
    table, forced = frame_table(played.frames)
    if loop_tick is not None:
        forced[loop_tick] |= table[loop_tick] != table[-1]  # the end may have left them otherwise
    writes = emit_writes(
        table, forced,
        click_free=preset.engine.click_free,
        clock_each_frame=uses_units(preset, score),
    )  # fmt: skip
    end_cycle = int(setup.tick_cycle(rows))
    if loop_tick is None:
        end_cycle = max(end_cycle, round(score.end_s * setup.region.clock_hz))
    cycle = setup.tick_cycle(writes.frame) + writes.offset_cycles
    stores = Stores(cycle, writes.address, writes.value)
    placed = lay_out([hit.sample for hit in score.dmc], preset)
    if placed:
        stores = stores.merged(sample_writes(score, preset, setup, rows, placed))
    return RegisterLog(
        cycle=stores.cycle,
        address=stores.address,
        value=stores.value,
        memory=tuple(placed.values()),
        end_cycle=end_cycle,
        region=setup.region,
        loop_cycle=None if loop_tick is None else int(setup.tick_cycle(loop_tick)),
    )


@dataclass(frozen=True, slots=True)
class PlayedScore:
    """The voices' state in each driver call, before it becomes register writes.

    Attributes
    ----------
    setup
        Preset and machine.
    frames
        What each of `VOICES` does in each call; arrays of shape (rows,).
    placed
        On which calls each voice's notes begin and are released.
    rows
        Number of calls.
    loop_tick
        The call at which playing continues after the last, or None.
    """

    setup: Setup
    frames: dict[str, VoiceFrames]
    placed: "dict[str, Placed]"
    rows: int
    loop_tick: int | None


def play_score(score: ChipScore, preset: Preset, region: Region | None = None) -> PlayedScore:
    """Play a score frame by frame: all of `drive` but the writing.

    Parameters
    ----------
    score, preset, region
        As for `drive`.

    Raises
    ------
    SynthError
        As `drive`.
    """
    setup = set_up(preset, region)
    if not math.isfinite(score.end_s) or score.end_s * setup.tick_hz > MAX_TICKS:
        longest_s = MAX_TICKS / setup.tick_hz
        raise SynthError(
            f"a score of {score.end_s:g} s is too long; play {longest_s:.0f} s at most"
        )
    placed = {voice: _place(score.voice(voice), setup) for voice in VOICES}
    ends = (part.end_tick for part in placed.values())
    end_tick = max(round(score.end_s * setup.tick_hz), *ends, 1)
    if end_tick > MAX_TICKS:
        raise SynthError(f"more than {MAX_TICKS} notes in a row, shorter than a frame each")
    loops = score.loop_s is not None
    room = 0 if loops else math.ceil(LONGEST_TAIL_S * setup.tick_hz)
    frames = {
        voice: _voice(score.voice(voice), part, voice, setup, end_tick + room)
        for voice, part in placed.items()
    }
    if not loops:
        sounding = np.logical_or.reduce([part.level > 0 for part in frames.values()])
        end_tick = max(end_tick, _last(sounding) + 1)
    rows = end_tick if loops else end_tick + 1  # one silent frame, so that nothing is cut off
    loop_tick = None
    if score.loop_s is not None:
        loop_tick = min(round(score.loop_s * setup.tick_hz), rows - 1)
    frames = {voice: part.first(rows) for voice, part in frames.items()}
    return PlayedScore(setup, frames, placed, rows, loop_tick)


@dataclass(frozen=True, slots=True)
class Placed:
    """The driver calls on which a voice's notes begin and are released; shape (notes,)."""

    start: Ints
    release: Ints
    phase_frames: NDArray[np.float64]

    @property
    def end_tick(self) -> int:
        """The call on which the last note is released, 0 without notes."""
        return int(self.release[-1]) if len(self.release) else 0


def _place(notes: tuple[ChipNote, ...], setup: Setup) -> Placed:
    onset = np.array([note.start_s for note in notes], dtype=np.float64) * setup.tick_hz
    end = np.array([note.end_s for note in notes], dtype=np.float64) * setup.tick_hz
    order = np.arange(len(notes), dtype=np.int64)
    # No two notes share a tick: each begins one after the last at the earliest.
    start = np.maximum.accumulate(np.rint(onset).astype(np.int64) - order) + order
    release = np.maximum(np.rint(end).astype(np.int64), start + 1)
    release[:-1] = np.minimum(release[:-1], start[1:])
    return Placed(start, release, onset - start)


def _voice(
    notes: tuple[ChipNote, ...], placed: Placed, voice: str, setup: Setup, ticks: int
) -> VoiceFrames:
    """Everything one voice does in `ticks` frames."""
    if not notes:
        return silent_frames(ticks)
    preset = setup.preset
    tails = np.array([tail_frames(n, preset.instrument(n.instrument, voice)) for n in notes])
    stop = np.minimum(placed.release + tails, ticks)
    stop[:-1] = np.minimum(stop[:-1], placed.start[1:])
    length = stop - placed.start
    first = np.cumsum(length) - length
    note = np.repeat(np.arange(len(notes), dtype=np.int64), length)
    at = np.arange(len(note), dtype=np.int64) - first[note]
    begun = np.array([round(n.begun_s * setup.tick_hz) for n in notes], dtype=np.int64)
    frame = at + begun[note]
    held = placed.release - placed.start + begun
    cells = Cells(
        note, frame, held[note], _glides(notes, placed, voice, preset), placed.phase_frames
    )
    played = voice_frames(turn_notes(notes, voice, preset.knobs), voice, cells, setup, preset.knobs)
    _separate_repeats(notes, placed, played, first, length, stop)
    tick = placed.start[note] + at
    whole = silent_frames(ticks)
    for name in VoiceFrames.__slots__:
        getattr(whole, name)[tick] = getattr(played, name)
    playing = np.zeros(ticks, dtype=np.bool_)
    playing[tick] = True
    if voice != "triangle":
        resting = np.ones(ticks, dtype=np.bool_)
        resting[tick[frame < cells.release]] = False
        names = [n.instrument for n in notes]
        for name in dict.fromkeys(names):
            echo = preset.instrument(name, voice).echo
            if echo is not None:
                mine = np.array([other == name for other in names])[note]
                playing |= _add_echo(whole, echo, tick[mine & (played.level > 0)], resting)
    return _hold_while_silent(whole, playing)


def _glides(
    notes: tuple[ChipNote, ...], placed: Placed, voice: str, preset: Preset
) -> NDArray[np.float64]:
    """Cents from each note to where its portamento begins, 0 where it has none."""
    pitch = np.array([note.pitch for note in notes], dtype=np.float64)
    cents = np.zeros(len(notes))
    cents[1:] = 100.0 * (pitch[:-1] - pitch[1:])
    legato = np.zeros(len(notes), dtype=np.bool_)
    legato[1:] = placed.start[1:] == placed.release[:-1]
    for index, note in enumerate(notes):
        glide = preset.instrument(note.instrument, voice).portamento
        if glide is None or note.begun_s or (glide.legato_only and not legato[index]):
            cents[index] = 0.0
    return cents


def _separate_repeats(
    notes: tuple[ChipNote, ...],
    placed: Placed,
    played: VoiceFrames,
    first: Ints,
    length: Ints,
    stop: Ints,
) -> None:
    """Silence the last frame of a note before one of the same pitch that would not be heard."""
    pitch = np.array([note.pitch for note in notes], dtype=np.int64)
    here = first[1:]
    last = here - 1
    same = (pitch[1:] == pitch[:-1]) & (stop[:-1] == placed.start[1:]) & (length[:-1] >= 2)
    here, last = here[same], last[same]
    level = played.level
    alike = (level[here] > 0) & (level[last] > 0) & (level[last - 1] > 0)
    alike &= np.abs(level[here] - level[last]) < REATTACK_LEVELS
    level[last[alike & ~played.strike[here]]] = 0


def _add_echo(
    whole: VoiceFrames, echo: Echo, source: Ints, resting: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Lay softer copies of the `source` ticks into the rests; return where they sound."""
    heard = np.zeros(len(resting), dtype=np.bool_)
    source = source[whole.envelope[source] == SOFTWARE]
    original = replace(whole, level=whole.level.copy(), period=whole.period.copy(),
                       timbre=whole.timbre.copy())  # fmt: skip
    for copy in range(1, echo.repeats + 1):
        at = source + copy * echo.delay_frames
        inside = at < len(resting)
        at, of = at[inside], source[inside]
        level = np.floor(original.level[of] * echo.volume_scale**copy + 0.5).astype(np.int64)
        louder = resting[at] & (level > whole.level[at])
        at, of = at[louder], of[louder]
        whole.level[at] = level[louder]
        whole.period[at], whole.timbre[at] = original.period[of], original.timbre[of]
        heard[at] = True
    return heard


def _hold_while_silent(whole: VoiceFrames, playing: NDArray[np.bool_]) -> VoiceFrames:
    """Leave timbre and period as they were where nothing plays, so that nothing is written."""
    tick = np.arange(len(playing), dtype=np.int64)
    latest = np.maximum.accumulate(np.where(playing, tick, 0))
    return replace(whole, timbre=whole.timbre[latest], period=whole.period[latest])


def _last(sounding: NDArray[np.bool_]) -> int:
    where = np.flatnonzero(sounding)
    return int(where[-1]) if len(where) else -1


def uses_units(preset: Preset, score: ChipScore) -> bool:
    """Tell whether an instrument of a score leaves its envelope or sweep to the hardware."""

    def uses(instrument: Instrument) -> bool:
        return instrument.hardware_envelope is not None or instrument.hardware_sweep is not None

    return any(
        uses(preset.instrument(name, voice))
        for voice in VOICES
        for name in {note.instrument for note in score.voice(voice)}
    )
