"""Completes a seed to a band: writes the voices that it lacks under its own bars.

What the seed plays stays as it is, and every voice that is added knows it beforehand: chords are
drawn to fit the tune, and the model is told what is kept while it writes the rest.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.composing.drum_patterns import NOISE_PERIODS
from chipgen.composing.kit_pattern import KICK, SNARE, Feel, write_fill, write_groove
from chipgen.composing.lent_bars import USUAL_PHRASE
from chipgen.composing.passages import new_track
from chipgen.composing.plan_processor import PlanProcessor
from chipgen.composing.planner import Planner, SeedReader
from chipgen.composing.reach import reach_to_add
from chipgen.composing.row_statistics import onsets_hz
from chipgen.composing.tune_habits import as_new_tune
from chipgen.models.row_transformer.conditional_sampling import InfillState
from chipgen.models.row_transformer.sampling import RowSampling, TuneHabits
from chipgen.music.key_names import Key
from chipgen.music.nesmdb_dialect import midi_to_chip_level
from chipgen.music.score import DRUM_CHANNEL, Meter, Note, Track
from chipgen.request import ComposeRequest
from chipgen.rows.drum_reduction import noise_period
from chipgen.rows.prompt import CompletedPrompt, Prompt, TunelessPrompt
from chipgen.rows.row_states import HOLD, NOISE, NOISE_STATE, REST, TRIANGLE, VOICES, Rows
from chipgen.rows.score_conversion import tracks_of
from chipgen.understand import understand
from synth.chip.voices import SCORED, VOICE_BY_ROLE

_HAS: Final = 0.25  # of its bars in which a voice that a seed has plays
_DRAFTS: Final = 6
_LONG_ROWS, _LONG_DRAFTS = 1024, 2  # of a long seed fewer, which take seconds each
_MORE: Final = 1.5  # added to the onsets of a voice that does not play, and taken from its rests
_DENSE: Final = 1.75  # times the usual onsets a bar that an added voice has at most
_FEWER: Final = 0.7  # taken from the onsets of one that has more
_THIN_HZ: Final = (1.0, 0.7, 0.7, 1.0)  # notes a second that an added voice begins at least
_PROGRAMS: Final = {"harmony": 4}  # an electric piano: the chip's own would be taken for a lead
_SEED, _KIT_SEED = 0xBA4D, 0x1817  # apart from the numbers that the continuation draws from
_IN_CHORDS: Final = 0.8  # of a highest voice's notes that are struck with two others or more
_CHANGES: Final = 1.5  # of its pitch in a bar, or it is a tune in spite of that
_TOGETHER_BEATS: Final = 1 / 16
_TELLING, _STEP = 8, 4  # notes that tell what a line is like, and semitones of its largest step
_DULL: Final = (0.2, 0.65, 0.35)  # shares of a tune's notes: repeated, of one length, leapt to
_FILLS: Final = 0.4  # of the seed's phrases that end with a fill


@dataclass(frozen=True, slots=True)
class Completed:
    """A seed with the voices that it lacked.

    Attributes
    ----------
    prompt
        The seed, read again with its new tracks.
    remark
        What was added, in a line; empty if nothing was.
    """

    prompt: Prompt
    remark: str = ""


def missing_voices(prompt: Prompt, request: ComposeRequest) -> tuple[bool, ...]:
    """Return which of p1, p2, tr, no a seed lacks and is to be given."""
    had = voices_of(prompt)
    if request.band == "seed" or (request.band == "auto" and (prompt.nominal or prompt.is_voiced)):
        return (False,) * VOICES
    wanted = np.ones(VOICES, dtype=np.bool_)
    wanted[NOISE] = request.drums == "seed"
    return tuple((wanted & ~had).tolist())


def voices_of(prompt: Prompt) -> NDArray[np.bool_]:
    """Return which of p1, p2, tr, no a seed has: what begins a note in a quarter of its bars."""
    begun = prompt.rows.states > HOLD
    size = max(1, prompt.bar_rows)
    bars = -(-len(begun) // size)
    padded = np.zeros((bars * size, VOICES), dtype=np.bool_)
    padded[: len(begun)] = begun
    plays: NDArray[np.bool_] = padded.reshape(bars, size, VOICES).any(axis=1).mean(axis=0) >= _HAS
    return plays


def is_tuneless(prompt: Prompt) -> bool:
    """Whether a seed of ordinary MIDI is chords alone: nothing in it moves as a tune does."""
    ending, melody = prompt.ending, prompt.lines["melody"]
    begin = ending.pattern_start(0) - 1e-6
    notes = [note for note in melody.notes if note.onset_beats >= begin]
    if not notes or prompt.is_voiced or prompt.nominal:
        return False
    onsets = np.sort([n.onset_beats for t in prompt.seed.tracks if not t.is_drums for n in t.notes])
    first, last = (
        np.searchsorted(onsets, [note.onset_beats + side for note in notes])
        for side in (-_TOGETHER_BEATS, _TOGETHER_BEATS)
    )
    changes = sum(a.pitch != b.pitch for a, b in pairwise(notes))
    return bool(
        (last - first >= 3).mean() >= _IN_CHORDS and changes <= _CHANGES * ending.pattern_bars
    )


def complete(model: Any, prompt: Prompt, request: ComposeRequest, key: Key | None) -> Completed:
    """Write the voices that a seed lacks under its own bars.

    Drums are a kit's pattern that fits its meter, tempo and accents; the others are the model's. A
    seed of chords is given a tune.

    Parameters
    ----------
    model
        Weights of a row transformer that reads plans.
    prompt
        The seed.
    request
        Its band, drums, freedom and number count.
    key
        The seed's key, if that is known.
    """
    if isinstance(prompt, CompletedPrompt):
        return Completed(prompt)
    if request.band != "seed" and is_tuneless(prompt):
        prompt = TunelessPrompt(prompt.parts, prompt)
    missing = missing_voices(prompt, request)
    if not any(missing):
        return Completed(prompt)
    history = prompt.carried_rows
    kit: Track | None = None
    to_write = np.array(missing)
    if missing[NOISE] and not prompt.nominal:
        kit = _drummed(prompt, np.random.default_rng([request.rng_seed, _KIT_SEED]))
        history = _with_kit(prompt, history, kit)
        to_write[NOISE] = False
    if to_write.any():
        history = _written(model, prompt, history, to_write, request, key)
    return _completed(prompt, missing, history, kit)


def _written(
    model: Any,
    prompt: Prompt,
    history: Rows,
    added: NDArray[np.bool_],
    request: ComposeRequest,
    key: Key | None,
) -> Rows:
    """Return a seed's rows with some voices that the model wrote: the best of several drafts."""
    reader = SeedReader(prompt, key)
    p1, p2, tr, no = (bool(voice) for voice in (history.states > HOLD).any(axis=0) | added)
    k1, k2, k3, k4 = (not voice for voice in added)
    found: list[tuple[float, Rows]] = []
    sampling = RowSampling(
        request.temperature, request.top_p, reach=reach_to_add(history), keeps_below=True,
        tune=TuneHabits(prompt.timing.units_a_beat),
    )  # fmt: skip
    for draft in range(_DRAFTS if len(history) <= _LONG_ROWS else _LONG_DRAFTS):
        rng = np.random.default_rng([request.rng_seed, draft, _SEED])
        seed = reader.carried(rng)
        planner = Planner(history, seed, prompt.timing, None, (p1, p2, tr, no), 0, rng)
        planner.keep(history.states, np.broadcast_to(~added, history.states.shape))
        state = InfillState.after(model, Rows.none(), planner.rows)
        leaning = PlanProcessor(planner.rows, 0)
        if added[0]:
            as_new_tune(planner.rows, USUAL_PHRASE)
        rows = state.fill(history, (k1, k2, k3, k4), sampling, rng, 1, leaning).rows
        thin = np.maximum(0.0, 1.0 - onsets_hz(rows) / np.array(_THIN_HZ)) * added
        usual = planner.onsets_hz(history)
        dense = np.maximum(0.0, onsets_hz(rows) / (_DENSE * usual) - 1.0) * added
        dull = _dullness(rows.states[:, 0]) if added[0] else 0.0
        found.append((float(thin.sum() + dense.sum()) + dull, rows))
        if not (thin.any() or dense.any() or dull):
            break
        onsets = np.array(sampling.onset_bias) + _MORE * thin - _FEWER * (dense > 0)
        rests = np.array(sampling.rest_bias) - _MORE * thin
        sampling = replace(
            sampling, onset_bias=tuple(onsets.tolist()), rest_bias=tuple(rests.tolist())
        )
    return min(found, key=lambda draft: draft[0])[1]


def _dullness(states: NDArray[np.uint8]) -> float:
    """Return how little a line is like a tune, 0 if it may stand: it repeats, ticks or leaps."""
    at = np.flatnonzero(states > HOLD)
    if len(at) < _TELLING:
        return 1.0
    steps, lengths = np.abs(np.diff(states[at].astype(np.int64))), np.diff(at)
    even = np.bincount(lengths).max() / len(lengths)
    shares = np.array([(steps == 0).mean(), even, (steps > _STEP).mean()])
    return float(np.maximum(0.0, shares - np.array(_DULL)).sum())


def _drummed(prompt: Prompt, rng: np.random.Generator) -> Track:
    """Return a track of drums for all whole bars of a seed, with a fill at its end or not."""
    ending, rows_a_beat = prompt.ending, prompt.timing.units_a_beat
    bars = list(pairwise([*_seed_bars(prompt), ending.start_beats]))
    grooves: dict[tuple[int, int], tuple[tuple[Note, ...], ...]] = {}
    notes: list[Note] = []
    for number, (begin, end) in enumerate(bars):
        meter = prompt.seed.meter_at(begin)
        if end - begin < meter.bar_beats - 1e-3:
            continue  # a pickup, or a bar that is cut short
        kind = (meter.numerator, meter.denominator)
        if kind not in grooves:
            grooves[kind] = write_groove(meter, _feel(prompt, meter, rows_a_beat), rng)
        bar = grooves[kind][number % 2]
        if number and (number + 1) % USUAL_PHRASE == 0 and rng.random() < _FILLS:
            bar = write_fill(bar, meter, rows_a_beat, frozenset((KICK, SNARE)), rng)
        notes += [replace(note, onset_beats=begin + note.onset_beats) for note in bar]
    return Track("drums", DRUM_CHANNEL, notes=tuple(sorted(notes)))


def _seed_bars(prompt: Prompt) -> list[float]:
    """Return the beats at which a seed's bars begin."""
    end = prompt.ending.start_beats - 1e-6
    return [beat for beat in prompt.seed.bar_starts_beats() if beat < end]


def _feel(prompt: Prompt, meter: Meter, rows_a_beat: float) -> Feel:
    """Return what drums are to fit: how often the seed's voices begin notes at each place."""
    rows = prompt.carried_rows
    size = max(1, round(meter.bar_beats * rows_a_beat))
    begun = (rows.states[:, :NOISE] > HOLD).astype(np.float64)
    weights = np.array([0.5, 0.4, 1.0]) if begun[:, TRIANGLE].any() else np.array([1.0, 0.4, 0.0])
    bars = len(begun) // size
    accents = np.zeros(size)
    if bars:
        last = (begun @ weights)[len(begun) - bars * size :].reshape(bars, size)
        accents = np.minimum(1.0, last.mean(axis=0))
    return Feel(prompt.ending.tempo.bpm, rows_a_beat, accents, float(onsets_hz(rows)[:NOISE].sum()))


def _with_kit(prompt: Prompt, history: Rows, kit: Track) -> Rows:
    """Return rows whose noise plays drums: of those struck together the heaviest is heard."""
    edges = prompt.encoded.edges_beats
    begin = len(edges) - 1 - prompt.closing_rows - len(history)
    states, volume = history.states.copy(), history.volume.copy()
    states[:, NOISE], volume[:, NOISE] = REST, 0
    for note in kit.notes:
        row = int(np.searchsorted(edges, note.onset_beats + 1e-3, side="right")) - 1 - begin
        state = noise_period(note.pitch) + NOISE_STATE
        if 0 <= row < len(states) and (states[row, NOISE] == REST or state < states[row, NOISE]):
            states[row, NOISE] = state
            volume[row, NOISE] = max(1, midi_to_chip_level(note.velocity))
    return replace(history, states=states, volume=volume)


def _completed(
    prompt: Prompt, missing: tuple[bool, ...], rows: Rows, kit: Track | None
) -> Completed:
    """Return a seed with new tracks that play the voices that it lacked."""
    piece = prompt.encoded
    end = len(piece.rows) - prompt.closing_rows
    begin = end - len(rows)
    new = dict(zip(SCORED, tracks_of(rows, piece.edges_beats[begin : end + 1]), strict=True))
    added = [new[voice] for voice, lacks in zip(SCORED, missing, strict=True) if lacks]
    added = [track for track in added if track.notes]
    tracks, owners = list(prompt.seed.tracks), {}
    for track in added:
        owners[VOICE_BY_ROLE[track.role].part] = len(tracks)
        tracks.append(_as_seed_plays(prompt, tracks, track, kit))
    whole = piece.rows[:begin].then(rows).then(piece.rows[end:])
    parts = understand(prompt.seed.with_tracks(tuple(tracks)), nominal=prompt.nominal)
    made = CompletedPrompt(parts, prompt, whole, tuple(added), owners)
    told = f"{' and '.join(_listed(list(owners)))} added" if owners else ""
    if told and begin > 0:
        first = float(piece.edges_beats[begin]) - 1e-6
        bars = sum(first <= beat < prompt.ending.start_beats for beat in _seed_bars(prompt))
        told += f"; all but drums under its last {bars} bars alone, which is what the model hears"
    return Completed(made, told)


def _listed(names: list[str]) -> list[str]:
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names


def _as_seed_plays(prompt: Prompt, tracks: list[Track], track: Track, kit: Track | None) -> Track:
    """Return a voice's track as one of the seed's kind: with a program, or General MIDI's drums."""
    if prompt.is_voiced:
        return track
    voice = VOICE_BY_ROLE[track.role]
    empty = new_track(prompt.seed, tracks, voice.part)
    if voice.part == "drums":
        return kit or replace(empty, notes=tuple(sorted(_struck(note) for note in track.notes)))
    program = _PROGRAMS.get(voice.part, voice.midi_program)
    return replace(empty, program=program, notes=track.notes)


def _struck(note: Note) -> Note:
    """Return the drum that a noise note is heard as."""
    drum = min(NOISE_PERIODS, key=lambda drum: (abs(NOISE_PERIODS[drum] - note.pitch), drum))
    return replace(note, pitch=drum)
