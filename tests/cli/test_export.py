"""`chipgen info` and `chipgen export` on chip files, as a user calls them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Track
from synth.chip.hardware import NTSC
from synth.chip.register_log import RegisterLog
from synth.fileformat import FileFormat
from synth.formats.chip_formats import FORMATS, read_chip_file, write_chip_file
from synth.formats.log_frames import to_frames
from tests.commandline import run
from tests.synth.formats.nsf_files import nsf_of


@pytest.mark.parametrize("row", [row for row in FORMATS if row.writes], ids=lambda row: row.key)
def test_export_writes_every_format(song: Path, row: FileFormat) -> None:
    """A chip file becomes any other, with its loop, and is not replaced unasked."""
    out = song.with_name(f"out{row.suffixes[0]}")
    result = run("export", song, "-o", out)
    assert result.exit_code == 0, result.output
    assert "2.0 s, looping" in result.stderr
    if row.reads:
        file = read_chip_file(out)
        assert file.titles.title == "A Song"
        frames, loop = to_frames(file.log)
        assert (len(frames), loop) == (100, 25)
        assert [frame[-1][1] for frame in frames] == list(range(100))
    again = run("export", song, "-o", out)
    assert again.exit_code == 1
    assert "--force" in again.stderr
    assert run("export", song, "-o", out, "--force").exit_code == 0


def test_export_takes_titles_and_seconds(song: Path, tmp_path: Path) -> None:
    """Options replace the titles and cut the music, or go round its loop."""
    out = tmp_path / "out.nsf"
    result = run(
        "export", song, "-o", out, "--seconds", "5", "--title", "Other", "--artist", "", "-f"
    )
    assert result.exit_code == 0, result.output
    file = read_chip_file(out)
    assert (file.titles.title, file.titles.artist) == ("Other", "")
    assert file.log.duration_s == pytest.approx(5, abs=0.1)
    values = [frame[-1][1] for frame in to_frames(file.log)[0][:250]]
    assert values == [*range(100), *range(25, 100), *range(25, 100)]


def test_warnings_are_told(tmp_path: Path) -> None:
    """What an export cannot keep is said, and the file is written all the same."""
    source, out = tmp_path / "dense.vgm", tmp_path / "dense.nsf"
    log = RegisterLog(
        np.arange(400), np.full(400, 0x4011), np.zeros(400), end_cycle=NTSC.frame_cycle(1)
    )
    write_chip_file(source, log)
    result = run("export", source, "-o", out)
    assert result.exit_code == 0
    assert "warning" in result.stderr
    assert out.exists()


def test_a_region_that_a_file_is_not_for_is_told(song: Path, tmp_path: Path) -> None:
    """Register writes are timed for one chip, so a VGM keeps its own and says so."""
    asked = run("render", song, "-o", tmp_path / "out.wav", "--region", "ntsc")
    assert asked.exit_code == 0, asked.output
    assert "made for PAL and plays so, not as NTSC" in asked.stderr
    own = run("render", song, "-o", tmp_path / "own.wav", "--region", "pal")
    assert "made for" not in own.stderr


@pytest.mark.parametrize(("command", "name"), [("render", "a.wav"), ("export", "a.nsf")])
def test_what_changes_nothing_of_a_chip_file_is_refused(
    song: Path, tmp_path: Path, command: str, name: str
) -> None:
    """Register writes have no instruments and no parts, so a preset or an echo is wrong usage."""
    for wanted in (["--preset", "bright"], ["--echo"], ["--map", "pulse1=track:0"]):
        result = run(command, song, "-o", tmp_path / name, *wanted)
        assert result.exit_code == 2, result.output
        assert f"{song} holds register writes, not notes: leave out {wanted[0]}" in result.stderr
    assert run(command, song, "-o", tmp_path / name).exit_code == 0


def test_a_driver_faster_than_frames_is_told(tmp_path: Path) -> None:
    """An NSF plays once a frame, so what a preset does between frames is lost, and that is said."""
    tune = Track(notes=tuple(Note(float(k), 1.0, 60 + k) for k in range(8)))
    write_score(Score(tracks=(tune,), end_beats=8.0), tmp_path / "a.mid", overwrite=False)
    for tick_hz, is_told in ((60, False), (240, True)):
        preset = tmp_path / f"at{tick_hz}.yaml"
        preset.write_text(
            f"format: 1\nname: a\nextends: default\nengine: {{tick_hz: {tick_hz}}}\n"
            "knobs: {vibrato_cents: 100, vibrato_hz: 10}\n"
        )
        out = tmp_path / f"{tick_hz}.nsf"
        result = run("export", tmp_path / "a.mid", "-o", out, "--preset", preset)
        assert result.exit_code == 0, result.output
        assert ("several times a frame" in result.stderr) == is_told


def test_a_loop_that_is_not_found_is_told(tmp_path: Path) -> None:
    """Who asks for a loop and gets none learns it."""
    tune = Track(notes=tuple(Note(float(k), 1.0, 60 + k) for k in range(8)))
    write_score(Score(tracks=(tune,), end_beats=8.0), tmp_path / "a.mid", overwrite=False)
    result = run("export", tmp_path / "a.mid", "-o", tmp_path / "a.nsf", "--find-loop")
    assert result.exit_code == 0, result.output
    assert "without a repetition at its end" in result.stderr
    assert "does not loop" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["info", "no.xyz"], "first bytes"),
        (["info", "broken.nsf"], "no NSF"),
        (["info", "song.vgm", "--track", "2"], "one track"),
        (["export", "song.vgm", "-o", "nowhere/out.nsf"], "does not exist"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    song: Path, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    """Errors are one line on standard error and exit with 1, and leave no file behind."""
    (tmp_path / "no.xyz").write_bytes(b"?")
    (tmp_path / "broken.nsf").write_bytes(b"NESN")
    before = sorted(song.parent.iterdir())
    result = run(*arguments, cwd=tmp_path)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert sorted(song.parent.iterdir()) == before


def test_all_tracks_are_written_by_their_names(tmp_path: Path) -> None:
    """Every track becomes a file with its place, name and time; one that cannot is named."""
    tracks = {"Intro/Theme": ("time", 1000, 500), "": ("time", 500, 0)}
    tone = "init: LDA #$BF\n STA $4000\n STA $4002\n LDA #0\n STA $4003\nplay: RTS"
    (tmp_path / "game.nsf").write_bytes(nsf_of(tone))
    lines = [f"game.nsf::NSF,{n},{name},{ms / 1000},,{fade / 1000}"
             for n, (name, (_, ms, fade)) in enumerate(tracks.items(), start=1)]  # fmt: skip
    playlist = tmp_path / "game.m3u"
    playlist.write_text("\n".join(lines))
    listed = run("info", playlist, "--track", "all")
    assert listed.stdout.splitlines() == [
        "track 1:    Intro/Theme - 0:01.0 and 0.5 s of fading", "track 2:    0:00.5",
    ]  # fmt: skip
    result = run("render", playlist, "--track", "all", "-o", tmp_path / "out.wav")
    assert result.exit_code == 0, result.output
    lengths = {path.name: sf.info(path).duration for path in tmp_path.glob("*.wav")}
    assert lengths == pytest.approx({"out 01 Intro_Theme.wav": 1.5, "out 02.wav": 0.5}, abs=0.02)
    sound, rate = sf.read(tmp_path / "out 01 Intro_Theme.wav")
    assert np.ptp(sound[-rate // 50 :]) < 0.02 * np.ptp(sound)  # it has faded out
    assert run("export", playlist, "--track", "all", "-o", tmp_path / "out.vgm").exit_code == 0
    assert read_chip_file(tmp_path / "out 01 Intro_Theme.vgm").log.duration_s < 1.02
    playlist.write_text("\n".join([*lines, "none.nsf::NSF,1,Lost"]))
    result = run("render", playlist, "--track", "all", "-o", tmp_path / "again.wav")
    assert result.exit_code == 1
    assert "1 of 3 tracks could not be written" in result.stderr
    assert (tmp_path / "again 02.wav").exists()
    assert run("play", playlist, "--track", "all").exit_code == 2
    assert run("render", playlist, "--track", "0", "-o", tmp_path / "x.wav").exit_code == 2
