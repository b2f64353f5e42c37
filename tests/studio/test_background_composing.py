"""A tab's piece is composed, rewritten or cancelled while it plays."""

import numpy as np

from chipgen.studio.page_document import digest_of
from tests.studio.sessions import document, error_of, made_of
from tests.studio_pages import Studio


def test_notes_come_as_they_are_composed(studio: Studio) -> None:
    """Composing tells passages that join up, then the whole; it is heard at once."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(
            type="compose", id="take", request={"bars": 2, "rng_seed": 3, "model": "tonnetz-lstm"}
        )
        passages = [page.until("passage")]
        while passages[-1]["end_beats"] < 40.0:
            passages.append(page.until("passage"))
        done = page.until("composed")
        assert passages[0]["start_beats"] == 32.0
        score = made_of(document()["score"], done["changes"])
        assert score.end_beats == 40.0
        assert digest_of(score) == done["digest"]
        notes = {
            (index, *note)
            for passage in passages
            for index, track in enumerate(passage["tracks"])
            for note in track["notes"]
        }
        composed = {
            (index, n.onset_beats, n.duration_beats, n.pitch, n.velocity)
            for index, track in enumerate(score.tracks)
            for n in track.notes
            if n.onset_beats >= 32.0
        }
        assert notes == composed
        page.send(type="play", from_beat=33.0)
        told = page.until("playing", lambda message: message["beat"] > 32.9)
        heard = page.listen_until(told["frame"] + 24_000, told["generation"])[told["frame"] :]
        assert np.abs(heard[:, 0]).max() > 0.05


def test_composing_can_be_cancelled(studio: Studio) -> None:
    """A cancelled composing ends, says so, and its worker serves the next."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(type="compose", id=1, request={"bars": 64, "model": "tonnetz-lstm"})
        page.listen(0.1)
        page.send(type="cancel", id=1)
        assert page.until("cancelled")["id"] == 1
        page.send(type="compose", id=2, request={"bars": 1, "model": "tonnetz-lstm"})
        assert page.until("composed")["id"] == 2


def test_a_stopped_composing_leaves_room_at_once(studio: Studio) -> None:
    """Whoever stops and presses again need not wait until the workers have noticed."""
    request = {"bars": 64, "model": "tonnetz-lstm"}
    with studio.page() as page:
        page.send(type="document", document=document())
        others = [{"id": 2, "rng_seed": 2}, {"id": 3, "rng_seed": 3}]
        page.send(type="compose", id=1, request=request, others=others)
        for identity in (1, 2, 3):
            page.send(type="cancel", id=identity)
        page.send(type="compose", id=4, request={**request, "bars": 1}, others=[])
        assert page.until("composed")["id"] == 4


def test_other_takes_are_composed_beside_the_one_that_is_heard(studio: Studio) -> None:
    """They come after it, of the same seed, by their own numbers, and leave what is heard alone."""
    request = {"bars": 1, "rng_seed": 5}
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(
            type="compose", id="heard", request=request, others=[{"id": "next", "rng_seed": 6}]
        )
        heard, other = page.until("composed"), page.until("composed")
        assert [heard["id"], other["id"]] == ["heard", "next"]
        assert [heard["rng_seed"], other["rng_seed"]] == [5, 6]
        assert other["changes"] != heard["changes"]
        assert other["made"]["seed_changes"] == heard["made"]["seed_changes"]
        page.send(type="play", from_beat=33.0)  # of the heard take: its seed had 32
        assert page.until("playing")["beat"] > 32.9


def test_composing_from_a_bar_tells_what_it_goes_on_from(studio: Studio) -> None:
    """The first passage brings the seed as it was cut and moved; later ones go on behind it."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(
            type="compose",
            id=1,
            from_bar=5,
            request={"bars": 4, "key": "D minor", "tempo_bpm": 100},
        )
        first = page.until("passage")
        done = page.until("composed")
    seed = made_of(document()["score"], first["seed"])
    assert (seed.end_beats, seed.tempos[0].bpm, seed.key) == (16.0, 100.0, "Dm")
    assert first["start_beats"] == 16.0
    assert made_of(document()["score"], done["changes"]).end_beats == 32.0
    seed = made_of(document()["score"], done["made"]["seed_changes"])
    assert seed.key == "Am", "what the command line begins from"
    later = [text for text in page.texts if text["type"] == "passage"][1:]
    assert not any("seed" in passage for passage in later)


def test_bars_are_written_anew(studio: Studio) -> None:
    """Rewriting answers with the piece as a whole, in which what was kept is kept."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(
            type="compose", id="r", request={"fill": [3, 3], "only": ["triangle"], "rng_seed": 2}
        )
        done = page.until("composed")
    score = made_of(document()["score"], done["changes"])
    assert done["id"] == "r"
    assert [track.role for track in score.tracks] == ["p1", "p2", "tr", "no"]
    assert (done["made"]["request"]["fill"], done["made"]["request"]["only"]) == (
        "3",
        ["triangle"],
    )


def test_nothing_becomes_a_piece(studio: Studio) -> None:
    """Composing on from an empty score composes a piece in its meter, in the key asked for."""
    empty = {"name": "new", "meters": [[0, 3, 4]], "end_beats": 0}
    with studio.page() as page:
        page.send(type="document", document=document(score=empty))
        page.send(type="compose", id=1, request={"bars": 2, "key": "G", "tempo_bpm": 140})
        done = page.until("composed")
    score = made_of(empty, done["changes"])
    assert score.end_beats == 6.0
    assert (score.meters[0].numerator, score.tempos[0].bpm, score.key) == (3, 140.0, "G")
    assert done["made"]["request"]["from_scratch"]


def test_what_cannot_be_composed_is_said(studio: Studio) -> None:
    """A model that is no model's name, or a piece too short, is an error that names the wish."""
    with studio.page() as page:
        page.send(type="compose", id="early", request={"bars": 1})
        assert error_of(page)["id"] == "early"
        page.send(type="document", document=document())
        page.send(type="compose", id="path", request={"bars": 1, "model": "/etc/passwd"})
        assert "no model" in error_of(page)["error"]
        page.send(type="compose", id="bar", from_bar=99, request={"bars": 1})
        assert "bar 99" in error_of(page)["error"]


def test_a_piece_that_goes_around_grows_unheard(studio: Studio) -> None:
    """What plays goes on as it was, in the same generation, and then around the longer piece."""
    request = {"bars": 1, "rng_seed": 3, "loop": True}
    with studio.page(in_time=True) as page:
        page.send(type="document", document=document(loops=True))
        page.until("voices")
        page.send(type="play", from_beat=0)
        generation = page.until("playing")["generation"]
        page.send(type="compose", id=1, request=request)
        passage = page.until("passage")
        seed = made_of(document(loops=True)["score"], passage["seed"])
        assert [mark.text for mark in seed.markers] == ["loopStart"]
        done = page.until("composed")
        page.until("voices")
        page.listen(0.2)
        assert page.generation == generation
    score = made_of(document(loops=True)["score"], done["changes"])
    assert [mark.text for mark in score.markers] == ["loopStart", "loopEnd"]
