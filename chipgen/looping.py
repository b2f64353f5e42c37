"""Loop marks in a MIDI file to a `ChipScore` that loops."""

from dataclasses import replace
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.score import Score
from synth.instrument.voices import VOICES, ChipNote, ChipScore

START_MARKERS: Final = frozenset({"loopstart", "loop start", "loop_start", "loop"})
END_MARKERS: Final = frozenset({"loopend", "loop end", "loop_end"})
START_CONTROL: Final = 111  # RPG Maker's mark of where music that has ended goes on


def find_loop(score: Score) -> tuple[float, float] | None:
    """Find where a piece loops.

    A marker ``loopStart``, or else control change 111 on any track, is the start; a marker
    ``loopEnd``, or else the end of the piece, is the end. The first of each counts.

    Returns
    -------
    tuple or None
        Start and end in quarter notes; None if nothing marks a start.

    Raises
    ------
    ChipgenError
        If the loop ends before it begins.

    Examples
    --------
    >>> from chipgen.music.score import Marker
    >>> find_loop(Score(markers=(Marker(8.0, "loopStart"),), end_beats=32.0))
    (8.0, 32.0)
    """
    named = [(marker.text.strip().lower(), marker.beat) for marker in score.markers]
    starts = [beat for text, beat in named if text in START_MARKERS]
    if not starts:
        starts = sorted(
            control.beat
            for track in score.tracks
            for control in track.controls
            if control.number == START_CONTROL
        )
    if not starts:
        return None
    end = next((beat for text, beat in named if text in END_MARKERS), score.end_beats)
    if not starts[0] < end:
        raise ChipgenError(
            f"the loop is marked to begin at beat {starts[0]:g} and to end at {end:g}; "
            "move the markers"
        )
    return starts[0], end


def with_loop(chip_score: ChipScore, score: Score) -> ChipScore:
    """Return the four voices looping as the piece they were arranged from is marked.

    What lies beyond the loop's end is never heard and is left out; a note that lasts beyond it ends
    there. Without marks the voices come back as they are.

    Raises
    ------
    ChipgenError
        As `find_loop`.
    """
    loop = find_loop(score)
    if loop is None:
        return chip_score
    start_s, end_s = (float(second) for second in score.beats_to_seconds(loop))
    voices = {voice: _cut(chip_score.voice(voice), end_s) for voice in VOICES}
    return ChipScore(**voices, end_s=end_s, loop_s=start_s)


def _cut(notes: tuple[ChipNote, ...], end_s: float) -> tuple[ChipNote, ...]:
    return tuple(
        note if note.end_s <= end_s else replace(note, end_s=end_s)
        for note in notes
        if note.start_s < end_s
    )
