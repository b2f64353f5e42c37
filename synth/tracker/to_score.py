"""Converts a tracker's song to a chip score and a preset that sound the same.

Each of the tracker's instruments becomes one of the preset. What a note is told beyond that becomes
its own steps of volume and timbre and its own bend; the driver's frames are compared with the
tracker's, and only notes that differ get any.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.dpcm import LONGEST_BYTES
from synth.chip.voices import VOICE_BY_NAME, VOICES
from synth.instrument.chip_score import Bar, ChipNote, ChipScore, SampleHit
from synth.instrument.driver import play_score
from synth.instrument.instrument_format import Instrument
from synth.instrument.macro_sequence import Sequence
from synth.instrument.preset_format import Arpeggio, Engine, Preset, Sample, VoiceDefaults
from synth.instrument.voice_frames import VoiceFrames
from synth.tracker.bank import free_name
from synth.tracker.kit import find_kit
from synth.tracker.macros import absolute
from synth.tracker.player import PlayedChannel, PlayedNote, play_channel, values
from synth.tracker.song import FULL, ZERO, Key, TrackerInstrument, TrackerSong, pitch_of

Ints = NDArray[np.int64]

ARPEGGIO_REACH: Final = 96  # semitones that an instrument of a preset can go
MOST_CENTS: Final = 12_000.0  # that a bend reaches
LONGEST_NAME: Final = 64
SILENT: Final = "none"


def chip_score(song: TrackerSong) -> tuple[ChipScore, Preset]:
    """Read a tracker's song as a chip score, and its instruments as a preset.

    Parameters
    ----------
    song
        From a reader of this package.

    Returns
    -------
    tuple
        The notes, and the preset that plays them as the tracker does.
    """
    names = _preset_names(song)
    channels = {voice: play_channel(song, voice) for voice in VOICES}
    preset = _preset(song, names, channels)
    hz, plain = song.region.frame_hz, TrackerInstrument()
    placed = {
        voice: [
            _Note(
                note,
                _note(note, voice, names, song.instruments.get(note.instrument, plain), hz),
            )
            for note in played.notes
        ]
        for voice, played in channels.items()
    }
    score = _score(song, placed, hz)
    heard = play_score(score, preset, song.region).frames
    for voice, notes in placed.items():
        for index, note in enumerate(notes):
            last = len(heard[voice].level)  # the end of a song ends its notes
            following = notes[index + 1].played.start if index + 1 < len(notes) else last
            note.correct(song, voice, channels[voice], heard[voice], following)
    return _score(song, placed, hz), preset


@dataclass(slots=True)
class _Note:
    """A note as the tracker plays it, and as the score has it."""

    played: PlayedNote
    note: ChipNote

    def correct(
        self, song: TrackerSong, voice: str, true: PlayedChannel, heard: VoiceFrames, following: int
    ) -> None:
        """Give the note steps and a bend of its own where the driver would play it otherwise."""
        start, stop = self.played.start, self.played.stop
        here = slice(start, stop)
        level, timbre, period = true.level[here], true.timbre[here], true.period[here]
        hz = song.region.frame_hz
        if voice == "triangle":
            wrong = (level > 0) != (heard.level[here] > 0)
        else:
            wrong = level != heard.level[here]
        rings = bool((heard.level[stop:following] > 0).any())
        note = self.note
        if wrong.any() or rings:
            sounds = np.flatnonzero(level)
            last = int(sounds[-1]) + 1 if len(sounds) else stop - start
            # An envelope's last value is 0, and what follows is over: the rest keeps its end.
            end = min(start + last + 1, stop)
            over = np.arange(stop - start) >= last
            period = np.where(over, period[-1], period)
            timbre = np.where(over, timbre[-1], timbre)
            note = replace(note, end_s=end / hz, volume_changes=_steps(level, hz))
        if voice != "triangle" and (timbre != heard.timbre[here]).any():
            note = replace(note, timbre_changes=_steps(timbre, hz))
        if (period != heard.period[here]).any():  # of silence too: the rest after it keeps it
            if voice == "noise":
                index = VOICE_BY_NAME[voice].pitch_range[1] - note.pitch
                bend = 100.0 * (15 - period - index)
                bend = bend - 100.0 * self._semitones(song)
            else:
                bend = self._cents(song, voice, period) - 100.0 * self._semitones(song)
            note = replace(note, bend=_lines(np.clip(bend, -MOST_CENTS, MOST_CENTS), hz))
        self.note = note

    def _cents(self, song: TrackerSong, voice: str, period: Ints) -> NDArray[np.float64]:
        """Return how far above the note's pitch each period sounds."""
        steps = self._steps_of(song)
        cycles = VOICE_BY_NAME[voice].period_cycles * np.maximum(period - steps + 1, 1)
        midi = 69.0 + 12.0 * np.log2(song.region.clock_hz / (cycles * float(song.tuning_hz)))
        return np.asarray(100.0 * (midi - self.note.pitch))

    def _steps_of(self, song: TrackerSong) -> Ints:
        """Return the timer steps that the preset's instrument adds in each frame."""
        instrument = song.instruments.get(self.played.instrument, TrackerInstrument())
        frame = np.arange(self.played.stop - self.played.start, dtype=np.int64)
        return values(_period(instrument), frame, self.played.release - self.played.start)

    def _semitones(self, song: TrackerSong) -> Ints:
        """Return the semitones that the preset's instrument, or the note's chord, adds."""
        instrument = song.instruments.get(self.played.instrument, TrackerInstrument())
        frame = np.arange(self.played.stop - self.played.start, dtype=np.int64)
        if self.note.arpeggio:
            turn = np.array(self.note.arpeggio, dtype=np.int64)
            lasting_s = self.note.arpeggio_s
            rests = lasting_s is not None and frame >= round(lasting_s * song.region.frame_hz)
            return np.where(rests, turn[0], turn[frame % len(turn)])
        release = self.played.release - self.played.start
        return values(instrument.arpeggio, frame, release)


def _note(
    note: PlayedNote, voice: str, names: dict[str, str], instrument: TrackerInstrument, hz: float
) -> ChipNote:
    """Return a note of the score before it is compared."""
    lowest, highest = VOICE_BY_NAME[voice].pitch_range
    chord, lasting_s = _chord(note, voice, instrument, hz)
    first = chord[0] if chord else 0
    return ChipNote(
        start_s=note.start / hz,
        end_s=max(note.release, note.start + 1) / hz,
        pitch=min(max(pitch_of(note.note, voice) + first, lowest), highest),
        volume=note.volume,
        instrument=names.get(note.instrument, SILENT if note.instrument == "" else ""),
        arpeggio=tuple(offset - first for offset in chord),
        arpeggio_s=lasting_s,
    )


def _chord(
    note: PlayedNote, voice: str, instrument: TrackerInstrument, hz: float
) -> tuple[tuple[int, ...], float | None]:
    """Return the chord that a note breaks, and how long it does so if it rests on its first tone.

    An instrument's arpeggio is one if it does not begin on the note: the driver's note is the
    first tone.
    """
    chord = note.arpeggio
    if chord is None and voice != "noise" and instrument.arpeggio.values[0]:
        chord = instrument.arpeggio
    if chord is None or chord.release is not None:
        return (), None
    if chord.loop == 0:
        return chord.values, None
    if chord.loop is None and len(chord.values) > 2 and chord.values[0] == chord.values[-1]:
        return chord.values[:-1], (len(chord.values) - 1) / hz
    return (), None


def _score(song: TrackerSong, placed: dict[str, list[_Note]], hz: float) -> ChipScore:
    end_s = song.frames / hz
    voices: dict[str, Any] = {
        voice: tuple(n.note for n in notes) for voice, notes in placed.items()
    }
    return ChipScore(
        **voices,
        end_s=max([end_s, *(notes[-1].end_s for notes in voices.values() if notes)]),
        loop_s=None if song.loop is None else song.loop / hz,
        dmc=_samples(song, hz),
        bars=tuple(Bar(bar.start / hz, bar.beats) for bar in song.bars),
        remarks=song.remarks,
    )


def _keys(song: TrackerSong) -> dict[tuple[str, int], Key]:
    """Return the keys that play a sample, by instrument and note."""
    return {
        (name, note): key
        for name, instrument in song.instruments.items()
        for note, key in instrument.keys
        if key.sample in song.samples and song.samples[key.sample].data
    }


def _samples(song: TrackerSong, hz: float) -> tuple[SampleHit, ...]:
    """Return what the DPCM channel plays; each sample stops the one before."""
    keys = _keys(song)
    hits = []
    instrument = ""
    events = [(f, e) for f, e in song.channels.get("dmc", {}).items() if e.note is not None]
    stops = [*(frame for frame, _ in events[1:]), song.frames][: len(events)]
    for (frame, event), stop in zip(events, stops, strict=True):
        instrument = event.instrument or instrument
        key = keys.get((instrument, event.note or 0))
        if key is not None and frame < stop:
            hits.append(SampleHit(frame / hz, stop / hz, _sample_name(song, key), key.rate))
    return tuple(hits)


def _sample_name(song: TrackerSong, key: Key) -> str:
    """Return what the preset calls a sample as a key plays it."""
    level = song.level_of(key)
    usual = not key.loop and level == song.samples[key.sample].level
    return key.sample if usual else f"{key.sample} {'loop ' * key.loop}{level}"


def _preset_samples(song: TrackerSong) -> dict[str, Sample]:
    """Return a song's samples as a preset's; each way in which keys play one is one of its own."""
    return {
        _sample_name(song, key): Sample(
            data=song.samples[key.sample].data[:LONGEST_BYTES].hex(),
            rate=key.rate,
            loop=key.loop,
            start=song.level_of(key),
        )
        for key in _keys(song).values()
    }


def _preset_names(song: TrackerSong) -> dict[str, str]:
    """Return what each instrument is called in the preset: one to 64 characters, each once."""
    names: dict[str, str] = {}
    for name in song.instruments:
        names[name] = free_name(name.strip() or "unnamed", names.values(), LONGEST_NAME)
    return names


def _preset(song: TrackerSong, names: dict[str, str], channels: dict[str, PlayedChannel]) -> Preset:
    """Return the preset of a song: its instruments, each voice's most used one as its default."""
    instruments = {
        names[name]: _instrument(made) for name, made in song.instruments.items()
    }  # fmt: skip
    instruments.setdefault(SILENT, Instrument(volume=Sequence((0,))))
    defaults = {}
    for voice, played in channels.items():
        used = [names[note.instrument] for note in played.notes if note.instrument in names]
        defaults[voice] = max(dict.fromkeys(used), key=used.count) if used else SILENT
    samples = _preset_samples(song)
    kit = find_kit(channels["noise"].notes, names, song.instruments, samples, SILENT)
    silent = SILENT in defaults.values() or any(d.instrument == SILENT for d in kit.values())
    if not silent and all(
        note.instrument in names for played in channels.values() for note in played.notes
    ):
        del instruments[SILENT]
    return Preset(
        format=1,
        name=(song.title.strip() or "tracker song")[:LONGEST_NAME],
        description=f"The instruments of a {song.rules.name} song."[:500],
        engine=Engine(
            region="pal" if song.region.name == "pal" else "ntsc",
            tuning_hz=float(min(max(song.tuning_hz, 400), 480)),
        ),
        instruments=instruments,
        voices=VoiceDefaults(**defaults),
        samples=samples,
        drums=kit,
        arpeggio=Arpeggio(frames=1, order="played"),
    )


def _period(made: TrackerInstrument) -> Sequence:
    """Return an instrument's pitch envelope as distances from the note, in timer steps."""
    return absolute(made.pitch) if made.relative_pitch else made.pitch


def _instrument(made: TrackerInstrument) -> Instrument:
    return Instrument(
        volume=None if made.volume == FULL else made.volume,
        duty=made.duty or ZERO,
        arpeggio=_within_reach(made.arpeggio),
        period=_period(made),
    )


def _within_reach(arpeggio: Sequence) -> Sequence:
    """Return an arpeggio of steps that an instrument can have; further ones are out of hearing."""
    far = ARPEGGIO_REACH
    return replace(arpeggio, values=tuple(min(max(v, -far), far) for v in arpeggio.values))


def _steps(level: Ints, hz: float) -> tuple[tuple[float, int], ...]:
    """Return the changes of a value by frame as steps of a note."""
    at = [0, *(np.flatnonzero(level[1:] != level[:-1]) + 1).tolist()]
    return tuple((frame / hz, int(level[frame])) for frame in at)


def _lines(cents: NDArray[np.float64], hz: float) -> tuple[tuple[float, float], ...]:
    """Return a curve by frame as breakpoints of a bend: the ends of each stretch that holds."""
    edges = np.flatnonzero(cents[1:] != cents[:-1])
    at = sorted({0, *edges.tolist(), *(edges + 1).tolist(), len(cents) - 1})
    return tuple((frame / hz, float(cents[frame])) for frame in at)
