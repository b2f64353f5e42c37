"""A folder is rendered whole: what is up to date is left, failures are told and stop nothing."""

import json
import os
import shutil
from pathlib import Path

import pytest

from chipgen.app import batch_runner
from chipgen.app.batch_journal import line_of
from chipgen.music.formats import write_score
from chipgen.music.score import Marker, Note, Score, Track
from synth.instrument.preset_loader import Preset, load_preset
from tests import midi_files as smf
from tests.batches import EXAMPLES, batch, make_songs
from tests.commandline import run


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Return a folder with two good files, one of them in a sub-folder."""
    return make_songs(tmp_path / "songs")


def test_a_folder_is_rendered_with_its_sub_folders(songs: Path) -> None:
    """Every MIDI file becomes an audio file in the same place of the output folder."""
    result = batch(songs)
    assert result.exit_code == 0, result.output
    assert "2 rendered" in result.stderr
    out = songs.parent / "out"
    assert (out / "a.wav").stat().st_size > 10_000
    assert (out / "inner" / "b.wav").stat().st_size > 10_000


def test_what_is_up_to_date_is_left_alone(songs: Path) -> None:
    """A second run makes nothing, and sweeps; a changed source or setting makes what it changes."""
    batch(songs)
    out = songs.parent / "out"
    made = (out / "a.wav").stat().st_mtime_ns
    left = out / "inner" / ".chipgen-0123456789ab"  # of a run that was killed as it ended
    left.mkdir()
    (left / ".lock").touch()
    assert "2 up to date" in batch(songs).stderr
    assert (out / "a.wav").stat().st_mtime_ns == made
    assert not left.exists()
    shutil.copy(EXAMPLES / "folk.mid", songs / "a.mid")
    assert "1 rendered, 1 up to date" in batch(songs).stderr
    assert "2 rendered" in batch(songs, "--preset", "plain").stderr


def test_a_file_it_did_not_make_is_never_replaced(songs: Path) -> None:
    """A render that somebody edited, or a foreign file in its place, needs --force."""
    batch(songs)
    target = songs.parent / "out" / "a.wav"
    target.write_bytes(b"edited by hand")
    result = batch(songs)
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert target.read_bytes() == b"edited by hand"
    assert batch(songs, "--force").exit_code == 0
    assert target.read_bytes()[:4] == b"RIFF"


@pytest.mark.parametrize("parts", ["--stems", "--split-intro"])
def test_every_file_of_a_render_counts(tmp_path: Path, parts: str) -> None:
    """Of stems, or intro and loop, what is missing is made again, and what was touched is kept."""
    songs, out = tmp_path / "songs", tmp_path / "out"
    songs.mkdir()
    track = Track(notes=tuple(Note(float(k), 1.0, 60 + k) for k in range(8)))
    song = Score(tracks=(track,), markers=(Marker(4.0, "loopStart"),), end_beats=8.0)
    write_score(song, songs / "a.mid", overwrite=False)
    more = [parts, "apu"] if parts == "--stems" else [parts]
    assert "1 rendered" in batch(songs, *more).stderr
    made = sorted(out.glob("*.wav"))
    assert len(made) == (5 if parts == "--stems" else 2)
    assert "1 up to date" in batch(songs, *more).stderr
    made[-1].unlink()
    assert "1 rendered" in batch(songs, *more).stderr
    assert sorted(out.glob("*.wav")) == made
    made[-1].write_bytes(b"mine")
    result = batch(songs, *more)
    assert result.exit_code == 1
    assert "exists; add --force" in result.stderr
    assert made[-1].read_bytes() == b"mine"


def test_two_sources_of_one_name_are_refused(songs: Path) -> None:
    """Two files that would be written to one place are named before anything is rendered."""
    shutil.copy(songs / "a.mid", songs / "a.midi")
    result = batch(songs)
    assert result.exit_code == 1
    assert "both become" in result.stderr


def test_several_processes_make_the_same_bytes(songs: Path) -> None:
    """Rendering in parallel changes nothing about what is written."""
    batch(songs)
    many = run("batch", songs, "-o", songs.parent / "many", "--as-is", "--jobs", "2")
    assert many.exit_code == 0, many.output
    for name in ("a.wav", "inner/b.wav"):
        one, other = (songs.parent / folder / name for folder in ("out", "many"))
        assert one.read_bytes() == other.read_bytes()


def test_whatever_holds_a_score_is_taken_and_all_else_is_named(songs: Path) -> None:
    """By its suffix or by its first bytes; a file that is no score is left out, with a word."""
    shutil.move(songs / "a.mid", songs / "a.kar")
    shutil.copy(EXAMPLES / "folk.mid", songs / "no suffix")
    (songs / "notes.txt").write_text("buy milk")
    (songs / ".hidden").write_text("nothing")
    result = batch(songs)
    assert result.exit_code == 0
    assert "3 rendered, 1 left out" in result.stderr
    assert "notes.txt: left out" in result.stderr
    assert ".hidden" not in result.stderr


def test_every_song_of_a_file_is_rendered_on_request(songs: Path) -> None:
    """`--track all` takes the songs of MIDI format 2 apart; other files have one."""
    tunes = [smf.note(60, 960) + smf.note(64, 960), smf.note(67, 960)]
    (songs / "two.mid").write_bytes(smf.midi(*tunes, kind=2))
    result = batch(songs, "--track", "all")
    assert result.exit_code == 0, result.output
    assert "4 rendered" in result.stderr
    out = songs.parent / "out"
    assert {path.name for path in out.glob("*.wav")} == {"a.wav", "two 01.wav", "two 02.wav"}
    assert "4 up to date" in batch(songs, "--track", "all").stderr


def test_renders_are_no_sources(songs: Path) -> None:
    """Scores written below the source folder are not gone on from in the next run."""
    arguments = ("batch", songs, "-o", songs / "out", "--as-is", "--format", "mid", "--jobs", "1")
    assert "2 rendered" in run(*arguments).stderr
    assert "2 up to date" in run(*arguments).stderr
    assert not (songs / "out" / "out").exists()


def test_sources_are_never_replaced(songs: Path) -> None:
    """Writing scores into the source folder itself is refused, even with --force."""
    before = (songs / "a.mid").read_bytes()
    result = run("batch", songs, "-o", songs, "--as-is", "--format", "mid", "--force")
    assert result.exit_code == 1
    assert "one of the sources" in result.stderr
    assert (songs / "a.mid").read_bytes() == before


def test_a_copied_folder_is_still_up_to_date(songs: Path) -> None:
    """What counts is what a file holds, not when it was written."""
    batch(songs)
    out = songs.parent / "out"
    for path in out.rglob("*.wav"):
        os.utime(path, (0, 0))
    assert "2 up to date" in batch(songs).stderr


def test_an_unforeseen_error_in_one_song_is_not_the_others_(
    songs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as ours, and the other songs are rendered."""
    from chipgen.app import pipeline

    make_file = pipeline.make_file

    def make(source: Path, *more: object, **options: object) -> object:
        if source.name == "a.mid":
            raise ZeroDivisionError("unforeseen")
        return make_file(source, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "make_file", make)
    result = batch(songs)
    assert result.exit_code == 1
    assert "1 rendered, 1 failed" in result.stderr
    assert "a.mid: internal error (ZeroDivisionError: unforeseen)" in result.stderr


def test_a_journal_that_was_cut_or_damaged_is_read_as_far_as_it_is_right(songs: Path) -> None:
    """A line that is not as it was written does not count; nothing that it told of is replaced."""
    batch(songs)
    journal = songs.parent / "out" / ".chipgen-batch"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines)[:-20])
    assert "2 up to date" in batch(songs).stderr
    odd = ({"made": "a.wav"}, {"made": "a.wav", "fingerprint": 1, "files": {}}, {"seen": "a.wav"},
           {"made": "a.wav", "fingerprint": "", "files": []}, {"seen": "a.wav", "about": [[]] * 4},
           [], 1, {"seen": "a.wav", "about": []},
           *({"made": "a.wav", "fingerprint": "", "files": {name: "0"}}
             for name in ("", "..", "b/../../c", "a\0")))  # fmt: skip
    journal.write_bytes(b"".join([*lines, *(line_of(json.dumps(each)).encode() for each in odd)]))
    assert "2 up to date" in batch(songs).stderr
    journal.write_bytes(b"".join(lines).replace(b'"made"', b'"mode"', 1))
    result = batch(songs)
    assert result.exit_code == 1
    assert "1 up to date, 1 failed" in result.stderr
    assert "exists; add --force" in result.stderr


def test_the_journal_does_not_grow_without_end(songs: Path) -> None:
    """What is superseded is left out from time to time."""
    batch(songs)
    journal = songs.parent / "out" / ".chipgen-batch"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines * 60))
    assert "2 up to date" in batch(songs).stderr
    assert len(journal.read_bytes().splitlines()) <= len(lines) + 4
    assert "2 up to date" in batch(songs).stderr


def test_what_an_earlier_version_made_is_its_own(songs: Path) -> None:
    """Renders that the old manifest names are replaced without --force."""
    import hashlib
    import json

    batch(songs)
    out = songs.parent / "out"
    digest = hashlib.sha256((out / "a.wav").read_bytes()).hexdigest()
    (out / ".chipgen-batch").unlink()
    (out / "inner" / "b.wav").unlink()
    old = {"a.wav": {"fingerprint": "x", "sha256": {"a.wav": digest}}}
    (out / ".chipgen-batch.json").write_text(json.dumps(old))
    assert "2 rendered" in batch(songs).stderr


def test_files_that_are_up_to_date_load_no_preset_each(
    songs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preset is read once for the folder, not for each of its files."""
    batch(songs)
    loads: list[str | Path] = []

    def load(name: str | Path) -> Preset:
        loads.append(name)
        return load_preset(name)

    monkeypatch.setattr(batch_runner, "load_preset", load)
    assert "2 up to date" in batch(songs).stderr
    assert loads == ["default"]


def test_a_stem_that_a_song_does_not_play_is_not_missing(tmp_path: Path) -> None:
    """With a preset that has samples, songs without drums are up to date too."""
    songs = tmp_path / "songs"
    songs.mkdir()
    track = Track(notes=tuple(Note(float(k), 1.0, 60 + k) for k in range(4)))
    write_score(Score(tracks=(track,), end_beats=4.0), songs / "a.mid", overwrite=False)
    options = ("--stems", "isolated", "--preset", "kit-dmc")
    assert "1 rendered" in batch(songs, *options).stderr
    assert not (tmp_path / "out" / "a-dmc.wav").exists()
    assert "1 up to date" in batch(songs, *options).stderr


def test_no_other_name_of_a_source_is_replaced(songs: Path) -> None:
    """Nor by its stems, whatever --force says, and no song writes over another's stems."""
    out = songs.parent / "out"
    out.mkdir()
    (out / "a-noise.wav").hardlink_to(songs / "a.mid")
    refused = batch(songs, "--stems", "apu", "--force")
    assert refused.exit_code == 1
    assert "a-noise.wav is one of the sources" in refused.stderr
    (out / "a-noise.wav").unlink()
    shutil.copy(songs / "a.mid", songs / "a-noise.mid")
    refused = batch(songs, "--stems", "apu")
    assert refused.exit_code == 1
    assert "a-noise.wav" in refused.stderr
    assert "rename one" in refused.stderr


def test_only_a_journal_is_written_to(songs: Path) -> None:
    """A link, a pipe or a file of the user's in its place is refused in a line and kept."""
    out = songs.parent / "out"
    out.mkdir()
    journal = out / ".chipgen-batch"
    journal.symlink_to(songs / "a.mid")
    refused = batch(songs)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "is a link, not a batch's journal" in refused.stderr
    journal.unlink()
    journal.hardlink_to(songs / "a.mid")
    assert "is another file, not a batch's journal" in batch(songs).stderr
    journal.unlink()
    os.mkfifo(journal)
    assert "is no file, not a batch's journal" in batch(songs).stderr
    journal.unlink()
    for name in (".chipgen-batch", ".chipgen-batch.json"):
        (out / name).touch()
        os.truncate(out / name, 1 << 40)
        assert f"{name} is larger than 1,000 MB" in batch(songs).stderr
        (out / name).unlink()
    assert (songs / "a.mid").read_bytes() == (EXAMPLES / "seed.mid").read_bytes()
