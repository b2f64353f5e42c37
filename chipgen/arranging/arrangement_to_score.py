"""Converts an arrangement back to a score that can be edited as MIDI."""

from chipgen.music.nesmdb_dialect import chip_to_midi_level
from chipgen.music.score import Bend, Control, Note, Score, Track
from synth.chip.voices import EXPRESSION, SCORED, TIMBRE, VOICE_BY_ROLE
from synth.instrument.chip_score import ChipNote, ChipScore


def chip_score_to_score(chip_score: ChipScore, source: Score) -> Score:
    """Write four voices as a score of four tracks in the NES-MDB dialect.

    Velocity and CC11 carry volume, CC12 timbre, noise pitches 1-16 the period; an arpeggio is
    written as a chord. Arranging the result again gives the same notes.

    Parameters
    ----------
    chip_score
        The voices.
    source
        The piece they came from, for tempo map, meter, key and markers.

    Returns
    -------
    Score
        With tracks p1, p2, tr and no, also where a voice is silent.
    """
    tracks = tuple(_write_track(v.role, chip_score.voice(v.name), source) for v in SCORED)
    ends = [note.end_beats for track in tracks for note in track.notes]
    return Score(
        tracks=tracks,
        tempos=source.tempos,
        meters=source.meters,
        end_beats=max([source.end_beats, *ends]),
        dialect="nesmdb",
        key=source.key,
        markers=source.markers,
    )


def _write_track(role: str, chip_notes: tuple[ChipNote, ...], source: Score) -> Track:
    notes: list[Note] = []
    times_s: list[tuple[float, int, int]] = []
    bend_s: list[tuple[float, float]] = []
    onsets = source.seconds_to_beats([note.start_s for note in chip_notes]).tolist()
    ends = source.seconds_to_beats([note.end_s for note in chip_notes]).tolist()
    for chip_note, onset, end in zip(chip_notes, onsets, ends, strict=True):
        velocity = max(1, chip_to_midi_level(chip_note.volume))
        for offset in dict.fromkeys((0, *chip_note.arpeggio)):
            pitch = 16 - chip_note.pitch if role == "no" else chip_note.pitch + offset
            notes.append(Note(onset, max(end - onset, 1e-6), pitch, velocity))
        for number, changes in (
            (EXPRESSION, [(t, chip_to_midi_level(v)) for t, v in chip_note.volume_changes]),
            (TIMBRE, chip_note.timbre_changes),
        ):
            times_s += [(chip_note.start_s + time_s, number, value) for time_s, value in changes]
        bent = bool(bend_s) and bend_s[-1][1] != 0.0
        if chip_note.bend and chip_note.bend[0][0] > 0.0 and bent:
            bend_s.append((chip_note.start_s, 0.0))
        bend_s += [(chip_note.start_s + time_s, cents / 100.0) for time_s, cents in chip_note.bend]
        if not chip_note.bend and bent:
            bend_s.append((chip_note.start_s, 0.0))
    beats = source.seconds_to_beats([time_s for time_s, _, _ in times_s]).tolist()
    controls = [Control(b, n, v) for b, (_, n, v) in zip(beats, times_s, strict=True)]
    bend_beats = source.seconds_to_beats([time_s for time_s, _ in bend_s]).tolist()
    bends = [Bend(b, semitones) for b, (_, semitones) in zip(bend_beats, bend_s, strict=True)]
    return Track(
        name=role,
        channel=VOICE_BY_ROLE[role].midi_channel,
        program=VOICE_BY_ROLE[role].midi_program,
        notes=tuple(sorted(notes)),
        controls=tuple(sorted(controls, key=lambda control: control.beat)),
        bends=tuple(sorted(bends, key=lambda bend: bend.beat)),
        role=role,
    )
