"""A third model: how often each pitch begins. It is this folder and one row of the table."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from chipgen.composing.infill import Filled, Gap
from chipgen.dataset.splits import default_split
from chipgen.errors import ChipgenError
from chipgen.models.checkpoint_header import HEADER, ModelInfo, read_arrays
from chipgen.models.continuation import Continuation, Stretch
from chipgen.models.registry import ModelEntry, ScoredTask, weights_path
from chipgen.music.formats import read_score
from chipgen.music.key_names import Key
from chipgen.music.score import Note
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import HOLD, Rows
from chipgen.rows.row_timing import RowTiming
from chipgen.training.training_request import Trained, TrainRequest
from chipgen.training.training_settings import RunSettings, load_settings
from chipgen.training.user_dataset import find_splits
from synth.chip.voices import SCORED

HERE = "tests.scenarios.stub_model"
ROW = ModelEntry(
    summary="How often each pitch begins: a test's.",
    folder=HERE,
    network="",
    shapes=f"{HERE}:shapes",
    composer=HERE,
    abilities=("continue", "rewrite", "from nothing"),
    trainer=HERE,
    tasks={"pitches": ScoredTask(f"{HERE}:report", "each note's pitch, from nothing")},
)


def shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the shape of the one array; there are no sizes to choose."""
    if config:
        raise ValueError("the stub has no sizes")
    return {"counts": (128,)}


def counts_of(files: list[Path]) -> NDArray[np.float32]:
    """Count the pitches of the melodic notes of some songs, shape (128,)."""
    counts = np.zeros(128, np.float32)
    for path in files:
        for track in read_score(path).tracks:
            for note in () if track.is_drums else track.notes:
                counts[note.pitch] += 1
    return counts


def train(request: TrainRequest) -> Trained:
    """Count, and write the checkpoint and a page."""
    settings = load_settings(request.config, RunSettings)
    counts = counts_of(find_splits(request.data)["train"])
    info = ModelInfo("stub", {}, training=settings.model_dump(mode="json"))
    path = request.folder / "stub.safetensors"
    save_file({"counts": counts}, path, metadata={HEADER: json.dumps(asdict(info))})
    report_path = request.folder / "report.md"
    report_path.write_text(f"{counts.sum():.0f} notes\n")
    return Trained(path, report_path, f"{counts.sum():.0f} notes counted")


def load(path: Path) -> NDArray[np.float64]:
    """Return the pitches' probabilities, shape (128,)."""
    arrays, _ = read_arrays(path)
    if "counts" not in arrays:
        raise ChipgenError(f"{path}: its weights do not fit its configuration")
    counts = arrays["counts"].astype(np.float64) + 1e-3
    return np.asarray(counts / counts.sum())


def _draw(
    model: Any, rng: np.random.Generator, request: ComposeRequest, lowest: int, highest: int
) -> int:
    logits = np.log(model[lowest : highest + 1]) / request.temperature
    chances = np.exp(logits - logits.max())
    return lowest + int(rng.choice(len(chances), p=chances / chances.sum()))


def continue_seed(model: Any, prompt: Prompt, request: ComposeRequest) -> Continuation:
    """Write a melody in quarter notes, bar by bar."""
    rng, ending = np.random.default_rng(request.rng_seed), prompt.ending

    def stretches() -> Iterator[Stretch]:
        bar = 0
        while request.bars is None or bar < request.bars:
            start = ending.start_beats + bar * ending.bar_beats
            notes = tuple(
                Note(start + beat, 1.0, _draw(model, rng, request, 60, 84))
                for beat in range(int(ending.bar_beats))
            )
            yield Stretch(start, start + ending.bar_beats, {"melody": notes})
            bar += 1

    return Continuation({"melody": None}, stretches())


def fill(model: Any, gap: Gap, request: ComposeRequest) -> Filled:
    """Begin a note every fourth row in each voice that is not kept."""
    rng, passage = np.random.default_rng(request.rng_seed), gap.passage
    states, volume = passage.states.copy(), passage.volume.copy()
    timbre = passage.timbre.copy()
    for number, (voice, kept) in enumerate(zip(SCORED, ~gap.written, strict=True)):
        if kept:
            continue
        low, high = voice.midi_range if voice.period_cycles else (17, 32)
        states[:, number], timbre[:, number] = HOLD, 0
        for row in range(0, len(passage), 4):
            states[row, number] = _draw(model, rng, request, low, high)
            volume[row, number] = 12
    return Filled(Rows(states, volume, timbre, passage.frames), 1, 0.0)


def begin(
    model: Any,
    timing: RowTiming,
    bar_beats: float,
    bars: int,
    key: Key | None,
    request: ComposeRequest,
) -> Rows:
    """Fill rows of rests in all voices."""
    del key
    frames = timing.frames_of(0, timing.rows_in(bars * bar_beats))
    empty = np.zeros((len(frames), len(SCORED)), np.uint8)
    rest = Rows(empty, empty.copy(), empty.copy(), frames)
    silent = np.zeros(len(SCORED))
    nothing = np.zeros(rest.states.shape, dtype=np.bool_)
    gap = Gap(rest[:0], rest, rest[:0], nothing, silent, silent > 0, rest[:0])
    return fill(model, gap, request).rows


@dataclass(frozen=True)
class Told:
    """What scoring gives."""

    nats: float
    notes: int
    has_train: bool

    def text(self) -> str:
        """Return a line."""
        return f"pitches: {self.nats / max(1, self.notes):.3f} nats a note, {self.notes} notes"


def report(
    model_name: str, data: Path, task: str, split: str | None, *, progress: bool = False
) -> Told:
    """Score the pitches of a split's notes."""
    del task, progress
    model = load(weights_path(model_name))
    splits = find_splits(data, needed=())
    counts = counts_of(splits[split or default_split(splits)])
    return Told(-float((counts * np.log(model)).sum()), int(counts.sum()), "train" in splits)
