"""Lantern Road, for the chip's own four voices, with volumes and timbres frame by frame."""

from dataclasses import dataclass, replace

from notation import drums, music

from chipgen.music.nesmdb_dialect import chip_to_midi_level
from chipgen.music.score import Control, Note, Score, Tempo, Track
from synth.chip.voices import VOICE_BY_ROLE

TITLE = "Lantern Road"
SOURCE = "Original: our own, CC0."
BARS = 16

# The form of NES-MDB: nominally 120 beats a minute, so that a frame of 1/60 s is 1/30 beat. The
# music itself goes at 150 beats a minute, a sixteenth in six frames.
NOMINAL_BPM, MUSIC_BPM, FRAMES_A_BEAT = 120.0, 150.0, 30
STRETCH = NOMINAL_BPM / MUSIC_BPM
VOLUME, TIMBRE = 11, 12

MELODY = """
    D5:4. A4:8 D5 E5 F5 G5    | F5:4. D5:8 A#4:4 D5
  | E5:4. G5:8 E5 D5 C5 E5    | C5:4 E5:8 A5:8~ A5:2
  | A5:4. F5:8 D5 E5 F5 A5    | A#5:4. A5:8 G5:4 F5
  | G5:4. A#5:8 A5 G5 F5 G5   | A5:4. E5:8 C#5:4 E5:8 A4

  | C6:4 A5:8 F5 A5:4. C6:8   | G5:4. E5:8 C5 D5 E5 G5
  | F5:4. A5:8 D6:4 C6:8 A5   | A#5:4. F5:8 D5 F5 A#5 D6
  | C6:4 A5:8 F5 A5:4. C6:8   | E6:4. D6:8 C6 G5 E5 G5
  | F5:8 G5 A#5:4 G5:8 A5 C6:4 | D6:2 r:4 A4:8 C5
"""

# One chord a bar; the second half of the piece plays them as fast arpeggios.
CHORDS = """
    D4 F4 A4   | D4 F4 A#4   | E4 G4 C5  | E4 A4 C5
  | D4 F4 A4   | F4 A#4 D5   | D4 G4 A#4 | C#4 E4 A4
  | F4 A4 C5   | E4 G4 C5    | F4 A4 D5  | F4 A#4 D5
  | F4 A4 C5   | E4 G4 C5    | F4 A#4 D5 | D4 F4 A4
"""

BASS = """
    D2:8 D3' D2 A2 D2 D3' C3 A2     | A#1:8 A#2' A#1 F2 A#1 A#2' A2 F2
  | C2:8 C3' C2 G2 C2 C3' A#2 G2    | A1:8 A2' A1 E2 A1 A2' G2 E2
  | D2:8 D3' D2 A2 D2 D3' C3 A2     | A#1:8 A#2' A#1 F2 A#1 A#2' A2 F2
  | G2:8 G2' D2 G2 A#2 G2' D2 G2    | A1:8 A2' E2 A2 C#3 A2' E2 C#2
  | F2:8 F3' F2 C3 F2 F3' C3 A2     | C2:8 C3' C2 G2 C2 C3' G2 E2
  | D2:8 D3' D2 A2 D2 D3' C3 A2     | A#1:8 A#2' A#1 F2 A#1 A#2' D3 F2
  | F2:8 F3' F2 C3 F2 F3' C3 A2     | C2:8 C3' C2 G2 C2 C3' G2 E2
  | A#1:8 A#2' A#1 F2 C2 C3' C2 G2  | D2:8 D3' D2 A2 D2:4 A1
"""

DRUMS = {
    "kick": "x.....x.x....... x.....x.x.....x. " * 7 + "x.....x.x....... x.......x.......",
    "snare": "....X.......X... " * 7
    + "....X.......X.xx "
    + "....X.......X..x " * 7
    + "....X...X.xxXxXx",
    "closed hat": "..o...o...o...o. " * 8 + "..o.o.o...o.o.o. " * 7 + "..o...o.........",
}


@dataclass(frozen=True)
class Sound:
    """Volumes and timbres of a sound, one a frame; the last goes on."""

    volumes: tuple[int, ...]
    timbres: tuple[int, ...] = ()


LEAD = Sound((10, 12, 13, 12, 11, 11, 10, 10, 9, 9, 8), (1, 2))
PLUCK = Sound((8, 7, 6, 5, 4, 3), (1,))
CHORD = Sound((7, 7, 6, 6, 5), (0,))
# Noise: NES-MDB's pitch 1–16 (16 the highest hiss), frames it lasts, sound.
NOISES = {
    36: (3, 4, Sound((13, 10, 6, 3), (0,))),
    38: (9, 7, Sound((12, 10, 8, 6, 4, 3, 2), (0,))),
    42: (14, 2, Sound((5, 3), (0,))),
}


def score() -> Score:
    """Return the piece."""
    lead, lead_controls = _sound(_in_time(music(MELODY, gate=0.92)), LEAD)
    chords, chord_controls = _chords()
    strokes, stroke_controls = _noise()
    bass = tuple(replace(note, velocity=127) for note in _in_time(music(BASS, gate=0.9)))
    return Score(
        tracks=(
            _voice("p1", lead, lead_controls),
            _voice("p2", chords, chord_controls),
            _voice("tr", bass, ()),
            _voice("no", strokes, stroke_controls),
        ),
        tempos=(Tempo(0.0, NOMINAL_BPM),),
        end_beats=BARS * 4.0 * STRETCH,
        dialect="nesmdb",
    )


def _voice(role: str, notes: tuple[Note, ...], controls: tuple[Control, ...]) -> Track:
    voice = VOICE_BY_ROLE[role]
    return Track(role, voice.midi_channel, voice.midi_program, notes, controls, role=role)


def _in_time(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """Bring musical beats to nominal ones, on whole frames."""
    return tuple(
        replace(
            note,
            onset_beats=_frames(note.onset_beats) / FRAMES_A_BEAT,
            duration_beats=(_frames(note.end_beats) - _frames(note.onset_beats)) / FRAMES_A_BEAT,
        )
        for note in notes
    )


def _frames(beats: float) -> int:
    return round(beats * STRETCH * FRAMES_A_BEAT)


def _sound(notes: tuple[Note, ...], sound: Sound) -> tuple[tuple[Note, ...], tuple[Control, ...]]:
    """Give each note the sound's first volume, and the later ones as control changes."""
    controls: list[Control] = []
    for note in notes:
        length_frames = round(note.duration_beats * FRAMES_A_BEAT)
        for number, values in ((VOLUME, sound.volumes), (TIMBRE, sound.timbres)):
            for frame, value in enumerate(values[:length_frames]):
                if (frame and value == values[frame - 1]) or (not frame and number == VOLUME):
                    continue
                level = chip_to_midi_level(value) if number == VOLUME else value
                controls.append(Control(note.onset_beats + frame / FRAMES_A_BEAT, number, level))
    loud = chip_to_midi_level(sound.volumes[0])
    ordered = tuple(sorted(controls, key=lambda control: (control.beat, control.number)))
    return tuple(replace(note, velocity=loud) for note in notes), ordered


def _chords() -> tuple[tuple[Note, ...], tuple[Control, ...]]:
    """Return plucked sixteenths for eight bars, then chords as arpeggios of two frames a note."""
    chords = [chord.split() for chord in CHORDS.split("|")]
    plucked = " | ".join(
        " ".join(f"{low}:16 {mid} {top} {mid}" for _ in range(4)) for low, mid, top in chords[:8]
    )
    notes, controls = _sound(_in_time(music(plucked, gate=0.8)), PLUCK)
    fast: list[Note] = []
    for bar, chord in enumerate(chords[8:], start=8):
        pitches = [note.pitch for note in music("+".join(chord) + ":1")]
        for beat in (0.0, 1.5, 3.0):
            start = _frames(4.0 * bar + beat)
            fast += [
                Note((start + 2 * step) / FRAMES_A_BEAT, 2 / FRAMES_A_BEAT, pitches[step % 3])
                for step in range(9)
            ]
    fast_notes, fast_controls = _sound(tuple(fast), CHORD)
    return notes + fast_notes, controls + fast_controls


def _noise() -> tuple[tuple[Note, ...], tuple[Control, ...]]:
    """Return the strokes as noise, one at a time: a later one cuts an earlier one off."""
    strokes = drums(DRUMS)
    onsets = [_frames(note.onset_beats) for note in strokes]
    notes: list[Note] = []
    controls: list[Control] = []
    for index, (stroke, onset) in enumerate(zip(strokes, onsets, strict=True)):
        pitch, frames, sound = NOISES[stroke.pitch]
        if index and onsets[index - 1] == onset:
            continue
        following = next((other for other in onsets if other > onset), _frames(BARS * 4.0))
        note = Note(onset / FRAMES_A_BEAT, min(frames, following - onset) / FRAMES_A_BEAT, pitch)
        sounded, changes = _sound((note,), sound)
        notes += sounded
        controls += changes
    return tuple(notes), tuple(controls)
