"""The latest selection is played; one that fails is reported."""

import threading
import time
from dataclasses import replace

from chipgen.playing.prefetch import Prefetcher, Selection
from chipgen.playing.transport import Tune
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset

RATE = 44_100


def hum(pitch: int = 57) -> Tune:
    """Return a triangle that hums for 8 s: its own steps are small, so a click would stand out."""
    score = ChipScore(triangle=(ChipNote(0.0, 8.0, pitch),), end_s=8.0)
    return Tune(drive(score, load_preset("plain")))


def test_a_jukebox_plays_what_was_wished_last() -> None:
    """Presets go around; of several selections in a hurry the last one is heard."""
    voiced: list[str] = []
    hurried = threading.Event()

    def voice(name: str) -> Tune:
        voiced.append(name)
        assert len(voiced) == 1 or hurried.wait(60)
        return replace(hum(), bars_s=(float(len(voiced)),))

    prefetcher = Prefetcher(voice, Selection("a"), ["a", "b", "c"], RATE)
    with prefetcher.transport.running():
        for _ in range(5):
            prefetcher.step_preset(1)
        assert prefetcher.selection.preset == "c"
        prefetcher.step_preset(-3)
        assert prefetcher.selection.preset == "c"
        hurried.set()
        until = time.monotonic() + 60
        while voiced[-1] != "c" or prefetcher.transport.tune.bars_s != (float(len(voiced)),):
            assert time.monotonic() < until
            time.sleep(0.01)
    prefetcher.close()
    assert voiced[0] == "a"
    assert len(voiced) <= 3, "what was wished meanwhile is passed over"


def test_a_preset_that_fails_is_told() -> None:
    """A voice that raises ends the prefetcher's work and keeps the reason."""

    def voice(name: str) -> Tune:
        if name == "bad":
            raise ValueError(name)
        return hum()

    prefetcher = Prefetcher(voice, Selection("good"), ["good", "bad"], RATE)
    prefetcher.step_preset(1)
    until = time.monotonic() + 60
    while prefetcher.failure is None and time.monotonic() < until:
        time.sleep(0.01)
    prefetcher.close()
    assert str(prefetcher.failure) == "bad"
