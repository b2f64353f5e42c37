"""Delivery: all files wanted of a piece come out of one call, and belong together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from synth.chip.hardware import NTSC
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.errors import SynthError
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from synth.output.delivery import Delivery, check_delivery, deliver

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def log() -> RegisterLog:
    """Drive a phrase of four voices that goes on from its second half second."""
    preset = load_preset("plain")
    driven = drive(demo_score(preset), preset, NTSC)
    return replace(driven, loop_cycle=NTSC.frame_cycle(30))


def read(path: Path) -> np.ndarray:
    """Return the samples of a mono file."""
    return soundfile.read(path, dtype="float32")[0]


def test_plainly_the_music_is_written_once(tmp_path: Path, log: RegisterLog) -> None:
    """Without further options the file is the render, and progress reaches its end."""
    told: list[tuple[int, int]] = []
    written = deliver(
        tmp_path / "a.wav", log, "nes", Delivery(bits="float", loudness=True),
        progress=lambda *counts: told.append(counts),
    )  # fmt: skip
    assert list(written) == ["mix"]
    assert np.array_equal(read(tmp_path / "a.wav"), render(log, RATE_HZ, "nes")[:, 0])
    assert written["mix"].loop is None
    assert written["mix"].lufs is not None
    assert -60 < written["mix"].lufs < 0
    assert told[-1][0] == told[-1][1] == written["mix"].frames


@pytest.mark.parametrize("options", [{}, {"loops": 2, "fade_s": 0.5}, {"loop_points": True}])
def test_apu_stems_add_up_to_the_mix_whatever_is_done_to_it(
    tmp_path: Path, log: RegisterLog, options: dict[str, object]
) -> None:
    """Normalised, looped, faded or sealed, the stems' sum stays the mix."""
    wanted = Delivery(bits="float", stems="apu", normalize_dbfs=-1.0, **options)  # type: ignore[arg-type]
    written = deliver(tmp_path / "a.wav", log, "nes", wanted)
    assert list(written) == ["mix", "pulse1", "pulse2", "triangle", "noise"]
    mix = read(written.pop("mix").path)
    assert np.abs(mix).max() == pytest.approx(10 ** (-1 / 20), abs=1e-4)
    total = np.sum([read(info.path) for info in written.values()], axis=0)
    assert np.abs(total - mix).max() < 2e-6
    loops = {info.loop for info in written.values()}
    if "loop_points" in options:
        ((start, end),) = loops
        assert end == len(mix)
        assert start == round(log.end_cycle * RATE_HZ / NTSC.clock_hz)
    else:
        assert loops == {None}


def test_repeating_plays_the_loop_as_often_as_asked(tmp_path: Path, log: RegisterLog) -> None:
    """Each loop adds the loop's length, the fade its own."""
    lengths = [
        deliver(tmp_path / f"{loops}.wav", log, "nes", Delivery(loops=loops, fade_s=fade_s))
        for loops, fade_s in ((1, 0.0), (2, 0.0), (3, 1.5))
    ]
    loop_s = (log.end_cycle - log.loop_cycle) / NTSC.clock_hz
    once, twice, faded = (info["mix"].duration_s for info in lengths)
    assert once == pytest.approx(log.duration_s, abs=1e-4)
    assert twice - once == pytest.approx(loop_s, abs=1e-4)
    assert faded - once == pytest.approx(2 * loop_s + 1.5, abs=1e-4)


def test_intro_and_loop_files_are_the_exact_loop_points_file(
    tmp_path: Path, log: RegisterLog
) -> None:
    """The intro holds only what precedes the loop; both are the exact file, normalised alike."""
    options = {"bits": "float", "normalize_dbfs": -3.0}
    exact = Delivery(loop_points=True, exact_loop=True, **options)  # type: ignore[arg-type]
    marked = deliver(tmp_path / "a.wav", log, "nes", exact)["mix"]
    split = deliver(tmp_path / "a.wav", log, "nes", Delivery(split_intro=True, **options))  # type: ignore[arg-type]
    parts = np.concatenate([read(info.path) for info in split.values()])
    assert np.abs(parts - read(marked.path)).max() < 1e-6
    assert marked.loop == (split["intro"].frames, marked.frames)
    assert log.loop_cycle is not None
    assert split["intro"].frames == round(log.loop_cycle * RATE_HZ / NTSC.clock_hz)
    assert split["loop"].frames + split["intro"].frames == round(log.duration_s * RATE_HZ)


@pytest.mark.parametrize("from_start", [False, True])
def test_exact_passes_are_equal_to_the_sample(
    tmp_path: Path, log: RegisterLog, from_start: bool
) -> None:
    """Three passes and a fade: each pass holds the same samples, whatever the waves' phases."""
    if from_start:
        log = replace(log, loop_cycle=0)
    wanted = Delivery(bits="float", loops=3, fade_s=0.5, exact_loop=True)
    sound = read(deliver(tmp_path / "a.wav", log, "nes", wanted)["mix"].path)
    assert log.loop_cycle is not None
    start = round(log.loop_cycle * RATE_HZ / NTSC.clock_hz)
    length = (len(sound) - start - RATE_HZ // 2) // 3
    first, second, third = (sound[start + k * length : start + (k + 1) * length] for k in range(3))
    assert np.array_equal(first, second)
    assert np.array_equal(second, third)
    freely = read(
        deliver(tmp_path / "b.wav", log, "nes", replace(wanted, exact_loop=False))["mix"].path
    )
    assert not np.array_equal(
        freely[start + length :][:length], freely[start + 2 * length :][:length]
    )


def test_music_without_an_intro_is_not_split(tmp_path: Path, log: RegisterLog) -> None:
    """What loops from its beginning has nothing to put into an intro; one line says what to do."""
    looping = replace(log, loop_cycle=0)
    with pytest.raises(SynthError, match=r"a\.wav: .* no intro; write one file with --loop-points"):
        deliver(tmp_path / "a.wav", looping, "nes", Delivery(split_intro=True))
    with pytest.raises(SynthError, match="--exact-loop is about how a loop is written"):
        Delivery(exact_loop=True)


def test_wishes_that_exclude_each_other_are_refused(tmp_path: Path, log: RegisterLog) -> None:
    """One line names the options; nothing is written."""
    for options, message in (
        ({"stems": "solo"}, "choose one of isolated, apu"),
        ({"loops": 2, "loop_points": True}, "leave it or the loop points out"),
        ({"fade_s": 2.0}, "--fade needs --loops"),
        ({"stems": "apu", "split_intro": True}, "cannot be written at once"),
    ):
        with pytest.raises(SynthError, match=message):
            Delivery(**options)  # type: ignore[arg-type]
    with pytest.raises(SynthError, match="MP3 cannot loop"):
        check_delivery(tmp_path / "a.mp3", Delivery(loop_points=True), overwrite=False)
    with pytest.raises(SynthError, match="has no loop"):
        deliver(tmp_path / "a.wav", replace(log, loop_cycle=None), "nes", Delivery(loops=2))
    (tmp_path / "a-pulse2.wav").touch()
    with pytest.raises(SynthError, match=r"a-pulse2\.wav exists"):
        deliver(tmp_path / "a.wav", log, "nes", Delivery(stems="isolated"))
    assert [path.name for path in tmp_path.iterdir()] == ["a-pulse2.wav"]


def test_a_second_chip_is_added_up(tmp_path: Path, log: RegisterLog) -> None:
    """Two chips' sound is the sum of each one's, stems included."""
    wanted = Delivery(bits="float", stems="isolated")
    once = deliver(tmp_path / "one.wav", log, "nes", wanted)
    twice = deliver(tmp_path / "two.wav", log, "nes", wanted, second=log)
    for part in ("mix", "pulse1", "noise"):
        assert np.array_equal(read(twice[part].path), 2 * read(once[part].path))
