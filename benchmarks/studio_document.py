"""Measures how the studio holds a long piece: message sizes, and when an edit is heard.

Run as ``python -m benchmarks.studio_document`` (under ten minutes). A browser opens a piece of
20,000 notes, continues it again and again and edits it, while it plays. Then a note is made louder
at the playhead, and the time is told until a block in which it sounds has reached the loudspeaker's
queue and its turn; and the piece is exported. ``--continues`` and ``--edits`` shorten it.
"""

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from chipgen.music.midi import midi_bytes, read_midi
from chipgen.music.score import Score
from tests.browser import (
    chromium,
    evaluate,
    note_count,
    note_messages,
    noted_messages,
    running_server,
    set_composing,
    studio_tab,
    wait_until,
)

NOTES: Final = 20_000
TIMED: Final = 20
SHOWN: Final = 50  # continuations
LIMITS: Final = {"bytes": 100_000, "ms": 250}

EDIT: Final = """
const { store, transport, roll } = studio;
const beat = transport.playing ? transport.beat + 2 : argument;
const louder = ([from, length, pitch, loud]) => [from, length, pitch, loud === 127 ? 90 : loud + 1];
store.editScore("louder", (score) => {
  const [first, ...others] = score.tracks;
  const at = first.notes.findIndex(([onset]) => onset >= beat);
  return { ...score, tracks: [{ ...first, notes: first.notes.map(
    (note, index) => (index === at ? louder(note) : note)) }, ...others] };
});
"""
# A note from the playhead on changes by an octave; the frame where its generation begins is heard.
HEARD: Final = """
const { store, transport, audio, connection } = studio;
const before = audio.state.generation;
const begins = new Promise((done) => {
  const listen = (block) => { if (block.generation > before) done(block.first); };
  connection.on("block", listen);
});
const beat = transport.beat;
const began = performance.now();
store.editScore("shift", (score) => {
  const [first, ...others] = score.tracks;
  const higher = ([from, length, pitch, loud]) => [from, length, 60 + ((pitch + 1) % 24), loud];
  const soon = ([from, length]) => from + length > beat && from < beat + 4;
  const notes = first.notes.map((note) => (soon(note) ? higher(note) : note));
  return { ...score, tracks: [{ ...first, notes }, ...others] };
});
const frame = await begins;
while (audio.heardFrame < frame) await new Promise((done) => setTimeout(done, 1));
return performance.now() - began;
"""
# Compose a bar; milliseconds until it is there, and of them those that the composer took.
CONTINUE: Final = """
const began = performance.now();
const last = new Promise((done) => {
  if (!window.composed) studio.connection.on("composed", (message) => window.composed(message));
  window.composed = done;
});
studio.composer.continue();
const { seconds } = await last;
return [performance.now() - began, 1000 * seconds];
"""


def main() -> None:
    """Measure, print, and say whether the limits hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--continues", type=int, default=300)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--notes", type=int, default=NOTES)
    options = parser.parse_args()
    with running_server() as server, chromium() as browser, studio_tab(browser, server.url) as page:
        note_messages(page)
        piece = {
            "name": "long.mid",
            "mimeType": "audio/midi",
            "buffer": midi_bytes(long(options.notes)),
        }
        page.set_input_files("#file", piece)
        wait_until(page, "document.querySelector('#empty').hidden", 120)
        set_composing(page, bars=1, model="row-transformer")
        continue_often(page, options.continues)
        edit_often(page, options.edits)
        takes = evaluate(page, "return studio.store.work.takes.length")
        print(f"{note_count(page)} notes, {takes} takes, {options.edits} edits")
        times = hear_edits(page)
        began = time.monotonic()
        size = export(page)
        print(f"exported: {size} bytes of VGM in {time.monotonic() - began:.1f} s")
        sent = noted_messages(page)
    largest = max(size for kind, size in sent if kind == "edit")
    rest = max((size for kind, size in sent if kind != "edit"), default=0)
    print(f"largest edit message {largest} bytes (aim {LIMITS['bytes']}), any other {rest}")
    print(
        f"edit heard after {statistics.median(times):.0f} ms, worst {max(times):.0f} ms of "
        f"{len(times)} (aim {LIMITS['ms']})"
    )


def long(notes: int) -> Score:
    """Return the example seed again and again, until it has so many notes."""
    seed = read_midi(Path(__file__).parents[1] / "examples" / "seed.mid")
    once = sum(len(track.notes) for track in seed.tracks)
    times, length = max(1, notes // once), seed.end_beats
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(each, onset_beats=each.onset_beats + k * length)
                for k in range(times) for each in track.notes
            ),
        )
        for track in seed.tracks
    )  # fmt: skip
    return replace(seed, tracks=tracks, end_beats=times * length)


def continue_often(page: Any, count: int) -> None:
    """Compose a bar at the end, again and again."""
    began = time.monotonic()
    times: list[tuple[float, float]] = []
    for k in range(count):
        times.append(evaluate(page, CONTINUE))
        if len(times) == SHOWN or k == count - 1:
            took, composing = (statistics.median(column) for column in zip(*times, strict=True))
            print(
                f"continuation {k + 1} after {time.monotonic() - began:.0f} s: median of the last "
                f"{len(times)} {took / 1000:.2f} s, of which composing {composing / 1000:.2f} s",
                flush=True,
            )
            times = []
    evaluate(page, "if (studio.transport.playing) studio.transport.stop()")


def edit_often(page: Any, count: int) -> None:
    """Change a note, again and again."""
    for k in range(count):
        evaluate(page, EDIT, 4.0 * k)
        page.wait_for_timeout(50)  # so that each goes by itself


def hear_edits(page: Any) -> list[float]:
    """Play in the middle, change what sounds, and return how long it took to be heard, in ms."""
    page.wait_for_timeout(3000)
    evaluate(page, "studio.transport.play(studio.store.score.end_beats / 2)")
    times = []
    for _ in range(TIMED):
        page.wait_for_timeout(2500)  # all is arranged again meanwhile
        times.append(evaluate(page, HEARD))
    evaluate(page, "studio.transport.stop()")
    return times


def export(page: Any) -> int:
    """Export the piece and return how large the file is."""
    page.click("#export")
    with page.expect_download(timeout=300_000) as waiting:
        page.click("[data-format='.vgm']")
    return Path(waiting.value.path()).stat().st_size


if __name__ == "__main__":
    main()
