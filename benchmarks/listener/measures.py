"""The table of measures: a measure is a module with `measure(material)`, and a row here."""

import importlib
from typing import Final

from benchmarks.listener.figures import Figure
from benchmarks.listener.material import Material

MEASURES: Final[dict[str, str]] = {
    "two_sample": "Told from the true next 16 s, AUC of classifiers cross-validated by song",
    "form": "Form, by bars",
    "harmony": "Harmony, by templates",
    "completion": "After four bars of melody alone",
    "meters": "Pulse and meter, by an estimator that sees no bar lines",
    "requested_keys": "Keys and meters asked for, by Albrecht and Shanahan's profiles",
    "cadence": "Cadences",
    "texture": "Texture of 16 s after NES-MDB's songs",
    "drumming": "Drums",
    "infilling": "Bars written anew, by what follows",
}


def run_measure(name: str, material: Material) -> list[Figure]:
    """Return a measure's figures."""
    figures: list[Figure] = importlib.import_module(f"benchmarks.listener.{name}").measure(material)
    return figures
