"""Labelled scores made by chance from rules: what ordinary files do to a tune, a bass and drums.

Each kind puts one difficulty around the same sort of song: sixteen bars of a tune by step over a
chord progression, a bass on its roots, chords and drums. Tracks have no names, and the files go
through MIDI, so that drums off channel 10 have to be found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from chipgen.music.midi.read import score_from_midi
from chipgen.music.midi.write import midi_bytes
from chipgen.music.score import Note, Score, Tempo, Track
from chipgen.training.labelled_scores import EFFECT, LabelledScore, drum_label

BARS: Final = 16
_SCALE: Final = (0, 2, 4, 5, 7, 9, 11)
_PROGRESSIONS: Final = ((0, 4, 5, 3), (5, 3, 0, 4), (0, 5, 1, 4), (0, 3, 0, 4))  # scale degrees
_RHYTHMS: Final = (
    (1.0, 1.0, 1.0, 1.0),
    (1.5, 0.5, 1.0, 1.0),
    (0.5, 0.5, 1.0, 2.0),
    (2.0, 1.0, 1.0),
)
_PIANO, _GUITAR, _BASS, _STRINGS, _TREMOLO = 0, 29, 33, 48, 44
_LEAD, _FLUTE, _CELLO, _SEASHORE, _APPLAUSE, _TAIKO = 80, 73, 42, 122, 126, 116


@dataclass(frozen=True, slots=True)
class Line:
    """A track to be, and the label of its notes; drums are labelled key by key."""

    track: Track
    label: str = ""


@dataclass(frozen=True, slots=True)
class Song:
    """What all kinds are made from.

    Attributes
    ----------
    tune, bass
        Their notes.
    chords
        Pitches of each bar's chord, in close position around middle C.
    rng
        For what a kind adds.
    """

    tune: tuple[Note, ...]
    bass: tuple[Note, ...]
    chords: tuple[tuple[int, ...], ...]
    rng: np.random.Generator


def make_song(number: int) -> Song:
    """Make the song of a number: its key, progression, rhythms and tune are drawn by it."""
    rng = np.random.default_rng(number)
    tonic = int(rng.integers(0, 12))
    degrees = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    rhythms = [_RHYTHMS[int(k)] for k in rng.integers(0, len(_RHYTHMS), 4)]
    tune: list[Note] = []
    bass: list[Note] = []
    chords = []
    at = int(rng.integers(7, 11))  # a degree of the scale, counted from the tonic below middle C
    for bar in range(BARS):
        root = degrees[bar % len(degrees)]
        chords.append(tuple(48 + tonic + _pitch(root + step) for step in (0, 2, 4)))
        low = 36 + (tonic + _pitch(root)) % 12
        bass += [Note(4.0 * bar + beat, 0.9, low + 12 * (beat == 3), 90) for beat in range(4)]
        onset = 4.0 * bar
        for length in rhythms[bar % 4]:
            at = min(max(at + int(rng.choice((-2, -1, -1, 1, 1, 2))), 6), 14)
            velocity = int(rng.integers(84, 104))
            tune.append(Note(onset, 0.9 * length, 60 + tonic - 12 + _pitch(at), velocity))
            onset += length
    return Song(tuple(tune), tuple(bass), tuple(chords), rng)


def make_cases(songs: Sequence[int] = range(6)) -> list[LabelledScore]:
    """Make every kind of case from a number of songs; the same numbers make the same scores."""
    return [
        _through_midi(make(make_song(number)), kind)
        for kind, make in KINDS.items()
        for number in songs
    ]


def _pitch(degree: int) -> int:
    octave, step = divmod(degree, 7)
    return 12 * octave + _SCALE[step]


def _tune(song: Song, program: int = _LEAD, octaves: int = 0) -> Line:
    return Line(Track("", 0, program, _moved(song.tune, 12 * octaves)), "tune")


def _bass(song: Song) -> Line:
    return Line(Track("", 1, _BASS, song.bass), "bass")


def _chords(song: Song, program: int = _STRINGS) -> Line:
    notes = [
        Note(4.0 * bar, 3.8, pitch, 64) for bar, chord in enumerate(song.chords) for pitch in chord
    ]
    return Line(Track("", 2, program, tuple(sorted(notes))))


def _drums(channel: int = 9, name: str = "") -> Line:
    hits = [
        Note(4.0 * bar + beat / 2, 0.2, key, 100)
        for bar in range(BARS)
        for beat in range(8)
        for key in ({0: (36, 42), 2: (38, 42), 4: (36, 42), 6: (38, 42)}.get(beat, (42,)))
    ]
    return Line(Track(name, channel, 0, tuple(sorted(hits))), "drums")


def _moved(
    notes: Sequence[Note], semitones: int = 0, beats: float = 0.0, share: float = 1.0
) -> tuple[Note, ...]:
    """Return notes moved in pitch and time, and at a share of their velocity."""
    return tuple(
        Note(n.onset_beats + beats, n.duration_beats, n.pitch + semitones,
             max(1, round(n.velocity * share)))
        for n in notes
    )  # fmt: skip


def _arpeggio(song: Song) -> Line:
    notes = [
        Note(4.0 * bar + k / 4, 0.25, 24 + chord[k % 3] + 12 * (k % 4 == 3), 60)
        for bar, chord in enumerate(song.chords)
        for k in range(16)
    ]
    return Line(Track("", 3, _PIANO, tuple(notes)))


def _power_chords(song: Song) -> Line:
    notes = [
        Note(4.0 * bar + k / 2, 0.4, chord[0] - 12 + step, 80)
        for bar, chord in enumerate(song.chords)
        for k in range(8)
        for step in (0, 7, 12)
    ]
    return Line(Track("", 3, _GUITAR, tuple(sorted(notes))))


def _sound(program: int, pitch: int, channel: int) -> Line:
    notes = tuple(Note(8.0 * k, 7.5, pitch, 100) for k in range(BARS // 2))
    return Line(Track("", channel, program, notes), EFFECT)


def _piano(song: Song) -> list[Line]:
    """Return one track with all of it; only the tune and the bass are labelled."""
    left = [
        Note(4.0 * bar + beat, 0.9, pitch, 60)
        for bar, chord in enumerate(song.chords)
        for beat in (1, 2, 3)
        for pitch in chord
    ]
    lows = tuple(note for note in song.bass if note.onset_beats % 4.0 == 0.0)
    return [
        Line(Track("", 0, _PIANO, song.tune), "tune"),
        Line(Track("", 0, _PIANO, lows), "bass"),
        Line(Track("", 0, _PIANO, tuple(sorted(left)))),
    ]


KINDS: Final[dict[str, Callable[[Song], list[Line]]]] = {
    "plain": lambda s: [_tune(s), _bass(s), _chords(s), _drums()],
    "drums on channel 4": lambda s: [_tune(s), _bass(s), _chords(s), _drums(3)],
    "drums by name": lambda s: [_tune(s), _bass(s), _drums(3, "Drum kit")],
    "tune in octaves": lambda s: [
        Line(Track("", 4, _FLUTE, _moved(s.tune, 12, share=0.7))), _tune(s), _bass(s), _chords(s),
    ],
    "bass in octaves": lambda s: [
        _tune(s), _bass(s), Line(Track("", 4, _BASS + 1, _moved(s.bass, 12))), _chords(s), _drums(),
    ],
    "under a high arpeggio": lambda s: [_tune(s), _arpeggio(s), _bass(s), _drums()],
    "cello under tremolo": lambda s: [
        _tune(s, _CELLO, -1),
        Line(Track("", 3, _TREMOLO, tuple(
            Note(4.0 * bar + k / 4, 0.22, chord[2] + 24, 50)
            for bar, chord in enumerate(s.chords) for k in range(16)
        ))),
        _bass(s),
    ],
    "power chords": lambda s: [_tune(s), _power_chords(s), _bass(s), _drums()],
    "lead in thirds": lambda s: [
        Line(Track("", 4, _LEAD, _moved(s.tune, -4, share=0.9))), _tune(s), _bass(s), _drums(),
    ],
    "echo": lambda s: [
        _tune(s), Line(Track("", 4, _LEAD, _moved(s.tune, beats=0.75, share=0.5))), _bass(s),
        _chords(s), _drums(),
    ],
    "sound effects": lambda s: [
        _tune(s), _bass(s), _sound(_SEASHORE, 84, 4), _sound(_APPLAUSE, 72, 5),
        _sound(_TAIKO, 48, 6), _chords(s), _drums(),
    ],
    "one piano": _piano,
}  # fmt: skip


def _through_midi(lines: Sequence[Line], kind: str) -> LabelledScore:
    """Write lines as a MIDI file and read it; lines of one channel share a track."""
    by_channel: dict[int, list[Line]] = {}
    for line in lines:
        by_channel.setdefault(line.track.channel, []).append(line)
    tracks: list[Track] = []
    labels: dict[tuple[int, int], str] = {}
    for own in by_channel.values():
        pairs = sorted(
            ((note, line.label) for line in own for note in line.track.notes),
            key=lambda pair: (pair[0].onset_beats, pair[0].pitch, pair[0].duration_beats),
        )
        for index, (note, label) in enumerate(pairs):
            word = drum_label(note.pitch) if label == "drums" else label
            if word:
                labels[len(tracks), index] = word
        notes = tuple(note for note, _ in pairs)
        tracks.append(replace(own[0].track, notes=notes))
    score = Score(tuple(tracks), tempos=(Tempo(0.0, 120.0),), end_beats=4.0 * BARS)
    read = score_from_midi(midi_bytes(score), name=kind)
    if _pitches(read.tracks) != _pitches(tracks):
        raise AssertionError(f"{kind}: MIDI gives back other notes than were written")
    return LabelledScore(read, labels, kind)


def _pitches(tracks: Sequence[Track]) -> list[list[int]]:
    return [[note.pitch for note in track.notes] for track in tracks]
