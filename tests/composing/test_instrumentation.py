"""Composed voices on the seed's own tracks: drums, loudness, timbres."""

import pytest

from chipgen.composing.instrumentation import Instrumentation
from chipgen.music.score import Control, Note, Track
from chipgen.rows.prompt import Prompt
from tests.seeds import band, chip


def test_drums_come_back_as_the_seed_strikes_them():
    """A thud is what the seed strikes with its kick, a tick its hat; basses keep their loudness."""
    seed = band()
    both = (Note(0.0, 0.2, 42, 90), Note(0.0, 0.2, 36, 110))
    kit = Track("kit", 9, 0, tuple(sorted((*both, Note(1.0, 0.2, 46, 80)))))
    seed = seed.with_tracks((*seed.tracks[:3], kit))
    back = Instrumentation(Prompt.of(seed))
    played = (
        Track("p1", notes=(Note(16.0, 1.0, 72, 60),), controls=(Control(16.0, 12, 2),), role="p1"),
        Track("tr", notes=(Note(16.0, 1.0, 40, 127),), role="tr"),
        Track("no", notes=tuple(Note(16.0 + k, 0.2, p, 99) for k, p in enumerate((3, 13, 9))),
              role="no"),
    )  # fmt: skip
    lines, controls = back.play(played, 16.0, 20.0)
    assert [(n.onset_beats, n.pitch, n.velocity) for n in lines["drums"]] == [
        (16.0, 36, 99),
        (16.0, 42, 99),
        (17.0, 46, 99),
        (18.0, 38, 99),
    ]
    assert lines["bass"][0].velocity == seed.tracks[2].notes[0].velocity
    (melody,) = lines["melody"]
    assert (melody.onset_beats, melody.pitch, melody.velocity) == (16.0, 72, 60)
    assert melody.duration_beats == pytest.approx(0.9), "as long as the seed's sound"
    assert not controls, "timbres are the chip's alone"


def test_chip_voices_come_back_as_they_are():
    """Volumes and timbres of the chip's own voices are kept, and what begins later is left out."""
    seed = chip()
    back = Instrumentation(Prompt.of(seed))
    track = Track(
        "no", notes=(Note(24.0, 0.1, 5, 60), Note(28.0, 0.1, 7, 60)),
        controls=(Control(24.0, 12, 1), Control(28.0, 12, 0)), role="no",
    )  # fmt: skip
    lines, controls = back.play((track,), 24.0, 28.0)
    (hit,) = lines["drums"]
    assert (hit.onset_beats, hit.pitch, hit.velocity) == (24.0, 5, 60)
    assert controls["drums"] == track.controls[:1]
