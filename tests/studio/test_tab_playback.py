"""A tab plays from where it seeks, around its loop, its keys over it, and tells the beat."""

import numpy as np
import pytest

from chipgen.music.midi import read_midi
from chipgen.music.score import Score
from chipgen.studio.score_json import score_to_json
from tests.studio.sessions import RATE, SEED, document, rendered
from tests.studio_pages import Studio


def test_a_seek_is_told_and_heard(studio: Studio) -> None:
    """After a seek the frame that was told is the beat that was asked for, to the sample."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(type="play", from_beat=0)
        page.until("playing")
        page.listen_until(20_000)
        page.send(type="seek", beat=9.0)
        told = page.until("playing", lambda message: message["beat"] > 8.9)
        heard = page.listen_until(told["frame"] + 20_000, told["generation"])[told["frame"] :]
        assert told["beat"] == pytest.approx(9.0, abs=1e-3)
        first = round(told["beat"] * 60 / told["bpm"] * RATE)
    np.testing.assert_array_equal(heard[400:, 0], rendered()[first + 400 : first + 20_000, 0])


def test_silence_costs_nothing(studio: Studio) -> None:
    """Before playing and after the end nothing is streamed; the end is told with its beat."""
    short = score_to_json(read_midi(SEED), "seed")
    for track in short["tracks"]:
        track["notes"] = [note for note in track["notes"] if note[0] < 4]
        track["controls"] = []
    short["end_beats"] = 4.0
    with studio.page() as page:
        page.send(type="document", document=document(score=short))
        page.until("voices")
        page.listen(0.3)
        assert len(page.sound) == 0
        page.send(type="play", from_beat=0)
        stopped = page.until("stopped")
        assert stopped["beat"] == 4.0
        assert len(page.sound) < stopped["frame"], "the end is told before it can be heard"
        page.listen_until(stopped["frame"])
        length = len(page.sound)
        page.listen(0.3)
        assert len(page.sound) == length
        assert not page.sound[-200:].any() or np.abs(page.sound[-200:, 0]).max() < 1e-3


def test_a_loop_goes_around(studio: Studio) -> None:
    """A piece marked to loop goes on at its start after its last bar, and says so."""
    short = score_to_json(Score(tracks=read_midi(SEED).tracks[:1], end_beats=0.0), "loop")
    short["tracks"][0]["notes"] = [[0.0, 0.9, 60, 100], [2.0, 0.9, 64, 100]]
    short["tracks"][0]["controls"] = []
    short["markers"] = [[0.0, "loopStart"]]
    short["end_beats"] = 4.0
    with studio.page() as page:
        page.send(type="document", document=document(score=short))
        page.send(type="play", from_beat=0)
        assert page.until("playing")["beat"] == 0.0
        around = page.until("playing")
        assert around["beat"] == pytest.approx(0.0, abs=0.05)
        assert around["frame"] == pytest.approx(2.0 * RATE, rel=0.02)
        page.listen_until(5 * RATE)


def test_keys_sound_over_what_plays(studio: Studio) -> None:
    """A key sounds on its voice within the next blocks, and ends when it is let go."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.until("voices")
        page.send(type="key", on=True, note=69, velocity=110, voice="pulse2")
        heard = page.listen_until(9_600)
        assert np.abs(heard[:, 2]).max() > 0.02
        assert not heard[:, 1].any()
        page.send(type="keys_off")
        page.listen(0.5)


def test_registers_are_told_when_asked_for(studio: Studio) -> None:
    """The curious get the 24 registers a few times a second, and only while they ask."""
    with studio.page(in_time=True) as page:
        page.send(type="document", document=document())
        page.send(type="registers", on=True)
        page.send(type="play", from_beat=0)
        told = page.until("registers")
        assert len(told["values"]) == 24
        assert told["values"][0x15] == 0x0F
