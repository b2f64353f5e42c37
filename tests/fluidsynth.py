"""What FluidSynth reads of a MIDI file: its player's notes and pitches, through ctypes.

No sound is looked at and no sound font needed: the player hands every event to us at its time in
samples, and the synthesizer says at which pitch the event's channel is then.
"""

import ctypes
import ctypes.util
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

RATE_HZ: Final = 44_100.0
BLOCK: Final = 64  # frames between two looks of the player at its clock
_NOTE_OFF, _NOTE_ON = 0x80, 0x90
_COARSE_TUNE, _FINE_TUNE = 51, 52  # generators of the SoundFont standard


@dataclass(frozen=True)
class HeardNote:
    """A note as FluidSynth plays it: seconds, MIDI channel, key, and semitones at its onset."""

    start_s: float
    end_s: float
    channel: int
    key: int
    pitch: float


def library() -> Any | None:
    """Return FluidSynth's library, None if it is not installed."""
    name = ctypes.util.find_library("fluidsynth")
    if name is None:
        return None
    fluid = ctypes.CDLL(name)
    for function in ("new_fluid_settings", "new_fluid_synth", "new_fluid_player"):
        getattr(fluid, function).restype = ctypes.c_void_p
    fluid.fluid_synth_get_gen.restype = ctypes.c_float
    return fluid


def read(path: Path, most_s: float = 7200.0) -> list[HeardNote]:
    """Play a file as fast as possible and return its notes, sorted by onset.

    A note that is never ended ends with the file.
    """
    fluid = library()
    assert fluid is not None
    settings = ctypes.c_void_p(fluid.new_fluid_settings())
    fluid.fluid_settings_setstr(settings, b"player.timing-source", b"sample")
    fluid.fluid_settings_setint(settings, b"synth.lock-memory", 0)
    fluid.fluid_settings_setnum(settings, b"synth.sample-rate", ctypes.c_double(RATE_HZ))
    synth = ctypes.c_void_p(fluid.new_fluid_synth(settings))
    player = ctypes.c_void_p(fluid.new_fluid_player(synth))
    now = [0]
    notes: list[HeardNote] = []
    sounding: defaultdict[tuple[int, int], deque[tuple[float, float]]] = defaultdict(deque)

    def handle(_data: Any, event: Any) -> int:
        event = ctypes.c_void_p(event)
        kind, channel = (
            fluid.fluid_midi_event_get_type(event),
            fluid.fluid_midi_event_get_channel(event),
        )
        time_s = now[0] / RATE_HZ
        fluid.fluid_synth_handle_midi_event(synth, event)
        if kind in (_NOTE_ON, _NOTE_OFF):
            key = fluid.fluid_midi_event_get_key(event)
            if kind == _NOTE_ON and fluid.fluid_midi_event_get_velocity(event):
                sounding[channel, key].append((time_s, _pitch(fluid, synth, channel, key)))
            elif sounding[channel, key]:
                start_s, pitch = sounding[channel, key].popleft()
                notes.append(HeardNote(start_s, time_s, channel, key, pitch))
        return 0

    callback: Callable[..., int] = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(
        handle
    )
    fluid.fluid_player_set_playback_callback(player, callback, None)
    fluid.fluid_player_add(player, str(path).encode())
    fluid.fluid_player_play(player)
    left, right = (ctypes.c_float * BLOCK)(), (ctypes.c_float * BLOCK)()
    while fluid.fluid_player_get_status(player) == 1 and now[0] < most_s * RATE_HZ:
        fluid.fluid_synth_write_float(synth, BLOCK, left, 0, 1, right, 0, 1)
        now[0] += BLOCK
    for (channel, key), waiting in sounding.items():
        notes += [HeardNote(s, now[0] / RATE_HZ, channel, key, pitch) for s, pitch in waiting]
    fluid.delete_fluid_player(player)
    fluid.delete_fluid_synth(synth)
    fluid.delete_fluid_settings(settings)
    return sorted(notes, key=lambda note: (note.start_s, note.key))


def _pitch(fluid: Any, synth: Any, channel: int, key: int) -> float:
    """Return the pitch of a key on a channel now, in semitones."""
    wheel, semitones = ctypes.c_int(), ctypes.c_int()
    fluid.fluid_synth_get_pitch_bend(synth, channel, ctypes.byref(wheel))
    fluid.fluid_synth_get_pitch_wheel_sens(synth, channel, ctypes.byref(semitones))
    bend = (wheel.value - 8192) / 8192 * semitones.value
    coarse = fluid.fluid_synth_get_gen(synth, channel, _COARSE_TUNE)
    cents = fluid.fluid_synth_get_gen(synth, channel, _FINE_TUNE)
    return float(key + bend + coarse + cents / 100.0)
