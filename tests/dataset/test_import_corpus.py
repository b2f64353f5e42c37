"""An import writes each song once, says what it left out, and goes on where it was stopped."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chipgen.dataset.corpora import CORPORA
from chipgen.dataset.import_corpus import EMPTY, JOURNAL, REPEATED, UNREADABLE, import_corpus
from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score, write_score
from chipgen.music.score import Note, Score, Track
from chipgen.training.user_dataset import encode_song
from tests.commandline import run


def contents(folder: Path) -> dict[str, bytes]:
    """Return what each file of a folder holds."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Put nine songs in POP909's place, a repeated, an empty and a broken one among them."""
    home = tmp_path / "corpus"
    home.mkdir()
    for index in range(9):
        pitch = 60 + (3 if index == 5 else index)  # the sixth song has the fourth one's notes
        notes = tuple(Note(float(k), 1.0, pitch + k % 3) for k in range(0 if index == 6 else 16))
        score = Score((Track(f"song {index}", 0, 0, notes),), end_beats=16.0)
        write_score(score, home / f"song{index}.mid", overwrite=False)
    (home / "song7.mid").write_bytes(b"MThd, and then nothing")
    files = sorted(home.iterdir())
    small = replace(
        CORPORA["pop909"],
        needs_source=False,
        files=lambda _: files,
        split=lambda path: "test" if path.stem == "song8" else "train",
        read=read_score,
    )
    monkeypatch.setitem(CORPORA, "pop909", small)
    return files


@pytest.mark.usefixtures("corpus")
def test_songs_are_written_once_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    """Each reason has its count, and no split but the song's own has it."""
    counts = import_corpus("pop909", tmp_path / "out")
    assert counts["train"] == {"written": 5, REPEATED: 1, EMPTY: 1, UNREADABLE: 1}
    assert counts["test"] == {"written": 1}
    assert not counts["valid"]
    names = sorted(path.stem for path in (tmp_path / "out").rglob("*.mid"))
    assert names == ["song0", "song1", "song2", "song3", "song4", "song8"]


def test_a_stopped_import_goes_on(
    tmp_path: Path, corpus: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read twice, and folder and counts are those of an import that was not stopped."""
    whole = import_corpus("pop909", tmp_path / "whole")
    entry = CORPORA["pop909"]
    seen: list[str] = []

    def read(path: Path) -> Score:
        seen.append(path.stem)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return read_score(path)

    monkeypatch.setitem(CORPORA, "pop909", replace(entry, read=read))
    with pytest.raises(KeyboardInterrupt):
        import_corpus("pop909", tmp_path / "out")
    journal = tmp_path / "out" / JOURNAL
    journal.write_text(journal.read_text() + '{"song": "cut sh')
    counts = import_corpus("pop909", tmp_path / "out")
    assert seen == [*(f"song{k}" for k in range(4)), *(path.stem for path in corpus[3:])]
    assert counts == whole
    assert contents(tmp_path / "whole") == contents(tmp_path / "out")
    (tmp_path / "out" / "train" / "song2.mid").unlink()
    import_corpus("pop909", tmp_path / "out")
    assert contents(tmp_path / "whole").keys() == contents(tmp_path / "out").keys(), (
        "what was lost is written again"
    )


@pytest.mark.usefixtures("corpus")
def test_other_folders_are_refused(tmp_path: Path) -> None:
    """A folder of other things, another corpus and a damaged journal stay as they are."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("mine")
    with pytest.raises(ChipgenError, match="new folder"):
        import_corpus("pop909", tmp_path / "mine")
    for text, said in ((json.dumps({"corpus": "music21"}) + "\n", "music21"), ("[1\n", "damaged")):
        (tmp_path / "other").mkdir(exist_ok=True)
        (tmp_path / "other" / JOURNAL).write_text(text)
        with pytest.raises(ChipgenError, match=said):
            import_corpus("pop909", tmp_path / "other")
        assert (tmp_path / "other" / JOURNAL).read_text() == text


def test_chorales_tunes_and_quartets_are_learned_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few of music21's scores of each kind become rows of the voices they have."""
    pytest.importorskip("music21")
    entry = CORPORA["music21"]
    wanted = (
        "bwv101.7.",
        "AcaciaReel.",
        "7thRegimentReel.",
        "k155/movement1.",
        "opus1no1/movement3.",
    )
    chosen = [path for path in entry.files(None) if any(name in str(path) for name in wanted)]
    assert len(chosen) == 5
    monkeypatch.setitem(CORPORA, "music21", replace(entry, files=lambda _: chosen))
    told = run("dataset", "import", "music21", "-o", tmp_path / "out")
    assert told.exit_code == 0
    written = sorted((tmp_path / "out").rglob("*.mid"))
    assert len(written) == len(chosen)
    voices = {}
    for path in written:
        found = encode_song(path)
        assert found is not None, path
        voices[path.stem] = (found[0].rows.states > 1).any(axis=0)[:3].sum()
    assert all(voices[name] == (1 if "ryans" in name else 3) for name in voices), voices


def test_a_song_that_breaks_the_reader_is_left_out(
    tmp_path: Path, corpus: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong in one song, the others are imported."""

    def read(path: Path) -> Score:
        if path == corpus[0]:
            raise IndexError("unforeseen")
        return read_score(path)

    monkeypatch.setitem(CORPORA, "pop909", replace(CORPORA["pop909"], read=read))
    counts = import_corpus("pop909", tmp_path / "out")
    assert counts["train"] == {"written": 4, REPEATED: 1, EMPTY: 1, UNREADABLE: 2}


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize(
    "line", ['{"song": 3, "split": "train"}', '{"song": [], "split": {}}', "[" * 9_000, "\xff"]
)
def test_a_journal_of_other_things_is_refused(tmp_path: Path, line: str) -> None:
    """What it says of songs is text, or it is no journal."""
    (tmp_path / JOURNAL).write_bytes(f'{{"corpus": "pop909"}}\n{line}\n'.encode("latin-1"))
    with pytest.raises(ChipgenError, match="no journal"):
        import_corpus("pop909", tmp_path)


@pytest.mark.usefixtures("corpus")
def test_an_import_killed_before_its_first_song_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it was stopped, its folder is known as an import's, or is empty."""
    made = Path.mkdir

    def stop(self: Path, *args: Any, **options: Any) -> None:
        if self.parent.name == "out":
            raise KeyboardInterrupt
        made(self, *args, **options)

    monkeypatch.setattr(Path, "mkdir", stop)
    with pytest.raises(KeyboardInterrupt):
        import_corpus("pop909", tmp_path / "out")
    monkeypatch.setattr(Path, "mkdir", made)
    (tmp_path / "out" / ".chipgen-0123456789ab.jsonl").touch()
    counts = import_corpus("pop909", tmp_path / "out")
    assert counts["train"]["written"] == 5
    assert not [*(tmp_path / "out").glob(".chipgen-*")]
