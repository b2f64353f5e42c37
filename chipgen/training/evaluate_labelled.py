"""Measures the arranger on ordinary music whose tracks say what they are.

A track named melody, lead or vocal holds the tune, one that is named or programmed as a bass holds
the bass. The arranger is scored with the names in place and with all names hidden; two plain ways
to share notes among three voices stand beside it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

from chipgen.arrange import ArrangeConfig, arrange
from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score, read_suffixes
from chipgen.music.performance import PlayedNote, perform_score
from chipgen.music.score import Score, Track
from chipgen.training.voice_baselines import Voices, assign_nearest, assign_skyline
from chipgen.understand import understand
from chipgen.understand.lines import CHORD_SPREAD_S
from chipgen.understand.programs import BASSES
from chipgen.understand.roles import RolePart
from chipgen.understand.track_names import is_patch_name, named_role
from synth.chip.voices import PITCHED, PULSES, VOICE_BY_NAME

ROLE_WEIGHTS: Final = {"tune": 4.0, "bass": 3.0, "counter": 2.0, "harmony": 1.0, "drone": 1.0}
DRUM_CLASSES: Final[dict[str, frozenset[int]]] = {
    "kick": frozenset({35, 36}),
    "snare": frozenset({37, 38, 39, 40}),
    "hi-hat": frozenset({42, 44, 46}),
    "tom": frozenset({41, 43, 45, 47, 48, 50}),
    "cymbal": frozenset({49, 51, 52, 53, 55, 57, 59}),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """How a note of the source is heard: in which voice, until when, moved and shared or not."""

    voice: str
    end_s: float
    moved: int
    share: float


@dataclass(frozen=True, slots=True)
class Rendition:
    """What a method makes of a score: for (track, index) how it is heard, and arpeggio time."""

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
        bass on the triangle. None where no song has such a label.
    time_heard
        Share of the time of all pitched notes that is heard, weighted by role.
    needless_moves
        Share of pitched notes moved by octaves although the written pitch fits their voice.
    arpeggio
        Median over songs of the share of time in arpeggio.
    drums
        Mean over classes of drums of the F1 of their onsets; None without drums.
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
    crowded_out: float
    songs: int
    notes: int


def evaluate_labelled(
    folder: Path, pattern: str = "*", *, progress: Callable[[Path], None] | None = None
) -> list[LabelledResult]:
    """Measure the arranger and its baselines on a folder of ordinary music.

    Parameters
    ----------
    folder
        Searched with its subfolders.
    pattern
        Which of its files, such as ``"*7.mid"``.
    progress
        Called with each file before it is read.

    Raises
    ------
    ChipgenError
        If the folder holds no file that can be read.
    """
    suffixes = read_suffixes("score")
    paths = [
        path for path in sorted(folder.rglob(pattern))
        if path.is_file() and path.name.lower().endswith(suffixes)
    ]  # fmt: skip
    scores = []
    for path in paths:
        if progress is not None:
            progress(path)
        try:
            score = read_score(path)
        except ChipgenError:
            continue
        if any(track.notes for track in score.tracks):
            scores.append(score)
    if not scores:
        raise ChipgenError(f"{folder}: no file '{pattern}' can be read as a score")
    return score_methods(scores)


def score_methods(scores: Sequence[Score]) -> list[LabelledResult]:
    """Measure the arranger, with names and without, and its baselines on scores."""
    methods: dict[str, Callable[[Score], Rendition]] = {
        "arranger": arrange_score,
        "arranger, names hidden": lambda score: arrange_score(without_names(score)),
        "skyline": share_by_skyline,
        "greedy nearest pitch": share_by_nearest_pitch,
    }
    return [_measure(name, method, scores) for name, method in methods.items()]


def format_labelled_table(results: Sequence[LabelledResult]) -> str:
    """Lay results out for reading."""
    head = ("tune", "bass", "time", "octaves", "arpeggio", "drums", "crowded")
    lines = [f"{'method':<24}" + "".join(f"{word:>10}" for word in head)]
    for r in results:
        cells = [_percent(r.tune), _percent(r.bass), _percent(r.time_heard),
                 _percent(r.needless_moves, 2), _percent(r.arpeggio), _percent(r.drums),
                 f"{r.crowded_out:.2f}"]  # fmt: skip
        lines.append(f"{r.name:<24}" + "".join(f"{cell:>10}" for cell in cells))
    lines.append(
        f"{results[0].songs} songs, {results[0].notes:,} pitched notes; crowded: of a hundred tune "
        "and bass notes those lost to a double or an effect"
    )
    return "\n".join(lines)


def without_names(score: Score) -> Score:
    """Return a score whose tracks have lost their names."""
    return score.with_tracks(tuple(replace(track, name="") for track in score.tracks))


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


def _label(track: Track) -> str:
    """Return the role that a track says it has: tune, bass, or nothing."""
    name = named_role(track.name)
    if name == "bass" or (track.program in BASSES and name != "tune"):
        return "bass"
    return "tune" if name == "tune" and not is_patch_name(track.name) else ""


def _measure(
    name: str, method: Callable[[Score], Rendition], scores: Sequence[Score]
) -> LabelledResult:
    labelled = {"tune": [0, 0], "bass": [0, 0]}
    time_s = heard_s = 0.0
    notes = needless = crowded = 0
    arpeggios = []
    drums = {word: [0, 0] for word in DRUM_CLASSES}
    wrong_drums = 0
    for score in scores:
        made = method(score)
        arpeggios.append(made.arpeggio_share)
        roles = understand(score).roles.role_of()
        played = _pitched(score)
        holders = _holders(played, made, roles)
        for note in played:
            found = made.heard.get((note.track, note.index))
            part = roles.get((note.track, note.index))
            weight = ROLE_WEIGHTS.get(part.role, 0.0) if part else 0.0
            time_s += weight * (note.end_s - note.start_s)
            notes += 1
            if found is not None:
                lasted_s = max(0.0, min(found.end_s, note.end_s) - note.start_s)
                heard_s += weight * found.share * lasted_s
                wrong_drums += found.voice == "noise" and (part is None or part.role != "effect")
                if found.moved and found.voice in VOICE_BY_NAME:
                    lowest, highest = VOICE_BY_NAME[found.voice].pitch_range
                    needless += lowest <= note.pitch <= highest
            label = _label(score.tracks[note.track])
            if label:
                voices = PULSES if label == "tune" else ("triangle",)
                right = (
                    found is not None
                    and found.voice in voices
                    and not found.moved
                    and found.share == 1.0
                )
                labelled[label][0] += right
                labelled[label][1] += 1
                crowded += not right and _is_crowded(note, voices, holders)
        _count_drums(score, made, drums)
    scored = [f1 for hits, every in drums.values() if every and (f1 := _f1(hits, every)) >= 0]
    shares = {k: right / every if every else None for k, (right, every) in labelled.items()}
    labels = sum(every for _, every in labelled.values())
    has_drums = any(every for _, every in drums.values()) or wrong_drums
    return LabelledResult(
        name, shares["tune"], shares["bass"], heard_s / time_s if time_s else 0.0,
        needless / notes if notes else 0.0, median(arpeggios),
        sum(scored) / len(scored) if has_drums and scored else None,
        100.0 * crowded / labels if labels else 0.0, len(scores), notes,
    )  # fmt: skip


def _count_drums(score: Score, made: Rendition, drums: dict[str, list[int]]) -> None:
    for position, track in enumerate(score.tracks):
        if not track.plays_drums:
            continue
        for index, note in enumerate(track.notes):
            word = next((w for w, keys in DRUM_CLASSES.items() if note.pitch in keys), "")
            if word:
                drums[word][0] += (position, index) in made.heard
                drums[word][1] += 1


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
