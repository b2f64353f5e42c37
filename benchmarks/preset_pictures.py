"""Draws each shipped preset and writes its page section: docs/images/preset-*.png, docs/presets.md.

Run as ``python -m benchmarks.preset_pictures``; the same presets give the same files. A picture
that looks as before, drawn by another version of the libraries, stays as it is.
"""

import io
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from synth.chip.render_log import render
from synth.chip.voices import VOICES
from synth.instrument.chip_score import ChipNote
from synth.instrument.demo_scores import DEMOS, DRUM_LETTERS, demo_score
from synth.instrument.driver import drive, set_up
from synth.instrument.modulation import SOFTWARE
from synth.instrument.pitch import timer_periods
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset, preset_names
from synth.instrument.preset_score import with_preset_notes
from synth.instrument.voice_frames import note_frames, tail_frames

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "presets.md"
IMAGES: Final = ROOT / "docs" / "images"
BEGIN: Final = "<!-- written by python -m benchmarks.preset_pictures: begin -->"
END: Final = "<!-- written by python -m benchmarks.preset_pictures: end -->"

VISIBLE: Final = 16 / 255  # by which a pixel differs
MOST_DIFFERENT: Final = 0.01  # of a picture's pixels; edges of letters and curves are fewer

RATE_HZ: Final = 44_100
SHOWN_FRAMES: Final = 60
CLOSE_UP_S: Final = 0.012
INK, GREY, LINE = "#1f4e79", "#b0b0b0", "#c0392b"
DUTY_COLOURS: Final = ("#9ecae1", "#6baed6", "#3182bd", "#08519c")
MAIN_VOICE: Final = {
    "melody": "pulse1", "bass": "triangle", "chords": "pulse2", "drums": "noise",
    "ensemble": "pulse1", "slow": "pulse1", "lead": "pulse1",
}  # fmt: skip
FIRST_NOTES: Final = {"pulse1": 5, "pulse2": 5, "triangle": 1, "noise": 1}  # the longest of these
VOICE_TITLES: Final = {
    "pulse1": "pulse 1", "pulse2": "pulse 2", "triangle": "triangle", "noise": "noise",
}  # fmt: skip
SHOWN_FIELDS: Final = (
    "volume", "adsr", "hardware_envelope", "duty", "pitch", "fine_pitch", "period", "arpeggio",
    "vibrato", "tremolo", "slide", "portamento", "hardware_sweep", "echo", "delay_frames",
    "cut_frames", "retrigger", "switch",
)  # fmt: skip


def main() -> None:
    """Draw all pictures and write the section."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name in preset_names():
        data = io.BytesIO()
        draw_preset(load_preset(name)).savefig(data, dpi=80, metadata={"Software": None})
        path = IMAGES / f"preset-{name}.png"
        if not path.exists() or not look_alike(path.read_bytes(), data.getvalue()):
            path.write_bytes(data.getvalue())
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{write_section()}\n{END}{rest.split(END)[1]}")


def look_alike(one: bytes, other: bytes) -> bool:
    """Tell whether two PNG pictures are of one size, and nearly all of their pixels are alike."""
    first, second = (imread(io.BytesIO(data), format="png") for data in (one, other))
    if first.shape != second.shape:
        return False
    visible = np.abs(first - second).max(axis=2) > VISIBLE
    return bool(visible.mean() <= MOST_DIFFERENT)


def draw_preset(preset: Preset) -> Figure:
    """Draw the demonstration, a note of its main voice frame by frame, and a close-up of it."""
    voice = MAIN_VOICE[preset.demo]
    score = with_preset_notes(demo_score(preset), preset)
    note = max(score.voice(voice)[: FIRST_NOTES[voice]], key=lambda n: n.end_s - n.start_s)
    log = drive(demo_score(preset), preset)
    samples = render(log, RATE_HZ, preset.engine.filter)[:, 0]
    alone = render(log, RATE_HZ, preset.engine.filter, "isolated")[:, VOICES.index(voice)]
    figure = Figure(figsize=(9.4, 1.9), layout="constrained")
    FigureCanvasAgg(figure)
    whole, frames, close = figure.subplots(1, 3, gridspec_kw={"width_ratios": (2.6, 2.2, 1.2)})

    hop = max(1, len(samples) // 700)
    blocks = samples[: len(samples) // hop * hop].reshape(-1, hop)
    seconds = np.arange(len(blocks)) * hop / RATE_HZ
    whole.fill_between(seconds, blocks.min(axis=1), blocks.max(axis=1), color=INK, lw=0)
    whole.set_title(f"{preset.name}: all voices", loc="left", fontsize=8)
    whole.set_xlabel("s", fontsize=7)

    draw_frames(frames, preset, note, voice)
    first = round((note.start_s + 3 / 60) * RATE_HZ)
    shown = alone[first : first + round(CLOSE_UP_S * RATE_HZ)]
    close.plot(np.arange(len(shown)) / RATE_HZ * 1e3, shown - shown.mean(), color=INK, lw=0.9)
    close.set_title("12 ms of it", loc="left", fontsize=8)
    close.set_xlabel("ms", fontsize=7)
    for axes in (whole, frames, close):
        axes.tick_params(labelsize=6)
        axes.margins(x=0)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return figure


def draw_frames(axes: Any, preset: Preset, note: ChipNote, voice: str) -> None:
    """Draw volume (bars, darker for wider duty) and pitch (line) of a note by frame."""
    setup = set_up(preset)
    held = round((note.end_s - note.start_s) * setup.tick_hz)
    tail = tail_frames(note, preset.instrument(note.instrument, voice))
    count = min(SHOWN_FRAMES, held + tail)
    part = note_frames(note, voice, np.arange(count), setup, release_frame=held)
    level = np.minimum(part.level, 15)
    in_hardware = part.envelope != SOFTWARE  # the chip counts down by itself
    steps = 4 * np.arange(count) // ((part.envelope & 15) + 1)
    loops = (part.envelope & 0x20) > 0
    counted = np.where(loops, 15 - steps % 16, np.maximum(15 - steps, 0))
    level = np.where(in_hardware & (part.level > 0), counted, level)
    timbre = part.timbre if voice != "triangle" else np.full(count, 2)
    axes.bar(
        np.arange(count), level, width=1.0, align="edge", lw=0,
        color=[DUTY_COLOURS[2 * value if voice == "noise" else value] for value in timbre],
    )  # fmt: skip
    axes.set_ylim(0, 16)
    axes.set_yticks((0, 5, 10, 15))
    axes.set_xlim(0, max(count, 12))
    axes.set_xlabel("frame", fontsize=7)
    title = f"{VOICE_TITLES[voice]}, one note: volume"
    if voice != "noise":
        home = timer_periods(np.array([note.pitch]), voice, setup.region)[0]
        pitch = 12 * np.log2((home + 1) / (part.period + 1.0))
        if np.ptp(pitch) > 0.02:
            title += ", and its pitch in semitones"
            twin = axes.twinx()
            twin.step(np.arange(count), pitch, where="post", color=LINE, lw=0.9)
            twin.tick_params(labelsize=6, colors=LINE)
            twin.spines["top"].set_visible(False)
            if np.ptp(pitch) < 1:
                twin.set_ylim(-1, 1)
    axes.set_title(title, loc="left", fontsize=8)


def write_section() -> str:
    """Write the demonstrations' notes, and each preset with picture, sequences and command."""
    drums = ", ".join(f"`{letter}` {key}" for letter, key in DRUM_LETTERS.items())
    lines = [
        "### The demonstrations",
        "",
        "A note is its name, octave and length in sixteenths: `a4:6`. `_` ties it to the next,",
        "`-:4` rests, `/0,3,7` makes a chord of semitones above it, which the preset breaks in its",
        "own way. `!9` is a volume.",
        f"On noise a letter strikes a drum ({drums} of General MIDI) and `-` is a rest.",
        "A preset's kick and toms fall on the triangle too, where it rests.",
        "",
    ]
    for kind, demo in DEMOS.items():
        tempo = 60 * 60 / (4 * demo.step_frames)
        lines += [f"`{kind}`, {tempo:.0f} beats a minute:", "", "```text"]
        for voice in VOICES:
            bars = [" ".join(bar.split()) for bar in getattr(demo, voice).split("|")]
            title = VOICE_TITLES[voice]
            for bar in bars if bars != [""] else []:
                lines.append(f"{title:<9} | {bar}")
                title = ""
        lines += ["```", ""]
    for name in preset_names():
        lines += describe(load_preset(name))
    return "\n".join(lines)


def describe(preset: Preset) -> list[str]:
    """Write one preset: what it is for, its picture, and what its voices play."""
    lines = [
        f"### {preset.name}",
        "",
        preset.description,
        "",
        f"![The {preset.name} preset: waveform, volume by frame, close-up]"
        f"(images/preset-{preset.name}.png)",
        "",
        f"Demonstration: {preset.demo}. As a file: "
        f"`chipgen preset audition {preset.name} -o {preset.name}.wav`",
        "",
    ]
    drums = preset.demo == "drums"
    voices = () if drums else ("pulse1", "pulse2", "triangle")
    parts = [(VOICE_TITLES[voice], getattr(preset.voices, voice)) for voice in voices]
    keys = (36, 38, 42, 46, 50, 49, 51) if drums else (36, 38, 42)
    parts[1:1] = [("", other) for _, name in parts[:1] for other in preset.instruments[name].switch]
    parts += [("noise", preset.drums[key].instrument) for key in keys if key in preset.drums]
    lines += ["```text"]
    for title, name in parts:
        words = played(preset, name)
        if title.startswith("pulse") and "duty" not in words:
            words += f"; duty {preset.instruments[name].duty}"
        lines.append(f"{title:<9} {name}: {words}")
    if preset.double_lead is not None:
        lines.append(f"pulse 2   in rests: pulse 1 {flow(preset.double_lead.model_dump())}")
    if not drums:
        chords = preset.arpeggio
        lines.append(f"chords    each note {chords.frames} frames, order {chords.order}")
    return [*lines, "```", ""]


def played(preset: Preset, name: str) -> str:
    """Write what an instrument does, as a preset file says it."""
    data = preset.instruments[name].model_dump(exclude_defaults=True)
    shown = [f"{field} {flow(data[field])}" for field in SHOWN_FIELDS if field in data]
    return "; ".join(shown) or "volume 15"


def flow(value: Any) -> str:
    """Write a value as YAML's inline form does."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main()
