"""Turns a file's players into the tracks of a score, and reports what was repaired."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from chipgen.music.midi.channel_messages import CC_EXPRESSION, split_parts
from chipgen.music.midi.drum_detection import DrumRole, find_drums
from chipgen.music.midi.hanging_notes import end_hanging
from chipgen.music.midi.mpe import Zone, find_zones
from chipgen.music.midi.smf_parser import MidiEvents
from chipgen.music.midi.sysex import MasterTuning, MasterVolume, parse_sysex
from chipgen.music.midi.tracks import DEFAULT_BEND_SEMITONES, build_track, play_part
from chipgen.music.score import DRUM_CHANNEL, Bend, Control, Track


def read_tracks(events: MidiEvents, names: list[str], remarks: list[str]) -> list[Track]:
    """Turn a file's messages into tracks, in file order.

    Parameters
    ----------
    events
        The file's.
    names
        Of its MIDI tracks.
    remarks
        Taken on: what was guessed or mended, a line for each kind.
    """
    beat = events.ticks_per_beat
    parts = split_parts(events, names)
    zones = find_zones(events, parts)
    players = {zone.fingers[0]: zone for zone in zones}
    fingers = {position for zone in zones for position in zone.fingers}
    roles = find_drums(events, parts, beat)
    cents, shift = _master_tuning(events)
    tracks: list[Track] = []
    ended: list[tuple[int, int, int]] = []  # track, hanging, endless
    guessed: list[tuple[int, str]] = []
    for position, part in enumerate(parts):
        zone = players.get(position)
        if position in fingers and zone is None:
            continue  # played with the first of its zone
        role = DrumRole(False) if zone else roles[position]
        is_drums = part.channel == DRUM_CHANNEL if role.drums is None else role.drums
        hanging, endless = 0, 0
        built: list[Track] = []
        for member in [parts[k] for k in zone.fingers] if zone else [part]:
            bend_range = zone.bend_range if zone else DEFAULT_BEND_SEMITONES
            player = play_part(
                member, tuning=cents / 100, shift=shift, drums=is_drums, bend_range=bend_range
            )
            player.notes, *counts = end_hanging(sorted(player.notes), beat)
            hanging, endless = hanging + counts[0], endless + counts[1]
            if is_drums:
                player.notes = [replace(note, key=role.key_of(note.key)) for note in player.notes]
            own_bends = zone is not None
            built.append(build_track(member, player, beat, role.drums, own_bends=own_bends))
        if hanging or endless:
            ended.append((len(tracks), hanging, endless))
        if role.guess:
            guessed.append((len(tracks), role.guess))
        tracks.append(_together(built, zone, beat) if zone else built[0])
    _remark(tracks, ended, guessed, remarks)
    return _with_master_volume(events, tracks)


def _together(tracks: Sequence[Track], zone: Zone, beat: float) -> Track:
    """Return the channels of an MPE zone as the one track that they are."""
    notes = tuple(sorted(note for track in tracks for note in track.notes))
    whole = replace(tracks[0], notes=notes)
    if zone.master is None:
        return whole
    master = play_part(zone.master)
    controls = [*whole.controls, *(Control(tick / beat, *rest) for tick, *rest in master.controls)]
    return replace(
        whole,
        bends=tuple(Bend(tick / beat, semitones) for tick, semitones in master.pitch),
        controls=tuple(sorted(controls, key=lambda control: control.beat)),
    )


def _remark(
    tracks: Sequence[Track],
    ended: Sequence[tuple[int, int, int]],
    guessed: Sequence[tuple[int, str]],
    remarks: list[str],
) -> None:
    def named(index: int) -> str:
        name = tracks[index].name
        return f"track:{index}" + (f" {name!r}" if name else "")

    if guessed:
        found = ", ".join(f"{named(index)} ({why})" for index, why in guessed)
        first = guessed[0][0]
        remarks.append(f"played as drums: {found}; --map pulse2=track:{first} plays it as pitches")
    for kind, text in ((1, "the file never ends"), (2, "the file ends far too late")):
        of_kind = [entry for entry in ended if entry[kind]]
        if of_kind:
            count = sum(entry[kind] for entry in of_kind)
            where = ", ".join(named(entry[0]) for entry in of_kind[:4])
            more = f" and {len(of_kind) - 4} more" if len(of_kind) > 4 else ""
            notes = "1 note" if count == 1 else f"{count:,} notes"
            remarks.append(f"{notes} that {text} end as others of their part do: {where}{more}")


def _master_tuning(events: MidiEvents) -> tuple[float, int]:
    """Return the cents and semitones by which the whole piece sounds higher at its first note."""
    cents, shift = 0.0, 0
    first = min(
        (m[0] for track in events.tracks for m in track.channel if m[1] >> 4 == 0x9 and m[3]),
        default=0,
    )
    for tick, data in sorted(entry for track in events.tracks for entry in track.sysex):
        meaning = parse_sysex(data)
        if tick <= first and isinstance(meaning, MasterTuning):
            cents = cents if meaning.cents is None else meaning.cents
            shift = shift if meaning.semitones is None else meaning.semitones
    return cents, shift


def _with_master_volume(events: MidiEvents, tracks: list[Track]) -> list[Track]:
    """Return tracks whose expression follows the master volume, where that changes."""
    found = sorted(
        (tick / events.ticks_per_beat, meaning.share)
        for track in events.tracks
        for tick, data in track.sysex
        if isinstance(meaning := parse_sysex(data), MasterVolume)
    )
    loudest = max((share for _, share in found), default=0.0)
    first = min((track.notes[0].onset_beats for track in tracks if track.notes), default=0.0)
    before = [share for beat, share in found if beat <= first]
    later = [(beat, share) for beat, share in found if beat > first]
    if not later or not loudest:
        return tracks
    steps = [(0.0, before[-1] if before else 1.0), *later]
    top = max(share for _, share in steps)
    return [_follow(track, [(beat, share / top) for beat, share in steps]) for track in tracks]


def _follow(track: Track, steps: Sequence[tuple[float, float]]) -> Track:
    own = [(0.0, 127)] + [
        (control.beat, control.value)
        for control in track.controls
        if control.number == CC_EXPRESSION
    ]
    beats = sorted({beat for beat, _ in [*steps, *own]})
    controls = defaultdict(list)
    for beat in beats:
        share = steps[bisect_right(steps, beat, key=lambda step: step[0]) - 1][1]
        value = own[bisect_right(own, beat, key=lambda step: step[0]) - 1][1]
        controls[beat].append(Control(beat, CC_EXPRESSION, round(share * value)))
    others = [control for control in track.controls if control.number != CC_EXPRESSION]
    merged = [*others, *(control for found in controls.values() for control in found)]
    return replace(track, controls=tuple(sorted(merged, key=lambda control: control.beat)))
