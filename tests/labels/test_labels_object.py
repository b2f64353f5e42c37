"""Labels as plain values."""

from chipgen.labels.label_piece import label_prompt
from chipgen.labels.labels_object import labels_object
from chipgen.rows.prompt import Prompt
from tests.labels.progression import progression


def test_chords_form_and_ending_are_values() -> None:
    """Bars count from 1, and a half bar has a chord with its probability."""
    told = labels_object(
        label_prompt(Prompt.of(progression(["C", "F", "G", "C", "F", "Dm", "G", "C"])))
    )
    assert told["ending"] == {"kind": "cadence", "chords": ["G", "C"]}
    assert [chord["name"] for chord in told["chords"]][:4] == ["C", "C", "F", "F"]
    assert told["chords"][3]["bar"] == 2
    assert told["form"][-1]["last_bar"] == told["bars"]["count"] == 8
    assert told["key"]["name"] == "C major"
