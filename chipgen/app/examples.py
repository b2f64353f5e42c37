"""Names the example seeds that are installed, and finds their files."""

import difflib
from pathlib import Path
from typing import Final

from chipgen.errors import RequestError
from synth.package_data import shipped_folder

PREFIX: Final = "example:"
EXAMPLES: Final = {
    "seed": "Korobeiniki, four parts with drums",
    "folk": "Greensleeves, for flute, lute and bass",
    "chorale": "Old Hundredth, a chorale in four parts",
    "piano": "Gymnopédie No. 1, for piano",
    "orchestra": "In the Hall of the Mountain King, twelve players",
    "groove": "Groove in E, with toms and crashes",
    "nes": "Lantern Road, the chip's own four voices",
}


def example_path(name: str) -> Path:
    """Return the file of an example, named with or without the prefix ``example:``.

    Raises
    ------
    RequestError
        If there is none of that name; the message names the nearest.

    Examples
    --------
    >>> example_path("example:seed").name
    'seed.mid'
    """
    plain = name.removeprefix(PREFIX)
    if plain not in EXAMPLES:
        near = difflib.get_close_matches(plain[:40], EXAMPLES, 1)
        likely = f"did you mean {near[0]}?" if near else f"there are {', '.join(EXAMPLES)}"
        raise RequestError(f"no example is called {plain[:40]!r}; {likely}")
    return Path(str(shipped_folder("chipgen", "examples").joinpath(f"{plain}.mid")))
