"""The table of `chipgen evaluate nll --task rows`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chipgen.dataset.splits import default_split
from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model, one_thread
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.rows.row_inference import TempoConfig
from chipgen.training.comparison import Cell, Table
from chipgen.training.duplicates import repeated_rows
from chipgen.training.evaluate_rows import NOTHING_SCORED, RowScores, score_counts, score_songs
from chipgen.training.rows_cache import RowSplit, prepare_rows
from chipgen.training.user_dataset import find_splits
from synth.chip.voices import ROLES
from synth.extras import require_extra

_TASKS = {"rows": "row", "frames12": "frame"}


@dataclass(frozen=True, slots=True)
class RowComparison:
    """Models and counts, scored song by song on one split.

    Attributes
    ----------
    task, split
        What was scored.
    songs
        The split's songs.
    results
        Name and each song's scores; models first, then what is counted on train.
    repeated
        Songs that the train split has too; None if there is no train split.
    """

    task: str
    split: str
    songs: RowSplit
    results: list[tuple[str, list[RowScores]]]
    repeated: list[int] | None

    @property
    def has_train(self) -> bool:
        """Whether counts on train are among the results."""
        return self.repeated is not None

    def totals(self, *, without_repeated: bool = False) -> list[tuple[str, RowScores]]:
        """Return each name's scores over all songs, or over those that train does not have."""
        left_out = set(self.repeated or ()) if without_repeated else set()
        return [
            (name, sum((s for i, s in enumerate(scores) if i not in left_out), NOTHING_SCORED))
            for name, scores in self.results
        ]

    def method(self) -> str:
        """Return what the figures are."""
        return (
            "Nats a second of music of the four voices' states, lower is better; each row from all "
            "before it, in full precision, on every song. Points of interest are rows in which "
            "some voice begins or ends a note."
        )

    def tables(self) -> list[Table]:
        """Return the figures on all songs, and without those that train has too."""
        tables = [_table("", _TASKS[self.task], self.totals())]
        if self.repeated and len(self.repeated) < len(self.songs):
            names = ", ".join(self.songs.names[index] for index in self.repeated)
            caption = f"without {len(self.repeated)} songs that train has too ({names}):"
            totals = self.totals(without_repeated=True)
            tables.append(_table(caption, _TASKS[self.task], totals))
        return tables

    def text(self) -> str:
        """Return how the grid fits, then the tables."""
        step, fit = _TASKS[self.task], self.songs.fit
        first = self.totals()[0][1]
        grid = f"grid: {fit.rows_a_second:.2f} {step}s a second"
        if fit.onsets:
            grid += (
                f"; {fit.kept_share:.2%} of notes >= 62.5 ms keep a {step} of their own; "
                f"{fit.near_share:.2%} of all onsets within one NES frame"
            )
        lines = [
            f"{self.task}: {self.split}, {first.songs} songs, {first.seconds:,.0f} s of music, "
            f"{first.steps:,} {step}s after each song's first",
            grid,
            f"the {step} lengths themselves would take "
            f"{self.songs.grid_nats / first.seconds:.2f} nats a second to encode "
            "(adaptive code; not in the figures below)",
        ]
        for table in self.tables():
            lines += ["", table.text()]
        return "\n".join([*lines, "voices, volume, timbre and total in nats a second"])


def compare_on_rows(
    models: Sequence[tuple[str, RowTransformer]],
    songs: RowSplit,
    train: RowSplit | None,
    *,
    task: str = "rows",
    split: str = "valid",
    progress: bool = False,
) -> RowComparison:
    """Score models, in full precision, and counts on train where there is one."""
    results = [
        (
            name,
            score_songs(model, songs, range(len(songs)), half_precision=False, progress=progress),
        )
        for name, model in models
    ]
    if train is not None:
        results.append(("bigram of each voice", score_counts(train, songs, order=1)))
        results.append(("unigram of each voice", score_counts(train, songs, order=0)))
    repeated = None if train is None else repeated_rows(songs, train)
    return RowComparison(task, split, songs, results, repeated)


def report_rows(
    model_name: str,
    data: Path,
    task: str = "rows",
    split: str | None = None,
    *,
    tempo: TempoConfig | None = None,
    progress: bool = False,
) -> RowComparison:
    """Score a model on a split of NES-MDB, with counts on train beside it.

    Parameters
    ----------
    model_name
        A shipped model's name, or the path of a checkpoint.
    data
        A folder with train/, valid/ or test/ of NES-MDB's MIDI files, or songs of one's own.
    task
        ``"rows"`` or ``"frames12"``.
    split
        What to score; test if there, else valid, if not given.
    tempo
        How rows are inferred.
    progress
        Whether bars are drawn on standard error.

    Raises
    ------
    ChipgenError
        If the model is of another kind, or the folder lacks the split.
    """
    require_extra("train", "scoring rows", "torch")
    if data.is_file():
        raise ChipgenError(f"{data} is a file; rows are scored on a folder of MIDI")
    one_thread()
    model = load_model(model_name)
    if not isinstance(model, RowTransformer):
        raise ChipgenError(f"'{model_name}' does not read rows: score it with --task slices")
    files = find_splits(data, needed=())
    split = split or default_split(files)
    if split not in files:
        raise ChipgenError(f"{data} has no split '{split}'; it has {', '.join(files)}")
    songs = prepare_rows(files[split], task, tempo, progress=progress)
    train = None
    if "train" in files and split != "train":
        train = prepare_rows(files["train"], task, tempo, progress=progress)
    return compare_on_rows(
        [(model.name, model)], songs, train, task=task, split=split, progress=progress
    )


def _table(caption: str, step: str, totals: list[tuple[str, RowScores]]) -> Table:
    header = ["", "nats a second", f"nats a {step}", "at points of interest"]
    rows: list[list[Cell]] = []
    for name, scores in totals:
        s = scores.summary()
        cells: list[Cell] = [name, s["nats_s"], s["nats_step"], s["nats_interesting_step"]]
        cells += [s[f"{voice}_nats_s"] for voice in ROLES]
        expression = [s["volume_nats_s"], s["timbre_nats_s"]]
        expression.append(s["nats_s"] + sum(expression))
        cells += [value if scores.volume_nats else None for value in expression]
        rows.append(cells)
    formats = ["", "{:.2f}", "{:.3f}", "{:.3f}", *["{:.2f}"] * (len(ROLES) + 3)]
    return Table(caption, [*header, *ROLES, "volume", "timbre", "total"], rows, formats)
