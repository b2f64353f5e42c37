"""What plays goes over to other timbres and notes at the beat where it is."""

from dataclasses import replace

import numpy as np
import pytest

from chipgen.music.midi import read_midi
from chipgen.studio.page_document import digest_of
from chipgen.studio.page_messages import SoundSettings
from chipgen.studio.score_json import score_to_json
from chipgen.studio.voicer import Voicer
from synth.chip.voices import VOICES
from tests.studio.sessions import RATE, SEED, document, rendered
from tests.studio_pages import Studio


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
    whole = voicer.voice(edited, settings)
    excerpt = Voicer().voice_excerpt(edited, settings, start)
    begins_s = float(edited.beats_to_seconds(start))
    for voice in VOICES:
        here, there = (
            [note for note in one.arrangement.chip_score.voice(voice) if note.start_s >= begins_s]
            for one in (excerpt, whole)
        )
        assert here == there
