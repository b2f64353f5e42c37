"""Arranges a score for the four voices, step by step."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from chipgen.arranging.arrangement import NO_VOICE_FOR_IT, Arrangement, Placement
from chipgen.arranging.arranger_settings import ArrangeConfig, with_preset
from chipgen.arranging.chip_notes import Voicing, place_lost, play_voice, set_gain
from chipgen.arranging.chord_arpeggios import ChordTiming, build_segments
from chipgen.arranging.drums import (
    add_pitch_drops,
    find_drum_gain,
    place_drums,
    place_samples,
)
from chipgen.arranging.gain_marker import find_gains
from chipgen.arranging.idle_voices import add_echo
from chipgen.arranging.note_distribution import distribute_notes
from chipgen.arranging.octave_folding import remark_tuning
from chipgen.arranging.passthrough import place_chip_tracks
from chipgen.arranging.split_tracks import Split, split_tracks
from chipgen.music.played_notes import PlayedNote, perform_score
from chipgen.music.score import Score
from chipgen.understand import Parts
from chipgen.understand.programs import EFFECTS
from synth.chip.hardware import region_named
from synth.chip.voices import PITCHED, ROLES
from synth.instrument.chip_score import Bar, ChipNote, ChipScore, SampleHit

if TYPE_CHECKING:
    from synth.instrument.preset_loader import Preset

DEFAULT: Final = ArrangeConfig()


def arrange(
    score: Score,
    config: ArrangeConfig = DEFAULT,
    preset: "Preset | None" = None,
    parts: Parts | None = None,
) -> Arrangement:
    """Arrange a piece for the four voices of the chip.

    Tracks that are the chip's own voices go directly to them, tracks that the map names go where it
    says, and the rest is arranged: melody to pulse 1, harmony to pulse 2, bass to the triangle,
    drums to the noise. The same score and config give the same arrangement.

    Parameters
    ----------
    score
        Any piece.
    config
        The choices.
    preset
        Whose drum table, programs and arpeggios are used where the config leaves them open.
    parts
        Who plays what in the piece, if that is known.

    Returns
    -------
    Arrangement
        The voices, and one placement for every note of the score.

    Raises
    ------
    ChipgenError
        If the map names what the score does not have.
    """
    config = with_preset(config, preset)
    split = split_tracks(score, config.voice_map, excerpt=config.excerpt)
    known = parts if split.score is score else None
    arrangement = _arrange(split, config, known)
    return replace(arrangement, placements=split.placements(arrangement.placements))


@dataclass(frozen=True, slots=True)
class _TrackKinds:
    """Positions of tracks by how they are arranged."""

    chip: list[int]
    drums: list[int]
    effects: list[int]
    pitched: list[int]
    dropped: list[int]


def _sort_tracks(split: Split) -> _TrackKinds:
    """Sort tracks into the chip's own voices, drums, sound effects, pitched and dropped ones."""
    tracks, targets = split.score.tracks, split.targets
    kinds = _TrackKinds([], [], [], [], [])
    for k, track in enumerate(tracks):
        target = targets.get(k)
        if target is None and track.role in ROLES:
            kinds.chip.append(k)
        elif target == "noise" or (target is None and track.is_drums):
            kinds.drums.append(k)
        elif target is None and track.program in EFFECTS:
            kinds.effects.append(k)
        else:
            (kinds.dropped if target == "drop" else kinds.pitched).append(k)
    return kinds


def _arrange(split: Split, config: ArrangeConfig, parts: Parts | None) -> Arrangement:
    """Arrange a piece whose tracks are of one kind and have one target each."""
    score = split.score
    kinds = _sort_tracks(split)
    voices, placements = place_chip_tracks(score, kinds.chip)
    placements += [
        Placement(k, i, float(score.beats_to_seconds(note.onset_beats)), note.pitch, "dropped",
                  reason="the map drops its track")
        for k in kinds.dropped for i, note in enumerate(score.tracks[k].notes)
    ]  # fmt: skip
    busy = {voice for voice, notes in voices.items() if notes}
    gains = config.gains or find_gains(score)
    wanted = gains and gains[0]
    known = None if split.targets else parts  # a map leaves fewer tracks to be judged
    arranged, placed, gain = _arrange_pitched(split, kinds.pitched, busy, config, wanted, known)
    voices.update(arranged)
    placements += placed
    drums = _arrange_drums(score, kinds, config, voices, gain, gains and gains[1])
    placements += drums.placements
    if config.echo and voices.get("pulse1"):
        later_s = partial(_half_beat_s, score)
        voices["pulse2"] = add_echo(voices["pulse1"], voices.get("pulse2", ()), later_s)

    ends_s = [notes[-1].end_s for notes in voices.values() if notes]
    ends_s += [drums.samples[-1].end_s] if drums.samples else []
    chip_score = ChipScore(
        pulse1=tuple(voices.get("pulse1", ())),
        pulse2=tuple(voices.get("pulse2", ())),
        triangle=tuple(voices.get("triangle", ())),
        noise=tuple(voices.get("noise", ())),
        end_s=max([score.duration_s, *ends_s]),
        bars=_bars(score),
        dmc=tuple(drums.samples),
    )
    placements.sort(key=lambda placement: (placement.track, placement.index))
    dialect = "map" if split.targets else ("nesmdb" if kinds.chip else "gm")
    remarks = remark_tuning(chip_score, region_named(config.region))
    return Arrangement(chip_score, tuple(placements), dialect, remarks, (gain, drums.gain))


@dataclass(frozen=True, slots=True)
class _Drums:
    """The result for drums, beside the notes on the noise voice and the triangle."""

    samples: Sequence[SampleHit]
    placements: list[Placement]
    gain: float


def _arrange_drums(
    score: Score,
    kinds: _TrackKinds,
    config: ArrangeConfig,
    voices: dict[str, list[ChipNote]],
    pulse_gain: float,
    gain: float | None,
) -> _Drums:
    """Write drums into the noise voice, and their pitch drops into the triangle.

    A gain that is given takes the place of the one that is found.
    """
    sounds = config.drums or {}
    hits, written, placements = _perform_drums(score, kinds.drums, kinds.effects)
    if voices.get("noise"):
        placements += [
            Placement(h.track, h.index, h.start_s, h.pitch, "dropped",
                      reason="the noise voice is taken by a track of its own")
            for h in hits
        ]  # fmt: skip
        hits = []
    if gain is None:
        gain = find_drum_gain(hits, pulse_gain) if hits else 1.0
    samples, placed, on_noise = place_samples(hits, sounds, config.mixes or ())
    if on_noise:
        voices["noise"], more = place_drums(on_noise, sounds, gain, config.drum_layers)
        placed = [*placed, *more]
    placements += [replace(p, pitch=written.get((p.track, p.index), p.pitch)) for p in placed]
    if config.drum_drop and "tr" not in [score.tracks[k].role for k in kinds.chip]:
        voices["triangle"] = add_pitch_drops(voices.get("triangle", ()), hits, sounds)
    return _Drums(samples, placements, gain)


def _half_beat_s(score: Score, time_s: float) -> float:
    """Return the length of half a beat in the tempo that is in force at a time."""
    beat = float(score.seconds_to_beats(time_s)) + 1e-9
    tempo = score.tempos[bisect_right(score.tempos, beat, key=lambda tempo: tempo.beat) - 1]
    return 30.0 / tempo.bpm


def _bars(score: Score) -> tuple[Bar, ...]:
    """Return the bars of a piece in seconds."""
    beats = score.bar_starts_beats()
    starts_s = score.beats_to_seconds(beats).tolist()
    return tuple(
        Bar(start_s, score.meter_at(beat).numerator)
        for beat, start_s in zip(beats, starts_s, strict=True)
    )


def _perform_drums(
    score: Score, drums: Sequence[int], effects: Sequence[int]
) -> tuple[list[PlayedNote], dict[tuple[int, int], int], list[Placement]]:
    """Play drums, and the sound effects that sound like one.

    Returns
    -------
    hits
        Sorted by onset, with the drum's key as pitch.
    written
        For (track, index) of an effect the pitch that is written.
    placements
        Of effects that no voice can play.
    """
    drumlike = [k for k in effects if EFFECTS[score.tracks[k].program]]
    hits = perform_score(score, [*drums, *drumlike])
    written = {(hit.track, hit.index): hit.pitch for hit in hits if hit.track in drumlike}
    hits = [
        replace(hit, pitch=EFFECTS[score.tracks[hit.track].program])
        if hit.track in drumlike else hit
        for hit in hits
    ]  # fmt: skip
    placements = [
        Placement(note.track, note.index, note.start_s, note.pitch, "dropped",
                  reason=NO_VOICE_FOR_IT)
        for note in perform_score(score, [k for k in effects if k not in drumlike])
    ]  # fmt: skip
    return hits, written, placements


def _arrange_pitched(
    split: Split,
    tracks: Sequence[int],
    busy: set[str],
    config: ArrangeConfig,
    gain: float | None,
    parts: Parts | None,
) -> tuple[dict[str, list[ChipNote]], list[Placement], float]:
    """Arrange pitched tracks for the voices that are not busy; return also what raised them.

    A gain that is given takes the place of the one that is found.
    """
    score, targets = split.score, split.targets
    notes = perform_score(score, tracks)
    voicing = Voicing(notes)
    silent = {k: "its volume is 0" for k, note in enumerate(notes) if note.level == 0.0}
    voicing.lost.update(silent)
    timing = _time_chords(score, config)
    mapped = {k: targets[note.track] for k, note in enumerate(notes) if note.track in targets}
    for voice in PITCHED:
        own = [k for k in range(len(notes)) if mapped.get(k) == voice and k not in silent]
        if own and voice not in busy:
            low = voice == "triangle"
            poly = "newest" if low and config.poly == "auto" else config.poly
            voicing.segments[voice], lost = build_segments(notes, own, poly, timing, low=low)
            voicing.lost.update(lost)
            voicing.why.update(dict.fromkeys(own, "as the map says"))
    others = [k for k in range(len(notes)) if k not in mapped]
    distribute_notes(split, voicing, others, busy, config.poly, timing, parts)
    if not busy.intersection(PITCHED):  # chip tracks say their volumes themselves
        set_gain(voicing)
        voicing.gain = gain or voicing.gain

    voices: dict[str, list[ChipNote]] = {}
    placements = place_lost(voicing)
    for voice in voicing.segments:
        table = {} if voice == "triangle" else config.pulse_instruments or {}
        instruments = {k: table.get(_program(score, note), "") for k, note in enumerate(notes)}
        voices[voice], placed = play_voice(voice, voicing, config.arpeggio_order, instruments)
        placements += placed
    return voices, placements, voicing.gain


def _program(score: Score, note: PlayedNote) -> int:
    """Return the program that plays a note."""
    track = score.tracks[note.track]
    if not track.program_changes:
        return track.program
    return track.program_at(track.notes[note.index].onset_beats)


def _time_chords(score: Score, config: ArrangeConfig) -> ChordTiming:
    instruments, attacks_s = config.pulse_instruments or {}, config.attacks_s or {}
    return ChordTiming(
        config.arpeggio_frames / region_named(config.region).frame_hz,
        config.arpeggio_order == "updown",
        {
            k: attacks_s.get(instruments.get(track.program, ""), 0.0)
            for k, track in enumerate(score.tracks)
        },
    )
