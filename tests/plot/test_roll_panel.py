"""Rolls in pictures: each note is a bar at its time and pitch."""

import numpy as np

from chipgen.plot.picture import draw
from chipgen.plot.roll_panel import COLOURS
from tests.plot.pictures import picture


def test_every_note_is_drawn_in_its_voices_colour() -> None:
    """The roll holds a bar for each note at its time and pitch, and thin ones for a chord."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgb

    roll, noise, _ = draw(picture()).axes[:3]
    bars: dict[str, list[tuple[float, float, float]]] = {}
    for axes in (roll, noise):
        for collection in axes.collections:
            if not isinstance(collection, PolyCollection):
                continue
            for path, colour in zip(
                collection.get_paths(), np.resize(collection.get_facecolor(), (99, 4)), strict=False
            ):
                voice = next(
                    (name for name, hue in COLOURS.items() if np.allclose(to_rgb(hue), colour[:3])),
                    "",
                )
                (left, low), (_, high) = path.vertices.min(axis=0), path.vertices.max(axis=0)
                bars.setdefault(voice, []).append((left, (low + high) / 2, high - low))
    places = {
        voice: np.round([bar[:2] for bar in drawn], 6).tolist() for voice, drawn in bars.items()
    }
    assert places == {
        "pulse1": [[0.0, 72.0], [1.0, 76.0]],
        "pulse2": [[0.0, 60.0], [0.0, 64.0], [0.0, 67.0]],
        "triangle": [[0.0, 36.0]],
        "noise": [[0.0, 12.0], [0.5, 3.0]],
    }
    assert bars["pulse2"][1][2] < bars["pulse2"][0][2]
