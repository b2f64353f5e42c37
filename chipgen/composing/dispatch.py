"""Does what a request asks: prepares the seed, then continues, rewrites or begins a piece."""

from collections.abc import Callable
from dataclasses import replace

from chipgen.arranging import ArrangeConfig
from chipgen.composing.composition import Composition, compose
from chipgen.composing.from_scratch import compose_from_scratch
from chipgen.composing.loop_closing import unmarked
from chipgen.composing.passages import Passage
from chipgen.composing.rewrite import rewrite, voiced_prompt
from chipgen.errors import ChipgenError
from chipgen.music.nesmdb_dialect import NOMINAL_BPM, has_nominal_beats
from chipgen.music.score import Score, Tempo
from chipgen.music.score_edit import move_events
from chipgen.music.transposition import into_key
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt


def make_piece(
    seed: Score | None,
    request: ComposeRequest | None = None,
    arranging: ArrangeConfig | None = None,
    on_passage: Callable[[Passage], None] | None = None,
    on_seed: Callable[[Score], None] | None = None,
) -> Composition:
    """Make the piece that is asked for.

    The seed is transposed and set to its tempo first. Then it is taken as it is, gone on from, or
    rewritten in part; without a seed a piece is composed from nothing.

    Parameters
    ----------
    seed
        None only from scratch.
    request
        What is asked for; None continues the seed with every default.
    arranging
        How ordinary MIDI is arranged before voices of it are rewritten.
    on_passage
        Called with each passage of a continuation, or of a piece from nothing after its opening,
        as soon as it is composed.
    on_seed
        Called with the seed as it is gone on from, before the first passage.

    Returns
    -------
    Composition
        The piece, with the request that made it if a model was asked.

    Raises
    ------
    ChipgenError
        If something asked for cannot be had; as `compose`, `rewrite` and `compose_from_scratch`.
    """
    request = request or ComposeRequest()
    if request.task == "scratch":
        return replace(compose_from_scratch(request, on_passage, on_seed), request=request)
    if seed is None:
        raise ChipgenError("there is no seed to begin from; give one, or compose from scratch")
    prompt, remarks = _prepare(unmarked(seed) if request.task == "continue" else seed, request)
    if request.task == "as is":
        bars = len(prompt.seed.bar_starts_beats())
        return Composition(prompt.seed, seed_bars=bars, generated_bars=0, remarks=remarks)
    if request.task == "rewrite":
        made = rewrite(voiced_prompt(prompt, arranging), request)
    else:
        made = compose(prompt, request, on_passage, on_seed)
    return replace(made, remarks=(*remarks, *made.remarks), request=request)


def _prepare(seed: Score, request: ComposeRequest) -> tuple[Prompt, tuple[str, ...]]:
    """Return a seed in the requested key and tempo, and remarks about it."""
    remarks: tuple[str, ...] = ()
    nominal: bool | None = None
    if request.key is not None:
        seed, remark = into_key(seed, request.key)
        remarks = (remark,)
    if request.tempo_bpm is not None:
        nominal = has_nominal_beats(seed)
        seed, remark = at_tempo(seed, request.tempo_bpm, nominal=nominal)
        remarks += (remark,) if remark else ()
    return Prompt.of(seed, nominal=nominal), remarks


def at_tempo(score: Score, bpm: float, *, nominal: bool) -> tuple[Score, str]:
    """Set a piece to one tempo.

    The tempo replaces the tempo map and its changes. NES-MDB's files keep their nominal 120; their
    notes are sped up or slowed down by the tempo's ratio to 120 instead.

    Parameters
    ----------
    score
        Any piece.
    bpm
        Quarter notes a minute, 20–400.
    nominal
        Whether the score's beats are only its file's.

    Returns
    -------
    score : Score
        The same bars at the new tempo; of NES-MDB the same music in fewer nominal bars, or more.
    remark
        A remark for the user; empty if there is none.
    """
    if not nominal:
        return replace(score, tempos=(Tempo(0.0, bpm),)), ""
    speed = bpm / NOMINAL_BPM
    remark = f"the file's 120 beats a minute are nominal: it goes {speed:.3g} times as fast"
    return _sped_up(score, speed), remark


def _sped_up(score: Score, speed: float) -> Score:
    """Return a score whose beats are nominal, sped up by a factor."""
    tracks = tuple(
        replace(
            move_events(track, lambda beat: beat / speed),
            notes=tuple(
                replace(
                    note,
                    onset_beats=note.onset_beats / speed,
                    duration_beats=note.duration_beats / speed,
                )
                for note in track.notes
            ),
        )
        for track in score.tracks
    )
    return replace(
        score,
        tracks=tracks,
        meters=score.meters[:1],
        markers=tuple(replace(marker, beat=marker.beat / speed) for marker in score.markers),
        end_beats=score.end_beats / speed,
    )
