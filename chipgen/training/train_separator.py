"""Fits the weights of `chipgen.arranging.separator` to NES-MDB's train split.

Deterministic: the same data, seed and library versions give the same file. About half an hour on
one core.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from chipgen.arranging.note_features import BEFORE, NOTE_FEATURES, PAIR_FEATURES, measure_notes
from chipgen.arranging.separator import NEAR, may_follow, network_input
from chipgen.arranging.voice_features import OUTLIER, VOICE_FEATURES, measure_voices
from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.training.comparison import Table
from chipgen.training.separator_data import (
    FRAME_HZ,
    VoicedSong,
    read_voiced_songs,
    round_times,
    round_to_frames,
)
from chipgen.training.training_report import settings_section, write_page
from chipgen.training.training_request import Trained, TrainRequest
from chipgen.training.training_settings import Count, Rate, Settings, Share, load_settings
from synth.atomic_write import write_bytes

TRIANGLE: Final = 2


NAME: Final = "separator"


class SeparatorSettings(Settings):
    """How the separator is fitted.

    Attributes
    ----------
    model
        ``"separator"``.
    seed
        Of everything random.
    epochs, stream_epochs
        Times the songs are gone through, for the network and for the judge of streams.
    stream_noise
        Deviation of the noise on a stream's features, which have deviation 1.
    crop_notes
        Longest stretch of a song in one step.
    channels, layers, embedding, hidden
        Sizes of the network; layer k reaches 2^k notes to either side.
    learning_rate, weight_decay, dropout
        Of AdamW and of the layers.
    warmup_steps
        Steps in which the learning rate rises.
    transpose_semitones
        Songs are moved up or down at random by as much.
    logged_share, frames_share, ticks_hz
        Share of songs that are seen as logged and rounded to frames; the others are rounded to
        clocks from the slower to the faster of these.
    """

    model: Literal["separator"]
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    epochs: Count = 6
    stream_epochs: Count = 30
    stream_noise: Annotated[float, Field(ge=0)] = 0.3
    crop_notes: Annotated[int, Field(ge=20)] = 700
    channels: Count = 64
    layers: Annotated[int, Field(ge=1, le=16)] = 8
    embedding: Count = 12
    hidden: Count = 32
    learning_rate: Rate = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-2
    dropout: Share = 0.1
    warmup_steps: Count = 200
    transpose_semitones: Annotated[int, Field(ge=0, le=24)] = 6
    logged_share: Share = 0.4
    frames_share: Share = 0.3
    ticks_hz: tuple[Rate, Rate] = (100.0, 2000.0)


class SeparatorNet(nn.Module):
    """The network of `separator.judge_notes`, in a form that learns."""

    def __init__(self, config: SeparatorSettings) -> None:
        super().__init__()
        size, layers = config.channels, config.layers
        self.dropout = config.dropout
        self.inp = nn.Linear(NOTE_FEATURES + NEAR * PAIR_FEATURES, size)
        self.conv = nn.ModuleList(
            nn.Conv1d(size, size, 3, dilation=1 << k, padding=1 << k) for k in range(layers)
        )
        self.glob = nn.ModuleList(nn.Linear(size, size) for _ in range(layers))
        self.mix = nn.ModuleList(nn.Linear(size, size) for _ in range(layers))
        self.out = nn.Linear(size, 3)
        self.emb = nn.Linear(size, config.embedding)
        self.a = nn.Linear(PAIR_FEATURES + NOTE_FEATURES + 1, config.hidden)
        self.b = nn.Linear(config.hidden, 1)

    def forward(self, example: "Example") -> tuple[Tensor, Tensor]:
        """Return voice logits (n, 3) and link logits (n, BEFORE + 1)."""
        hidden = self.inp(example.inputs)
        for conv, glob, mix in zip(self.conv, self.glob, self.mix, strict=True):
            drive = F.relu(conv(hidden.T[None])[0].T + glob(hidden.mean(0)))
            hidden = hidden + mix(F.dropout(drive, self.dropout, self.training))
        features = F.relu(hidden)
        embedded = self.emb(features)
        count = len(embedded)
        back = (torch.arange(count)[:, None] - torch.arange(1, BEFORE + 1)[None]).clamp(min=0)
        likeness = (embedded[:, None] * embedded[back]).sum(-1)
        likeness = torch.cat([likeness, torch.zeros(count, 1)], 1)[..., None]
        notes = example.note[:, None].expand(-1, BEFORE + 1, -1)
        inner = F.relu(self.a(torch.cat([example.pair, notes, likeness], -1)))
        link = self.b(inner)[..., 0].masked_fill(~example.free, -1e9)
        return self.out(features), link


class StreamJudge(nn.Module):
    """The network of `separator.judge_streams`, in a form that learns."""

    def __init__(self, config: SeparatorSettings) -> None:
        super().__init__()
        self.a = nn.Linear(2 * VOICE_FEATURES, config.hidden)
        self.b = nn.Linear(config.hidden, 1)

    def forward(self, streams: Tensor) -> Tensor:
        """Return a logit for each stream; (songs, 3, features) to (songs, 3)."""
        others = (streams.sum(1, keepdim=True) - streams) / 2
        inner = F.relu(self.a(torch.cat([streams, streams - others], -1)))
        logits: Tensor = self.b(inner)[..., 0]
        return logits


@dataclass(frozen=True, slots=True)
class Example:
    """A stretch of a song as tensors: what is seen of it, and the truth."""

    inputs: Tensor
    pair: Tensor
    note: Tensor
    free: Tensor
    before: Tensor
    voice: Tensor


def train(request: TrainRequest) -> Trained:
    """Fit on the train split of a folder, and write ``separator.safetensors`` into the run's.

    Raises
    ------
    ChipgenError
        If a setting is wrong, the data has no train split with songs of three voices, or the
        request is for something that a fit does not have: initial weights, a preview, resuming.
    """
    settings = load_settings(request.config, SeparatorSettings)
    path = request.folder / f"{NAME}.safetensors"
    if request.init or request.preview:
        raise ChipgenError(f"{NAME} is fitted from nothing: leave out --init and --preview")
    if path.exists():
        raise ChipgenError(f"{path} exists, and a fit cannot be resumed; name a new folder")
    files = split_files(request.data)
    if "train" not in files:
        raise ChipgenError(f"{request.data} has no split 'train'; it has {', '.join(files)}")
    songs = list(read_voiced_songs(files["train"]))
    if not songs:
        raise ChipgenError(f"{request.data}: no song of train plays all of p1, p2 and tr")
    from safetensors.numpy import save

    torch.set_num_threads(1)
    began = time.perf_counter()
    losses: list[float] = []
    weights = fit(songs, settings, losses)
    contiguous = {name: np.ascontiguousarray(value) for name, value in weights.items()}
    write_bytes(path, save(contiguous), overwrite=False)
    spent = f"{len(songs)} songs, {(time.perf_counter() - began) / 60:.1f} minutes"
    rows = [[str(number), f"{loss:.4f}"] for number, loss in enumerate(losses, 1)]
    report = request.folder / "report.md"
    sections = [
        f"Fitted to {spent}. `chipgen evaluate arrange` measures the {NAME} that is installed, "
        f"`chipgen/arranging/{NAME}.safetensors`.",
        "## Losses\n\n" + Table("", ["epoch", "nats a note, train"], rows).markdown(),
        settings_section(settings.model_dump(mode="json")),
    ]
    write_page(report, f"Fit of the {NAME}", sections)
    return Trained(path, report, f"{losses[-1]:.4f} nats a note on train; {spent}")


def fit(
    songs: Sequence[VoicedSong], config: SeparatorSettings, losses: list[float]
) -> dict[str, NDArray[np.generic]]:
    """Fit both networks and return their weights under the names `separator` reads.

    Each epoch's loss, in nats a note, is appended to `losses`.
    """
    notes = fit_notes(songs, config, losses)
    weights = {name: value.numpy().astype(np.float16) for name, value in notes.items()}
    judge, mean, spread = fit_streams(songs, config)
    weights |= {f"stream.{name}": v.numpy().astype(np.float16) for name, v in judge.items()}
    return {**weights, "stream.mean": mean, "stream.spread": spread}


def fit_notes(
    songs: Sequence[VoicedSong], config: SeparatorSettings, losses: list[float]
) -> dict[str, Tensor]:
    """Fit the network of notes, on songs in all the timings that `retime` gives them."""
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    net = SeparatorNet(config)
    optimizer = torch.optim.AdamW(
        net.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    steps = config.epochs * len(songs)
    step = 0
    for _ in range(config.epochs):
        total = 0.0
        for index in rng.permutation(len(songs)):
            song = retime(songs[index], config, rng)
            if len(song) < 20:
                step += 1
                continue
            if len(song) > config.crop_notes:
                first = int(rng.integers(len(song) - config.crop_notes))
                song = song.part(first, first + config.crop_notes)
            decay = 0.5 * (1.0 + math.cos(math.pi * step / steps)) + 0.01
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * min(1.0, step / config.warmup_steps) * decay
            reach = config.transpose_semitones
            example = make_example(song, int(rng.integers(-reach, reach + 1)))
            voice, link = net(example)
            loss = F.cross_entropy(link, example.before) - _own_voice(voice, example.voice).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            step += 1
            total += loss.item()
        losses.append(total / len(songs))
    return {name: value.detach() for name, value in net.state_dict().items()}


def fit_streams(
    songs: Sequence[VoicedSong], config: SeparatorSettings
) -> tuple[dict[str, Tensor], NDArray[np.float32], NDArray[np.float32]]:
    """Fit the judge of streams on every song in both timings, from the true voices."""
    rows = []
    for song in songs:
        for timed in (song, round_to_frames(song)):
            cut = timed.part(0, 3000)
            if len(cut) < 20 or len(set(cut.voice.tolist())) < 3:
                continue
            features = measure_notes(cut.start_s, cut.end_s, cut.pitch.astype(np.float32))
            rows.append(measure_voices(cut.start_s, cut.end_s, cut.pitch, cut.voice, features.note))
    table = np.array(rows)
    mean = table.reshape(-1, VOICE_FEATURES).mean(0)
    spread = table.reshape(-1, VOICE_FEATURES).std(0) + np.float32(1e-3)
    standing = np.clip((table - mean) / spread, -OUTLIER, OUTLIER)
    streams = torch.tensor(standing, dtype=torch.float32)
    truth = torch.full((len(streams),), TRIANGLE)
    torch.manual_seed(config.seed)
    judge = StreamJudge(config)
    optimizer = torch.optim.AdamW(judge.parameters(), 3e-3, weight_decay=0.05)
    for epoch in range(config.stream_epochs):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * (1.0 - epoch / config.stream_epochs)
        for batch in torch.split(torch.randperm(len(streams)), 128):
            noisy = streams[batch] + config.stream_noise * torch.randn_like(streams[batch])
            loss = F.cross_entropy(judge(noisy), truth[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    weights = {name: value.detach() for name, value in judge.state_dict().items()}
    return weights, mean.astype(np.float32), spread.astype(np.float32)


def retime(song: VoicedSong, config: SeparatorSettings, rng: np.random.Generator) -> VoicedSong:
    """Leave a song as logged, or round it to frames or to the ticks of some MIDI file."""
    kind = rng.random()
    if kind < config.logged_share:
        return song
    phase = float(rng.uniform(-0.5, 0.5))
    if kind < config.logged_share + config.frames_share:
        return round_times(song, FRAME_HZ, phase)
    slowest, fastest = np.log(config.ticks_hz)
    return round_times(song, float(np.exp(rng.uniform(slowest, fastest))), phase)


def make_example(song: VoicedSong, transpose_semitones: int) -> Example:
    """Measure a stretch of a song and find each note's predecessor in its voice."""
    pitch = (song.pitch + transpose_semitones).astype(np.float32)
    features = measure_notes(song.start_s, song.end_s, pitch)
    before = np.full(len(song), BEFORE)
    last = [-BEFORE - 1] * 3
    for j, voice in enumerate(song.voice.tolist()):
        before[j] = min(j - last[voice] - 1, BEFORE)
        last[voice] = j
    free = may_follow(song.start_s, song.end_s)
    free[np.arange(len(song)), before] = True
    return Example(
        inputs=torch.tensor(network_input(features)),
        pair=torch.tensor(features.pair),
        note=torch.tensor(features.note),
        free=torch.tensor(free),
        before=torch.tensor(before),
        voice=torch.tensor(song.voice),
    )


def _own_voice(logits: Tensor, voice: Tensor) -> Tensor:
    """Return the log-probability of each note's voice, the pulses taken in the likelier order."""
    likely = F.log_softmax(logits, -1)
    notes = torch.arange(len(voice))
    swapped = torch.where(voice == TRIANGLE, voice, 1 - voice)
    straight, crossed = likely[notes, voice], likely[notes, swapped]
    return straight if straight.sum() > crossed.sum() else crossed
