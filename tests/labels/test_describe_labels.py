"""Labels in words."""

from dataclasses import replace

import numpy as np

from chipgen.labels import label_prompt
from chipgen.labels.describe_labels import (
    describe_chords,
    describe_ending,
    describe_form,
    describe_key,
)
from chipgen.rows.prompt import Prompt
from tests.labels.test_label_piece import progression


def test_key_chords_and_form_are_told() -> None:
    """A person reads C major, the chord of each bar and which phrases come again."""
    one, two = ["C", "F", "G", "C"], ["Em", "Dm", "Am", "G"]
    labels = label_prompt(Prompt.of(progression(one + two + one)))
    assert describe_key(labels).startswith("C major (confidence 0.")
    told = describe_chords(labels).replace("?", "").split(" | ")
    assert told[:4] == one
    assert len(told) == 12
    turned = replace(labels, keys=np.eye(24, dtype=np.float32)[[0] * 10 + [2, 14]])
    assert describe_key(turned) == (
        "C major (confidence 0.83), Db major in bar 11, G major in bar 12"
    )
    assert describe_form(labels) == "bars A 1-4, B 5-8, A 9-12; phrases of 4 bars"


def test_the_end_is_told_from_the_key() -> None:
    """A dominant before the tonic is a cadence, a last dominant half of one, others are open."""
    opening = ["C", "F", "G", "C", "F", "Dm"]
    for last, told in (
        (["G", "C"], "with a cadence: G C"),
        (["F", "G"], "half closed: F G"),
        (["G", "Am"], "open: G Am"),
    ):
        labels = label_prompt(Prompt.of(progression([*opening, *last])))
        assert describe_ending(labels) == told
