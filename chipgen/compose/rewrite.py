"""A piece, some bars and voices of it, to the piece with these written anew around what is kept."""

import difflib
from dataclasses import dataclass
from typing import Final

import numpy as np

from chipgen.arrange import ArrangeConfig, arrange, chip_score_to_score
from chipgen.compose.composer import load_composer
from chipgen.compose.infill import AFTER_ROWS, Gap, Keep
from chipgen.compose.measures import onsets_hz
from chipgen.compose.paste import put_rows, struck_again
from chipgen.compose.piece import ComposeConfig, Composition
from chipgen.errors import ChipgenError
from chipgen.models.generation import GenerationConfig, folded_remarks
from chipgen.models.registry import models_that
from chipgen.music.score import NES_TRACKS, Score
from chipgen.rows.encode import EncodedPiece
from chipgen.rows.prompt import Prompt
from synth.chip.voices import SCORED, VOICE_BY_NAME, VOICES

_LIVELY_HZ: Final = 0.5  # a voice that plays more than this elsewhere is not to fall silent


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of a piece, counted from 1, the last one included.

    Examples
    --------
    >>> str(Bars(9, 12)), str(Bars(5, 5))
    ('9-12', '5')
    """

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def rewrite(
    score: Score | Prompt,
    model_name: str | None = None,
    first_bar: int = 1,
    last_bar: int | None = None,
    voices: tuple[str, ...] = VOICES,
    config: ComposeConfig | None = None,
    rng_seed: int = 0,
) -> Composition:
    """Write some voices of some bars anew, around everything that is kept.

    What is kept stays note for note. Several drafts are drawn, and the one is chosen after which
    the music that follows is likeliest.

    Parameters
    ----------
    score
        Any piece; one that is not in the chip's voices is arranged for them first.
    model_name
        A model that rewrites, or the path of such a checkpoint; None takes the usual one.
    first_bar, last_bar
        Bars to rewrite, counted from 1, both included; to the end if no last one is given. In
        NES-MDB bars are nominal, 2 s each, and their edges move to the nearest row of the music.
    voices
        Which of pulse1, pulse2, triangle and noise to write.
    config
        Temperature and top-p count.
    rng_seed
        0 to 2³² − 1; the same number gives the same notes.

    Returns
    -------
    Composition
        The whole piece in the chip's voices.

    Raises
    ------
    ChipgenError
        If a voice is unknown, the bars are not in the piece, nothing would be kept, or the model
        cannot rewrite.
    """
    roles = tuple(role_of(voice) for voice in voices)
    if not roles:
        raise ChipgenError(f"no voice is to be written; give some of {', '.join(VOICES)}")
    config = config or ComposeConfig()
    names = tuple(voice.name for voice in SCORED if voice.role in roles)
    loaded = load_composer(model_name or models_that("rewrite")[0], "rewrite", names)
    prompt = voiced_prompt(Prompt.of(score))
    piece, heard = prompt.seed, prompt.encoded
    lines = bar_lines(piece, prompt.ending.start_beats)
    span = check_bars(first_bar, last_bar, len(lines) - 1)
    if len(set(roles)) == len(NES_TRACKS) and span == Bars(1, len(lines) - 1):
        raise ChipgenError(
            "nothing of the piece would be kept; keep a voice or some bars, or compose from scratch"
        )
    begin, end = (
        int(np.argmin(np.abs(heard.edges_beats - lines[bar])))
        for bar in (span.first - 1, span.last)
    )
    if begin == end:
        raise ChipgenError(f"bars {span} are too short to be rewritten")
    gap = gap_in(heard, begin, end, roles)
    wishes = GenerationConfig(None, config.temperature, config.top_p, config.key_bias)
    filled = loaded.composer.fill(loaded.model, gap, wishes, rng_seed)
    written = put_rows(piece, roles, filled.rows, heard.edges_beats[begin : end + 1])
    bars = f"bar {span}" if span.first == span.last else f"bars {span}"
    bars = "all bars" if span == Bars(1, len(lines) - 1) else bars
    what = bars if len(names) == len(VOICES) else f"{', '.join(names)} of {bars}"
    return Composition(
        score=written,
        seed_bars=len(lines) - 1 - (span.last - span.first + 1),
        generated_bars=span.last - span.first + 1,
        model=loaded.name,
        rng_seed=rng_seed,
        remarks=folded_remarks(heard.folded),
        done=f"{what} written anew, the best of {filled.drafts} drafts"
        if filled.drafts > 1
        else f"{what} written anew",
    )


def role_of(voice: str) -> str:
    """Return the role (p1, p2, tr, no) of a voice of the chip.

    Raises
    ------
    ChipgenError
        If there is no such voice; the message names the nearest one.

    Examples
    --------
    >>> role_of("triangle"), role_of("p1")
    ('tr', 'p1')
    """
    if voice in NES_TRACKS:
        return voice
    if voice not in VOICES:
        near = difflib.get_close_matches(voice.lower(), VOICES, 1, 0.0)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ChipgenError(
            f"'{voice}' is no voice of the chip; {hint}There are {', '.join(VOICES)}"
        )
    return VOICE_BY_NAME[voice].role


def voiced_prompt(prompt: Prompt, config: ArrangeConfig | None = None) -> Prompt:
    """Return a piece in the chip's voices: as it is if it is in them, arranged for them if not."""
    if prompt.is_voiced:
        return prompt
    arranged = arrange(prompt.seed, config or ArrangeConfig(), parts=prompt.parts)
    piece = chip_score_to_score(arranged.chip_score, prompt.seed)
    return Prompt.of(piece, nominal=prompt.nominal)


def bar_lines(score: Score, end_beats: float) -> list[float]:
    """Return the beats at which a piece's bars begin, and where the last one ends."""
    return [*(beat for beat in score.bar_starts_beats() if beat < end_beats - 1e-6), end_beats]


def check_bars(first: int, last: int | None, count: int) -> Bars:
    """Return bars to be rewritten if a piece of `count` bars has them."""
    last = count if last is None else last
    if not 1 <= first <= last <= count:
        wrong = f"bar {first} is" if first == last else f"bars {first}-{last} are"
        raise ChipgenError(f"{wrong} not in the piece, which has {count}; give some of 1-{count}")
    return Bars(first, last)


def gap_in(heard: EncodedPiece, begin: int, end: int, roles: tuple[str, ...]) -> Gap:
    """Return the gap that rows `begin` to `end` are, with what is known of its surroundings."""
    rows = heard.rows
    p1, p2, tr, no = (role not in roles for role in NES_TRACKS)
    keep: Keep = (p1, p2, tr, no)
    after = struck_again(rows, end, keep)[:AFTER_ROWS]
    had = onsets_hz(rows)
    asked = np.array([role in roles and len(set(roles)) < len(NES_TRACKS) for role in NES_TRACKS])
    around = rows[:begin][-AFTER_ROWS:].then(rows[begin : end + AFTER_ROWS])
    expected = asked | (had > _LIVELY_HZ)
    return Gap(rows[:begin], rows[begin:end], after, keep, had, expected, around)
