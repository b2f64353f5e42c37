"""A model's name and prepared data to the table of its figures beside the baselines'."""

from chipgen.dataset.cache import SliceData
from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import load_model, one_thread
from chipgen.training.baselines import fit_baselines
from chipgen.training.evaluate_slices import SliceResult, evaluate_slices
from chipgen.training.model_predictor import ModelPredictor


def compare_on_slices(model_name: str, data: SliceData, split: str) -> list[SliceResult]:
    """Score the baselines, where there is a train split to count, and the model.

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
    one_thread()
    model = load_model(model_name)
    if getattr(model, "task", "") != "slices":
        raise ChipgenError(f"{model.name} does not predict slices; try --model tonnetz-lstm")
    results = []
    if "train" in data.songs:
        results = [evaluate_slices(songs, b) for b in fit_baselines(data.songs["train"])]
    return [*results, evaluate_slices(songs, ModelPredictor(model))]
