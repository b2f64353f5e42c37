"""Tracker songs on the command line: written, read, told about, and made a preset of."""

import re
from pathlib import Path

from synth.instrument.preset_loader import load_preset
from synth.tracker.fuzz_seeds import famitracker
from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_song_goes_to_a_tracker_and_back(tmp_path: Path) -> None:
    """Either text holds the same notes, and is a source of sound and of chip files."""
    text, again, nsf = (tmp_path / name for name in ("song.txt", "again.wav", "song.nsf"))
    counts = set()
    for key in ("famistudio", "famitracker"):
        made = run("render", EXAMPLES / "seed.mid", "--as-is", "-o", text, "--to", key, "--force")
        assert made.exit_code == 0, made.output
        told = run("info", text).output
        counts.add(told[told.index("notes:") :].splitlines()[0])
        assert run("info", text, "--track", "all").stdout.split() == ["track", "1:", "song"]
        assert run("render", text, "-o", again, "--force").exit_code == 0
        assert again.stat().st_size > 1_000_000
        assert run("export", text, "-o", nsf, "--force").exit_code == 0
        assert nsf.read_bytes()[:4] == b"NESM"
    assert len(counts) == 1


def test_a_longer_suffix_names_the_format(tmp_path: Path) -> None:
    """Without --to, .famistudio.txt does; .txt alone is refused with what is possible."""
    named = tmp_path / "song.famistudio.txt"
    assert run("export", EXAMPLES / "seed.mid", "-o", named).exit_code == 0
    assert named.read_text().startswith("Project ")
    assert 'Name="song"' in named.read_text().splitlines()[0]
    refused = run("export", EXAMPLES / "seed.mid", "-o", tmp_path / "song.txt")
    assert refused.exit_code != 0
    assert ".famistudio.txt" in refused.stderr
    wrong = run("export", EXAMPLES / "seed.mid", "-o", tmp_path / "s.txt", "--to", "renoise")
    assert wrong.exit_code != 0
    assert "famistudio" in wrong.stderr


def test_instruments_become_a_preset(tmp_path: Path) -> None:
    """A musician's own instruments come along as a preset that renders any song."""
    text, preset = tmp_path / "song.txt", tmp_path / "mine.yaml"
    run("export", EXAMPLES / "seed.mid", "-o", text, "--to", "famistudio")
    made = run("preset", "from", text, "-o", preset)
    assert made.exit_code == 0, made.output
    read = load_preset(preset)
    assert str(read.instruments["snare"].volume) == str(
        load_preset("default").instruments["snare"].volume
    )
    wav = tmp_path / "out.wav"
    assert run(
        "render", EXAMPLES / "seed.mid", "--as-is", "-o", wav, "--preset", preset, "--seconds", "2"
    ).exit_code == 0  # fmt: skip
    refused = run("preset", "from", EXAMPLES / "seed.mid", "-o", preset, "--force")
    assert refused.exit_code == 1
    assert "brings no instruments" in refused.stderr


def test_what_a_preset_cannot_take_along_is_told(tmp_path: Path) -> None:
    """The notes with effects of their own are counted, and what is not played is named."""
    text = tmp_path / "song.txt"
    data = famitracker()[0].replace(b"# DPCM", b"MACRO 3 0 -1 -1 0 : 1\n# DPCM")
    text.write_bytes(re.sub(rb"(INST2A03 +0 +\S+ +\S+ +\S+ +)-1", rb"\g<1>0", data))
    made = run("preset", "from", text, "-o", tmp_path / "mine.yaml")
    assert made.exit_code == 0, made.output
    assert "hi-pitch is left out" in made.stderr
    assert "stay in the song: slides, vibrato or fine pitch (1)" in made.stderr
    assert "hi-pitch is left out" in run("render", text, "-o", tmp_path / "song.nsf").stderr


def test_a_song_is_written_for_the_console_that_is_asked_for(tmp_path: Path) -> None:
    """PAL is said in the text, and its frames are PAL's when it is read back."""
    for key, said in (("famistudio", 'PAL="True"'), ("famitracker", "MACHINE         1")):
        text = tmp_path / f"{key}.txt"
        made = run("export", EXAMPLES / "folk.mid", "-o", text, "--format", key, "--region", "pal")
        assert made.exit_code == 0, made.output
        assert said in text.read_text(encoding="utf-8")
        plain = tmp_path / f"{key}-ntsc.txt"
        run("export", EXAMPLES / "folk.mid", "-o", plain, "--format", key)
        assert said not in plain.read_text(encoding="utf-8")


def test_a_voice_without_notes_is_silent_in_the_preset(tmp_path: Path) -> None:
    """A song without noise makes a preset whose noise plays nothing, not everything."""
    text, preset = tmp_path / "song.txt", tmp_path / "mine.yaml"
    run("export", EXAMPLES / "folk.mid", "-o", text, "--format", "famistudio")
    assert run("preset", "from", text, "-o", preset).exit_code == 0
    read = load_preset(preset)
    assert str(read.instruments[read.voices.noise].volume) == "0"
