"""Arranges a score for the four voices, step by step."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from chipgen.arrange.arrangement import NO_VOICE_FOR_IT, Arrangement, Placement
from chipgen.arrange.assign import assign_parts
from chipgen.arrange.chip_notes import Voicing, place_lost, play_voice, segment_line, set_gain
from chipgen.arrange.config import ArrangeConfig, with_preset
from chipgen.arrange.drums import (
    add_pitch_drops,
    find_drum_gain,
    place_drums,
    place_samples,
)
from chipgen.arrange.harmony import ChordTiming, Segment, build_segments
from chipgen.arrange.idle_voices import add_echo, use_gaps
from chipgen.arrange.octave_folding import remark_tuning
from chipgen.arrange.passthrough import place_chip_tracks
from chipgen.arrange.separator import is_three_voiced, separate_notes
from chipgen.arrange.split import Split, split_tracks
from chipgen.arrange.voicemap import EARLY_BEATS
from chipgen.music.performance import PlayedNote, perform_score
from chipgen.music.score import Marker, Score
from chipgen.understand import Parts, understand
from chipgen.understand.lines import CHORD_SPREAD_S
from chipgen.understand.programs import EFFECTS
from chipgen.understand.roles import Roles
from synth.chip.hardware import region_named
from synth.chip.voices import PITCHED, PULSES, ROLES
from synth.instrument.chip_score import Bar, ChipNote, ChipScore

if TYPE_CHECKING:
    from synth.instrument.preset_loader import Preset

DEFAULT: Final = ArrangeConfig()
MOST_GAIN: Final = 127.0  # raises the softest velocity to full volume
_GAINS: Final = re.compile(
    r"gain pulses=(\d{1,9}(?:\.\d{0,24})?) drums=(\d{1,9}(?:\.\d{0,24})?)", re.ASCII
)


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
    split = split_tracks(score, config.voice_map)
    known = parts if split.score is score else None
    arrangement = _arrange(split, config, known)
    return replace(arrangement, placements=split.placements(arrangement.placements))


def _arrange(split: Split, config: ArrangeConfig, parts: Parts | None) -> Arrangement:
    """Arrange a piece whose tracks are of one kind and have one target each."""
    score, targets = split.score, split.targets
    sounds = config.drums or {}
    chip_tracks = [k for k, t in enumerate(score.tracks) if t.role in ROLES and k not in targets]
    drums = [
        k for k, t in enumerate(score.tracks)
        if targets.get(k) == "noise" or (k not in targets and t.is_drums)
    ]  # fmt: skip
    effects = [
        k for k, t in enumerate(score.tracks)
        if t.program in EFFECTS and k not in targets and k not in chip_tracks and k not in drums
    ]  # fmt: skip
    pitched = [
        k for k in range(len(score.tracks))
        if k not in (*chip_tracks, *drums, *effects) and targets.get(k) != "drop"
    ]  # fmt: skip
    voices, placements = place_chip_tracks(score, chip_tracks)
    placements += [
        Placement(k, i, float(score.beats_to_seconds(note.onset_beats)), note.pitch, "dropped",
                  reason="the map drops its track")
        for k, target in targets.items() if target == "drop"
        for i, note in enumerate(score.tracks[k].notes)
    ]  # fmt: skip
    busy = {voice for voice, notes in voices.items() if notes}
    gains = config.gains or find_gains(score)
    wanted = gains and gains[0]
    known = None if targets else parts  # a map leaves fewer tracks to be judged
    arranged, placed, gain = _arrange_pitched(split, pitched, busy, config, wanted, known)
    voices.update(arranged)
    placements += placed
    hits, written, placed = _perform_drums(score, drums, effects)
    placements += placed
    if voices.get("noise"):
        placements += [
            Placement(h.track, h.index, h.start_s, h.pitch, "dropped",
                      reason="the noise voice is taken by a track of its own")
            for h in hits
        ]  # fmt: skip
        hits = []
    drum_gain = gains[1] if gains else find_drum_gain(hits, gain) if hits else 1.0
    samples, sampled, on_noise = place_samples(hits, sounds, config.mixes or ())
    placements += [replace(p, pitch=written.get((p.track, p.index), p.pitch)) for p in sampled]
    if on_noise:
        voices["noise"], placed = place_drums(on_noise, sounds, drum_gain)
        placements += [replace(p, pitch=written.get((p.track, p.index), p.pitch)) for p in placed]
    if config.drum_drop and "tr" not in [score.tracks[k].role for k in chip_tracks]:
        voices["triangle"] = add_pitch_drops(voices.get("triangle", ()), hits, sounds)

    if config.echo and voices.get("pulse1"):
        delay_s = 30.0 / score.tempos[0].bpm  # half a beat
        voices["pulse2"] = add_echo(voices["pulse1"], voices.get("pulse2", ()), delay_s)

    ends_s = [notes[-1].end_s for notes in voices.values() if notes]
    ends_s += [samples[-1].end_s] if samples else []
    chip_score = ChipScore(
        pulse1=tuple(voices.get("pulse1", ())),
        pulse2=tuple(voices.get("pulse2", ())),
        triangle=tuple(voices.get("triangle", ())),
        noise=tuple(voices.get("noise", ())),
        end_s=max([score.duration_s, *ends_s]),
        bars=_bars(score),
        dmc=tuple(samples),
    )
    placements.sort(key=lambda placement: (placement.track, placement.index))
    dialect = "map" if targets else ("nesmdb" if chip_tracks else "gm")
    remarks = remark_tuning(chip_score, region_named(config.region))
    return Arrangement(chip_score, tuple(placements), dialect, remarks, (gain, drum_gain))


def _bars(score: Score) -> tuple[Bar, ...]:
    """Return the bars of a piece in seconds."""
    beats = score.bar_starts_beats()
    starts_s = score.beats_to_seconds(beats).tolist()
    return tuple(
        Bar(start_s, score.meter_at(beat).numerator)
        for beat, start_s in zip(beats, starts_s, strict=True)
    )


def find_gains(score: Score) -> tuple[float, float] | None:
    """Return the gains of pulses and drums that a marker of the piece asks for.

    Examples
    --------
    >>> find_gains(mark_gains(Score(), (1.5, 1.0)))
    (1.5, 1.0)
    """
    for marker in score.markers:
        found = _GAINS.fullmatch(marker.text)
        if found:
            pulses, drums = (min(max(float(text), 1.0), MOST_GAIN) for text in found.groups())
            return pulses, drums
    return None


def mark_gains(score: Score, gains: tuple[float, float]) -> Score:
    """Return a piece with a marker that holds the gains of its arrangement as they are."""
    others = tuple(marker for marker in score.markers if not _GAINS.fullmatch(marker.text))
    marker = Marker(0.0, f"gain pulses={gains[0]!r} drums={gains[1]!r}")
    return replace(score, markers=(marker, *others))


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
    _give_free_times(split, voicing, others, busy, config.poly, timing, parts)
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


def _give_free_times(
    split: Split,
    voicing: Voicing,
    positions: list[int],
    busy: set[str],
    poly: str,
    timing: ChordTiming,
    parts: Parts | None,
) -> None:
    """Give the notes at `positions` to the voices that are free where they begin.

    A voice of the map is taken for the bars that the map names, or else for the whole piece.
    """
    score, notes = split.score, voicing.notes
    taken = {voice: split.sections.get(voice, ((0.0, float("inf")),)) for voice in voicing.segments}
    edges = sorted(
        {0.0, float("inf"), *(beat for spans in taken.values() for s in spans for beat in s)}
    )
    onsets = [score.tracks[notes[k].track].notes[notes[k].index].onset_beats for k in positions]
    silent = {k: why for k, why in voicing.lost.items() if notes[k].level == 0.0}
    for start, end in pairwise(edges):
        own = voicing if len(edges) == 2 else Voicing(notes, lost=dict(silent))
        free = [
            voice for voice in PITCHED
            if voice not in busy and not any(a <= start < b for a, b in taken.get(voice, ()))
        ]  # fmt: skip
        inside = [
            k for k, onset in zip(positions, onsets, strict=True)
            if start <= onset + EARLY_BEATS < end or (not start and onset + EARLY_BEATS < end)
        ]  # fmt: skip
        _give_roles(score, own, inside, free, poly, timing, parts)
        if own is voicing:
            return
        voicing.lost.update(own.lost)
        voicing.why.update(own.why)
        voicing.roles.update(own.roles)
        for voice, segments in own.segments.items():
            voicing.segments[voice] = [*voicing.segments.get(voice, ()), *segments]


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


def _give_roles(
    score: Score,
    voicing: Voicing,
    positions: list[int],
    free: list[str],
    poly: str,
    timing: ChordTiming,
    parts: Parts | None,
) -> None:
    """Find melody, bass and harmony among the notes at `positions`, and give each a free voice."""
    notes = voicing.notes
    positions = [k for k in positions if k not in voicing.lost]
    if not positions:
        return
    if not free:
        voicing.lost.update(dict.fromkeys(positions, "every voice is taken by a track of its own"))
        return
    own = [notes[k] for k in positions]
    if free == list(PITCHED) and is_three_voiced(own):
        _give_streams(voicing, positions)
        return
    roles = (parts or understand(score, own)).roles
    if poly == "auto" and set(PULSES) <= set(free):
        assign_parts(voicing, roles, positions, free, timing)
    else:
        _give_chords(voicing, roles, positions, free, poly, timing)


def _give_chords(
    voicing: Voicing,
    roles: Roles,
    positions: list[int],
    free: list[str],
    poly: str,
    timing: ChordTiming,
) -> None:
    """Give tune and bass a voice each, and the other pulse all else as `poly` says."""
    notes = voicing.notes
    pulses = [voice for voice in free if voice != "triangle"]
    one_line = poly in ("newest", "hold")
    leading = pulses[:1] if len(pulses) == 2 or one_line else []  # a pulse alone plays all
    lead = [*leading, *(["triangle"] if "triangle" in free else [])]
    kept = ("tune", "bass") if leading else ("bass",)
    alone = Roles(tuple(part for part in roles.parts if part.role in kept))
    known = {(part.track, index) for part in alone.parts for index in part.notes}
    main = [k for k in positions if (notes[k].track, notes[k].index) in known]
    assign_parts(voicing, alone, main, lead, timing)
    heard = {k for voice in lead for s in voicing.segments[voice] for k in s.fresh}
    inner = [k for k in positions if k not in heard]
    for k in inner:
        voicing.lost.pop(k, None)
    if leading:
        inner = _leave_unisons(voicing, inner, voicing.segments[pulses[0]])
    unsung = [voice for voice in pulses if voice not in leading]
    if unsung and inner:
        segments, lost = build_segments(notes, inner, poly, timing)
        voicing.segments[unsung[0]] = segments
        voicing.lost.update(lost)
        voicing.why.update(dict.fromkeys(inner, "harmony"))
    elif inner:
        voicing.lost.update(dict.fromkeys(inner, "no voice is free for harmony"))
    use_gaps(voicing, pulses, "triangle" in free)


def _leave_unisons(voicing: Voicing, inner: Sequence[int], melody: Sequence[Segment]) -> list[int]:
    """Return the notes that do not merely double the melody; the others are heard in it."""
    notes = voicing.notes
    starts_s = [segment.start_s for segment in melody]
    kept = []
    for k in inner:
        note = notes[k]
        at = bisect_right(starts_s, note.start_s + CHORD_SPREAD_S) - 1
        sung = melody[at] if at >= 0 else None
        if (
            sung is not None
            and notes[sung.members[0]].pitch == note.pitch
            and abs(sung.start_s - note.start_s) <= CHORD_SPREAD_S
            and abs(notes[sung.members[0]].end_s - note.end_s) <= CHORD_SPREAD_S
        ):
            voicing.lost[k] = "unison"
        else:
            kept.append(k)
    return kept


def _give_streams(voicing: Voicing, positions: list[int]) -> None:
    """Give the notes at `positions`, never more than three at a time, to the voices they form."""
    own = [voicing.notes[k] for k in positions]
    streams = separate_notes(own)
    heights = [
        sum(note.pitch for note, k in zip(own, streams, strict=True) if k == pulse)
        / max(1, streams.count(pulse))
        for pulse in (0, 1)
    ]
    names = PITCHED
    if heights[1] > heights[0]:
        names = ("pulse2", "pulse1", "triangle")
    for stream, voice in enumerate(names):
        line = [k for k, found in zip(positions, streams, strict=True) if found == stream]
        voicing.segments[voice] = segment_line(voicing.notes, line)
    for k, found in zip(positions, streams, strict=True):
        if found < 0:
            voicing.lost[k] = "all voices begin another note at that moment"
    use_gaps(voicing, list(PULSES), triangle=True)
