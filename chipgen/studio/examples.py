"""The example seeds that the studio offers."""

from typing import Any, Final

from chipgen.errors import ChipgenError
from chipgen.music.midi import score_from_midi
from chipgen.studio.score_json import score_to_json
from synth.package_data import shipped_folder

EXAMPLES: Final = {
    "seed": "Korobeiniki, four parts with drums",
    "folk": "Greensleeves, for flute, lute and bass",
    "chorale": "Old Hundredth, a chorale in four parts",
    "piano": "Gymnopédie No. 1, for piano",
    "orchestra": "In the Hall of the Mountain King, twelve players",
    "groove": "Groove in E, with toms and crashes",
    "nes": "Lantern Road, the chip's own four voices",
}


def example(name: str) -> dict[str, Any]:
    """Return an example as the page's JSON.

    Raises
    ------
    ChipgenError
        If there is none of that name.
    """
    if name not in EXAMPLES:
        raise ChipgenError(f"no example {name[:40]!r}; there are {', '.join(EXAMPLES)}")
    data = shipped_folder("chipgen.studio", "examples").joinpath(f"{name}.mid").read_bytes()
    return score_to_json(score_from_midi(data, name=name), name)
