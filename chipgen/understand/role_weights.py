"""Weighs the evidence for each stream being a tune or a bass."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chipgen.music.score import Score, Track
from chipgen.understand.programs import BASSES, EFFECTS, LEADS, tune_weight
from chipgen.understand.role_evidence import Evidence
from chipgen.understand.streams import Stream
from chipgen.understand.track_names import is_patch_name, named_role

# What names are worth for the tune and for the bass; docs/arranging.md has the whole table.
_NAMED: Final[dict[str, tuple[float, float]]] = {
    "tune": (5.0, -4.0),
    "counter": (0.5, -2.0),
    "harmony": (-1.5, -1.5),
    "bass": (-5.0, 4.0),
    "effect": (-5.0, -5.0),
    "": (0.0, 0.0),
}
# The same where the name is merely that of the track's General MIDI program.
_PATCH_NAMED: Final = {"tune": (3.5, -1.0), "bass": (0.0, 0.0)}
BASS_LEAST: Final = 2.0  # a stream with less is no bass of its own
LONE_BASS: Final = 50.0  # a track alone with its mean pitch under D3 is a bass
LONE: Final = 10.0
TOP: Final = 1.5  # for a stream above which nothing ever sounds
TOP_OF_LIKE: Final = 4.5  # the same where all players are alike, but not for broken chords
ONLY_LEAD: Final = 1.5
_MOST_REASONS: Final = 3
DRONE_S: Final = 6.0  # notes held as long as that


@dataclass(frozen=True, slots=True)
class Weights:
    """How like a tune and a bass a stream is.

    Attributes
    ----------
    tune, bass
        Sums of what speaks for it; above 0 more does than does not.
    speaks_for
        What counts most for the tune, and for the bass, in words.
    accompanies
        What counts most against its being the tune.
    """

    tune: float
    bass: float
    speaks_for: Mapping[str, tuple[str, ...]]
    accompanies: tuple[str, ...]

    def reasons(self, role: str) -> tuple[str, ...]:
        """Return in words why a stream has a role."""
        return self.speaks_for.get(role, self.accompanies)


class _Term(NamedTuple):
    """One piece of evidence about a stream, and its weight for tune and bass."""

    words: str
    tune: float
    bass: float


def weigh_streams(
    score: Score, streams: Sequence[Stream], evidence: Sequence[Evidence]
) -> list[Weights]:
    """Weigh each stream's name, program, register, texture, loudness and repetition."""
    lead = find_only_lead(score, streams)
    players = {stream.track for stream in streams}
    alike = (
        len(players) > 1
        and len({(named_role(score.tracks[k].name), score.tracks[k].program) for k in players}) == 1
    )
    return [
        _weigh(score, stream, own, alone=len(streams) == 1, alike=alike, lead=lead)
        for stream, own in zip(streams, evidence, strict=True)
    ]


def find_only_lead(score: Score, streams: Sequence[Stream]) -> int:
    """Return the one track that is labelled as a lead, or −1 if none or several are.

    A name counts before a General MIDI program or its name.
    """
    tracks = dict.fromkeys(stream.track for stream in streams)
    named = [k for k in tracks if _is_named_tune(score.tracks[k])]
    leads = named or [k for k in tracks if score.tracks[k].program in LEADS]
    return leads[0] if len(leads) == 1 else -1


def _is_named_tune(track: Track) -> bool:
    return named_role(track.name) == "tune" and not is_patch_name(track.name)


def _weigh(
    score: Score, stream: Stream, own: Evidence, *, alone: bool, alike: bool, lead: int
) -> Weights:
    track = score.tracks[stream.track]
    name = named_role(track.name)
    named = _NAMED[name]
    if is_patch_name(track.name):
        named = _PATCH_NAMED.get(name, (-1.0, -1.0))
    is_bass_program = track.program in BASSES
    # A track may be called lead and play the bass program: names are what people wrote.
    program = -2.5 if is_bass_program and name != "tune" else tune_weight(track.program)
    top = TOP
    if alike:
        top = max(TOP, TOP_OF_LIKE * (1.0 - own.figure) * (1.0 - own.tremolo))
    terms = [
        _Term(f"it is named as {name}", *named),
        _Term("its program", program, 2.5 if is_bass_program else 0.0),
        _Term("the only lead", ONLY_LEAD if stream.track == lead else 0.0, 0.0),
        _Term("often the highest", top * own.top_share, -TOP * own.top_share),
        _Term("often the lowest", -1.0 * own.low_share, 1.5 * own.low_share),
        _Term("its register", *_register(own.mean_pitch)),
        _Term("chords", -2.0 * stream.chord_share, -1.5 * stream.chord_share),
        _Term("its loudness", 1.5 * max(-1.0, min(1.0, 2.0 * own.loudness)), 0.0),
        _Term("broken chords", -2.0 * own.figure, 0.0),
        _Term("tremolo", -3.0 * own.tremolo, 0.0),
        _Term("moves by step", 1.0 * own.steps, 0.0),
        _Term("plays much of the time", min(1.0, 2.0 * own.presence), 0.5 * own.presence),
        _Term("held notes", -2.0 if own.held_s >= DRONE_S else 0.0, 0.0),
        _Term("a sound effect", *((-6.0, -6.0) if track.program in EFFECTS else (0.0, 0.0))),
    ]
    tune, bass = sum(term.tune for term in terms), sum(term.bass for term in terms)
    if alone:
        is_bass = name == "bass" or is_bass_program or own.mean_pitch < LONE_BASS
        return Weights(0.0, LONE if is_bass else -LONE, {}, ("it plays alone",))
    return Weights(
        tune,
        bass,
        {
            "tune": _strongest(terms, lambda term: term.tune),
            "bass": _strongest(terms, lambda term: term.bass),
        },
        _strongest(terms, lambda term: -term.tune),
    )


def _strongest(terms: Sequence[_Term], value: Callable[[_Term], float]) -> tuple[str, ...]:
    """Return the words of the terms that count most, those below half a point left out."""
    ranked = sorted(terms, key=value, reverse=True)[:_MOST_REASONS]
    return tuple(term.words for term in ranked if value(term) >= 0.5)


def _register(mean: float) -> tuple[float, float]:
    """Return the weight of a mean pitch: tunes lie from A3 to C6, basses below C3."""
    tune = -max(0.0, 57.0 - mean) / 6.0 - max(0.0, mean - 88.0) / 6.0
    return max(-3.0, tune), max(-3.0, min(1.5, (50.0 - mean) / 8.0))
