"""The result of arranging: four voices, and what became of each note of the source."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chipgen.music.score import Score
from synth.instrument.chip_score import ChipScore

NOTE_STATUSES: Final = ("kept", "arpeggiated", "doubled", "dropped")
NO_VOICE_FOR_IT: Final = "a sound effect that no voice can play"


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of one note of the source.

    Attributes
    ----------
    track, index
        Which note: `score.tracks[track].notes[index]`.
    start_s
        Its onset in seconds.
    pitch
        Its pitch in the source, as it is heard: far bends are part of it.
    status
        ``"kept"``: has an attack of its own. ``"arpeggiated"``: sounds as a step of a chord's
        arpeggio. ``"doubled"``: left out because another note sounds the same pitch class in the
        same voice or octave at that moment. ``"dropped"``: not heard.
    voice
        The voice in which it is heard, as a note of its own or in the one that it doubles; empty
        if it is dropped.
    folded_semitones
        By how much it was moved to fit the voice, a multiple of 12 except on drums, where it is 0.
    reason
        Why, in a few words; empty for a note that is simply kept.
    heard_s
        How long it sounds, in seconds; 0 for one that is not heard by itself.
    role
        What it does in the music, one of `chipgen.understand.roles.ROLES`; empty where that was not
        asked, since a track or the map names the voice.
    """

    track: int
    index: int
    start_s: float
    pitch: int
    status: str
    voice: str = ""
    folded_semitones: int = 0
    reason: str = ""
    heard_s: float = 0.0
    role: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Notes of one track to which the same thing was done for the same reason.

    Attributes
    ----------
    track
        Of the source.
    what
        ``"arpeggiated"``, ``"doubled"``, ``"dropped"``, or ``"folded"`` for notes that keep their
        attack and were only moved.
    reason
        As the placements say it.
    placements
        The notes, in the order of the source.
    """

    track: int
    what: str
    reason: str
    placements: tuple[Placement, ...]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Four voices and the account of how they came about.

    Attributes
    ----------
    chip_score
        What the hardware plays.
    placements
        One for every note of the source, in the order of tracks and notes.
    dialect
        ``"nesmdb"`` if the source's tracks were the chip's own voices, ``"gm"`` if it was arranged,
        ``"map"`` if a voice map was given.
    remarks
        Remarks for the listener, one line each, such as pulses that are out of tune.
    gains
        Factors by which the levels of pulses and of drums were raised.
    """

    chip_score: ChipScore
    placements: tuple[Placement, ...]
    dialect: str
    remarks: tuple[str, ...] = ()
    gains: tuple[float, float] = (1.0, 1.0)

    def counts(self) -> dict[str, int]:
        """Return how many notes met each status, and how many were folded."""
        statuses = Counter(placement.status for placement in self.placements)
        result = {status: statuses[status] for status in NOTE_STATUSES}
        result["folded"] = sum(placement.folded_semitones != 0 for placement in self.placements)
        return result


def group_changes(placements: Iterable[Placement]) -> tuple[Change, ...]:
    """Gather the notes that were changed, by track, kind of change and reason, in that order.

    Examples
    --------
    >>> note = Placement(0, 0, 0.0, 60, "dropped", reason="its volume is 0")
    >>> [(change.what, len(change.placements)) for change in group_changes([note, note])]
    [('dropped', 2)]
    """
    groups: dict[tuple[int, str, str], list[Placement]] = {}
    for placement in placements:
        if placement.status != "kept" or placement.folded_semitones:
            what = placement.status if placement.status != "kept" else "folded"
            groups.setdefault((placement.track, what, placement.reason), []).append(placement)
    return tuple(Change(*key, tuple(groups[key])) for key in sorted(groups))


def remark_effects(score: Score, arrangement: Arrangement) -> tuple[str, ...]:
    """Name the tracks that are sound effects by their program, and so no tune: one line, or none.

    Examples
    --------
    >>> from chipgen.music.score import Note, Track
    >>> sea = Score((Track("Sea", program=122, notes=(Note(0.0, 1.0, 60),)),))
    >>> placement = Placement(0, 0, 0.0, 60, "dropped", reason=NO_VOICE_FOR_IT)
    >>> remark_effects(sea, Arrangement(ChipScore(), (placement,), "gm"))
    ("sound effects by their program: left out track:0 'Sea'; --map noise=track:0 plays it",)
    """
    left_out, on_noise = set(), set()
    for placement in arrangement.placements:
        if placement.reason == NO_VOICE_FOR_IT:
            left_out.add(placement.track)
        elif placement.voice == "noise" and not score.tracks[placement.track].plays_drums:
            on_noise.add(placement.track)
    on_noise = set() if arrangement.dialect == "map" else on_noise  # as the map says
    if not left_out and not on_noise:
        return ()
    told = [
        f"{what} {', '.join(_named(score, track) for track in sorted(tracks))}"
        for what, tracks in (("left out", left_out), ("on the noise", on_noise))
        if tracks
    ]
    way_out = (
        f"--map noise=track:{min(left_out)} plays it"
        if left_out
        else f"--map pulse2=track:{min(on_noise)} plays it as pitches"
    )
    return (f"sound effects by their program: {'; '.join(told)}; {way_out}",)


def _named(score: Score, track: int) -> str:
    name = score.tracks[track].name
    return f"track:{track}" + (f" {name!r}" if name else "")
