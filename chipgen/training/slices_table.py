"""The table of `chipgen evaluate nll --task slices`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chipgen.dataset.slice_cache import DatasetConfig, SliceData, load_data
from chipgen.dataset.splits import default_split
from chipgen.errors import ChipgenError
from chipgen.models.tonnetz_lstm.inference import load_weights
from chipgen.music.note_grid import SLICE_S
from chipgen.training.comparison import Cell, Table
from chipgen.training.duplicates import repeated_slices
from chipgen.training.evaluate_slices import CONTEXT, SliceResult, evaluate_slices
from chipgen.training.model_predictor import ModelPredictor
from chipgen.training.slices_baselines import fit_baselines


@dataclass(frozen=True, slots=True)
class SliceComparison:
    """The baselines, where there is a train split to count, and the model, in this order.

    Attributes
    ----------
    split
        What was scored.
    has_train
        Whether the data has a train split.
    results
        On all its songs.
    repeated
        Names of scored songs that the train split has too.
    without_repeated
        The results on the other songs; empty if all songs are others, or none.
    """

    split: str
    has_train: bool
    results: list[SliceResult]
    repeated: list[str]
    without_repeated: list[SliceResult]

    def method(self) -> str:
        """Return what the figures are."""
        return (
            "Slices of 0.5 s, each from the 17th on from all before it; nats are summed over 88 "
            "pitches."
        )

    def tables(self) -> list[Table]:
        """Return the figures on all songs, and without those that train has too."""
        tables = [slice_table("", self.results)]
        if self.without_repeated:
            names = ", ".join(self.repeated)
            caption = f"without {len(self.repeated)} of them that train has too ({names}):"
            tables.append(slice_table(caption, self.without_repeated))
        return tables

    def text(self) -> str:
        """Return what was scored, and the tables."""
        first = self.results[0]
        scored = f"slices: {self.split}, {first.songs} songs, {first.slices:,} slices of 0.5 s"
        return "\n\n".join([scored, *(table.text() for table in self.tables())])


def slice_table(caption: str, results: Sequence[SliceResult]) -> Table:
    """Lay results out, a line each."""
    rows: list[list[Cell]] = [
        [result.name, result.nats, result.f1, result.seconds] for result in results
    ]
    formats = ["", "{:.3f}", "{:.3f}", "{:.1f}"]
    return Table(caption, ["", "nats a slice", "F1", "seconds"], rows, formats)


def compare_on_slices(model_name: str, data: SliceData, split: str) -> SliceComparison:
    """Score the baselines and the model.

    Raises
    ------
    ChipgenError
        If the data is not sliced by 0.5 s, or the split or model does not exist.
    """
    if not data.config.is_half_second:
        raise ChipgenError(
            f"the data has slices of {data.config.step_beats:g} beats, the task 1.0; prepare it "
            "again without --step-beats"
        )
    songs = data.split(split)
    model = load_weights(model_name)
    train = data.songs.get("train")
    predictors = [*(fit_baselines(train) if train else []), ModelPredictor(model)]
    results = [evaluate_slices(songs, predictor) for predictor in predictors]
    repeated = [
        index
        for index in (repeated_slices(songs, train) if train and split != "train" else [])
        if len(songs[index]) > CONTEXT
    ]
    without: list[SliceResult] = []
    if repeated and len(repeated) < results[0].songs:
        heard = [songs[index] for index in repeated]
        without = [
            result.without(evaluate_slices(heard, predictor))
            for result, predictor in zip(results, predictors, strict=True)
        ]
    names = [data.names[split][index] for index in repeated]
    return SliceComparison(split, train is not None, results, names, without)


def report_slices(
    model_name: str,
    data: Path,
    task: str = "slices",
    split: str | None = None,
    *,
    progress: bool = False,
) -> SliceComparison:
    """Score a model on a split of a folder, or of a cache made of one.

    Parameters
    ----------
    model_name
        A shipped model's name, or the path of a checkpoint.
    data
        The folder or cache.
    task
        ``"slices"``.
    split
        What to score; test if there, else valid, else train, if not given.
    progress
        Whether bars are drawn on standard error.

    Raises
    ------
    ChipgenError
        As `compare_on_slices`.
    """
    del task
    songs = load_data(data, DatasetConfig(step_s=SLICE_S), progress=progress)
    return compare_on_slices(model_name, songs, split or default_split(songs.songs))
