"""Songs and a row transformer to the table that `chipgen evaluate nll --task rows` prints."""

from pathlib import Path

from chipgen.dataset.nesmdb import split_files
from chipgen.dataset.tempo import TempoConfig
from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model, one_thread
from chipgen.models.row_transformer import RowTransformer
from chipgen.training.rows_data import RowSplit, prepare_rows
from chipgen.training.rows_evaluate import RowScores, score_counts, score_rows

_TASKS = {"rows": "row", "frames12": "frame"}


def report_rows(
    model_name: str,
    folder: Path,
    task: str = "rows",
    split: str | None = None,
    tempo: TempoConfig | None = None,
) -> str:
    """Score a model on a split of NES-MDB, with counts on train beside it.

    Parameters
    ----------
    model_name
        A shipped model's name, or the path of a checkpoint.
    folder
        Holds train/, valid/ or test/ with NES-MDB's MIDI files.
    task
        ``"rows"`` or ``"frames12"``.
    split
        What to score; test if there, else valid, if not given.

    Raises
    ------
    ChipgenError
        If the model is of another kind, or the folder lacks the split.
    """
    one_thread()
    model = load_model(model_name)
    if not isinstance(model, RowTransformer):
        raise ChipgenError(f"'{model_name}' knows no rows: score it with --task slices")
    files = split_files(folder)
    split = split or next((name for name in ("test", "valid") if name in files), "train")
    if split not in files:
        raise ChipgenError(f"{folder} has no split '{split}'; it has {', '.join(files)}")
    songs = prepare_rows(files[split], task, tempo)
    results = [(model.name, score_rows(model, songs, half_precision=False))]
    if "train" in files and split != "train":
        train = prepare_rows(files["train"], task, tempo)
        results.append(("bigram of each voice", score_counts(train, songs, order=1)))
        results.append(("unigram of each voice", score_counts(train, songs, order=0)))
    return format_report(task, split, songs, results)


def format_report(
    task: str, split: str, songs: RowSplit, results: list[tuple[str, RowScores]]
) -> str:
    """Return the table: how the grid fits, then a line a model."""
    step, fit = _TASKS[task], songs.fit
    first = results[0][1]
    lines = [
        f"{task}: {split}, {len(songs)} songs, {first.seconds:,.0f} s of music, "
        f"{first.steps:,} {step}s after each song's first",
        f"grid: {fit.rows_a_second:.2f} {step}s a second; {fit.kept_share:.2%} of notes >= 62.5 ms "
        f"keep a {step} of their own; {fit.near_share:.2%} of all onsets within one NES frame",
        f"the {step} lengths themselves would take {songs.grid_nats / first.seconds:.2f} nats a "
        "second to tell (adaptive code; not in the figures below)",
        "",
        f"{'':24}{'nats/s':>8}{f'nats/{step}':>12}{'at points of interest':>23}"
        f"{'p1':>8}{'p2':>8}{'tr':>8}{'no':>8}{'volume':>8}{'timbre':>8}{'total':>8}",
    ]
    for name, scores in results:
        s = scores.summary()
        cells = (
            f"{name:24}{s['nats_s']:8.2f}{s['nats_step']:12.3f}{s['nats_interesting_step']:23.3f}"
        )
        cells += "".join(f"{s[f'{voice}_nats_s']:8.2f}" for voice in ("p1", "p2", "tr", "no"))
        if scores.volume_nats:
            total = s["nats_s"] + s["volume_nats_s"] + s["timbre_nats_s"]
            cells += f"{s['volume_nats_s']:8.2f}{s['timbre_nats_s']:8.2f}{total:8.2f}"
        lines.append(cells)
    lines.append("voices, volume, timbre and total in nats a second")
    return "\n".join(lines)
