"""Measures the arranger on ordinary music whose notes are labelled.

The arranger is scored with the tracks' names in place, with all names hidden, and with all tracks
but the drums on one; two plain ways to share notes among three voices stand beside it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.music.played_notes import PlayedNote, perform_score
from chipgen.music.score import Score, Track
from chipgen.training.labelled_scores import (
    DRUM_CLASSES,
    EFFECT,
    OTHER_DRUM,
    LabelledScore,
    without_names,
)
from chipgen.training.voice_baselines import Voices, assign_nearest, assign_skyline
from chipgen.understand import understand
from chipgen.understand.melody_bass_search import CHORD_SPREAD_S
from chipgen.understand.roles import RolePart
from synth.chip.voices import PITCHED, PULSES, VOICE_BY_NAME

ROLE_WEIGHTS: Final = {"tune": 4.0, "bass": 3.0, "counter": 2.0, "harmony": 1.0, "drone": 1.0}
NOT_PITCHED: Final = frozenset({*DRUM_CLASSES, OTHER_DRUM, EFFECT})


@dataclass(frozen=True, slots=True)
class Heard:
    """How a note of the source is heard: in which voice, until when, moved and shared or not."""

    voice: str
    end_s: float
    moved: int
    share: float


@dataclass(frozen=True, slots=True)
class Rendition:
    """A method's result for a score: how each note (track, index) is played, and arpeggio time."""

    heard: dict[tuple[int, int], Heard]
    arpeggio_share: float


@dataclass(frozen=True, slots=True)
class LabelledResult:
    """How well one method arranges labelled songs.

    Attributes
    ----------
    name
        The method.
    tune, bass
        Share of labelled notes heard at their octave and by themselves: the tune on a pulse, the
        bass on the triangle. Of notes of a track that begin together the highest counts, or for the
        bass the lowest. None where no song has such a label.
    time_heard
        Share of the time of all pitched notes that is heard, weighted by role.
    needless_moves
        Share of pitched notes moved by octaves although the written pitch fits their voice.
    arpeggio
        Median over songs of the share of time in arpeggio.
    drums
        Mean over classes of drums of the F1 of their onsets; None without drums.
    as_drums
        Share of pitched notes that are played as drums.
    crowded_out
        Labelled tune and bass notes not heard while a double or an effect has their voice, for
        every hundred.
    songs, notes
        How much was scored.
    """

    name: str
    tune: float | None
    bass: float | None
    time_heard: float
    needless_moves: float
    arpeggio: float
    drums: float | None
    as_drums: float
    crowded_out: float
    songs: int
    notes: int


def score_methods(scores: Sequence[LabelledScore]) -> list[LabelledResult]:
    """Measure the arranger, with names, without and on one track, and its baselines."""
    methods: dict[str, Callable[[Score], Rendition]] = {
        "arranger": arrange_score,
        "arranger, names hidden": lambda score: arrange_score(without_names(score)),
        "arranger, on one track": arrange_on_one_track,
        "skyline": share_by_skyline,
        "greedy nearest pitch": share_by_nearest_pitch,
    }
    return [measure_method(name, method, scores) for name, method in methods.items()]


def score_kinds(scores: Sequence[LabelledScore]) -> list[LabelledResult]:
    """Measure the arranger on each kind of score by itself, under the kind's name."""
    kinds = dict.fromkeys(score.kind for score in scores)
    return [
        measure_method(kind, arrange_score, [score for score in scores if score.kind == kind])
        for kind in kinds
    ]


def format_labelled_table(results: Sequence[LabelledResult]) -> str:
    """Lay results out for reading."""
    head = ("tune", "bass", "time", "octaves", "arpeggio", "drums", "as drums", "crowded")
    lines = [f"{'method':<24}" + "".join(f"{word:>10}" for word in head)]
    for r in results:
        cells = [_percent(r.tune), _percent(r.bass), _percent(r.time_heard),
                 _percent(r.needless_moves, 2), _percent(r.arpeggio), _percent(r.drums),
                 _percent(r.as_drums, 2), f"{r.crowded_out:.2f}"]  # fmt: skip
        lines.append(f"{r.name:<24}" + "".join(f"{cell:>10}" for cell in cells))
    lines.append(
        f"{results[0].songs} songs, {results[0].notes:,} pitched notes; crowded: of a hundred tune "
        "and bass notes those lost to a double or an effect"
    )
    return "\n".join(lines)


def arrange_score(score: Score) -> Rendition:
    """Arrange a score as `chipgen render --as-is` does."""
    arrangement = arrange(score, ArrangeConfig())
    chip = arrangement.chip_score
    starts_s = {
        voice: [note.start_s for note in chip.voice(voice)] for voice in (*PITCHED, "noise")
    }
    heard = {}
    for placement in arrangement.placements:
        if placement.status not in ("kept", "arpeggiated"):
            continue
        notes, starts = chip.voice(placement.voice), starts_s[placement.voice]
        at = min(bisect_left(starts, placement.start_s - CHORD_SPREAD_S), len(notes) - 1)
        note = notes[at]
        share = 1.0 if placement.status == "kept" else 1.0 / max(2, len(set(note.arpeggio)))
        heard[placement.track, placement.index] = Heard(
            placement.voice, note.end_s, placement.folded_semitones, share
        )
    arpeggio_s = sum(
        min(note.end_s - note.start_s, note.arpeggio_s or float("inf"))
        for voice in PITCHED
        for note in chip.voice(voice)
        if note.arpeggio
    )
    return Rendition(heard, arpeggio_s / chip.end_s if chip.end_s else 0.0)


def arrange_on_one_track(score: Score) -> Rendition:
    """Arrange a score whose pitched tracks are merged into one, as in a file of piano music."""
    pitched = [k for k, track in enumerate(score.tracks) if not track.plays_drums]
    merged = sorted(
        (note, k, index) for k in pitched for index, note in enumerate(score.tracks[k].notes)
    )
    drums = [k for k, track in enumerate(score.tracks) if track.plays_drums]
    one = Track("", 0, 0, tuple(note for note, _, _ in merged))
    made = arrange_score(score.with_tracks((one, *(score.tracks[k] for k in drums))))
    heard = {
        merged[index][1:] if track == 0 else (drums[track - 1], index): found
        for (track, index), found in made.heard.items()
    }
    return Rendition(heard, made.arpeggio_share)


def share_by_skyline(score: Score) -> Rendition:
    """Arrange a score by `assign_skyline`."""
    notes = _pitched(score)
    voices = assign_skyline([note.start_s for note in notes], [note.pitch for note in notes])
    return _rendition(notes, voices)


def share_by_nearest_pitch(score: Score) -> Rendition:
    """Arrange a score by `assign_nearest`."""
    notes = _pitched(score)
    voices = assign_nearest(
        [note.start_s for note in notes],
        [note.end_s for note in notes],
        [float(note.pitch) for note in notes],
    )
    return _rendition(notes, voices)


def _pitched(score: Score) -> list[PlayedNote]:
    return perform_score(
        score, [k for k, track in enumerate(score.tracks) if not track.plays_drums]
    )


def _rendition(notes: Sequence[PlayedNote], voices: Voices) -> Rendition:
    given: dict[str, list[PlayedNote]] = {voice: [] for voice in PITCHED}
    for note, voice in zip(notes, voices.tolist(), strict=True):
        if voice >= 0:
            given[PITCHED[voice]].append(note)
    heard = {}
    for name, own in given.items():
        lowest, highest = VOICE_BY_NAME[name].pitch_range
        for k, note in enumerate(own):
            end_s = note.end_s if k + 1 == len(own) else min(note.end_s, own[k + 1].start_s)
            moved = 0 if lowest <= note.pitch <= highest else 12
            heard[note.track, note.index] = Heard(name, end_s, moved, 1.0)
    return Rendition(heard, 0.0)


def measure_method(
    name: str, method: Callable[[Score], Rendition], scores: Sequence[LabelledScore]
) -> LabelledResult:
    """Measure one method on labelled scores."""
    labelled = {"tune": [0, 0], "bass": [0, 0]}
    time_s = heard_s = 0.0
    notes = needless = crowded = as_drums = 0
    arpeggios = []
    drums = {word: [0, 0] for word in DRUM_CLASSES}
    for known in scores:
        score, labels = known.score, known.labels
        made = method(score)
        arpeggios.append(made.arpeggio_share)
        roles = understand(score).roles.role_of()
        every = perform_score(score, range(len(score.tracks)))
        played = [note for note in every if labels.get(_key(note)) not in NOT_PITCHED]
        holders = _holders(every, made, roles)
        for note in played:
            found = made.heard.get(_key(note))
            part = roles.get(_key(note))
            weight = ROLE_WEIGHTS.get(part.role, 0.0) if part else 0.0
            time_s += weight * (note.end_s - note.start_s)
            notes += 1
            if found is not None:
                lasted_s = max(0.0, min(found.end_s, note.end_s) - note.start_s)
                heard_s += weight * found.share * lasted_s
                as_drums += found.voice == "noise"
                if found.moved and found.voice in VOICE_BY_NAME:
                    lowest, highest = VOICE_BY_NAME[found.voice].pitch_range
                    needless += lowest <= note.pitch <= highest
        for label, voices in (("tune", PULSES), ("bass", ("triangle",))):
            for note in _outer_notes(played, labels, label):
                found = made.heard.get(_key(note))
                right = (
                    found is not None
                    and found.voice in voices
                    and not found.moved
                    and found.share == 1.0
                )
                labelled[label][0] += right
                labelled[label][1] += 1
                crowded += not right and _is_crowded(note, voices, holders)
        for note in every:
            word = labels.get(_key(note), "")
            if word in drums:
                found = made.heard.get(_key(note))
                drums[word][0] += found is not None and found.voice == "noise"
                drums[word][1] += 1
    scored = [_f1(hits, all_hits) for hits, all_hits in drums.values() if all_hits]
    shares = {k: right / count if count else None for k, (right, count) in labelled.items()}
    told = sum(count for _, count in labelled.values())
    return LabelledResult(
        name, shares["tune"], shares["bass"], heard_s / time_s if time_s else 0.0,
        needless / notes if notes else 0.0, median(arpeggios),
        sum(scored) / len(scored) if scored else None, as_drums / notes if notes else 0.0,
        100.0 * crowded / told if told else 0.0, len(scores), notes,
    )  # fmt: skip


def _key(note: PlayedNote) -> tuple[int, int]:
    return note.track, note.index


def _outer_notes(
    played: Iterable[PlayedNote], labels: Mapping[tuple[int, int], str], label: str
) -> list[PlayedNote]:
    """Return a track's notes of a label; of those that begin together the outermost."""
    sign = -1 if label == "bass" else 1
    outer: dict[int, list[PlayedNote]] = {}
    for note in played:
        if labels.get(_key(note)) != label:
            continue
        line = outer.setdefault(note.track, [])
        if line and note.start_s - line[-1].start_s <= CHORD_SPREAD_S:
            line[-1] = max(line[-1], note, key=lambda n: sign * n.pitch)
        else:
            line.append(note)
    return [note for line in outer.values() for note in line]


def _f1(hits: int, every: int) -> float:
    """Return the F1 of onsets none of which is invented.

    Examples
    --------
    >>> _f1(1, 3)
    0.5
    """
    return 2 * hits / (hits + every)


def _holders(
    played: Iterable[PlayedNote], made: Rendition, roles: Mapping[tuple[int, int], RolePart]
) -> dict[str, list[tuple[float, float]]]:
    """Return by voice when doubles and effects sound in it."""
    spans: dict[str, list[tuple[float, float]]] = {voice: [] for voice in PITCHED}
    for note in played:
        found = made.heard.get((note.track, note.index))
        part = roles.get((note.track, note.index))
        spare = part is not None and part.role in ("double", "effect")
        if found is not None and found.voice in spans and spare:
            spans[found.voice].append((note.start_s, found.end_s))
    return spans


def _is_crowded(
    note: PlayedNote, voices: Sequence[str], holders: dict[str, list[tuple[float, float]]]
) -> bool:
    for voice in voices:
        spans = holders[voice]
        at = bisect_right(spans, (note.start_s + CHORD_SPREAD_S, float("inf"))) - 1
        if at >= 0 and spans[at][1] > note.start_s + CHORD_SPREAD_S:
            return True
    return False


def _percent(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{100.0 * value:.{digits}f} %"
