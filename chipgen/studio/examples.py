"""Gives the studio's page the example seeds."""

from typing import Any

from chipgen.app.examples import EXAMPLES, example_path
from chipgen.music.midi import score_from_midi
from chipgen.studio.score_json import score_to_json

__all__ = ["EXAMPLES", "example"]


def example(name: str) -> dict[str, Any]:
    """Return an example as the page's JSON.

    Raises
    ------
    RequestError
        If there is none of that name.
    """
    return score_to_json(score_from_midi(example_path(name).read_bytes(), name=name), name)
