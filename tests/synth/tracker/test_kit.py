"""A song's drums come along as a kit by General MIDI key."""

from synth.instrument.macro_sequence import Sequence
from synth.tracker.song import (
    FAMITRACKER,
    STOP,
    Event,
    Key,
    Sample,
    TrackerInstrument,
    TrackerSong,
)
from synth.tracker.to_score import chip_score

SHORT, LONG = Sequence((15, 8, 3, 0)), Sequence((*range(15, 0, -1), *[1] * 20, 0))


def test_noise_and_samples_become_drums() -> None:
    """Names tell the key; without one, pitch and length do. Samples play their drums."""
    noise = {
        0: Event(note=15, instrument="my hi-hat"), 10: Event(note=2, instrument="thump"),
        20: Event(note=15, instrument="my hi-hat"), 30: Event(note=14, instrument="wash"),
        80: Event(note=8, instrument="SNARE_1"),
    }  # fmt: skip
    song = TrackerSong(
        rules=FAMITRACKER, frames=120,
        instruments={
            "my hi-hat": TrackerInstrument(SHORT), "thump": TrackerInstrument(SHORT),
            "wash": TrackerInstrument(LONG), "SNARE_1": TrackerInstrument(SHORT),
            "dpcm": TrackerInstrument(keys=((12, Key("Kick 2")),)),
        },
        samples={"Kick 2": Sample(bytes(17))},
        channels={"noise": noise, "dmc": {0: Event(note=12, instrument="dpcm"),
                                          9: Event(note=STOP)}},
    )  # fmt: skip
    kit = chip_score(song)[1].drums
    assert sorted(kit) == [36, 38, 42, 49]
    assert kit[36].sample == "Kick 2"
    assert kit[36].instrument == "thump"
    assert kit[42].period == 0
    assert kit[42].frames == 4
    assert kit[38].instrument == "SNARE_1"


def test_relative_pitch_comes_along() -> None:
    """A FamiTracker vibrato is the preset instrument's, in timer steps from the note."""
    made = TrackerInstrument(pitch=Sequence((0, 1, -1, -1, 1), loop=1), relative_pitch=True)
    song = TrackerSong(
        rules=FAMITRACKER, frames=40, instruments={"lead": made},
        channels={"pulse1": {0: Event(note=45, instrument="lead")}},
    )  # fmt: skip
    assert str(chip_score(song)[1].instruments["lead"].period) == "0 [1 0 -1 0]"
