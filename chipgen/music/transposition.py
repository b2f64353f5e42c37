"""Transposes scores by semitones, or into a key.

Only pitched notes move. A mode cannot be changed: a piece in minor stays in minor.
"""

from dataclasses import replace

from chipgen.music.key_changes import changed_key, key_change
from chipgen.music.key_detection import detect_key
from chipgen.music.key_names import Key, parse_key
from chipgen.music.score import Score, Track
from synth.chip.voices import VOICE_BY_ROLE


def transpose(score: Score, semitones: int) -> Score:
    """Move all pitched notes by a number of semitones; drums and noise stay unchanged.

    Notes that would leave MIDI's range, or the range of the chip's voice that plays them, are moved
    on by octaves.

    Examples
    --------
    >>> from chipgen.music.score import Note
    >>> moved = transpose(Score((Track(notes=(Note(0.0, 1.0, 60),)),), key="C"), -3)
    >>> moved.tracks[0].notes[0].pitch, moved.key
    (57, 'A')
    """
    key = _transposed(score.key, semitones) if score.key else ""
    tracks = tuple(_moved(track, semitones) for track in score.tracks)
    markers = tuple(
        key_change(marker.beat, _transposed(changed, semitones))
        if (changed := changed_key(marker))
        else marker
        for marker in score.markers
    )
    return replace(score, tracks=tracks, key=key, markers=markers)


def _transposed(signature: str, semitones: int) -> str:
    was = parse_key(signature)
    return replace(was, tonic=(was.tonic + semitones) % 12).signature


def into_key(score: Score, wanted: Key) -> tuple[Score, str]:
    """Move a piece into another key, by no more than six semitones.

    A mode cannot be moved into: a piece in minor stays in minor.

    Returns
    -------
    moved : Score
        With the key it is now in as its key signature.
    remark
        What was done, for the user.
    """
    found = detect_key(score)
    if found is None:
        return score, "nothing in the seed has a pitch, so it was not transposed"
    semitones = (wanted.tonic - found.tonic + 5) % 12 - 5
    now = Key(wanted.tonic, found.mode)
    moved = replace(transpose(score, semitones), key=now.signature)
    remark = f"the seed was heard in {found.name} and moved by {semitones:+d} semitones"
    if not semitones:
        remark = f"the seed was heard in {found.name} already"
    if wanted.mode and wanted.mode != found.mode:
        remark += f"; moving it makes no {wanted.mode} of {found.mode}, so it is in {now.name}"
    return moved, remark


def _moved(track: Track, semitones: int) -> Track:
    if track.is_drums or track.role == "no" or not semitones:
        return track
    voice = VOICE_BY_ROLE.get(track.role)
    low, high = (0, 127) if voice is None else voice.midi_range

    def fold(was: int) -> int:
        bottom, top = (low, high) if low <= was <= high else (0, 127)
        pitch = was + semitones
        while pitch < bottom:
            pitch += 12
        while pitch > top:
            pitch -= 12
        return pitch

    notes = (replace(note, pitch=fold(note.pitch)) for note in track.notes)
    return replace(track, notes=tuple(sorted(notes)))
