"""A tab hears its document as rendered, from where it seeks, with the timbres it chose."""

from dataclasses import replace

import numpy as np
import pytest

from chipgen.music.midi import read_midi
from chipgen.music.score import Score
from chipgen.studio.page_document import digest_of
from chipgen.studio.page_messages import SoundSettings
from chipgen.studio.score_json import score_to_json
from chipgen.studio.voicer import Voicer
from synth.chip.voices import VOICES
from tests.studio.sessions import RATE, SEED, document, rendered
from tests.studio_pages import Studio


def test_a_document_is_heard_as_rendered(studio: Studio) -> None:
    """A document that is played arrives as the samples that its WAV is made of, with its voices."""
    with studio.page() as page:
        page.send(type="document", document=document())
        voices = page.until("voices")
        page.send(type="play", from_beat=0)
        playing = page.until("playing")
        assert (playing["frame"], playing["beat"]) == (0, 0.0)
        heard = page.listen_until(96_000)
    np.testing.assert_array_equal(heard[:, 0], rendered()[:96_000, 0])
    assert np.abs(heard[:, 1:]).max(axis=0).min() > 0.01
    assert {note[0] for note in voices["notes"]} == {0, 1, 2, 3}


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


def test_other_timbres_go_on_from_the_playhead(studio: Studio) -> None:
    """A preset that changes while the music plays goes on at the beat told, in its own samples."""
    with studio.page(in_time=True) as page:
        page.send(type="document", document=document())
        page.send(type="play", from_beat=0)
        page.until("playing")
        page.listen_until(30_000)
        page.send(type="sound", preset="organ", values={})
        told = page.until("playing", lambda message: message["generation"] > 1)
        heard = page.listen_until(told["frame"] + 10_000, told["generation"])[told["frame"] :]
    first = told["frame"]  # playing began with the line
    assert 0 < first == pytest.approx(told["beat"] * 60 / told["bpm"] * RATE, abs=1)
    expected = rendered("organ")[first + 400 : first + 10_000, 0]
    np.testing.assert_array_equal(heard[400:, 0], expected)


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
        length = len(page.sound)
        page.listen(0.3)
        assert len(page.sound) == length
        assert not page.sound[-200:].any() or np.abs(page.sound[-200:, 0]).max() < 1e-3


def test_a_loop_goes_around(studio: Studio) -> None:
    """A piece told to loop goes on at its start after its last bar, and says so."""
    short = score_to_json(Score(tracks=read_midi(SEED).tracks[:1], end_beats=0.0), "loop")
    short["tracks"][0]["notes"] = [[0.0, 0.9, 60, 100], [2.0, 0.9, 64, 100]]
    short["tracks"][0]["controls"] = []
    short["end_beats"] = 4.0
    with studio.page() as page:
        page.send(type="document", document=document(score=short, loop=True))
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


def test_an_edit_of_a_long_piece_sounds_as_the_whole(studio: Studio) -> None:
    """What is heard at first is an excerpt; the whole, once it is arranged, has the same notes."""
    seed = read_midi(SEED)
    length = seed.end_beats
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(note, onset_beats=note.onset_beats + k * length)
                for k in range(12)
                for note in track.notes
            ),
        )
        for track in seed.tracks
    )
    long = replace(seed, tracks=tracks, end_beats=12 * length)
    raised = replace(tracks[0].notes[-1], pitch=tracks[0].notes[-1].pitch + 1)
    edited = replace(
        long, tracks=(replace(tracks[0], notes=(*tracks[0].notes[:-1], raised)), *tracks[1:])
    )
    row = [raised.onset_beats, raised.duration_beats, raised.pitch, raised.velocity]
    splice = [len(tracks[0].notes) - 1, 1, [row]]
    change = {"track": 0, "rows": "notes", "splices": [splice]}
    start = 11 * length
    with studio.page() as page:
        page.send(type="document", document=document(score=score_to_json(long)), revision=3)
        page.send(type="play", from_beat=start)
        page.until("playing")
        digest = digest_of(edited)
        page.send(type="edit", revision=4, changes=[change], digest=digest)
        page.send(type="play", from_beat=start)
        page.until("voices")
        page.send(type="edit", revision=9, changes=[])
        page.until("resend")
        page.send(type="stop")
    voicer = Voicer()
    settings = SoundSettings()
    whole = voicer.voice(edited, settings, loop=False)
    excerpt = Voicer().voice_excerpt(edited, settings, start)
    begins_s = float(edited.beats_to_seconds(start))
    for voice in VOICES:
        here, there = (
            [note for note in one.arrangement.chip_score.voice(voice) if note.start_s >= begins_s]
            for one in (excerpt, whole)
        )
        assert here == there
