"""Each preset's demonstration is music that fits it, and can be heard, written and read."""

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest

from chipgen.cli.preset import DEMO_KINDS
from synth.chip.render_log import render
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument import demo_scores
from synth.instrument.chip_score import ChipScore
from synth.instrument.demo_scores import (
    DEMOS,
    STEPS_A_BAR,
    demo_score,
    unheard_instruments,
    with_unheard,
)
from synth.instrument.driver import drive
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset, preset_names
from tests.instrument_scores import preset_of

RATE_HZ = 22_050


def test_kinds_are_the_formats() -> None:
    """The format, the command line and the demonstrations name the same kinds."""
    assert get_args(Preset.model_fields["demo"].annotation) == DEMO_KINDS == tuple(DEMOS)


@pytest.mark.parametrize("kind", DEMOS)
def test_every_bar_is_full(kind: str) -> None:
    """Each bar of each line holds sixteen sixteenths, and all lines as many bars."""
    demo = DEMOS[kind]
    counts = set()
    for voice in VOICES:
        bars = [bar.split() for bar in getattr(demo, voice).split("|")]
        if bars == [[]]:
            continue
        counts.add(len(bars))
        for bar in bars:
            lengths = [
                int(word.split("!")[0].rsplit(":", 1)[1].rstrip("_")) for word in bar if ":" in word
            ]
            letters = "".join(word for word in bar if ":" not in word)
            assert sum(lengths) + len(letters) == STEPS_A_BAR, (kind, voice, bar)
    assert counts == {4}


def test_demo_shows_what_the_preset_is_for() -> None:
    """Kits are shown by drums alone, leads by a line on pulse 1, chords by arpeggios."""
    kit = demo_score(load_preset("kit-tight"))
    assert not kit.pulse1
    assert not kit.pulse2
    assert len(kit.noise) > 30
    assert len(kit.triangle) > 8, "kicks and toms fall on the triangle, which is free"
    lead = demo_score(load_preset("lead-glide"))
    tied = [a for a, b in pairwise(lead.pulse1) if a.end_s == b.start_s]
    assert len(tied) > 3
    assert all(note.arpeggio for note in demo_score(load_preset("organ")).pulse2)


def test_chords_are_in_the_presets_order() -> None:
    """A chord goes up, down, or up and down, as the preset says."""
    chords = {
        order: demo_score(preset_of(f"demo: chords\narpeggio: {{frames: 2, order: {order}}}"))
        .pulse2[0]
        .arpeggio
        for order in ("up", "down", "updown", "played")
    }
    assert chords == {
        "up": (0, 3, 7, 12), "played": (0, 3, 7, 12), "down": (12, 7, 3, 0),
        "updown": (0, 3, 7, 12, 7, 3),
    }  # fmt: skip


@pytest.mark.parametrize("name", preset_names())
def test_demo_is_heard_and_does_not_clip(name: str) -> None:
    """Every voice that plays is heard; no preset clips, is lost, or drowns the others."""
    preset = load_preset(name)
    score = demo_score(preset)
    log = drive(score, preset)
    samples = render(log, RATE_HZ, preset.engine.filter)[:, 0].astype(float)
    assert np.abs(samples).max() < 0.95
    level_db = 20 * np.log10(np.std(samples))
    assert -32 < level_db < -14, f"{level_db:.1f} dB"
    stems = render(log, RATE_HZ, preset.engine.filter, outputs="isolated")
    for column, voice in enumerate(VOICES):
        if score.voice(voice):
            assert np.ptp(stems[:, column]) > 0.02, voice


def test_every_instrument_of_a_preset_is_heard_somewhere() -> None:
    """Demonstration and solos together play every instrument that is the preset's own."""
    for name in ("default", "hardware", "early-nes"):
        preset = load_preset(name)
        left = unheard_instruments(preset)
        assert left
        score = with_unheard(ChipScore(), preset)
        played = {note.instrument for voice in VOICES for note in score.voice(voice)}
        assert played == set(left)
        assert score.end_s == pytest.approx(0.4 * len(left))
    preset = load_preset("default")
    left, solos = set(unheard_instruments(preset)), with_unheard(ChipScore(), preset)
    drums = preset.drums.values()
    assert {note.instrument for note in solos.noise} == left & {drum.instrument for drum in drums}
    hits = {drum.triangle.instrument for drum in drums if drum.triangle is not None}
    assert {note.instrument for note in solos.triangle} == left & hits


def test_wrong_notation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is no note is told."""
    monkeypatch.setitem(demo_scores.DEMOS, "bass", demo_scores.Demo(8, pulse1="h5:3"))
    with pytest.raises(SynthError, match="'h5:3' is no note"):
        demo_score(preset_of("demo: bass"))
