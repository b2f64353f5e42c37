"""Writes a report on measured songs: how rows fit, confidence, tempi, meters and loops."""

from collections import Counter
from collections.abc import Callable
from typing import Final

import numpy as np

from chipgen.dataset.measure_songs import SURE_CHORD, Harmony, SongReport
from chipgen.dataset.musical_time_table import SURE
from chipgen.rows.row_fit import GridFit

SURE_KEY: Final = 0.8
CONFIDENT: Final = 0.8  # songs whose notes must come back from their rows
_LEVELS: Final = (0.5, 0.7, 0.8, 0.9, 0.95)
_QUANTILES: Final = (
    ("slowest tenth, up to", 0.1),
    ("slower quarter, up to", 0.25),
    ("middle", 0.5),
    ("faster quarter, from", 0.75),
    ("fastest tenth, from", 0.9),
)

Cells = list[list[str]]


def format_report(reports: list[SongReport], picture: str | None = None) -> str:
    """Return the report; `picture` is the name of the file of plots, if there are any."""
    splits = list(dict.fromkeys(report.entry.split for report in reports))
    of = [[r for r in reports if r.entry.split == split] for split in splits]
    fitted = [[r for r in mine if r.rows.onsets] for mine in of]
    barred = [[r for r in mine if r.entry.meter is not None] for mine in fitted]
    parts = [
        "# Musical time of the data set",
        _table(splits, _count_files(of) + _tell_fit(fitted)),
        "## Songs by confidence",
        "The share of a song's onsets within one NES frame of a row, less the share of its rows\n"
        "that break their pattern. Songs below 0.5 are given on NES frames, unless most of their\n"
        "onsets are ornaments and the notes of 62.5 ms and more fit.",
        _table(
            splits,
            [
                [f"above {level:g}"]
                + [_percent([r.entry.confidence > level for r in mine]) for mine in fitted]
                for level in _LEVELS
            ],
        ),
        "## Tempi",
        _table(
            splits,
            [
                [name] + [_quantile([r.entry.bpm or 0.0 for r in mine], at) for mine in barred]
                for name, at in _QUANTILES
            ],
            "beats a minute",
        ),
        "## Meters",
        _table(splits, _tell_meters(barred), "songs in"),
        "## Loops",
        _table(splits, _tell_loops(fitted)),
        "## Keys, chords and form",
        _table(splits, _tell_harmony(of)),
    ]
    if picture:
        parts.append(f"![Confidence, tempi, meters and lengths of loops]({picture})")
    return "\n\n".join(parts) + "\n"


def meter_name(report: SongReport) -> str:
    """Return a song's meter as it is written, such as ``4/4``."""
    meter = report.entry.meter
    return "none" if meter is None else f"{meter['numerator']:g}/{meter['denominator']:g}"


def loop_kind(report: SongReport) -> str:
    """Return how a song's loop was found: ``heard``, ``unsure``, ``guessed`` or ``none``."""
    loop = report.entry.loop
    if loop is None:
        return "none"
    if not loop["repeated_rows"]:
        return "guessed"
    return "heard" if loop["confidence"] >= SURE else "unsure"


def loop_bars(report: SongReport) -> float | None:
    """Return the length of a song's loop in its bars, if it has both."""
    loop, meter = report.entry.loop, report.entry.meter
    if loop is None or meter is None:
        return None
    return (loop["end_row"] - loop["start_row"]) / meter["bar_rows"]


def _count_files(of: list[list[SongReport]]) -> Cells:
    def count(name: str) -> list[str]:
        return [f"{sum(r.entry.grid == name for r in mine):,}" for mine in of]

    few = [f"{sum(r.entry.grid == 'frames' and not r.rows.onsets for r in mine):,}" for mine in of]
    unfit = [
        f"{sum(r.entry.grid == 'frames' and r.rows.onsets > 0 for r in mine):,}" for mine in of
    ]
    rows: Cells = [
        ["files", *(f"{len(mine):,}" for mine in of)],
        ["on rows", *count("rows")],
        ["on NES frames: too few onsets (under 24 times)", *few],
        ["on NES frames: no rows fit", *unfit],
    ]
    for name, text in (("beats", "in beats of their own"), ("unreadable", "unreadable or empty")):
        if any(r.entry.grid == name for mine in of for r in mine):
            rows.append([text, *count(name)])
    return rows


def _tell_fit(fitted: list[list[SongReport]]) -> Cells:
    def total(which: str) -> list[GridFit]:
        return [sum((getattr(r, which) for r in mine), GridFit()) for mine in fitted]

    rows = total("rows")
    sure = [[r for r in mine if r.entry.confidence > CONFIDENT] for mine in fitted]
    back = [
        f"{sum(r.returned for r in mine) / max(1, sum(r.rows.onsets for r in mine)):.2%}"
        for mine in sure
    ]
    return [
        ["onsets of songs with 24 onset times", *(f"{fit.onsets:,}" for fit in rows)],
        ["within one frame of inferred rows", *(f"{fit.near_share:.2%}" for fit in rows)],
        ["… of the best constant row", *(f"{fit.near_share:.2%}" for fit in total("constant"))],
        ["… of half seconds", *(f"{fit.near_share:.2%}" for fit in total("fixed"))],
        ["rows a second", *(f"{fit.rows_a_second:.2f}" for fit in rows)],
        ["notes ≥ 62.5 ms with a row of their own", *(f"{fit.kept_share:.2%}" for fit in rows)],
        [f"onsets that come back, songs above {CONFIDENT:g}", *back],
    ]


def _tell_meters(barred: list[list[SongReport]]) -> Cells:
    counts = [Counter(map(meter_name, mine)) for mine in barred]
    names = [name for name, _ in sum(counts, Counter[str]()).most_common()]
    rows = [[name, *(f"{count[name]:,}" for count in counts)] for name in names]
    sure = [
        _percent([r.entry.meter is not None and r.entry.meter["confidence"] >= SURE for r in mine])
        for mine in barred
    ]
    return [*rows, [f"confidence of the bar {SURE:g} or more", *sure]]


def _tell_loops(fitted: list[list[SongReport]]) -> Cells:
    kinds = [Counter(map(loop_kind, mine)) for mine in fitted]
    told = {
        "heard": f"heard to repeat, confidence {SURE:g} or more",
        "unsure": "heard to repeat, but unsure",
        "guessed": "guessed: the song ends with a bar",
        "none": "none",
    }
    rows = [[text, *(f"{kind[name]:,}" for kind in kinds)] for name, text in told.items()]
    twice, whole = [], []
    for mine in fitted:
        heard = [r for r in mine if loop_kind(r) == "heard"]
        loops = [r.entry.loop for r in heard if r.entry.loop is not None]
        full = [loop["repeated_rows"] >= loop["end_row"] - loop["start_row"] for loop in loops]
        twice.append(f"{sum(full):,}")
        bars = [bars for r in heard if (bars := loop_bars(r)) is not None]
        whole.append(_percent([bars_ == round(bars_) for bars_ in bars]))
    rows.append(["heard loops that come twice in full", *twice])
    rows.append(["heard loops of whole bars", *whole])
    return rows


def _tell_harmony(of: list[list[SongReport]]) -> Cells:
    heard = [[r.harmony for r in mine if r.harmony is not None] for mine in of]

    def mean(name: str, value: Callable[[Harmony], float]) -> list[str]:
        return [
            name,
            *(f"{np.mean([value(h) for h in mine]):.1%}" if mine else "-" for mine in heard),
        ]

    return [
        ["songs", *(f"{len(mine):,}" for mine in heard)],
        mean("in minor", lambda h: h.minor),
        mean(
            f"key with a confidence of {SURE_KEY:g} or more", lambda h: h.key_confidence >= SURE_KEY
        ),
        mean(f"half bars whose chord has {SURE_CHORD:g} or more", lambda h: h.sure_chords),
        mean("songs in which two thirds of them have", lambda h: h.sure_chords >= 2 / 3),
        mean("bars in sections heard before", lambda h: h.returning),
        mean("songs in phrases of four bars", lambda h: h.phrase_bars == 4),
    ]


def _table(splits: list[str], rows: Cells, corner: str = "") -> str:
    head = [corner, *splits]
    return "\n".join(
        "| " + " | ".join(row) + " |" for row in [head, ["---", *(["---:"] * len(splits))], *rows]
    )


def _percent(truths: list[bool]) -> str:
    return _percent_of(sum(truths), len(truths))


def _percent_of(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _quantile(values: list[float], at: float) -> str:
    return f"{np.quantile(values, at):.0f}" if values else "-"
