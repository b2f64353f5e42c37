"""Converts a chip score and its preset to a tracker's song that plays the same by frame.

The preset's instruments become the tracker's. What they do beyond envelopes (vibrato, glides, a
loudness in the mix) becomes effects: the driver's own frames are compared with what the tracker
would play, and fine pitch and volume make up the difference.
"""

from typing import Final

from synth.chip.hardware import Region
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import PlayedScore, play_score
from synth.instrument.preset_format import Preset
from synth.instrument.preset_score import with_preset_notes
from synth.tracker.bank import Bank
from synth.tracker.channel_writer import ChannelWriter
from synth.tracker.song import (
    STOP,
    Event,
    Key,
    Rules,
    Sample,
    TrackerBar,
    TrackerInstrument,
    TrackerSong,
)

LONGEST_BAR: Final = 1920  # frames; FamiStudio's patterns have 2048
PLAIN_BAR: Final = 192  # frames, where a score does not tell its bars
SAMPLES: Final = "samples"
FIRST_SAMPLE_KEY: Final = 12  # C1, the lowest that FamiStudio maps
SAMPLE_KEYS: Final = 60


def tracker_song(
    score: ChipScore, preset: Preset, rules: Rules, region: Region | None = None
) -> TrackerSong:
    """Write a score as a tracker's song.

    Parameters
    ----------
    score, preset
        The notes, and how they sound.
    rules
        Whose tracker.
    region
        The chip; by default the preset's.

    Returns
    -------
    TrackerSong
        Without titles. Its remarks say what the tracker cannot do.

    Raises
    ------
    SynthError
        If the preset's driver is not called once a video frame, or as `drive`.
    """
    if preset.engine.tick_hz is not None:
        raise SynthError(
            f"preset {preset.name}: engine.tick_hz = {preset.engine.tick_hz:g}: trackers play one "
            "step a video frame; leave it out"
        )
    score = with_preset_notes(score, preset, region)
    played = play_score(score, preset, region)
    frames = played.rows if played.loop_tick is not None else max(played.rows - 1, 1)
    bank = Bank(rules)
    remarks: list[str] = []
    channels = {
        voice: ChannelWriter(
            score.voice(voice), voice, played, rules, bank, frames, remarks
        ).events()
        for voice in VOICES
    }
    keys = _sample_keys(score, preset)
    samples = {}
    if keys:
        name = bank.add(
            SAMPLES, TrackerInstrument(keys=tuple((n, key) for n, key in keys.values()))
        )
        channels["dmc"] = _sample_events(score, keys, name, played, frames)
        samples = {
            key.sample: Sample(
                preset.sample(key.sample).bytes, preset.sample(key.sample).played_level
            )
            for _, key in keys.values()
        }
    return TrackerSong(
        rules=rules,
        samples=samples,
        region=played.setup.region,
        tuning_hz=round(preset.engine.tuning_hz),
        instruments=bank.instruments,
        channels=channels,
        bars=_bars(score, played, frames),
        frames=frames,
        loop=played.loop_tick,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _sample_keys(score: ChipScore, preset: Preset) -> dict[tuple[str, int], tuple[int, Key]]:
    """Give each sample at each of its rates a key of one instrument."""
    keys: dict[tuple[str, int], tuple[int, Key]] = {}
    for hit in score.dmc:
        sample = preset.sample(hit.sample)
        rate = sample.played_rate if hit.rate is None else hit.rate
        if (hit.sample, rate) not in keys and len(keys) < SAMPLE_KEYS:
            key = Key(hit.sample, rate, sample.loop)
            keys[hit.sample, rate] = FIRST_SAMPLE_KEY + len(keys), key
    return keys


def _sample_events(
    score: ChipScore, keys: dict[tuple[str, int], tuple[int, Key]], name: str,
    played: PlayedScore, frames: int,
) -> dict[int, Event]:  # fmt: skip
    """Return the events of the DPCM channel."""
    hz, preset = played.setup.tick_hz, played.setup.preset
    events: dict[int, Event] = {}
    for hit in score.dmc:
        rate = preset.sample(hit.sample).played_rate if hit.rate is None else hit.rate
        if (hit.sample, rate) in keys:
            start, stop = round(hit.start_s * hz), round(hit.end_s * hz)
            events[start] = Event(note=keys[hit.sample, rate][0], instrument=name)
            events[max(stop, start + 1)] = Event(note=STOP)
    if played.loop_tick is not None:
        events.setdefault(played.loop_tick, Event(note=STOP))
    return {frame: event for frame, event in sorted(events.items()) if frame < frames}


def _bars(score: ChipScore, played: PlayedScore, frames: int) -> tuple[TrackerBar, ...]:
    """Put the bars on frames; the loop begins one, and none is longer than a pattern can be."""
    beats: dict[int, int] = {}
    for bar in score.bars:
        beats.setdefault(round(bar.start_s * played.setup.tick_hz), bar.beats)
    if not beats:
        beats = dict.fromkeys(range(0, frames, PLAIN_BAR), 4)
    beats.setdefault(0, next(iter(beats.values())))
    if played.loop_tick is not None:
        beats.setdefault(played.loop_tick, 4)
    starts = sorted(start for start in beats if start < frames)
    bars = []
    for start, end in zip(starts, [*starts[1:], frames], strict=True):
        parts = -(-(end - start) // LONGEST_BAR)
        for part in range(parts):
            at = start + (end - start) * part // parts
            bars.append(TrackerBar(at, max(1, beats[start] // parts)))
    return tuple(bars)
