"""Music as users have it: every kind gives the same song."""

import gc
import io
from pathlib import Path

import mido
import pretty_midi
import pytest

import chipgen
from chipgen.errors import ChipgenError

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"


def test_every_kind_of_source_is_the_same_music() -> None:
    """Paths, names of examples, bytes, open files, mido's and pretty_midi's objects."""
    data = SEED.read_bytes()
    with SEED.open("rb") as stream:
        sources = [SEED, str(SEED), "example:seed", data, bytearray(data), io.BytesIO(data), stream]
        songs = [chipgen.open(source) for source in sources]
    songs.append(chipgen.open(mido.MidiFile(SEED)))
    songs.append(chipgen.open(pretty_midi.PrettyMIDI(str(SEED))))
    for song in songs:
        assert song.duration_s == pytest.approx(songs[0].duration_s, abs=0.05)
        assert [len(t.notes) for t in song.score.tracks] == [  # type: ignore[union-attr]
            len(t.notes)
            for t in songs[0].score.tracks  # type: ignore[union-attr]
        ]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that holds given bytes goes with the song."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    song = chipgen.open(SEED.read_bytes())
    assert len(list(tmp_path.iterdir())) == 1
    del song
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_chip_files_come_as_bytes_too(tmp_path: Path) -> None:
    """Told by their first bytes, without a name."""
    chipgen.open(SEED).save(tmp_path / "a.vgm", seconds=1)
    song = chipgen.open((tmp_path / "a.vgm").read_bytes())
    assert song.score is None
    assert song.duration_s == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (7, "cannot be read from int"),
        ("nowhere.mid", "there is no such file"),
        (io.StringIO("x"), "mode 'rb'"),
        (b"\x89PNG\r\n", "first bytes"),
        ("example:sed", "did you mean seed"),
    ],
)
def test_what_is_no_music_is_refused(source: object, words: str) -> None:
    """In one line."""
    with pytest.raises(ChipgenError, match=words) as caught:
        chipgen.open(source)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
