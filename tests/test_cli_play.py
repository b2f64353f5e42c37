"""`chipgen play` under somebody's fingers: a real terminal, a real sound server, a real keeper."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import numpy as np
import pytest

from chipgen.cli.dashboard import View, VoiceHeard, draw_lines, hear_voices
from chipgen.cli.terminal import split_keys
from synth.chip.hardware import NTSC
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests import soundserver
from tests.commandline import run
from tests.soundserver import SoundServer

EXAMPLES = Path(__file__).parents[1] / "examples"
SEED = EXAMPLES / "seed.mid"
WAIT_S = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    """Run a sound server for the tests of this file."""
    with soundserver.running(tmp_path_factory.mktemp("pulse")) as running:
        yield running


class Terminal:
    """A terminal of 24 by 100 with `chipgen play` in it."""

    def __init__(self, server: SoundServer, folder: Path, *arguments: str | Path) -> None:
        self.master, self._slave = pty.openpty()
        termios.tcsetwinsize(self._slave, (24, 100))
        self._before = termios.tcgetattr(self._slave)
        self.text = self.all = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chipgen", "play", *map(str, arguments)],
            stdin=self._slave, stdout=self._slave, stderr=self._slave, cwd=folder,
            env={**server.environment, "TERM": "xterm", "PYTHONIOENCODING": "utf-8",
                 "PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def read(self, wait_s: float = 0.05) -> str:
        """Take in what is shown; return all there was since the last wait."""
        while select.select([self.master], [], [], wait_s)[0]:
            try:
                more = os.read(self.master, 65_536).decode("utf-8", "replace")
                self.text, self.all = self.text + more, self.all + more
            except OSError:
                break
            wait_s = 0.0
        return self.text

    def await_text(self, pattern: str) -> str:
        """Wait until something is shown, forget all before it, and return it."""
        until = time.monotonic() + WAIT_S
        while (found := re.search(pattern, self.read())) is None:
            assert time.monotonic() < until, f"{pattern} was never shown: {self.text[-400:]!r}"
            assert self.process.poll() is None or re.search(pattern, self.read()), self.text[-400:]
        self.text = self.text[found.end() :]
        return found.group()

    def end(self) -> int:
        """Wait for the end; the terminal must be as it was."""
        until = time.monotonic() + WAIT_S
        while self.process.poll() is None:
            self.read()
            assert time.monotonic() < until, "it does not end"
        self.read()
        assert termios.tcgetattr(self._slave) == self._before
        assert "\x1b[?25h" in self.all  # the cursor is shown again
        return self.process.returncode

    def close(self) -> None:
        """Let go of it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self._slave)


@pytest.fixture
def open_terminal(server: SoundServer, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Open terminals that close after the test."""
    opened: list[Terminal] = []

    def open_one(*arguments: str | Path) -> Terminal:
        opened.append(Terminal(server, tmp_path, *arguments))
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


def test_keys_steer_the_music(open_terminal: Callable[..., Terminal]) -> None:
    """Pause and go on, seek, the next preset, mute: each is seen; q ends it, the terminal whole."""
    terminal = open_terminal(EXAMPLES / "orchestra.mid")
    terminal.await_text(r"orchestra\.mid  default \(\d+/\d+\)")
    terminal.await_text(r"bar 1 of 20")
    terminal.await_text(r"TR █+")
    terminal.press(" ")
    at = terminal.await_text(r"0:\d\d / 0:3\d  bar \d+ of 20  paused")
    terminal.press("\x1b[C")
    terminal.await_text(rf"0:{int(at[2:4]) + 5:02} / 0:3\d  bar \d+ of 20  paused")
    terminal.press(" ")
    terminal.await_text(r"of 20\x1b")
    terminal.press("\x1b[B")
    terminal.await_text(r"dungeon \(\d+/\d+\)")
    terminal.press("1")
    terminal.await_text(r"P1 mute")
    terminal.press("1.")
    terminal.await_text(r"P1 [█·]")
    terminal.press("q")
    assert terminal.end() == 0


@pytest.mark.parametrize(("way", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_however_it_is_stopped_the_terminal_is_restored(
    open_terminal: Callable[..., Terminal], way: signal.Signals, code: int
) -> None:
    """Ctrl-C and a kill leave a terminal that echoes and shows its cursor."""
    terminal = open_terminal(SEED)
    terminal.await_text(r"bar 1 of 8")
    terminal.process.send_signal(way)
    assert terminal.end() == code
    assert "Traceback" not in terminal.all


def test_the_end_of_the_music_ends_it(open_terminal: Callable[..., Terminal]) -> None:
    """After the last sample it ends by itself; a chip file has no presets and no bars."""
    terminal = open_terminal(SEED)
    terminal.await_text(r"bar 1 of 8")
    for _ in range(3):
        terminal.press("\x1b[C")
        time.sleep(0.3)
    assert terminal.end() == 0


def test_what_is_composed_without_end_can_be_kept(
    open_terminal: Callable[..., Terminal], server: SoundServer, tmp_path: Path
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
    heard = server.given()[:, 0]
    result = run("render", kept, "-o", tmp_path / "kept.wav", "--as-is", "--bits", "float")
    assert result.exit_code == 0, result.output
    import soundfile

    samples = soundfile.read(tmp_path / "kept.wav", dtype="float32")[0]
    # The last bar's notes end with the file, and ring on where it was heard.
    alike = min(len(heard), round((mido.MidiFile(kept).length - 1.5) * 44_100))
    assert alike > 14 * 44_100  # well beyond the seed, which lasts 13.3 s
    if "interrupted" not in terminal.all:
        assert np.array_equal(heard[:alike], samples[:alike])


def test_without_a_terminal_it_keeps_where_it_is_told(server: SoundServer, tmp_path: Path) -> None:
    """`--keep` writes, with `--seconds` as the end; the sound is the kept file's."""
    kept = tmp_path / "kept.mid"
    done = subprocess.run(
        [sys.executable, "-m", "chipgen", "play", SEED, "--continue", "--seconds", "4",
         "--keep", kept],
        env=server.environment, cwd=EXAMPLES.parent, capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL, check=False,
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
    server: SoundServer, tmp_path: Path, way: signal.Signals, code: int
) -> None:
    """Ctrl-C or `timeout` end what has no end, and lose nothing; no composer is left behind."""
    kept = tmp_path / "kept.mid"
    server.written.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "chipgen", "play", SEED, "--continue", "--keep", kept],
        env=server.environment, cwd=EXAMPLES.parent, stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + WAIT_S
    while not server.written.exists() or server.written.stat().st_size < 100_000:
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
        (["--keep", "a.mid"], "--keep belongs to --continue"),
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


def test_meters_follow_the_registers() -> None:
    """Notes, volumes and the noise's period are read off what the driver wrote."""
    score = ChipScore(
        pulse1=(ChipNote(0.0, 1.0, 69, 9),),
        triangle=(ChipNote(0.0, 1.0, 40),),
        noise=(ChipNote(0.0, 1.0, 12, 7),),
        end_s=1.0,
    )
    log = drive(score, load_preset("plain"))
    registers = [0] * 24
    for address, value, cycle in zip(log.address, log.value, log.cycle, strict=True):
        if cycle < NTSC.clock_hz // 2:
            registers[address - 0x4000] = int(value)
    assert hear_voices(registers, NTSC) == (
        VoiceHeard(9, "A4"), VoiceHeard(0, ""), VoiceHeard(15, "E2"), VoiceHeard(7, "12"),
    )  # fmt: skip
    assert hear_voices([0] * 24, NTSC) == (VoiceHeard(0, ""),) * 4


@pytest.mark.parametrize("columns", [20, 40, 60, 79, 200])
def test_lines_fit_the_terminal(columns: int) -> None:
    """However narrow it is, no line wraps; without block characters all is ASCII."""
    voices = (VoiceHeard(15, "C#4"), VoiceHeard(1, "A4"), VoiceHeard(0, ""), VoiceHeard(8, "7"))
    view = View("a name that is rather long.mid", "paused", 61.0, 3600.0, (0.0, 60.0), "default",
                voices, frozenset({"noise"}), endless=True)  # fmt: skip
    lines = draw_lines(view, columns, blocks=False)
    assert len(lines) == 3
    assert all(len(line) <= columns and line.isascii() for line in lines)
    if columns >= 50:
        assert "NO mute" in lines[1]
    if columns >= 79:
        assert "1:01 / 60:00+  bar 2  paused" in lines[0]
        assert "P1 ######## C#4" in lines[1]


def test_arrows_in_pieces_and_floods_are_keys() -> None:
    """Two arrows at once, an escape alone, and what no key sends are told apart."""
    assert split_keys("\x1b[A\x1b[B1") == ["up", "down", "1"]
    assert split_keys("\x1b") == ["escape"]
    assert split_keys("\x1b[24~") == ["escape"]
    assert split_keys("é\x1b[H") == ["é", "home"]
