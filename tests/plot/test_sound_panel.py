"""The lower panel shows the sound where it is."""

import numpy as np
import pytest

from chipgen.plot.picture import draw
from tests.plot.pictures import picture


def test_the_spectrogram_shows_the_tone_where_it_sounds() -> None:
    """The darkest row in the first half is 1 kHz; the second half is as light as silence."""
    image = draw(picture(title="")).axes[2].images[0]
    level_db = np.asarray(image.get_array())
    row = int(level_db[:, level_db.shape[1] // 4].argmax())
    hz = 50.0 * (16_000.0 / 50.0) ** (row / (len(level_db) - 1))
    assert hz == pytest.approx(1000, rel=0.03)
    assert level_db[:, 3 * level_db.shape[1] // 4].max() < -60
    assert image.get_extent()[1] == pytest.approx(4.0, abs=0.02)


def test_the_waveform_spans_the_sound() -> None:
    """The band reaches the sound's peaks, and the picture shows only the span asked for."""
    figure = draw(picture(lower="waveform", span_s=(1.0, 3.0)))
    wave = figure.axes[2].collections[0].get_paths()[0].vertices
    assert wave[:, 1].max() == pytest.approx(0.3, abs=0.01)
    assert figure.axes[0].get_xlim() == (1.0, 3.0)
    assert wave[:, 0].min() >= 1.0
