"""Values are read from text, from lists and from themselves."""

from chipgen.music.key_names import Key
from chipgen.request import (
    ComposeRequest,
    Request,
)
from chipgen.request.values import ALL_TRACKS, Bars, TimeSignature


def test_values_are_read_from_text_lists_and_themselves() -> None:
    """Python, JSON and the command line say the same in their own ways."""
    one = ComposeRequest(only="noise, pulse1", fill="3-4", key="Dm", meter="3/4")
    other = ComposeRequest(
        only=["pulse1", "noise"], fill=Bars(3, 4), key=Key(2, "minor"), meter=TimeSignature(3, 4)
    )
    assert one == other
    assert (one.voices, one.fill, one.meter) == (("pulse1", "noise"), (3, 4), (3, 4))
    assert ComposeRequest(keep="triangle").voices == ("pulse1", "pulse2", "noise")
    assert Request(track="all").track == ALL_TRACKS
