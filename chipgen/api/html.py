"""Draws a song for a notebook: a player and its roll, in one piece of HTML."""

import base64
import html
import io
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.voices import PITCHED, VOICE_BY_NAME, VOICES
from synth.instrument.chip_score import ChipScore
from synth.output.audioformats import import_soundfile

MOST_S: Final = 600.0  # of sound that a page carries
_WIDTH, _HEIGHT, _NOISE = 1000, 180, 24
_BLOCK: Final = 1 << 16


def song_html(title: str, audio: NDArray[np.float32], rate_hz: int, score: ChipScore | None) -> str:
    """Return HTML that plays a song and shows its notes; it needs no network.

    Parameters
    ----------
    title
        Stands above.
    audio
        float32, shape (frames, channels), full scale ±1; the first `MOST_S` seconds are carried.
    rate_hz
        Its sample rate.
    score
        The notes of the four voices; None draws none.
    """
    data = base64.b64encode(_ogg(audio, rate_hz)).decode()
    roll = "" if score is None else _roll(score, len(audio) / rate_hz)
    return (
        f'<figure style="margin:0"><figcaption>{html.escape(title)}</figcaption>'
        f'<audio controls preload="metadata" style="width:100%" '
        f'src="data:audio/ogg;base64,{data}"></audio>{roll}</figure>'
    )


def _ogg(audio: NDArray[np.float32], rate_hz: int) -> bytes:
    """Return sound as Ogg Vorbis, written in blocks, since libsndfile's stack holds no minute."""
    kept = audio[: int(MOST_S * rate_hz)]
    data = io.BytesIO()
    with import_soundfile().SoundFile(
        data, "w", rate_hz, kept.shape[1], format="OGG", subtype="VORBIS"
    ) as file:
        for first in range(0, len(kept), _BLOCK):
            file.write(kept[first : first + _BLOCK])
    return data.getvalue()


def _roll(score: ChipScore, length_s: float) -> str:
    """Return the notes as SVG: pitched voices above, the noise below."""
    scale = _WIDTH / max(length_s, score.end_s, 1e-3)
    pitches = [note.pitch for voice in PITCHED for note in score.voice(voice)]
    lowest, highest = (min(pitches) - 1, max(pitches) + 1) if pitches else (48, 72)
    step = (_HEIGHT - _NOISE) / (highest - lowest + 1)
    shapes = []
    for voice in VOICES:
        row = VOICE_BY_NAME[voice]
        notes = []
        for note in score.voice(voice):
            x, width = note.start_s * scale, max((note.end_s - note.start_s) * scale, 0.8)
            if row.wave == "noise":
                y, height = _HEIGHT - _NOISE + note.pitch * (_NOISE - 3) / 16, 3.0
            else:
                y, height = (highest - note.pitch) * step, max(step, 1.5)
            notes.append(f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z")
        shapes.append(
            f'<path fill="{row.colour}" d="{"".join(notes)}"><title>{row.label}</title></path>'
        )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="piano roll" '
        f'style="width:100%;background:#fff">{"".join(shapes)}</svg>'
    )
