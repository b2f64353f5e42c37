"""Presets load, inherit and fail as their documentation says, whatever the file holds."""

import os
from pathlib import Path

import pytest

from synth.errors import SynthError
from synth.instrument.chip_score import MAX_VOLUME
from synth.instrument.macro_sequence import Sequence
from synth.instrument.preset_loader import (
    load_preset,
    preset_names,
    preset_yaml,
    read_preset,
)


@pytest.mark.parametrize("name", preset_names())
def test_shipped_presets_are_complete(name: str) -> None:
    """Each is called by its file's name, says what it is, and survives being written out."""
    preset = load_preset(name)
    assert preset.name == name
    assert len(preset.description) > 20
    written = read_preset(preset_yaml(preset).encode(), f"{name}.yaml")
    assert written == preset.model_copy(update={"extends": None})


def test_library_is_large_enough() -> None:
    """There are two dozen presets and more, the promised ones among them."""
    names = set(preset_names())
    assert len(names) >= 24
    assert names >= {"plain", "default", "chord-arpeggio", "bright", "soft", "percussive"}


def test_plain_is_steady() -> None:
    """The measuring stick has one level, one duty, and nothing that moves."""
    preset = load_preset("plain")
    for instrument in preset.instruments.values():
        assert instrument.volume_sequence == Sequence((MAX_VOLUME,))
        assert len(instrument.duty.values) == 1
        assert instrument.vibrato is instrument.tremolo is instrument.slide is None
    assert preset.instrument("", "pulse1").duty == Sequence((2,))
    assert preset.engine.filter == "none"


def test_default_plays_the_whole_kit_and_every_program() -> None:
    """All 47 General MIDI drums sound different notes of noise; every program has a timbre."""
    preset = load_preset("default")
    assert set(range(35, 82)) <= set(preset.drums)
    for program in range(128):
        assert preset.program_instrument(program) in preset.instruments
    sounds = {
        (drum.instrument, drum.period, drum.frames, drum.triangle and drum.triangle.pitch)
        for drum in preset.drums.values()
    }
    assert len(sounds) == len(preset.drums)


def test_extends_lays_one_over_the_other(tmp_path: Path) -> None:
    """Mappings are merged key by key, null takes away, another kind of volume replaces."""
    (tmp_path / "base.yaml").write_text(
        "format: 1\nname: base\nextends: default\ninstruments: {lead: {duty: 3}}\n"
    )
    child = tmp_path / "child.yaml"
    child.write_text(
        "format: 1\nname: child\nextends: ./base.yaml\n"
        "instruments: {lead: {adsr: {sustain: 7}, vibrato: null}}\nprograms: null\n"
    )
    preset = load_preset(child)
    lead = preset.instruments["lead"]
    assert lead.duty == Sequence((3,))
    assert lead.volume is None
    assert lead.volume_sequence == Sequence((15, 7))
    assert lead.vibrato is None
    assert preset.programs == {}
    assert preset.instruments["bass"] == load_preset("default").instruments["bass"]


def test_extends_that_never_ends(tmp_path: Path) -> None:
    """Presets that extend each other in a circle are refused in one line."""
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{one}.yaml").write_text(f"format: 1\nname: x\nextends: ./{other}.yaml\n")
    with pytest.raises(SynthError, match=r"extends = .* comes back to itself, or has no end"):
        load_preset(tmp_path / "a.yaml")


def test_unknown_preset_names_the_nearest() -> None:
    """A wrong name is answered with the nearest right one; a wrong path with the path."""
    with pytest.raises(SynthError, match=r"preset 'defualt' is unknown; did you mean 'default'\?"):
        load_preset("defualt")
    with pytest.raises(SynthError, match=r"nowhere\.yaml does not exist"):
        load_preset("nowhere.yaml")


BOMB = b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n".encode() for k in range(1, 10)
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BOMB, "counting repeated aliases"),
        (b"[" * 100_000, "nested deeper"),
        (b"{a: " * 100_000, "nested deeper"),
        (b"a: &a [*a]", "has no anchor before it"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"format: 1\nname: \xe9\n", "mine.yaml:2: not UTF-8"),
        (b"a: \x07", "not YAML"),
        (b"x" * 2_000_000, "too long"),
        (b"", "a preset is a mapping"),
        (b"- 1", "a preset is a mapping"),
        (b"--- {}\n--- {}", "one YAML document"),
        (b"? [a]\n: 1", "a key is a name or a number"),
        (b"true: 1", "a key is a name or a number"),
        (b"<<: 3", "merges mappings only"),
        (b"format: 1\nname: x\nextends: [a]", "name a preset"),
        (b"format: 1\nname: x\nextends: plaine", "did you mean 'plain'"),
        (b"format: 1\nname: x\nextends: /etc/passwd.yaml", "only shipped presets"),
        (b"format: 99999999999999999999999999", "format"),
        (b"format: 1\nname: .nan", "instruments"),
    ],
)  # fmt: skip
def test_hostile_files_are_one_line_errors(data: bytes, reason: str) -> None:
    """Bombs, depths, loops, wrong encodings and wrong types end in one line, at once."""
    with pytest.raises(SynthError) as error:
        read_preset(data, "mine.yaml")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.parametrize("name", ["mine.yaml", "hit.wav"])
def test_a_preset_and_its_samples_are_files(tmp_path: Path, name: str) -> None:
    """A pipe that nobody writes to is not waited for, nor is a device without an end read."""
    preset = tmp_path / "mine.yaml"
    preset.write_text("format: 1\nname: a\nextends: plain\nsamples:\n  hit: {file: hit.wav}\n")
    place = tmp_path / name
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        place.unlink(missing_ok=True)
        make(place)
        with pytest.raises(SynthError, match=f"{name} is not a file"):
            load_preset(preset)
