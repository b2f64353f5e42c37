"""Turns a score and the page's sound settings into register writes, and caches costly steps."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from chipgen.arranging import ArrangeConfig, Arrangement, arrange
from chipgen.arranging.arranger_settings import with_preset
from chipgen.arranging.loop_points import with_loop
from chipgen.music.score import Score, Track
from chipgen.studio.page_messages import OwnPreset, SoundSettings
from synth.chip.hardware import region_named
from synth.chip.register_log import RegisterLog
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import drive
from synth.instrument.nearest_name import nearest_name
from synth.instrument.overrides import KEPT, turn_preset
from synth.instrument.parameters import parameters_of
from synth.instrument.preset_loader import Preset, load_preset, preset_names, read_preset

GAIN = "gain_db"
LONG_NOTES: Final = 2_000  # an edit of more would be heard too late if all were arranged first
EXCERPT_S: Final = 30.0
EARLIER_BEATS: Final = 16.0  # of an excerpt, for chords and roles that go on


@dataclass(frozen=True, slots=True)
class Voiced:
    """What is heard of a score.

    Attributes
    ----------
    score
        What it is made of.
    log, console_filter
        What `chipgen.playing.live_player.Player` plays.
    preset
        Its timbres, as they were turned.
    arrangement
        Which voice plays what.
    """

    score: Score
    log: RegisterLog
    console_filter: str
    preset: Preset
    arrangement: Arrangement


class Voicer:
    """Voices scores one after the other, and arranges again only what has changed."""

    def __init__(self) -> None:
        self._arranged: tuple[Score, ArrangeConfig, Arrangement] | None = None

    def voice(self, score: Score, settings: SoundSettings) -> Voiced:
        """Voice a score as the command line does; where loop marks are, it goes around.

        Raises
        ------
        SynthError
            If there is no such preset, a parameter is out of range, or a loop ends before it
            begins.
        """
        preset = turned_preset(settings)
        arrangement = self._arrange(score, preset)
        voices = with_loop(arrangement.chip_score, score)
        return _driven(score, settings, preset, arrangement, voices)

    def is_slow(self, score: Score, settings: SoundSettings) -> bool:
        """Return whether a piece is long and is not arranged yet."""
        if sum(len(track.notes) for track in score.tracks) < LONG_NOTES:
            return False
        return self._known(score, _config(turned_preset(settings))) is None

    def arrange(self, score: Score, settings: SoundSettings) -> None:
        """Arrange a piece, so that voicing it is quick."""
        self._arrange(score, turned_preset(settings))

    def voice_excerpt(self, score: Score, settings: SoundSettings, beat: float) -> Voiced:
        """Voice what is heard next of a long piece, from about a beat on for half a minute.

        It sounds as the whole does, where an excerpt has the same parts.
        """
        preset = turned_preset(settings)
        first = max(0.0, beat - EARLIER_BEATS)
        last_s = float(score.beats_to_seconds(beat)) + EXCERPT_S
        excerpt = excerpt_of(score, first, float(score.seconds_to_beats(last_s)))
        known = self._arranged
        gains = None if known is None else known[2].gains
        arrangement = arrange(excerpt, ArrangeConfig(gains=gains, excerpt=True), preset)
        return _driven(score, settings, preset, arrangement, arrangement.chip_score)

    def _arrange(self, score: Score, preset: Preset) -> Arrangement:
        config = _config(preset)
        arrangement = self._known(score, config)
        if arrangement is None:
            arrangement = arrange(score, ArrangeConfig(), preset)
            self._arranged = score, config, arrangement
        return arrangement

    def _known(self, score: Score, config: ArrangeConfig) -> Arrangement | None:
        """Return the last arrangement, if it is of this score for such a preset."""
        known = self._arranged
        return known[2] if known is not None and known[0] is score and known[1] == config else None


def _config(preset: Preset) -> ArrangeConfig:
    """Return all that a preset changes of how a score is arranged."""
    return with_preset(ArrangeConfig(), preset)


def excerpt_of(score: Score, first: float, last: float) -> Score:
    """Return a piece with only the notes that begin between two beats, where they are.

    Examples
    --------
    >>> from chipgen.music.score import Note, Track
    >>> notes = tuple(Note(k, 1.0, 60) for k in range(9))
    >>> piece = Score(tracks=(Track(notes=notes),), end_beats=9.0)
    >>> excerpt = excerpt_of(piece, 2.0, 4.0)
    >>> [note.onset_beats for note in excerpt.tracks[0].notes], excerpt.end_beats
    ([2, 3], 4.0)
    """

    def cut(track: Track) -> Track:
        begin, end = (
            bisect_left(track.notes, beat, key=lambda note: note.onset_beats)
            for beat in (first, last)
        )
        return replace(track, notes=track.notes[begin:end])

    tracks = tuple(cut(track) for track in score.tracks)
    ends = [note.end_beats for track in tracks for note in track.notes]
    return replace(score, tracks=tracks, end_beats=max([min(last, score.end_beats), *ends]))


def _driven(
    score: Score,
    settings: SoundSettings,
    preset: Preset,
    arrangement: Arrangement,
    voices: ChipScore,
) -> Voiced:
    region = region_named(settings.region or preset.engine.region)
    log = drive(voices, preset, region)
    return Voiced(score, log, settings.filter or preset.engine.filter, preset, arrangement)


def base_preset(settings: SoundSettings) -> Preset:
    """Return the preset that a settings names or brings.

    Raises
    ------
    SynthError
        If there is none of that name, or it does not follow the format. Names of files are refused:
        the page has no business with this machine's.
    """
    if isinstance(settings.preset, OwnPreset):
        return read_preset(settings.preset.yaml.encode(), "preset.yaml")
    return shipped_preset(settings.preset)


@lru_cache(maxsize=64)
def shipped_preset(name: str) -> Preset:
    """Return a shipped preset; names of files are refused.

    Raises
    ------
    SynthError
        If there is none of that name.
    """
    if name not in preset_names():
        raise SynthError(f"preset {name[:40]!r} is unknown; {nearest_name(name, preset_names())}")
    return load_preset(name)


def turned_preset(settings: SoundSettings) -> Preset:
    """Return the preset with its parameters and voices as the page has turned them."""
    return turn_preset(base_preset(settings), settings.values, silent_voices(settings))


def silent_voices(settings: SoundSettings) -> tuple[str, ...]:
    """Return the voices that are muted, or left out by others' solo.

    Examples
    --------
    >>> silent_voices(SoundSettings(muted=["noise"], solo=["pulse1", "noise"]))
    ('pulse2', 'triangle', 'noise')
    """
    return tuple(
        voice
        for voice in VOICES
        if voice in settings.muted or (settings.solo and voice not in settings.solo)
    )


def gain_of(values: Mapping[str, float]) -> float:
    """Return the factor of loudness that a listener asked for."""
    return float(10.0 ** (min(max(values.get(GAIN, 0.0), -60.0), 12.0) / 20.0))


def preset_json(preset: Preset, yaml: str) -> dict[str, Any]:
    """Return a preset as the page receives it; `yaml` is the text of its file."""
    return {
        "name": preset.name,
        "description": preset.description,
        "parameters": [
            {
                "name": parameter.name,
                "unit": parameter.unit,
                "minimum": parameter.minimum,
                "maximum": parameter.maximum,
                "default": parameter.default,
                "whole": parameter.whole,
                "description": parameter.description,
                "kept": parameter.name in KEPT,
            }
            for parameter in parameters_of(preset).values()
        ],
        "yaml": yaml,
    }


def voices_json(voiced: Voiced) -> dict[str, Any]:
    """Return what each voice plays, in beats, what is not heard, and what `placed_json` does."""
    score, chip = voiced.score, voiced.arrangement.chip_score
    notes: list[list[Any]] = []
    for number, voice in enumerate(VOICES):
        played = chip.voice(voice)
        starts = score.seconds_to_beats([note.start_s for note in played]).tolist()
        ends = score.seconds_to_beats([note.end_s for note in played]).tolist()
        notes += [
            [number, round(start, 5), round(end, 5), note.pitch, note.volume]
            for start, end, note in zip(starts, ends, played, strict=True)
        ]
    dropped = [
        [note.track, note.index, note.reason]
        for note in voiced.arrangement.placements
        if note.status == "dropped"
    ]
    return {**placed_json(voiced), "notes": notes, "dropped": dropped}


def placed_json(voiced: Voiced) -> dict[str, Any]:
    """Return which voice plays each note: for each of a track's its number, -1 if none."""
    numbers = {voice: number for number, voice in enumerate(VOICES)}
    placed = [[-1] * len(track.notes) for track in voiced.score.tracks]
    for note in voiced.arrangement.placements:
        placed[note.track][note.index] = numbers.get(note.voice, -1)
    return {"type": "voices", "placed": placed}
