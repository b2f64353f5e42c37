"""The benchmarks measure what they say: aliases, lengths, whole processes, live blocks."""

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.aliasing import alias_db, chipgen_tone, gme_tone, point_sampled_tone
from benchmarks.gme import open_gme
from benchmarks.live_blocks import BLOCK_FRAMES, block_times_s
from benchmarks.processes import run_program
from benchmarks.songs import SEED, repeat_midi
from chipgen.music.midi import read_midi
from synth.chip.registers import RegisterLog

TIMER = 253


def test_an_alias_of_known_strength_is_measured() -> None:
    """A component of -60 dB beside the tone's harmonics is told as -60 dB; alone it is < -90."""

    def spoilt(log: RegisterLog, timer: int) -> NDArray[np.float64]:
        samples = chipgen_tone(log, timer)
        tone = samples - samples.mean()
        strongest = 2 * np.abs(np.fft.rfft(tone * np.hanning(tone.size))).max() * 2 / tone.size
        hum = np.sin(2 * np.pi * 1000.0 / 44_100 * np.arange(tone.size))
        return samples + 1e-3 * strongest * hum

    assert alias_db(chipgen_tone, TIMER) < -90
    assert alias_db(spoilt, TIMER) == pytest.approx(-60, abs=0.5)
    assert -40 < alias_db(point_sampled_tone, TIMER) < -10


def test_libgme_aliases_more_than_we_do() -> None:
    """The peer's tone is found in spite of its own tuning, and its aliases are heard."""
    gme = open_gme()
    if gme is None:
        pytest.skip("libgme is not installed (Debian: libgme0)")
    assert alias_db(chipgen_tone, TIMER) < alias_db(gme_tone(gme), TIMER) - 20 < -50


def test_a_song_is_repeated_with_all_its_notes(tmp_path: Path) -> None:
    """A minute of the seed holds whole turns of it, bar by bar."""
    length_s = repeat_midi(SEED, tmp_path / "song.mid", 60.0)
    assert 60.0 <= length_s < 75.0
    notes = [len(track.notes) for track in read_midi(SEED).tracks]
    longer = [len(track.notes) for track in read_midi(tmp_path / "song.mid").tracks]
    turns = longer[0] // notes[0]
    assert turns >= 4
    assert longer == [turns * count for count in notes]


def test_a_process_is_measured_by_itself() -> None:
    """Memory is the program's own, not that of whoever measures it; a failure is told."""
    ballast = np.ones(50_000_000)  # 400 MB in this process
    small = run_program([sys.executable, "-S", "-c", "pass"])
    large = run_program([sys.executable, "-S", "-c", "x = bytearray(150_000_000)"])
    assert ballast[0] == 1.0
    assert small.peak_mb < 50
    assert 150 < large.peak_mb < 200
    assert 0 < small.cpu_s <= small.wall_s + 0.05
    with pytest.raises(RuntimeError, match="ended with 3"):
        run_program([sys.executable, "-S", "-c", "raise SystemExit(3)"])


def test_a_live_block_takes_a_fraction_of_its_duration() -> None:
    """Blocks of 64 frames at 44.1 kHz: in the mean a quarter of their time, most far less."""
    times_s = np.array(block_times_s())
    lasts_s = BLOCK_FRAMES / 44_100
    assert times_s.mean() < lasts_s / 4
    assert np.median(times_s) < lasts_s / 10
