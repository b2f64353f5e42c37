"""A piece and the voices and bars to be written anew to the piece with new music in them."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chipgen.compose.hearing import hear_seed, tracks_of
from chipgen.errors import ChipgenError
from chipgen.music.parts import find_frame
from chipgen.music.score import NES_TRACKS, Score

if TYPE_CHECKING:  # torch is loaded only when a model is used
    from chipgen.models.row_transformer import RowTransformer
    from chipgen.models.sample_rows import RowSampling


def rewrite_voices(
    model: "RowTransformer",
    score: Score,
    voices: tuple[str, ...],
    first_bar: int = 0,
    bars: int | None = None,
    sampling: "RowSampling | None" = None,
    rng_seed: int = 0,
) -> Score:
    """Write some voices of a piece anew, around those that are kept.

    Parameters
    ----------
    score
        In ordinary beats, its tracks with the roles p1, p2, tr and no; a missing voice can be
        asked for.
    voices
        Which of p1, p2, tr and no to write.
    first_bar, bars
        Where: so many bars from this one on (counted from 0), to the end if not given.
    sampling, rng_seed
        As in `continue_score`.

    Raises
    ------
    ChipgenError
        If a voice is unknown, the bars are not in the piece, or its beats are nominal (NES-MDB).
    """
    from chipgen.models.sample_rows import Rows, RowSampling, sample_rows

    unknown = set(voices) - set(NES_TRACKS)
    if unknown or not voices:
        raise ChipgenError(f"voices {', '.join(voices) or 'none'}: give some of p1, p2, tr, no")
    if score.dialect == "nesmdb":
        raise ChipgenError("a piece of NES-MDB has no bars to rewrite: its beats are nominal")
    frame = find_frame(score)
    bar_starts = [*score.bar_starts_beats(), frame.start_beats]
    last = len(bar_starts) - 1 if bars is None else first_bar + bars
    if not 0 <= first_bar < last <= len(bar_starts) - 1:
        raise ChipgenError(
            f"bars {first_bar} to {last} are not in the piece; it has {len(bar_starts) - 1}"
        )
    everything, _, _ = hear_seed(score, frame)
    per_beat = len(everything) / frame.start_beats
    begin, end = (round(bar_starts[bar] * per_beat) for bar in (first_bar, last))

    def cut(start: int, stop: int) -> Rows:
        e = everything
        return Rows(
            e.states[start:stop], e.volume[start:stop], e.timbre[start:stop], e.frames[start:stop]
        )

    p1, p2, tr, no = (role not in voices for role in NES_TRACKS)
    passage = cut(begin, end)
    drawn = sample_rows(
        model,
        cut(0, begin),
        passage.frames,
        sampling or RowSampling(),
        np.random.default_rng(rng_seed),
        passage,
        (p1, p2, tr, no),
    )
    beats = bar_starts[first_bar] + np.arange(end - begin + 1) / per_beat
    written = {track.role: track for track in tracks_of(drawn, beats)}
    tracks = []
    for role in NES_TRACKS:
        owner = next((track for track in score.tracks if track.role == role), None)
        if role not in voices:
            tracks += [owner] if owner else []
            continue
        new = written[role]
        outside = [
            note
            for note in (owner.notes if owner else ())
            if not beats[0] - 1e-6 <= note.onset_beats < beats[-1] - 1e-6
        ]
        tracks.append(replace(owner or new, notes=tuple(sorted((*outside, *new.notes)))))
    others = tuple(track for track in score.tracks if track.role not in NES_TRACKS)
    return score.with_tracks((*tracks, *others))
