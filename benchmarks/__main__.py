"""Prints the figures: speed, aliasing, start-up and memory beside those of named peers.

Run as ``python -m benchmarks`` (``make bench``). All runs are on one core, but for batches. Where
renderers are compared they take turns, and the median of the rounds counts.
"""

import argparse
import importlib.util
import math
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from benchmarks.aliasing import chipgen_tone, gme_tone, point_sampled_tone, worst_alias_db
from benchmarks.batch_overhead import batch_times_s
from benchmarks.chip_speed import busy_song
from benchmarks.gme import open_gme, play_nsf
from benchmarks.live_blocks import BLOCK_FRAMES, NOTE_BLOCKS, block_times_s
from benchmarks.processes import Run, run_program
from benchmarks.songs import SEED, repeat_midi
from benchmarks.timing import median_cpu_s, pin_to_one_core, use_all_cores
from synth.chip.render_log import render
from synth.formats.nsf_read import read_nsf
from synth.formats.nsf_write import write_nsf
from synth.formats.vgm_write import compress_vgz, write_vgm

RATE_HZ: Final = 44_100
SEED_BARS: Final = 8  # of the example seed
DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"
SOUND_FONTS: Final = tuple(
    Path("/usr/share/sounds/sf2", name) for name in ("TimGM6mb.sf2", "FluidR3_GM.sf2")
)
CHIPGEN: Final = (sys.executable, "-m", "chipgen")

Row = tuple[str, ...]


def main() -> None:
    """Measure, print, and write the document if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds whose median counts")
    parser.add_argument("--seconds", type=float, default=180.0, help="length of the music")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name} too")
    parser.add_argument("--only", choices=_PARTS, help="measure this part alone, without --write")
    options = parser.parse_args()
    if options.only and options.write:
        parser.error("--write needs all parts; leave --only out")
    core = pin_to_one_core()
    where = f"{_processor()}, Python {platform.python_version()}"
    where += "" if core is None else f", one core ({core})"
    where += f". {_load()}"
    names = [options.only] if options.only else _PARTS
    parts = [_PARTS[name](options.rounds, options.seconds) for name in names]
    text = _INTRODUCTION.format(where=where) + "\n" + "\n".join(parts)
    if options.write:
        DOCUMENT.write_text(text)


def _chip(rounds: int, seconds: float) -> str:
    """Compare renderers of the chip on the same song, by speed and by aliasing."""
    log = busy_song(seconds)
    nsf, _ = write_nsf(log)
    work: dict[str, Callable[[], object]] = {
        "chipgen, register log to float32": lambda: render(log, RATE_HZ, "nes"),
        "chipgen, the NSF": lambda: render(
            read_nsf(nsf, "bench", seconds=seconds).log, RATE_HZ, "nes"
        ),
    }
    alias_db = {name: worst_alias_db(chipgen_tone) for name in work}
    gme = open_gme()
    rows: list[Row] = []
    if gme is None:
        rows.append(("libgme, the NSF", "not installed (Debian: libgme0)", "-"))
    else:
        work["libgme, the NSF"] = lambda: play_nsf(gme, nsf, seconds, RATE_HZ)
        alias_db["libgme, the NSF"] = worst_alias_db(gme_tone(gme))
    taken = median_cpu_s(work, rounds)
    rows = [(n, f"{seconds / t:,.0f} x", f"{alias_db[n]:.0f} dB") for n, t in taken.items()] + rows
    rows.append(("point sampling, as scipy.signal.square", "-",
                 f"{worst_alias_db(point_sampled_tone):.0f} dB"))  # fmt: skip
    return _table(
        "The chip",
        f"The same four-voice song, {seconds:.0f} s, {len(log):,} register writes. libgme mixes "
        "the voices linearly and gives 16-bit samples; chipgen mixes as the hardware does, at "
        "every step, and gives float32.",
        ("renderer", "times real time", "strongest alias"), rows,
    )  # fmt: skip


def _sizes(_rounds: int, seconds: float) -> str:
    """Measure the files that hold a song as what a chip plays."""
    from chipgen.app.pipeline import make_sound
    from chipgen.request import Request

    jingle = make_sound(SEED, Request(bars=0)).log
    bars = math.ceil(seconds / jingle.duration_s * SEED_BARS) - SEED_BARS
    rows: list[Row] = []
    for what, log in (
        ("the example seed", jingle),
        ("the same, composed on", make_sound(SEED, Request(bars=bars)).log),
        ("the chip's busy song", busy_song(seconds)),
    ):
        files = (write_nsf(log)[0], compress_vgz(write_vgm(log)))
        rows.append((what, f"{log.duration_s:.0f} s", *(f"{len(data):,} bytes" for data in files)))
    return _table(
        "File sizes", "Players and notes, as `chipgen export` writes them.",
        ("song", "length", "NSF", "VGZ"), rows,
    )  # fmt: skip


def _scores(rounds: int, seconds: float) -> str:
    """Compare what turns the same MIDI file into sound, inside a process and as a whole one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        song, out = folder / "song.mid", folder / "out.wav"
        length_s = repeat_midi(SEED, song, seconds)
        rows: list[Row] = []
        inside = median_cpu_s(_renderers(song), max(rounds // 2, 1))
        for who, taken_s in inside.items():
            rows.append((who, f"{length_s / taken_s:,.0f} x", "-", f"{taken_s:.2f} s", "-"))
        commands: dict[str, list[str]] = {
            "`chipgen render --as-is`": [
                *CHIPGEN, "render", str(song), "-o", str(out), "--as-is", "--force",
            ],
        }  # fmt: skip
        font = next((path for path in SOUND_FONTS if path.exists()), None)
        player = shutil.which("fluidsynth")
        if font is not None and player is not None:
            commands[f"`fluidsynth`, {font.stem}"] = [
                player, "-niq", "-F", str(out), "-r", str(RATE_HZ), str(font), str(song),
            ]  # fmt: skip
        else:
            missing = "not installed (Debian: fluidsynth, timgm6mb-soundfont)"
            rows.append(("`fluidsynth`", missing, "-", "-", "-"))
        runs: dict[str, list[Run]] = {who: [] for who in commands}
        for turn in range(max(rounds // 2, 1) + 1):
            for who, command in commands.items():
                run = run_program(command)
                if turn:
                    runs[who].append(run)
        for who, taken in runs.items():
            wall_s = statistics.median(run.wall_s for run in taken)
            cpu_s = statistics.median(run.cpu_s for run in taken)
            peak_mb = max(run.peak_mb for run in taken)
            rows.append((f"{who}, whole process", f"{length_s / cpu_s:,.0f} x", f"{wall_s:.2f} s",
                         f"{cpu_s:.2f} s", f"{peak_mb:.0f} MB"))  # fmt: skip
    return _table(
        "A MIDI file", f"The example seed over and over, {length_s:.0f} s, to 44.1 kHz.",
        ("renderer", "times real time", "on the clock", "processor", "peak memory"), rows,
    )  # fmt: skip


def _renderers(song: Path) -> dict[str, Callable[[], object]]:
    """Return what renders a MIDI file within this process."""
    from chipgen.app.pipeline import make_sound
    from chipgen.request import Request

    request = Request(bars=0)

    def ours() -> object:
        sound = make_sound(song, request)
        return render(sound.log, RATE_HZ, sound.console_filter)

    work: dict[str, Callable[[], object]] = {"chipgen, file to float32": ours}
    if importlib.util.find_spec("pretty_midi") is not None:
        import pretty_midi

        work["pretty_midi.synthesize (sines)"] = lambda: pretty_midi.PrettyMIDI(
            str(song)
        ).synthesize(RATE_HZ)
    return work


def _long(_rounds: int, _seconds: float) -> str:
    """Render a quarter of an hour and an hour, and start without any music."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        song, out = Path(name) / "song.mid", Path(name) / "out.wav"
        for minutes in (3, 15, 60):
            length_s = repeat_midi(SEED, song, 60.0 * minutes)
            run = run_program([*CHIPGEN, "render", str(song), "-o", str(out), "--as-is", "--force"])
            rows.append((f"{minutes} minutes of MIDI to WAV", f"{run.wall_s:.1f} s",
                         f"{run.cpu_s:.1f} s", f"{1000 * run.cpu_s / length_s:.2f} s",
                         f"{run.peak_mb:.0f} MB"))  # fmt: skip
        composed = [*CHIPGEN, "render", str(SEED), "--force", "-o"]
        alone = run_program([*composed, str(out)])
        with ThreadPoolExecutor(4) as pool:
            four = list(pool.map(lambda n: run_program([*composed, f"{out}{n}.wav"]), range(4)))
        for what, runs in (("the example composed on", [alone]), ("the same, four at once", four)):
            rows.append((what, f"{_median_wall(runs):.1f} s",
                         f"{statistics.fmean(run.cpu_s for run in runs):.1f} s", "-",
                         f"{max(run.peak_mb for run in runs):.0f} MB"))  # fmt: skip
    program = "from synth.chip.audio_stream import AudioStream; AudioStream().read(1)"
    runs = [run_program([sys.executable, "-c", program]) for _ in range(5)]
    rows.append(("Python, and the chip's first sample", f"{_median_wall(runs):.2f} s",
                 f"{statistics.median(run.cpu_s for run in runs):.2f} s", "-",
                 f"{max(run.peak_mb for run in runs):.0f} MB"))  # fmt: skip
    runs = [run_program([*CHIPGEN, "--version"]) for _ in range(5)]
    rows.append(("`chipgen --version`", f"{_median_wall(runs):.2f} s",
                 f"{statistics.median(run.cpu_s for run in runs):.2f} s", "-",
                 f"{max(run.peak_mb for run in runs):.0f} MB"))  # fmt: skip
    return _table(
        "Length and start-up",
        "Whole processes; nothing is compiled or cached.",
        ("what", "on the clock", "processor", "processor per 1,000 s", "peak memory"), rows,
    )  # fmt: skip


def _live(_rounds: int, _seconds: float) -> str:
    """Play blocks of 64 frames with notes on all four voices."""
    times_s = block_times_s()
    lasts_us = 1e6 * BLOCK_FRAMES / RATE_HZ
    rows = [
        (what, f"{1e6 * value:,.0f} µs", f"{1e8 * value / lasts_us:.1f} %")
        for what, value in (
            ("middle", statistics.median(times_s)),
            ("mean", statistics.fmean(times_s)),
            ("the longest 1 %, from", sorted(times_s)[int(0.99 * len(times_s))]),
        )
    ]
    return _table(
        "Live",
        f"`synth.Synth` in blocks of {BLOCK_FRAMES} frames, which last {lasts_us:,.0f} µs. "
        f"All four voices begin new notes every {NOTE_BLOCKS} blocks; {len(times_s):,} blocks.",
        ("block", "takes", "of its own duration"), rows,
    )  # fmt: skip


def _batch(_rounds: int, _seconds: float) -> str:
    """Compare a batch on processes of this machine with one on a cluster of as many workers."""
    songs, workers = 160, 2
    use_all_cores()
    rows = [
        (where, "not installed (extra cluster)", "-") if taken_s is None
        else (where, f"{taken_s:.1f} s", f"{1000 * taken_s / songs:.0f} ms")
        for where, taken_s in batch_times_s(songs, workers).items()
    ]  # fmt: skip
    return _table(
        "A batch",
        f"The example seed as {songs} songs to WAV, by one process, by one a core and one "
        f"more (the default), and by {workers} workers, each on any core, the command's start "
        "included. The cluster is on this machine, and its workers have worked before.",
        ("done by", "on the clock", "a song"), rows,
    )  # fmt: skip


def _table(title: str, about: str, head: Row, rows: Sequence[Row]) -> str:
    """Return a section with a Markdown table, and print it."""
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    rule = tuple("-" * width for width in widths)
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (head, rule, *rows)
    ]
    text = "\n".join([f"## {title}", "", about, "", *lines, ""])
    print(text, flush=True)
    return text


def _median_wall(runs: list[Run]) -> float:
    return statistics.median(run.wall_s for run in runs)


def _load() -> str:
    """Say what else the machine was doing, which figures on the clock suffer from."""
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        return "What else the machine was doing is not known"
    return f"Other programs used {load:.1f} of its {os.cpu_count()} cores at the start"


def _processor() -> str:
    """Return what the system calls its processor."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


_PARTS: Final[dict[str, Callable[[int, float], str]]] = {
    "chip": _chip, "sizes": _sizes, "midi": _scores, "length": _long, "live": _live,
    "batch": _batch,
}  # fmt: skip

_INTRODUCTION: Final = """# Benchmarks

Written by `python -m benchmarks --write`; `make bench` prints the same tables. The peers are
[libgme](https://github.com/libgme/game-music-emu), the chip music player's library,
[pretty_midi](https://github.com/craffel/pretty-midi) and
[FluidSynth](https://www.fluidsynth.org). The renderers take turns, and a figure is the median of
its rounds; "times real time" counts processor time, so that it holds on a busy machine too, as what
is given "on the clock" does not.

An alias is what a renderer adds to a tone that is not in it. Thirteen 25 % pulses over five octaves
are played, and the strongest component up to 22.05 kHz that is no harmonic is given, in dB to the
tone.

{where}.
"""


if __name__ == "__main__":
    main()
