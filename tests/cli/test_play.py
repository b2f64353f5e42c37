"""`chipgen play` under somebody's fingers: a real terminal, a real sound server, a real keeper."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from mido import Message, MidiFile, MidiTrack

from synth.chip.hardware import NTSC
from synth.chip.render_log import render
from synth.formats.chip_formats import read_chip_file, write_chip_file
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests import soundserver
from tests.commandline import run
from tests.soundserver import RATE_HZ, SoundServer
from tests.terminals import WAIT_S, Terminal

EXAMPLES = Path(__file__).parents[2] / "examples"

SEED = EXAMPLES / "seed.mid"


def test_what_is_composed_without_end_can_be_kept(
    open_terminal: Callable[..., Terminal], sound_server: SoundServer, tmp_path: Path
) -> None:
    """It goes on beyond the seed, asks for a name, minds it, and keeps what was heard."""
    terminal = open_terminal(SEED, "--continue", "--seed", "3")
    terminal.await_text(r"0:0\d / 0:(?:1[5-9]|[2-9]\d)\+")  # more has been composed
    terminal.await_text(r"bar 11")
    terminal.press("q")
    terminal.await_text(r"composed bars were heard; keep them")
    terminal.press("kept.xyz\n")
    terminal.await_text(r"is no format here")
    terminal.await_text(r"keep them")
    terminal.press("kept.mid\n")
    told = terminal.await_text(r"kept\.mid: 8 seed bars \+ \d+ generated")
    assert terminal.end() == 0
    kept = tmp_path / "kept.mid"
    bars = 8 + int(told.split()[-2])
    assert bars > 8
    assert mido.MidiFile(kept).length == pytest.approx(bars * 4 * 60 / 144, abs=2.5)
    heard = sound_server.given()[:, 0]
    result = run("render", kept, "-o", tmp_path / "kept.wav", "--as-is", "--bits", "float")
    assert result.exit_code == 0, result.output
    import soundfile

    samples = soundfile.read(tmp_path / "kept.wav", dtype="float32")[0]
    # The last bar's notes end with the file, and ring on where it was heard.
    alike = min(len(heard), round((mido.MidiFile(kept).length - 1.5) * 44_100))
    assert alike > 14 * 44_100  # well beyond the seed, which lasts 13.3 s
    if "interrupted" not in terminal.all:
        assert np.array_equal(heard[:alike], samples[:alike])


def test_without_a_terminal_it_keeps_where_it_is_told(
    sound_server: SoundServer, tmp_path: Path
) -> None:
    """`--keep` writes, with `--seconds` as the end; the sound is the kept file's."""
    kept = tmp_path / "kept.mid"
    done = subprocess.run(
        [sys.executable, "-m", "chipgen", "play", SEED, "--continue", "--seconds", "4",
         "--keep", kept],
        env=sound_server.environment, cwd=EXAMPLES.parent, capture_output=True, text=True,
        timeout=120, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "kept.mid: 8 seed bars + 0 generated" in done.stderr
    assert mido.MidiFile(kept).length == pytest.approx(4.0, abs=1.7)


def somebody_lives(group: int) -> bool:
    """Return whether a group of processes has members."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(("way", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_a_stop_from_outside_keeps_too(
    sound_server: SoundServer, tmp_path: Path, way: signal.Signals, code: int
) -> None:
    """Ctrl-C or `timeout` end what has no end, and lose nothing; no composer is left behind."""
    kept = tmp_path / "kept.mid"
    process = subprocess.Popen(
        [sys.executable, "-m", "chipgen", "play", SEED, "--continue", "--keep", kept],
        env=sound_server.environment, cwd=EXAMPLES.parent, stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + WAIT_S
    while sound_server.frames_given() < 25_000:
        assert time.monotonic() < until, "nothing is heard"
        time.sleep(0.1)
    os.killpg(process.pid, way)
    _, errors = process.communicate(timeout=WAIT_S)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    assert "kept.mid: 8 seed bars + 0 generated" in errors
    assert kept.exists()
    until = time.monotonic() + WAIT_S
    while somebody_lives(process.pid):
        assert time.monotonic() < until, "a process was left behind"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--keep", "a.mid"], "--save belongs to --continue"),
        (["--continue", "--bars", "3"], "leave out --bars"),
        (["--continue", "--without-seed"], "leave out --without-seed"),
    ],
)
def test_contradictions_are_wrong_usage(arguments: list[str], message: str) -> None:
    """They are said before any device is looked for."""
    result = run("play", SEED, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_keeper_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    """Nobody listens for an hour to find that there is nowhere to keep it."""
    (tmp_path / "a.mid").write_bytes(b"x")
    result = run("play", SEED, "--continue", "--keep", tmp_path / "a.mid")
    assert result.exit_code == 1
    assert "--force" in result.stderr


def test_the_command_plays_what_a_render_writes(sound_server: SoundServer, tmp_path: Path) -> None:
    """`chipgen play` gives the device the samples that `chipgen render` writes into a file."""
    song = MidiFile(ticks_per_beat=480)
    track = MidiTrack()
    for note in (60, 64, 67, 72):
        track.append(Message("note_on", note=note, velocity=100))
        track.append(Message("note_off", note=note, time=240))
    song.tracks.append(track)
    song.save(tmp_path / "song.mid")
    options = [str(tmp_path / "song.mid"), "--preset", "plain"]
    for command in (["play"], ["render", "--as-is", "--bits", "float", "-o", "song.wav"]):
        done = subprocess.run(
            [sys.executable, "-m", "chipgen", *command, *options],
            env=sound_server.environment, cwd=tmp_path, check=False, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        if command == ["play"]:
            told = done.stderr
    rendered = soundfile.read(tmp_path / "song.wav", dtype="float32")[0]
    assert len(rendered) >= RATE_HZ
    assert np.abs(rendered).max() > 0.05
    soundserver.check_given(sound_server.given()[:, 0], rendered, told)


def test_the_command_plays_chip_files(sound_server: SoundServer, tmp_path: Path) -> None:
    """A VGM goes to the speakers as its register writes sound."""
    preset = load_preset("plain")
    score = ChipScore(pulse1=(ChipNote(0.0, 0.5, 69),), end_s=0.6)
    write_chip_file(tmp_path / "song.vgm", drive(score, preset, NTSC))
    done = subprocess.run(
        [sys.executable, "-m", "chipgen", "play", str(tmp_path / "song.vgm"), "--filter", "none"],
        env=sound_server.environment, check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rendered = render(read_chip_file(tmp_path / "song.vgm").log, RATE_HZ, "none")
    soundserver.check_given(sound_server.given(), rendered, done.stderr)
