"""The command line's choices where the chip may be other than the hardware are heard."""

from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from synth.chip.hardware import NTSC
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.formats.chip_formats import read_chip_file, write_chip_file
from tests.chip_logs import log_of, pulse_tone, triangle_tone
from tests.commandline import run


def restarted_notes() -> RegisterLog:
    """Return a pulse whose high byte is written again and again, and a triangle that goes up."""
    again = [(k * 29_781 + 5, 0x4003, 0) for k in range(1, 20)]
    writes = [*pulse_tone(253), *triangle_tone(200), (0, 0x4015, 5), *again]
    return log_of([*writes, (20 * 29_781, 0x400A, 0), (20 * 29_781, 0x400B, 0)], NTSC.clock_hz)


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        ((), {}),
        (("--click-free",), {"click_free": True}),
        (("--ultrasonic", "exact"), {"ultrasonic": "exact"}),
        (("--ultrasonic", "silent"), {"ultrasonic": "silent"}),
    ],
    ids=["hardware", "click-free", "exact", "silent"],
)
@pytest.mark.parametrize("stems", [(), ("--stems", "isolated")], ids=["mix", "stems"])
def test_render_takes_the_chip_s_choices(
    options: tuple[str, ...], choices: dict[str, bool | str], stems: tuple[str, ...], tmp_path: Path
) -> None:
    """What `render` writes is what the library makes with the same choices, and each differs."""
    song, out = tmp_path / "song.vgm", tmp_path / "out.wav"
    write_chip_file(song, restarted_notes())
    result = run("render", song, "-o", out, "--bits", "float", *options, *stems)
    assert result.exit_code == 0, result.output
    log = read_chip_file(song).log
    heard, rate_hz = soundfile.read(out, dtype="float32")
    np.testing.assert_array_equal(heard, render(log, rate_hz, "nes", **choices)[:, 0])
    if options and options[-1] != "silent":
        assert np.abs(heard - render(log, rate_hz, "nes")[:, 0]).max() > 0.01
    if stems:
        pulse, _ = soundfile.read(tmp_path / "out-pulse1.wav", dtype="float32")
        alone = render(log, rate_hz, "nes", "isolated", **choices)[:, 0]
        np.testing.assert_array_equal(pulse, alone)


def test_a_choice_that_is_none_is_named(tmp_path: Path) -> None:
    """Another word than the two is refused with the two."""
    song = tmp_path / "song.vgm"
    write_chip_file(song, restarted_notes())
    result = run("render", song, "-o", tmp_path / "out.wav", "--ultrasonic", "loud")
    assert result.exit_code == 2
    assert "silent" in result.stderr
    assert "exact" in result.stderr


def test_batch_makes_files_anew_for_another_choice(tmp_path: Path) -> None:
    """What stands from an earlier run with other choices is not taken for up to date."""
    seeds, out = tmp_path / "seeds", tmp_path / "out"
    seeds.mkdir()
    file = mido.MidiFile()
    track = mido.MidiTrack()
    file.tracks.append(track)
    for pitch in (60, 64, 67):
        track.append(mido.Message("note_on", note=pitch, velocity=90, time=0))
        track.append(mido.Message("note_off", note=pitch, time=240))
    file.save(seeds / "song.mid")
    batch = ("batch", seeds, "-o", out, "--as-is", "--jobs", "1")
    accounts = [run(*batch, *more).stderr for more in ((), (), ("--click-free",))]
    assert ["1 rendered" in account for account in accounts] == [True, False, True]
