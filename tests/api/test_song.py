"""A song: its sound, its notes, its files and how a notebook shows it."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

import chipgen
from chipgen.errors import ChipgenError
from tests.commandline import run


@pytest.fixture(scope="module")
def song() -> chipgen.Song:
    """Return an example as it is, at a low rate."""
    return chipgen.open("example:nes", rate=11_025)


def test_audio_has_one_shape(song: chipgen.Song, tmp_path: Path) -> None:
    """float32, (frames, channels), as `Synth.process` gives it; a file holds the same samples."""
    from synth import Synth

    assert song.audio.dtype == np.float32
    assert song.audio.shape == (round(song.duration_s * song.rate_hz), 1)
    synth = Synth("plain", rate_hz=11_025)
    assert synth.process([], 100).shape == (100, 1)
    assert synth([], 0.1).shape == (2, 1102)  # a plug-in host's call has channels first
    song.save(tmp_path / "a.wav", bits="float")
    stored, rate_hz = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate_hz == song.rate_hz
    assert np.array_equal(stored, song.audio[:, 0])


def test_it_is_saved_in_other_ways_than_it_was_made(song: chipgen.Song, tmp_path: Path) -> None:
    """Options of files and of sound count; what would compose anew is refused."""
    plain, bright = (song.save(tmp_path / f"{name}.vgm") for name in "ab")
    assert plain.read_bytes()[:4] == bright.read_bytes()[:4]
    song.save(bright, force=True, region="pal")
    assert plain.read_bytes() != bright.read_bytes()
    stems = song.save(tmp_path / "s.wav", stems="isolated")
    assert len(list(tmp_path.glob("s*.wav"))) == 5
    assert stems.exists()
    with pytest.raises(chipgen.RequestError, match="give it to"):
        song.save(tmp_path / "c.wav", bars=3)
    with pytest.raises(chipgen.RequestError, match="leave out bits"):
        song.save(tmp_path / "c.nsf", bits="24")
    with pytest.raises(Exception, match="exists"):
        song.save(plain)


def test_a_notebook_hears_and_sees_it(song: chipgen.Song) -> None:
    """The HTML needs no network: the sound and the roll are in it."""
    html = song._repr_html_()
    data = re.search(r'src="data:audio/ogg;base64,([^"]+)"', html)
    assert data is not None
    heard = soundfile.info(io.BytesIO(base64.b64decode(data[1])))
    assert heard.duration == pytest.approx(song.duration_s, abs=0.01)
    assert "<svg" in html
    assert html.count("<path") == 4
    assert "http" not in html


def test_names_in_html_are_texts(tmp_path: Path) -> None:
    """A file's name is no markup."""
    path = tmp_path / "<b>&.mid"
    chipgen.open("example:seed").save(path)
    assert "&lt;b&gt;&amp;.mid" in chipgen.open(path, rate=8_000)._repr_html_()


def test_it_is_drawn_as_the_command_line_draws(tmp_path: Path) -> None:
    """The same picture, and a figure to show."""
    assert run("plot", "example:seed", "-o", tmp_path / "a.svg", "--show", "1-2").exit_code == 0
    figure = chipgen.open("example:seed").plot(tmp_path / "b.svg", show=(1, 2))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert figure.axes


def test_notes_go_to_other_libraries(song: chipgen.Song) -> None:
    """As a PrettyMIDI."""
    assert song.to_pretty_midi().get_end_time() == pytest.approx(song.duration_s, abs=0.1)


def test_register_writes_have_no_notes(tmp_path: Path) -> None:
    """They are heard, saved and shown all the same."""
    path = chipgen.open("example:seed").save(tmp_path / "a.vgm", seconds=1)
    song = chipgen.open(path, rate=8_000)
    assert "<svg" not in song._repr_html_()
    assert song.save(tmp_path / "b.wav").exists()
    for call in (song.to_pretty_midi, song.plot, lambda: song.save(tmp_path / "c.mid")):
        with pytest.raises(ChipgenError, match="not notes"):
            call()


def test_the_format_of_a_song_is_that_of_names_that_say_none(tmp_path: Path) -> None:
    """A name that says another format is written in that one, as is what `save` is told."""
    song = chipgen.open("example:seed", format="nsf")
    beginnings = {"a": b"NESM", "b.vgm": b"Vgm ", "c.mid": b"MThd"}
    for name, begins in beginnings.items():
        song.save(tmp_path / name)
        assert (tmp_path / name).read_bytes()[:4] == begins
    song.save(tmp_path / "d.vgm", format="mid")
    assert (tmp_path / "d.vgm").read_bytes()[:4] == b"MThd"
    chipgen.render(
        "example:seed", tmp_path / "e", as_is=True, format="nsf", midi=tmp_path / "e.mid"
    )
    assert (tmp_path / "e.mid").read_bytes()[:4] == b"MThd"
