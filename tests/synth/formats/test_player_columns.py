"""Songs in columns: small, and the same writes in each frame, on our 6502 and on py65's."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py65.devices.mpu6502 import MPU
from py65.memory import ObservableMemory

from benchmarks.chip_speed import busy_song
from chipgen.app.pipeline import make_sound
from chipgen.request import Request
from synth.chip.hardware import NTSC
from synth.formats.log_frames import Frame, cut_log, to_frames
from synth.formats.nsf_header import HEADER_SIZE, read_header
from synth.formats.nsf_read import read_nsf
from synth.formats.nsf_write import HOST_WRITES, write_nsf
from synth.formats.player_columns import to_columns
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests.synth.formats.nsf_files import frames_of, log_of

# Registers in the order of the voices, as drivers write them, with a sweep that writes twice.
LISTS = (
    (0,),
    (2,),
    (0, 2, 3),
    (1, 2, 0x17, 1, 2),
    (4,),
    (6, 7),
    (8, 0x17),
    (10, 11),
    (12, 14),
    (0x15,),
)
voice_frames = st.lists(
    st.lists(st.tuples(st.sampled_from(LISTS), st.integers(0, 255)), max_size=3).map(
        lambda parts: tuple(
            (register, (value + place) & 255)
            for list_, value in sorted(parts)
            for place, register in enumerate(list_)
        )
    ),
    min_size=1,
    max_size=60,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(frames=voice_frames, repeats=st.integers(1, 6), data=st.data())
def test_frames_come_back(frames: list[Frame], repeats: int, data: st.DataObject) -> None:
    """Whatever the voices are written in a frame, and wherever the song loops, is played."""
    whole = frames * repeats
    loop = data.draw(st.none() | st.integers(0, len(whole) - 1))
    if whole[0][:2] == HOST_WRITES:
        return
    assert to_columns(whole, loop) is not None
    nsf, warnings = write_nsf(log_of(whole, loop=loop))
    assert warnings == ()
    assert not read_header(nsf, "x").banked
    n = len(whole) + (5 if loop is None else 2 * (len(whole) - loop))
    back = frames_of(read_nsf(nsf, "x.nsf", seconds=n / NTSC.frame_hz).log)
    if loop is None:
        assert back == [*whole, ((0x15, 0),), (), (), (), ()]
    else:
        assert back == (whole + 2 * whole[loop:])[: len(back)]


def test_a_register_of_every_value_is_split() -> None:
    """Two hundred and fifty-six values of one register do not keep a song from columns."""
    rng = np.random.default_rng(1)
    frames: list[Frame] = [((2, int(value)),) for value in rng.permutation(np.arange(1024) % 256)]
    columns = to_columns(frames, None)
    assert columns is not None
    assert columns.registers == (2, 2)
    nsf, _ = write_nsf(log_of(frames))
    assert frames_of(read_nsf(nsf, "x.nsf", seconds=1025 / NTSC.frame_hz).log)[:1024] == frames


@pytest.mark.parametrize(
    "source", sorted(Path("examples").glob("*.mid")), ids=lambda path: path.stem
)
def test_an_example_is_small(source: Path) -> None:
    """Half a minute of four voices takes a tenth of a kilobyte a second, every frame equal."""
    log = make_sound(source, Request(bars=0)).log
    nsf, _ = write_nsf(log)
    frames, _ = to_frames(log)
    assert len(nsf) < 1000 + 100 * log.duration_s
    back = frames_of(read_nsf(nsf, "x.nsf", seconds=len(frames) / log.region.frame_hz).log)
    assert back == frames


def test_a_song_runs_on_py65() -> None:
    """An independent 6502 makes the same writes, call by call, in little time."""
    log = cut_log(busy_song(12.0), None)
    frames, _ = to_frames(log)
    nsf, _ = write_nsf(log)
    header = read_header(nsf, "x")
    assert not header.banked
    written: list[tuple[int, int]] = []
    memory = ObservableMemory()
    memory.write(header.load, list(nsf[HEADER_SIZE:]))
    memory.subscribe_to_write(
        range(0x4000, 0x4018), lambda address, value: written.append((address - 0x4000, value))
    )
    mpu = MPU(memory=memory)
    for number, frame in enumerate(frames):
        written.clear()
        mpu.pc, mpu.sp = (header.play if number else header.init), 0xFD
        memory[0x1FE], memory[0x1FF] = 0xFF, 0x4E
        before = mpu.processorCycles
        while mpu.pc != 0x4F00:
            mpu.step()
        assert tuple(written) == frame
        assert mpu.processorCycles - before < 8_000  # of the 29,780 of a frame


def test_a_song_with_samples_is_small() -> None:
    """The program ends where the samples begin; the file has both, and nothing between them."""
    preset = load_preset("kit-dmc")
    log = drive(demo_score(preset), preset)
    data, warnings = write_nsf(log)
    last, block = max(log.memory)
    samples = last + len(block) - 0xC000
    assert warnings == ()
    assert len(data) <= samples + 2000
    back, _ = to_frames(read_nsf(data, "kit.nsf").log)
    wanted, _ = to_frames(log)
    assert [sorted(frame) for frame in back[1 : len(wanted)]] == list(map(sorted, wanted[1:]))
