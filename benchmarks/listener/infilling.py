"""Infilling: what the music after bars written anew costs, against what it costs after its own."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from benchmarks.listener.corpus import nes_scores
from benchmarks.listener.figures import Figure, Sample, figure
from benchmarks.listener.material import NOMINAL_BEAT_S, Material
from benchmarks.sample_rows import first as beginning
from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model
from chipgen.music.score import Score, Track
from chipgen.rows.prompt import Prompt

FILL: Final = (7, 9)  # nominal bars of 2 s, counted from 1
_BAR_BEATS: Final = 4.0
LENGTH_S: Final = 26.0
_AFTER_ROWS: Final = 64


def cost_after(judge: Any, piece: Score, beat: float, rows: int = _AFTER_ROWS) -> float | None:
    """Return the judge's nats a second of the first rows from a beat on, told all before.

    Parameters
    ----------
    judge
        A row transformer.
    piece
        In the chip's voices.
    """
    try:
        encoded = Prompt.of(piece).encoded
    except ChipgenError:
        return None
    begin = int(np.searchsorted(encoded.edges_beats, beat - 0.02))
    heard = encoded.rows[: begin + rows]
    if len(heard) - begin < rows // 2:
        return None
    told = judge.log_prob(heard.states, heard.volume, heard.timbre, heard.frames)
    lasts = encoded.edges_beats[len(heard)] - encoded.edges_beats[begin]
    return -float(told[begin:].sum()) / (lasts * NOMINAL_BEAT_S)


def measure(material: Material) -> list[Figure]:
    """Return the ratio of what follows bars of NES-MDB's songs that were written anew."""
    if material.nes is None:
        return []
    judge = load_model(material.judge)
    begin, end = (FILL[0] - 1) * _BAR_BEATS, FILL[1] * _BAR_BEATS
    own, filled, silent = [], [], []
    songs = nes_scores(material.nes, material.split, material.songs, LENGTH_S)
    for number, (_, song) in enumerate(songs):
        piece = beginning(song, LENGTH_S / NOMINAL_BEAT_S)
        made = material.takes(piece, fill=f"{FILL[0]}-{FILL[1]}", rng_seed=number)
        costs = [
            score and cost_after(judge, score, end)
            for score in (piece, made and made.score, _without(piece, begin, end))
        ]
        if costs[0] and costs[1]:
            own.append(costs[0])
            filled.append(costs[1])
            silent.append(costs[2] or costs[0])
    if not own:
        return []
    return [
        figure("nats a second of what follows", ours=filled, real=own,
               controls={"after silence": silent}),
        Figure("what follows costs so many times as much", _ratio(filled, own),
               Sample(1.0, len(own), 1.0, 1.0), {"after silence": _ratio(silent, own)}, 1.15),
    ]  # fmt: skip


def _ratio(values: list[float], own: list[float]) -> Sample:
    """Return a ratio of sums, with an interval by drawing songs again."""
    a, b = np.array(values), np.array(own)
    draws = np.random.default_rng(0).integers(0, len(a), (500, len(a)))
    ratios = a[draws].sum(axis=1) / b[draws].sum(axis=1)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return Sample(float(a.sum() / b.sum()), len(a), float(low), float(high))


def _without(piece: Score, begin: float, end: float) -> Score:
    def kept(track: Track) -> Track:
        notes = tuple(n for n in track.notes if not begin <= n.onset_beats < end)
        return replace(track, notes=notes)

    return piece.with_tracks(tuple(kept(track) for track in piece.tracks))
