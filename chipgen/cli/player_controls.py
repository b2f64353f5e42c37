"""Plays music on a device under the control of a terminal's keys."""

import contextlib
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from chipgen.cli.command import status
from chipgen.cli.dashboard import View, draw_lines, hear_voices
from chipgen.cli.terminal import Screen, is_interactive, open_keys
from synth.chip.voices import VOICES
from synth.errors import SynthError

if TYPE_CHECKING:
    from chipgen.playing.endless import Endless
    from chipgen.playing.prefetch import Prefetcher

TURN_S: Final = 0.05
BLOCK_S: Final = 0.012
LATENCY_S: Final = 0.15  # what the device holds: a key is heard within it and `QUEUE_S`
PATIENCE_S: Final = 5.0  # a device that takes nothing for so long has gone
STEP_S: Final = 5.0
HANDOVER_S: Final = 0.0005  # how long one thread keeps the others from running


def listen(
    prefetcher: "Prefetcher",
    title: str,
    device: str | None,
    endless: "Endless | None" = None,
    seconds: float | None = None,
) -> None:
    """Play until the music ends, ``q`` or Ctrl-C.

    With a terminal keys steer it and the lines of `chipgen.cli.dashboard` show it.

    Parameters
    ----------
    prefetcher
        What is played.
    title
        Its name.
    device
        As for `synth.output.playback.find_device`.
    endless
        Who composes the piece on, if it is; it learns how far it was heard.
    seconds
        Stop after so much.

    Raises
    ------
    SynthError, ChipgenError
        If the device refuses or stops, a preset cannot be played, or composing fails.
    """
    from synth.output.playback import open_output

    transport = prefetcher.transport
    block_frames = 1 << (round(BLOCK_S * transport.rate_hz) - 1).bit_length()
    with contextlib.ExitStack() as stack:
        stack.callback(prefetcher.close)
        # Voicing must not keep the sound waiting for the interpreter.
        stack.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(HANDOVER_S)
        stack.enter_context(transport.running())
        output = stack.enter_context(
            open_output(transport.rate_hz, block_frames, transport.fill, device, LATENCY_S)
        )
        transport.latency_s = float(output.latency)
        keys = screen = None
        if is_interactive():
            screen = stack.enter_context(Screen())
            keys = stack.enter_context(open_keys())
        if transport.waiting and screen is None:
            status("composing the first bars")
        watch = _Watch()
        # Ctrl-C is how music without an end is stopped, and interrupts all other.
        with contextlib.suppress(*(() if endless is None else (KeyboardInterrupt,))):
            while not transport.finished.is_set():
                now_s = transport.position_s
                if seconds is not None and now_s >= seconds:
                    break
                watch.look(transport.frames)
                if endless is not None:
                    endless.listen(now_s)
                    prefetcher.grow(endless.version)
                _raise_failures(prefetcher, endless)
                if screen is not None:
                    view = look(prefetcher, title, endless=endless is not None)
                    screen.draw(draw_lines(view, screen.columns, blocks=screen.has_blocks))
                if keys is None:
                    transport.finished.wait(TURN_S)
                elif not all(press(prefetcher, key) for key in keys.read(TURN_S)):
                    break
    _raise_failures(prefetcher, None)


def press(prefetcher: "Prefetcher", key: str) -> bool:
    """Do what a key asks for; return whether to go on."""
    transport = prefetcher.transport
    actions: dict[str, Callable[[], None]] = {
        "space": transport.pause,
        "left": lambda: transport.seek(transport.position_s - STEP_S),
        "right": lambda: transport.seek(transport.position_s + STEP_S),
        "home": lambda: transport.seek(0.0),
        ",": lambda: transport.seek_bars(-1),
        "<": lambda: transport.seek_bars(-1),
        ".": lambda: transport.seek_bars(1),
        ">": lambda: transport.seek_bars(1),
    }
    actions |= {str(at): partial(transport.mute, voice) for at, voice in enumerate(VOICES, 1)}
    if prefetcher.presets:
        actions |= dict.fromkeys(("down", "]", "page-down"), lambda: prefetcher.step_preset(1))
        actions |= dict.fromkeys(("up", "[", "page-up"), lambda: prefetcher.step_preset(-1))
    if key in actions:
        actions[key]()
    return key not in ("q", "Q")


def look(prefetcher: "Prefetcher", title: str, *, endless: bool = False) -> View:
    """Return what is heard now."""
    transport = prefetcher.transport
    tune = transport.tune
    name, names = prefetcher.selection.preset, prefetcher.presets
    place = f"{name} ({names.index(name) + 1}/{len(names)})" if name in names else name
    state = "paused" if transport.paused else "composing" if transport.waiting else "playing"
    registers = transport.registers()
    if state != "playing":
        registers = [0] * len(registers)
    return View(
        title=title,
        state=state,
        position_s=transport.position_s,
        duration_s=transport.duration_s,
        bars_s=tune.bars_s,
        preset=place if names else "",
        voices=hear_voices(registers, tune.log.region),
        silent=transport.silent,
        endless=endless,
    )


def _raise_failures(prefetcher: "Prefetcher", endless: "Endless | None") -> None:
    failures = [prefetcher.transport.failure, prefetcher.failure]
    failures += [] if endless is None else [endless.failure]
    for failure in filter(None, failures):
        raise failure


class _Watch:
    """Sees that a device goes on taking sound."""

    def __init__(self) -> None:
        self._frames = -1
        self._moved_s = time.monotonic()

    def look(self, frames: int) -> None:
        now_s = time.monotonic()
        if frames != self._frames:
            self._frames, self._moved_s = frames, now_s
        elif now_s - self._moved_s > PATIENCE_S:
            raise SynthError("the sound device stopped taking sound; chipgen devices lists others")
