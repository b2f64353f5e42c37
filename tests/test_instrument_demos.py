"""Each preset's demonstration is music that fits it, and can be heard, written and read."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from chipgen.cli.preset import DEMO_KINDS
from synth.chip.audio_stream import render
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
from synth.output import playback
from tests.commandline import run
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
            lengths = [int(word.rsplit(":", 1)[1].rstrip("_")) for word in bar if ":" in word]
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


def test_audition_writes_sound(tmp_path: Path) -> None:
    """The command writes the demonstration to any format; a file is replaced by force.

    A rate is for sound: a chip file has none.
    """
    audition = ("preset", "audition", "lead-echo", "-o")
    for arguments in (("lead.flac", "--rate", "22050"), ("lead.nsf",)):
        result = run(*audition, *arguments, cwd=tmp_path)
        assert result.exit_code == 0, result.output
    refused = run(*audition, "other.nsf", "--rate", "22050", cwd=tmp_path)
    assert refused.exit_code == 2
    assert "--rate" in refused.stderr
    samples, rate_hz = soundfile.read(tmp_path / "lead.flac")
    assert rate_hz == RATE_HZ
    preset = load_preset("lead-echo")
    expected = render(drive(demo_score(preset), preset), RATE_HZ, preset.engine.filter)[:, 0]
    np.testing.assert_allclose(samples, expected, atol=2 / 2**15)
    again = run("preset", "audition", "lead-echo", "-o", "lead.flac", cwd=tmp_path)
    assert again.exit_code == 1
    assert "--force" in again.stderr


def test_audition_of_other_kinds_and_one_by_one(tmp_path: Path) -> None:
    """--demo plays another kind, --all adds the instruments that were left out."""
    lengths = []
    for options in ([], ["--demo", "slow"], ["--all"]):
        arguments = ["preset", "audition", "hardware", "-o", "x.wav", "--force", *options]
        assert run(*arguments, cwd=tmp_path).exit_code == 0
        lengths.append(soundfile.info(tmp_path / "x.wav").duration)
    assert lengths[1] > lengths[0] + 1
    assert lengths[2] == pytest.approx(lengths[0] + 2 * 0.4, abs=0.4)


def test_audition_plays_what_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the demonstration goes to the device that was named."""
    played: list[NDArray[np.float32]] = []

    def play(blocks: Iterable[NDArray[np.float32]], rate_hz: int, *given: Any, **_: Any) -> None:
        assert (rate_hz, given) == (RATE_HZ, ("loud",))
        played.extend(blocks)

    monkeypatch.setattr(playback, "find_device", lambda name: name)
    monkeypatch.setattr(playback, "play", play)
    result = run("preset", "audition", "kit-tight", "--rate", "22050", "--device", "loud")
    assert result.exit_code == 0, result.output
    preset = load_preset("kit-tight")
    expected = render(drive(demo_score(preset), preset), RATE_HZ, preset.engine.filter)
    np.testing.assert_array_equal(np.concatenate(played), expected)


def test_audition_of_what_cannot_be(tmp_path: Path) -> None:
    """An unknown preset, kind or suffix is refused in a line, and nothing is written."""
    assert run("preset", "audition", "leed-echo", cwd=tmp_path).exit_code == 1
    wrong = run("preset", "audition", "soft", "-o", "x.txt", cwd=tmp_path)
    assert wrong.exit_code == 1
    assert ".wav" in wrong.stderr
    assert run("preset", "audition", "soft", "--demo", "jazz", cwd=tmp_path).exit_code == 2
    assert not list(tmp_path.iterdir())
