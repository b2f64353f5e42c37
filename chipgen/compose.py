"""A seed and a model to a longer score: the seed, and the bars composed on from it.

torch is loaded only when a model is.
"""

import importlib
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from chipgen.errors import ChipgenError
from chipgen.models.generation import Continuation, GenerationConfig
from chipgen.models.registry import model_entry
from chipgen.music.drumming import DRUM_CHOICES, drum_tracks
from chipgen.music.parts import Frame, find_frame
from chipgen.music.score import Bend, Control, Marker, Meter, Score, Tempo, Track

MAX_BARS: Final = 4096

_CHIP_ROLES: Final = {"melody": "p1", "harmony": "p2", "bass": "tr"}
_CHIP_PROGRAMS: Final = {"p1": 80, "p2": 81, "tr": 38}  # as NES-MDB has them
_LEVEL_CONTROLS: Final = (7, 11, 12)  # volume, expression, and the chip's timbre


@dataclass(frozen=True, slots=True)
class ComposeConfig:
    """How to compose.

    Attributes
    ----------
    bars
        Bars to compose, 1–4096.
    temperature
        How freely notes are chosen, above 0: below 1 safer, above 1 wilder.
    top_p
        Only the likeliest choices that make up this share are drawn from, above 0 to 1.
    drums
        ``"seed"`` carries the seed's own drum pattern on, ``"preset"`` plays a plain kit,
        ``"none"`` leaves drums out of the composed bars.
    without_seed
        Whether the score begins with the first composed bar.
    key_bias
        How strongly the music is held near the seed's pitch classes; 0 leaves the model alone.
    """

    bars: int = 16
    temperature: float = 1.0
    top_p: float = 0.95
    drums: str = "seed"
    without_seed: bool = False
    key_bias: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.bars <= MAX_BARS:
            raise ChipgenError(f"{self.bars} bars cannot be composed; give 1 to {MAX_BARS}")
        if not self.temperature > 0:
            raise ChipgenError(f"temperature {self.temperature} is not above 0; 1 is usual")
        if not 0 < self.top_p <= 1:
            raise ChipgenError(f"top-p {self.top_p} is not above 0 and up to 1; 0.95 is usual")
        if self.drums not in DRUM_CHOICES:
            raise ChipgenError(
                f"drums '{self.drums}' are unknown; choose one of {', '.join(DRUM_CHOICES)}"
            )
        if not self.key_bias >= 0:
            raise ChipgenError(f"key bias {self.key_bias} is negative; 0 turns it off")


@dataclass(frozen=True, slots=True)
class Composition:
    """A piece to be heard: what was composed, or a seed as it is.

    Attributes
    ----------
    score
        The seed and its continuation, or the continuation alone.
    seed_bars, generated_bars
        Bars of each in the score.
    model
        The model's name; empty if nothing was composed.
    rng_seed
        The number that makes this take again.
    remarks
        What the user should know, a line each.
    """

    score: Score
    seed_bars: int
    generated_bars: int
    model: str = ""
    rng_seed: int = 0
    remarks: tuple[str, ...] = ()


def compose(
    seed: Score, model_name: str, config: ComposeConfig | None = None, rng_seed: int = 0
) -> Composition:
    """Let a model compose on from a seed.

    The continuation begins at the bar line where the seed ends, in the seed's meter and its
    prevailing tempo, and is played by the seed's own tracks where their roles are clear.

    Parameters
    ----------
    seed
        At least a beat of pitched notes. Notes outside a model's range are folded into it, and
        the answer's remarks say so.
    model_name
        A shipped model's name, or the path of a checkpoint.
    config
        Length, freedom, drums.
    rng_seed
        0 to 2³² − 1; the same number gives the same notes.

    Raises
    ------
    ChipgenError
        If the seed is empty or too short, or the model does not exist.
    """
    config = config or ComposeConfig()
    if not 0 <= rng_seed < 2**32:
        raise ChipgenError(f"seed number {rng_seed} is out of range; give 0 to {2**32 - 1}")
    frame = find_frame(seed)
    model = _load(model_name)
    composer = importlib.import_module(model_entry(model.name).composer)
    wishes = GenerationConfig(config.bars, config.temperature, config.top_p, config.key_bias)
    continuation: Continuation = composer.continue_seed(model, seed, frame, wishes, rng_seed)
    score = _assemble(seed, frame, continuation, config)
    if config.without_seed:
        score = _from(score, frame.start_beats)
    return Composition(
        score=score,
        seed_bars=0 if config.without_seed else frame.seed_bars,
        generated_bars=config.bars,
        model=model.name,
        rng_seed=rng_seed,
        remarks=continuation.remarks,
    )


def _load(model_name: str) -> Any:
    from chipgen.models.checkpoint import load_model  # torch

    return load_model(model_name)


def _assemble(seed: Score, frame: Frame, made: Continuation, config: ComposeConfig) -> Score:
    """Put the continuation behind the seed, on its tracks or on new ones."""
    tracks = list(seed.tracks)
    for role, notes in made.lines.items():
        if not notes:
            continue
        owner = made.owners.get(role)
        if owner is None:
            tracks.append(_new_track(seed, tracks, role))
            owner = len(tracks) - 1
        track = tracks[owner]
        tracks[owner] = replace(
            track,
            notes=tuple(sorted((*track.notes, *notes))),
            controls=(*_until(track.controls, frame), *_usual_controls(track, frame)),
            bends=(*_until(track.bends, frame), *_straighten(track, frame)),
        )
    end = frame.start_beats + config.bars * frame.bar_beats
    tracks = drum_tracks(tracks, seed.dialect, frame, config.bars, config.drums)
    tempos = tuple(tempo for tempo in seed.tempos if tempo.beat < frame.start_beats)
    if tempos[-1].bpm != frame.tempo.bpm:
        tempos = (*tempos, frame.tempo)
    return replace(
        seed,
        tracks=tuple(tracks),
        tempos=tempos,
        meters=_meters(seed, frame),
        markers=tuple(marker for marker in seed.markers if marker.beat <= frame.start_beats),
        end_beats=end,
    )


def _meters(seed: Score, frame: Frame) -> tuple[Meter, ...]:
    """Return the seed's meters, its last bar cut short where the frame says so."""
    if frame.short_bar is None:
        return tuple(meter for meter in seed.meters if meter.beat < frame.start_beats)
    before = tuple(meter for meter in seed.meters if meter.beat < frame.short_bar.beat)
    return (*before, frame.short_bar, replace(frame.meter, beat=frame.start_beats))


def _new_track(seed: Score, tracks: list[Track], role: str) -> Track:
    """Return an empty track for a role that no track of the seed owns."""
    if seed.dialect == "nesmdb":
        taken = {track.role for track in tracks}
        wanted = (_CHIP_ROLES[role], "p1", "p2", "tr")
        name = next((name for name in wanted if name not in taken), "")
        if name:
            channel = ("p1", "p2", "tr").index(name)
            return Track(name, channel, _CHIP_PROGRAMS[name], role=name)
    used = {track.channel for track in tracks}
    free = [channel for channel in range(16) if channel != 9 and channel not in used]
    sounding = [track for track in seed.tracks if track.notes and not track.is_drums]
    program = sounding[0].program if sounding else 0
    return Track(role, free[0] if free else 0, program)


def _until(events: tuple[Any, ...], frame: Frame) -> list[Any]:
    return [event for event in events if event.beat < frame.start_beats]


def _usual_controls(track: Track, frame: Frame) -> list[Control]:
    """Set levels back to what is usual in the seed, which may have ended in a fade."""
    controls = []
    for number in _LEVEL_CONTROLS:
        values = [control.value for control in track.controls if control.number == number]
        if values:
            usual = int(np.percentile(values, 60 if number != 12 else 50, method="nearest"))
            controls.append(Control(frame.start_beats, number, usual))
    return controls


def _straighten(track: Track, frame: Frame) -> list[Bend]:
    bent = bool(track.bends) and track.bends[-1].semitones != 0
    return [Bend(frame.start_beats, 0.0)] if bent else []


def _from(score: Score, beat: float) -> Score:
    """Cut away what lies before a beat, and count from there."""

    def late(events: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(e, beat=e.beat - beat) for e in events if e.beat >= beat)

    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(note, onset_beats=note.onset_beats - beat)
                for note in track.notes
                if note.onset_beats >= beat - 1e-6
            ),
            controls=_in_force(track.controls, beat) + late(track.controls),
            bends=late(track.bends),
        )
        for track in score.tracks
    )
    meter = replace(score.meter_at(beat), beat=0.0)
    tempo = Tempo(0.0, max((t for t in score.tempos if t.beat <= beat), key=lambda t: t.beat).bpm)
    markers: tuple[Marker, ...] = late(score.markers)
    return replace(
        score,
        tracks=tuple(track for track in tracks if track.notes),
        tempos=(tempo,),
        meters=(meter,),
        markers=markers,
        end_beats=score.end_beats - beat,
    )


def _in_force(controls: tuple[Control, ...], beat: float) -> tuple[Control, ...]:
    """Return each control's last setting before a beat, moved to 0, unless it is set anew there."""
    last: dict[int, Control] = {}
    for control in controls:
        if control.beat <= beat:
            last[control.number] = replace(control, beat=0.0)
    again = {control.number for control in controls if control.beat == beat}
    return tuple(control for number, control in sorted(last.items()) if number not in again)
