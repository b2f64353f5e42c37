"""Converts a chip score and its preset to a tracker's song that plays the same by frame.

The preset's instruments become the tracker's. What they do beyond envelopes (vibrato, glides, a
loudness in the mix) becomes effects: the driver's own frames are compared with what the tracker
would play, and fine pitch and volume make up the difference.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from synth.chip.hardware import Region
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.formats.chipfile import Titles, clean_text
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import PlayedScore, play_score
from synth.instrument.macro_sequence import Sequence
from synth.instrument.preset_format import Preset
from synth.instrument.preset_score import with_preset_notes
from synth.tracker.bank import Bank
from synth.tracker.channel_writer import write_channel
from synth.tracker.contours import Contour, ContourReader
from synth.tracker.detail import DETAILS, Detail
from synth.tracker.fitting import Group
from synth.tracker.layout import lay_out_frames, lay_out_song
from synth.tracker.parting import make_groups, part_groups, variant_marks
from synth.tracker.releases import release_in_rows
from synth.tracker.runs import join_runs, with_few_chords
from synth.tracker.song import (
    STOP,
    Event,
    Key,
    Rules,
    Sample,
    TrackerBar,
    TrackerInstrument,
    TrackerSong,
    note_periods,
)

RARE: Final = 0.03  # share of frames under which a chord gets no envelopes of its own
FULL_BANK: Final = 56  # instruments from which chords get none of their own
SAMPLES: Final = "samples"
FIRST_SAMPLE_KEY: Final = 12  # C1, the lowest that FamiStudio maps
SAMPLE_KEYS: Final = 60


class SongWriter:
    """Writes a score as a tracker's song, in more or less detail.

    Parameters
    ----------
    score, preset
        The notes, and how they sound.
    rules
        Whose tracker.
    region
        The chip; by default the preset's.

    Attributes
    ----------
    played
        What the driver plays in each frame.

    Raises
    ------
    SynthError
        If the preset's driver is not called once a video frame, or as `drive`.
    """

    def __init__(
        self, score: ChipScore, preset: Preset, rules: Rules, region: Region | None = None
    ) -> None:
        if preset.engine.tick_hz is not None:
            raise SynthError(
                f"preset {preset.name}: engine.tick_hz = {preset.engine.tick_hz:g}: trackers play "
                "one step a video frame; leave it out"
            )
        self._preset, self._rules = preset, rules
        self._score = score = with_preset_notes(score, preset, region)
        self.played = played = play_score(score, preset, region)
        self._frames = played.rows if played.loop_tick is not None else max(played.rows - 1, 1)
        self._remarks: list[str] = []
        self._contours: dict[str, list[Contour]] = {}
        without = _without_echoes(preset)
        dry = played if without is preset else play_score(score, without, region)
        for voice in VOICES:
            reader = ContourReader(
                score.voice(voice), voice, played, dry, rules, self._frames, self._remarks
            )
            self._contours[voice] = reader.contours()

    def song(self, detail: Detail = DETAILS[0]) -> TrackerSong:
        """Return the song, without titles; its remarks say what the tracker cannot do."""
        rules, frames, played = self._rules, self._frames, self.played
        periods = note_periods(played.setup.region, round(self._preset.engine.tuning_hz))
        contours = {
            voice: with_few_chords(
                join_runs([replace(note) for note in notes], rules, detail), rules, periods
            )
            for voice, notes in self._contours.items()
        }
        bars = self._bars(contours, detail)
        rows = np.array([row for bar in bars for row in bar.rows], dtype=np.int64)
        if rules.row_events:
            release_in_rows(contours.values(), rows, rules.longest, detail.worth * frames)
        bank = Bank(rules)
        groups = make_groups((note for notes in contours.values() for note in notes), rules, detail)
        part_groups(groups, frames, detail)
        rare = RARE * frames if detail == DETAILS[0] else 0.0
        made = _name_instruments(groups, bank, rules, rare)
        changes = np.arange(frames, dtype=np.int64) if detail.each_frame else rows
        channels: dict[str, dict[int, Event]] = {
            voice: write_channel(notes, made, changes, rules, played.loop_tick, detail)
            for voice, notes in contours.items()
        }
        preset, keys = self._preset, _sample_keys(self._score, self._preset)
        samples = {}
        if keys:
            name = bank.add(
                SAMPLES, TrackerInstrument(keys=tuple((n, key) for n, key in keys.values()))
            )
            channels["dmc"] = _sample_events(self._score, keys, name, played, frames)
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
            bars=bars,
            frames=frames,
            loop=played.loop_tick,
            remarks=tuple(dict.fromkeys(self._remarks)),
        )

    def _bars(
        self, contours: Mapping[str, list[Contour]], detail: Detail
    ) -> tuple[TrackerBar, ...]:
        hz = self.played.setup.tick_hz
        starts = (
            *([note.start for note in notes] for notes in contours.values()),
            [round(hit.start_s * hz) for hit in self._score.dmc],
        )
        lay_out = lay_out_frames if detail.each_frame else lay_out_song
        return lay_out(
            _bar_starts(self._score, hz), [np.array(each, dtype=np.int64) for each in starts],
            self._frames, self.played.loop_tick, self._rules, self.played.setup.region,
        )  # fmt: skip


def _without_echoes(preset: Preset) -> Preset:
    """Return a preset whose instruments have no echoes, the same if none has one."""
    if all(instrument.echo is None for instrument in preset.instruments.values()):
        return preset
    instruments = {
        name: instrument.model_copy(update={"echo": None})
        for name, instrument in preset.instruments.items()
    }
    return preset.model_copy(update={"instruments": instruments})


def with_titles(song: TrackerSong, titles: Titles) -> TrackerSong:
    """Return a song with its titles, as texts can hold them."""
    return replace(
        song, title=clean_text(titles.title), artist=clean_text(titles.artist),
        copyright=clean_text(titles.copyright),
    )  # fmt: skip


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


def _bar_starts(score: ChipScore, hz: float) -> list[tuple[float, int]]:
    """Return where bars begin, in frames, and their beats; the first at the beginning."""
    bars = [(bar.start_s * hz, bar.beats) for bar in score.bars]
    if bars and bars[0][0] > 0.5:
        bars.insert(0, (0.0, bars[0][1]))
    return bars


def _name_instruments(
    groups: list[Group], bank: Bank, rules: Rules, rare_frames: float
) -> dict[int, tuple[str, TrackerInstrument]]:
    """Put instruments into the bank, and return for the `id` of each note its own."""
    made = {}
    for group in groups:
        usual = max(group.variants, key=lambda variant: len(variant.members))
        for variant in group.variants:
            name = " ".join((group.model.name, *variant_marks(group, variant, usual)))
            notes = [group.notes[member] for member in variant.members.tolist()]
            for note in notes:
                if rules.chords or note.chord is None:
                    made[id(note)] = bank.add(name, variant.instrument), variant.instrument
            chords: dict[Sequence, list[Contour]] = {}
            for note in notes:
                if note.chord is not None and not rules.chords:
                    chords.setdefault(note.chord, []).append(note)
            for chord, those in sorted(chords.items(), key=lambda c: -len(c[1])):
                rare = sum(len(note.level) for note in those) < rare_frames
                instrument = replace((usual if rare else variant).instrument, arpeggio=chord)
                tones = "-".join(map(str, dict.fromkeys(chord.values)))
                called = f"{group.model.name if rare else name} {tones}"
                if len(bank.instruments) >= FULL_BANK:
                    called, instrument = name, variant.instrument
                for note in those:
                    made[id(note)] = bank.add(called, instrument), instrument
    return made
