"""NES-MDB's train split to the weights of `chipgen.arrange.separator`.

Run as ``python -m chipgen.training.fit_separator DATA OUT.safetensors``. Deterministic: the same
data, seed and library versions give the same file. About half an hour on one core.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from chipgen.arrange.cues import BEFORE, NOTE_CUES, PAIR_CUES, measure_cues
from chipgen.arrange.separator import NEAR, may_follow, network_input
from chipgen.arrange.streams import OUTLIER, STREAM_CUES, measure_streams
from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.training.voiced_songs import (
    FRAME_HZ,
    VoicedSong,
    read_voiced_songs,
    round_times,
    round_to_frames,
)
from synth.errors import SynthError
from synth.files import write_bytes

TRIANGLE: Final = 2


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How the separator is fitted.

    Attributes
    ----------
    epochs, stream_epochs
        Times the songs are gone through, for the network and for the judge of streams.
    stream_noise
        Deviation of the noise on a stream's cues, which have deviation 1.
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
    seed
        Of everything random.
    """

    epochs: int = 6
    stream_epochs: int = 30
    stream_noise: float = 0.3
    crop_notes: int = 700
    channels: int = 64
    layers: int = 8
    embedding: int = 12
    hidden: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    dropout: float = 0.1
    warmup_steps: int = 200
    transpose_semitones: int = 6
    logged_share: float = 0.4
    frames_share: float = 0.3
    ticks_hz: tuple[float, float] = (100.0, 2000.0)
    seed: int = 0


class SeparatorNet(nn.Module):
    """The network of `separator.judge_notes`, in a form that learns."""

    def __init__(self, config: FitConfig) -> None:
        super().__init__()
        size, layers = config.channels, config.layers
        self.dropout = config.dropout
        self.inp = nn.Linear(NOTE_CUES + NEAR * PAIR_CUES, size)
        self.conv = nn.ModuleList(
            nn.Conv1d(size, size, 3, dilation=1 << k, padding=1 << k) for k in range(layers)
        )
        self.glob = nn.ModuleList(nn.Linear(size, size) for _ in range(layers))
        self.mix = nn.ModuleList(nn.Linear(size, size) for _ in range(layers))
        self.out = nn.Linear(size, 3)
        self.emb = nn.Linear(size, config.embedding)
        self.a = nn.Linear(PAIR_CUES + NOTE_CUES + 1, config.hidden)
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

    def __init__(self, config: FitConfig) -> None:
        super().__init__()
        self.a = nn.Linear(2 * STREAM_CUES, config.hidden)
        self.b = nn.Linear(config.hidden, 1)

    def forward(self, streams: Tensor) -> Tensor:
        """Return a logit for each stream; (songs, 3, cues) to (songs, 3)."""
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


def fit(songs: Sequence[VoicedSong], config: FitConfig) -> dict[str, NDArray[np.generic]]:
    """Fit both networks and return their weights under the names `separator` reads."""
    weights = {
        name: value.numpy().astype(np.float16) for name, value in fit_notes(songs, config).items()
    }
    judge, mean, spread = fit_streams(songs, config)
    weights |= {f"stream.{name}": v.numpy().astype(np.float16) for name, v in judge.items()}
    return {**weights, "stream.mean": mean, "stream.spread": spread}


def fit_notes(songs: Sequence[VoicedSong], config: FitConfig) -> dict[str, Tensor]:
    """Fit the network of notes, on songs in all the timings that `retime` gives them."""
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    net = SeparatorNet(config)
    optimizer = torch.optim.AdamW(
        net.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    steps = config.epochs * len(songs)
    step = 0
    for epoch in range(config.epochs):
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
        print(f"epoch {epoch + 1}: {total / len(songs):.4f} nats a note", file=sys.stderr)
    return {name: value.detach() for name, value in net.state_dict().items()}


def fit_streams(
    songs: Sequence[VoicedSong], config: FitConfig
) -> tuple[dict[str, Tensor], NDArray[np.float32], NDArray[np.float32]]:
    """Fit the judge of streams on every song in both timings, from the true voices."""
    rows = []
    for song in songs:
        for timed in (song, round_to_frames(song)):
            cut = timed.part(0, 3000)
            if len(cut) < 20 or len(set(cut.voice.tolist())) < 3:
                continue
            cues = measure_cues(cut.start_s, cut.end_s, cut.pitch.astype(np.float32))
            rows.append(measure_streams(cut.start_s, cut.end_s, cut.pitch, cut.voice, cues.note))
    table = np.array(rows)
    mean = table.reshape(-1, STREAM_CUES).mean(0)
    spread = table.reshape(-1, STREAM_CUES).std(0) + np.float32(1e-3)
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


def retime(song: VoicedSong, config: FitConfig, rng: np.random.Generator) -> VoicedSong:
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
    cues = measure_cues(song.start_s, song.end_s, pitch)
    before = np.full(len(song), BEFORE)
    last = [-BEFORE - 1] * 3
    for j, voice in enumerate(song.voice.tolist()):
        before[j] = min(j - last[voice] - 1, BEFORE)
        last[voice] = j
    free = may_follow(song.start_s, song.end_s)
    free[np.arange(len(song)), before] = True
    return Example(
        inputs=torch.tensor(network_input(cues)),
        pair=torch.tensor(cues.pair),
        note=torch.tensor(cues.note),
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


def main(arguments: Sequence[str]) -> None:
    """Fit on the train split of the folder given first, and write the file given second."""
    if len(arguments) != 2:
        raise ChipgenError("give a folder that holds train/, and the .safetensors file to write")
    from safetensors.numpy import save

    torch.set_num_threads(1)
    songs = list(read_voiced_songs(split_files(Path(arguments[0]))["train"]))
    weights = fit(songs, FitConfig())
    contiguous = {name: np.ascontiguousarray(value) for name, value in weights.items()}
    write_bytes(Path(arguments[1]), save(contiguous), overwrite=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SynthError as error:
        sys.exit(f"fit_separator: {error}")
