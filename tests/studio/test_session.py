"""A tab hears the document that it sends, as rendered."""

import numpy as np

from tests.studio.sessions import document, rendered
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
    assert {voice for track in voices["placed"] for voice in track} >= {0, 1, 2, 3}
