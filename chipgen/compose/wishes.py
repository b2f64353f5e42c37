"""What a musician asks for to the piece: seed prepared, then gone on from, rewritten or begun."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chipgen.arrange import ArrangeConfig
from chipgen.compose.assemble import Passage
from chipgen.compose.loop import unmarked
from chipgen.compose.piece import ComposeConfig, Composition, compose
from chipgen.compose.rewrite import Bars, rewrite, voiced_prompt
from chipgen.compose.scratch import USUAL_BPM, ScratchConfig, check_tempo, compose_from_scratch
from chipgen.errors import ChipgenError
from chipgen.music.dialect import NOMINAL_BPM, has_nominal_beats
from chipgen.music.keys import Key, into_key
from chipgen.music.score import Score, Tempo
from chipgen.rows.prompt import Prompt
from synth.chip.voices import VOICES


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for besides a continuation.

    Attributes
    ----------
    write
        Voices (pulse1, pulse2, triangle, noise) to write anew around the others; empty for none,
        or with `fill` for all.
    fill
        Bars to write anew, counted from 1; None for all.
    key
        The seed is moved into this key first; a piece from scratch is composed in it.
    tempo_bpm
        Takes the place of the seed's tempo; 20–400.
    from_scratch
        Whether there is no seed.
    meter
        Of a piece from scratch.
    """

    write: tuple[str, ...] = ()
    fill: Bars | None = None
    key: Key | None = None
    tempo_bpm: float | None = None
    from_scratch: bool = False
    meter: tuple[int, int] = (4, 4)

    @property
    def is_rewriting(self) -> bool:
        """Whether a piece is to be written anew in part."""
        return bool(self.write) or self.fill is not None


def make_piece(
    seed: Score | None,
    model_name: str,
    config: ComposeConfig | None = None,
    wishes: Wishes | None = None,
    rng_seed: int = 0,
    arranging: ArrangeConfig | None = None,
    on_passage: Callable[[Passage], None] | None = None,
    on_seed: Callable[[Score], None] | None = None,
) -> Composition:
    """Make the piece that is asked for.

    The seed is transposed and set to its tempo first. Then it is gone on from, or rewritten in
    part; without a seed a piece is composed from nothing.

    Parameters
    ----------
    seed
        None only from scratch.
    model_name
        A shipped model's name, or the path of a checkpoint.
    config
        How to compose; None takes the seed as it is.
    wishes
        What else is asked for.
    rng_seed
        0 to 2³² − 1; the same number gives the same notes.
    arranging
        How ordinary MIDI is arranged before voices of it are rewritten.
    on_passage
        Called with each passage of a continuation as soon as it is there.
    on_seed
        Called with the seed as it is gone on from, before the first passage.

    Raises
    ------
    ChipgenError
        If something asked for cannot be had; as `compose`, `rewrite` and `compose_from_scratch`.
    """
    wishes = wishes or Wishes()
    if wishes.from_scratch:
        bpm = wishes.tempo_bpm or USUAL_BPM
        scratch = ScratchConfig(wishes.key, bpm, wishes.meter)
        return compose_from_scratch(model_name, scratch, config, rng_seed)
    if seed is None:
        raise ChipgenError("there is no seed to begin from; give one, or compose from scratch")
    goes_on = config is not None and not wishes.is_rewriting
    prompt, remarks = _prepare(unmarked(seed) if goes_on else seed, wishes)
    if wishes.is_rewriting:
        first, last = (wishes.fill.first, wishes.fill.last) if wishes.fill else (1, None)
        piece = voiced_prompt(prompt, arranging)
        made = rewrite(piece, model_name, first, last, wishes.write or VOICES, config, rng_seed)
    elif config is None:
        bars = len(prompt.seed.bar_starts_beats())
        made = Composition(prompt.seed, seed_bars=bars, generated_bars=0)
    else:
        if on_seed is not None:
            on_seed(prompt.seed)
        made = compose(prompt, model_name, config, rng_seed, on_passage)
    return replace(made, remarks=(*remarks, *made.remarks))


def _prepare(seed: Score, wishes: Wishes) -> tuple[Prompt, tuple[str, ...]]:
    """Return a seed in the key and tempo asked for, and what to tell of it."""
    remarks: tuple[str, ...] = ()
    nominal: bool | None = None
    if wishes.key is not None:
        seed, remark = into_key(seed, wishes.key)
        remarks = (remark,)
    if wishes.tempo_bpm is not None:
        nominal = has_nominal_beats(seed)
        seed, remark = at_tempo(seed, wishes.tempo_bpm, nominal=nominal)
        remarks += (remark,) if remark else ()
    return Prompt.of(seed, nominal=nominal), remarks


def at_tempo(score: Score, bpm: float, *, nominal: bool) -> tuple[Score, str]:
    """Set a piece to one tempo.

    A tempo map with its changes is replaced. NES-MDB's files all say 120, whatever they hold, and
    go on saying so; there all goes faster or slower by the tempo's ratio to that.

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
        What to tell the user; empty if there is nothing to tell.
    """
    check_tempo(bpm)
    if not nominal:
        return replace(score, tempos=(Tempo(0.0, bpm),)), ""
    speed = bpm / NOMINAL_BPM
    remark = f"the file's 120 beats a minute are nominal: it goes {speed:.3g} times as fast"
    return _sped_up(score, speed), remark


def _sped_up(score: Score, speed: float) -> Score:
    """Return a score whose beats are nominal with everything so many times as early."""
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(
                    note,
                    onset_beats=note.onset_beats / speed,
                    duration_beats=note.duration_beats / speed,
                )
                for note in track.notes
            ),
            controls=tuple(replace(c, beat=c.beat / speed) for c in track.controls),
            bends=tuple(replace(bend, beat=bend.beat / speed) for bend in track.bends),
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
