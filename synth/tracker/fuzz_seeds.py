"""Small valid tracker texts, from which fuzzing starts."""

from collections.abc import Sequence

from synth.formats.chipfile import Titles
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.demo_scores import demo_score
from synth.instrument.preset_loader import load_preset
from synth.tracker.famistudio import write_famistudio
from synth.tracker.famitracker import write_famitracker


def famistudio() -> Sequence[bytes]:
    """Return FamiStudio texts."""
    return [
        write_famistudio(score, load_preset("default"), Titles("Tune"))[0] for score in _tunes()
    ]


def famitracker() -> Sequence[bytes]:
    """Return FamiTracker texts."""
    return [
        write_famitracker(score, load_preset("default"), Titles("Tune"))[0] for score in _tunes()
    ]


def _tunes() -> Sequence[ChipScore]:
    chord = ChipNote(0.0, 0.4, 60, arpeggio=(0, 4, 7))
    bent = ChipNote(0.5, 0.9, 64, bend=((0.0, 0.0), (0.3, 200.0)))
    looping = ChipScore(pulse1=(chord, bent), noise=(ChipNote(0.2, 0.5, 7),), end_s=1.0, loop_s=0.5)
    return looping, demo_score(load_preset("kit-tight"))
