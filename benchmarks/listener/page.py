"""A page of takes beside what the songs really go on with: rolls to look at, sound to hear."""

import base64
import html
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.listener.material import SEED_BARS, SEED_S, SHORT_BARS, TAKE_S, Material
from benchmarks.listener.piece import Piece, score_of
from benchmarks.listener.tune_and_bass import LINES, in_lines
from chipgen.app.pipeline import voice_take
from chipgen.composing import Composition
from chipgen.errors import ChipgenError
from chipgen.music.score import Score
from chipgen.request import Request
from synth.chip.render_log import render
from synth.errors import SynthError
from synth.output.audiofile import write_audio

_RATE_HZ: Final = 32_000
_WIDTH, _HEIGHT, _DRUMS = 900, 150, 24
_COLOURS: Final = dict(zip(LINES, ("#c0392b", "#2471a3", "#1e8449", "#7d6608"), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One piece of the page: its label, its notes, where the seed ends in beats, its score."""

    label: str
    piece: Piece
    seam: float
    score: Score


def roll(piece: Piece, seam: float) -> str:
    """Return a piano roll as SVG: colours are lines; a red line is where the seed ends."""
    piece = in_lines(piece)
    pitched = piece.take(~piece.drums)
    low = int(pitched.pitch.min()) - 2 if len(pitched) else 40
    high = int(pitched.pitch.max()) + 3 if len(pitched) else 80
    across, down = _WIDTH / max(piece.length, 1e-9), _HEIGHT / (high - low)
    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + _DRUMS}" role="img">']
    parts += [
        f'<path d="M{bar * piece.bar_beats * across:.1f} 0V{_HEIGHT + _DRUMS}" stroke="#ddd"/>'
        for bar in range(piece.bars + 1)
    ]
    for voice, start, end, pitch, is_drum in zip(
        piece.voice, piece.start, piece.end, piece.pitch, piece.drums, strict=True
    ):
        x, width = start * across, max(1.0, (end - start) * across - 0.3)
        y, height = (high - pitch) * down, max(1.5, down * 0.9)
        if is_drum:
            x, width, y, height = start * across, 1.2, _HEIGHT + 2 + (pitch % 5) * 4, 4
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{_COLOURS[LINES[voice]]}"/>'
        )
    parts.append(f'<path d="M{seam * across:.1f} 0V{_HEIGHT + _DRUMS}" stroke="red"/></svg>')
    return "".join(parts)


def sound(score: Score) -> str:
    """Return what a score sounds like on the chip, as a data address of Ogg; else nothing."""
    try:
        voiced = voice_take(Composition(score, 0, 0), Request(bars=0))
        samples = render(voiced.log, _RATE_HZ, voiced.console_filter)
    except (ChipgenError, SynthError):
        return ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "take.ogg")
        write_audio(path, [samples], _RATE_HZ)
        return "data:audio/ogg;base64," + base64.b64encode(path.read_bytes()).decode()


def write_page(path: Path, material: Material, most: int) -> int:
    """Write the page, whole in one file.

    Parameters
    ----------
    path
        Where to.
    most
        Takes of each kind.

    Returns
    -------
    int
        How many pieces it shows.
    """
    blocks, count = [], 0
    for title, rows in _kinds(material, most):
        blocks.append(f"<h2>{html.escape(title)}</h2>")
        for name, shown in rows:
            blocks.append(f"<h3>{html.escape(name)}</h3>")
            for each in shown:
                heard = sound(each.score)
                player = f'<audio controls preload="none" src="{heard}"></audio>' if heard else ""
                blocks.append(
                    f"<p>{html.escape(each.label)}</p>{roll(each.piece, each.seam)}{player}"
                )
                count += 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_PAGE.format(model=html.escape(material.takes.model), body="\n".join(blocks)))
    return count


def _kinds(material: Material, most: int) -> Iterator[tuple[str, list[tuple[str, list[Shown]]]]]:
    pairs = []
    for pair in [pair for pair in material.pairs if pair.ours is not None][:most]:
        real, ours = pair.scores
        shown = [Shown("the song", Piece.of(real), pair.seed.length, real)]
        if ours is not None:
            shown.insert(0, Shown("the take", Piece.of(ours), pair.seed.length, ours))
        pairs.append((pair.name, shown))
    yield f"After {SEED_S:g} s of NES-MDB's songs, {TAKE_S:g} s", pairs
    songs = dict(material.pop_songs)
    for title, takes in (
        ("After four bars of melody", material.melodies),
        ("After ordinary seeds", material.short),
    ):
        rows = []
        for take in takes[:most]:
            whole = take.whole
            shown = [Shown("the take", whole, take.head.length, take.score)]
            song = songs.get(take.name.removeprefix("pop ")) if take in material.short else None
            if song is not None:
                real = song.bars_between(0, SEED_BARS + SHORT_BARS)
                shown.append(Shown("the song", real, take.head.length, score_of(real)))
            rows.append((take.name, shown))
        yield f"{title}, {SHORT_BARS} bars", rows


_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Takes beside songs</title>
<style>
body {{ font: 15px/1.4 sans-serif; max-width: 940px; margin: 2em auto; padding: 0 1em }}
svg {{ width: 100%; border: 1px solid #ccc; background: #fff }}
audio {{ width: 100%; height: 32px }}
p {{ margin: .6em 0 .2em }}
</style>
<h1>Takes beside songs</h1>
<p>Composed by {model} at its default settings. Red and blue are the first and the second voice,
green is the bass, brown the drums; the red line is where the seed ends.</p>
{body}
</html>
"""
