"""A seed's drums to the drums of its continuation: the same pattern on, a plain kit, or none."""

from dataclasses import replace
from typing import Final

from chipgen.music.parts import Frame
from chipgen.music.score import Note, Track

DRUM_CHOICES: Final = ("seed", "preset", "none")

_KICK, _SNARE, _HAT = 36, 38, 42  # General MIDI 1, percussion key map
# NES-MDB writes noise as 16 minus the period index: a low thud, a mid burst, a high tick.
_NOISE: Final = {_KICK: 2, _SNARE: 9, _HAT: 14}
_HIT_BEATS: Final = {_KICK: 0.2, _SNARE: 0.25, _HAT: 0.1}
_HIT_VELOCITY: Final = {_KICK: 110, _SNARE: 100, _HAT: 64}


def drum_tracks(
    tracks: list[Track], dialect: str, frame: Frame, bars: int, drums: str
) -> list[Track]:
    """Return the tracks with drums played on through the composed bars.

    Parameters
    ----------
    tracks
        Of the seed and its continuation.
    dialect
        The seed's; on ``"nesmdb"`` the kit is played on the noise track.
    drums
        One of `DRUM_CHOICES`. A seed without drums stays without under ``"seed"``.
    """
    if drums == "none":
        return tracks
    if drums == "seed":
        return [_carry_on(t, frame, bars) if _is_drums(t) else t for t in tracks]
    hits = plain_kit(frame, bars)
    if dialect == "nesmdb":
        hits = [replace(hit, pitch=_NOISE[hit.pitch]) for hit in _one_voice(hits)]
    index = next((i for i, track in enumerate(tracks) if _is_drums(track)), None)
    if index is None:
        new = Track("no", 9, 121, role="no") if dialect == "nesmdb" else Track("drums", 9)
        tracks, index = [*tracks, new], len(tracks)
    played = replace(tracks[index], notes=tuple(sorted((*tracks[index].notes, *hits))))
    return [*tracks[:index], played, *tracks[index + 1 :]]


def plain_kit(frame: Frame, bars: int) -> list[Note]:
    """Return a plain beat: kick on the bar's first beat and middle, snare between, eighths on top.

    In bars of two or four beats the snare falls on every second beat, in others on all but the
    first.
    """
    beats = frame.bar_beats
    even = beats % 2 == 0
    hits: list[Note] = []
    for bar in range(bars):
        start = frame.start_beats + bar * beats
        for half in range(int(beats * 2 + 1e-6)):
            at = start + half / 2
            beat, off = divmod(half, 2)
            struck = [_HAT]
            if not off:
                struck.append(_SNARE if (beat % 2 if even else beat) else _KICK)
            hits += [Note(at, _HIT_BEATS[key], key, _HIT_VELOCITY[key]) for key in struck]
    return sorted(hits)


def _carry_on(track: Track, frame: Frame, bars: int) -> Track:
    """Play a drum track's last bars again and again, its levels with it."""
    notes, controls = list(track.notes), [c for c in track.controls if c.beat < frame.start_beats]
    for bar in range(bars):
        source = frame.pattern_start(bar)
        target = frame.start_beats + bar * frame.bar_beats
        until = source + frame.bar_beats
        notes += [
            replace(
                note,
                onset_beats=note.onset_beats - source + target,
                duration_beats=min(note.duration_beats, until - note.onset_beats),
            )
            for note in track.notes
            if source - 1e-6 <= note.onset_beats < until - 1e-6
        ]
        controls += [
            replace(control, beat=control.beat - source + target)
            for control in track.controls
            if source <= control.beat < until
        ]
    return replace(track, notes=tuple(sorted(notes)), controls=tuple(controls))


def _one_voice(hits: list[Note]) -> list[Note]:
    """Leave the hat out where something louder is struck: the noise channel is one voice."""
    loud = {hit.onset_beats for hit in hits if hit.pitch != _HAT}
    return [hit for hit in hits if hit.pitch != _HAT or hit.onset_beats not in loud]


def _is_drums(track: Track) -> bool:
    return track.is_drums or track.role == "no"
