"""Samples of a preset are laid out in memory, played by the driver, and carried by every file."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from synth.chip.hardware import NTSC
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.formats.nes_write import write_nes
from synth.formats.nsf_read import read_nsf
from synth.formats.nsf_write import write_nsf
from synth.formats.sample_memory import used_samples
from synth.formats.vgm_read import read_vgm
from synth.formats.vgm_write import write_vgm
from synth.instrument.chip_score import ChipNote, ChipScore, SampleHit
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset, preset_yaml, read_preset
from synth.output.stems import stem_names
from tests.chip_players import nestopia

SHORT = "55" * 17
HIT = SampleHit(0.5, 0.9, "a")


def preset_of(samples: str, more: str = "") -> Preset:
    """Return a preset with some samples."""
    text = f"format: 1\nname: t\nextends: plain\nsamples:\n{samples}\n{more}\n"
    return read_preset(text.encode(), "t.yaml")


def dmc_writes(log: RegisterLog) -> list[tuple[int, int, int]]:
    """Return frame, address and value of the writes to the DMC and $4015 after the first frame."""
    frame = (2 * log.cycle + 1) // NTSC.frame_half_cycles
    chosen = ((log.address >= 0x4010) & (log.address <= 0x4015)) & (frame > 0)
    return list(
        zip(
            frame[chosen].tolist(), log.address[chosen].tolist(), log.value[chosen].tolist(),
            strict=True,
        )
    )  # fmt: skip


def _shape(sound: NDArray[np.float64], frame: float, start: int) -> NDArray[np.float64]:
    """Return how the level moves over 100 frames of so many samples, in sixteenths of a frame."""
    edges = np.rint(start + np.arange(1601) * frame / 16).astype(np.int64)
    means = np.add.reduceat(sound.astype(np.float64), edges)[:-1] / np.diff(edges)
    return np.diff(means)


def test_a_hit_sets_and_starts_the_channel() -> None:
    """Stop, rate, level, address, length, start on its frame; a loop is stopped at its end."""
    preset = preset_of(f"  a: {{data: '{SHORT}', rate: 12, loop: true, start: 40}}")
    log = drive(ChipScore(dmc=(HIT,), end_s=1.2), preset)
    start, stop = round(0.5 * NTSC.frame_hz), round(0.9 * NTSC.frame_hz)
    assert dmc_writes(log) == [
        (start, 0x4015, 0x0F), (start, 0x4010, 0x4C), (start, 0x4011, 40), (start, 0x4012, 0),
        (start, 0x4013, 1), (start, 0x4015, 0x1F), (stop, 0x4015, 0x0F),
    ]  # fmt: skip
    assert log.memory == ((0xC000, bytes.fromhex(SHORT)),)
    assert "dmc" in stem_names(log)


def test_samples_do_not_overlap_and_begin_on_64_bytes() -> None:
    """Each sample has an address of its own that $4012 can say."""
    preset = preset_of(f"  a: {{data: '{SHORT}'}}\n  b: {{data: '{SHORT * 5}'}}")
    score = ChipScore(dmc=(SampleHit(0, 0.1, "b"), SampleHit(0.2, 0.3, "a")), end_s=1.0)
    (first, data), (second, _) = drive(score, preset).memory
    assert (first, second) == (0xC000, 0xC080)
    assert len(data) % 16 == 1


def test_too_many_samples_are_told_by_size() -> None:
    """16 KB is what the DMC reaches."""
    big = "55" * 4081
    preset = preset_of("\n".join(f"  s{k}: {{data: '{big}'}}" for k in range(5)))
    hits = tuple(SampleHit(k, k + 0.5, f"s{k}") for k in range(5))
    with pytest.raises(SynthError, match=r"take 20,480 bytes, and the DMC reaches 16,384 \(s0 4,0"):
        drive(ChipScore(dmc=hits, end_s=6.0), preset)


def test_every_file_carries_the_same_bytes(tmp_path: Path) -> None:
    """NSF and VGM give back the samples; Nestopia plays the cartridge's to the level."""
    preset = load_preset("kit-dmc")
    score = demo_score(preset)
    log = drive(score, preset)
    played = used_samples(log)
    nsf, _ = write_nsf(log, Titles("t"))
    assert used_samples(read_nsf(nsf, "t", 1, 8.0, None).log) == played
    assert used_samples(read_vgm(write_vgm(log, Titles("t")), "t", 1, None, None).log) == played
    rom, warnings = write_nes(log, Titles("t"))
    assert warnings == ()
    for address, block in played:
        at = len(rom) - 0x4000 + address - 0xC000
        assert rom[at : at + len(block)] == block
    ours = render(log, 48_000, "none", outputs="isolated")[:, 4]
    silent = bytearray(rom)
    for address, block in played:
        at = len(rom) - 0x4000 + address - 0xC000
        silent[at : at + len(block)] = b"\x55" * len(block)
    alike = {}
    for name, cartridge in (("ours", rom), ("silent", bytes(silent))):
        with nestopia(cartridge, tmp_path, "dmc") as console:
            theirs = console.run(300)
        # The console takes some frames to begin, and makes 800 samples for each.
        frame = 48_000 / NTSC.frame_hz
        alike[name] = max(
            np.corrcoef(_shape(theirs, 800.0, lag), _shape(ours, frame, 0))[0, 1]
            for lag in range(0, 8000, 10)
        )
    assert alike["ours"] > 0.95
    assert alike["silent"] < 0.5


def test_a_sound_file_becomes_a_sample(tmp_path: Path) -> None:
    """WAV and FLAC beside the preset are encoded; the preset written out needs them no more."""
    tone = np.sin(2 * np.pi * 100 * np.arange(6000) / 44_100)
    for suffix in ("wav", "flac"):
        soundfile.write(tmp_path / f"tone.{suffix}", tone, 44_100)
        (tmp_path / "mine.yaml").write_text(
            f"format: 1\nname: mine\nextends: default\nsamples:\n  t: {{file: tone.{suffix}}}\n"
            "drums:\n  36: {sample: t}\n"
        )
        preset = load_preset(tmp_path / "mine.yaml")
        assert len(preset.samples["t"].bytes) > 100
        again = read_preset(preset_yaml(preset).encode(), "again.yaml")
        assert again.samples == preset.samples


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        ("{file: nothing.wav}", r"t\.yaml:5: samples\.a\.file: nothing\.wav does not exist"),
        ("{rate: 3}", "either a file or data"),
        ("{data: 'zz'}", r"samples\.a\.data"),
        ("{data: '55', rate: 16}", r"samples\.a\.rate = 16"),
    ],
)
def test_what_is_wrong_with_a_sample_is_told(sample: str, told: str) -> None:
    """The line names file, line and field."""
    with pytest.raises(SynthError, match=told):
        preset_of(f"  a: {sample}")


def test_a_bass_in_tune_goes_to_the_samples() -> None:
    """Notes that a sample can play are the DMC's; others, and those under drums, the triangle's."""
    preset = load_preset("bass-dmc")
    notes = (ChipNote(0.0, 0.4, 33), ChipNote(0.5, 0.9, 90), ChipNote(1.0, 1.4, 40))
    drum = SampleHit(1.1, 1.2, "bass-28")
    log = drive(ChipScore(triangle=notes, dmc=(drum,), end_s=2.0), preset)
    started = [value for address, value in zip(log.address, log.value, strict=True)
               if address == 0x4015 and value == 0x1F]  # fmt: skip
    assert len(started) == 2
    assert len(log.memory) == 2
