"""The studio in a real browser: seeds, composing, sound, taking away, and coming back."""

import time
from pathlib import Path
from typing import Any

import pytest

from chipgen.studio.connection import MOST_SESSIONS
from tests.browser import (
    StudioServer,
    drag,
    draw_note,
    draw_note_and_hear_it,
    evaluate,
    forgive,
    load_example,
    note_count,
    open_studio,
    point_of,
    press_until_closed,
    set_composing,
    set_loop,
    wait_composed,
    wait_connected,
    wait_heard,
    wait_kept,
    wait_preset,
    wait_silent,
    wait_until,
)
from tests.commandline import run


def test_a_composed_example_appears_and_sounds(page: Any) -> None:
    """One button: notes arrive while the piece already sounds, and the take has its number."""
    load_example(page)
    before = note_count(page)
    set_composing(page, 2, seed=7)
    page.click("#compose-go")
    wait_heard(page, lambda heard: heard.rms > 0.01)
    wait_composed(page)
    assert note_count(page) > before
    assert evaluate(page, "return studio.store.score.end_beats") == 40
    assert page.inner_text("#takes .seed-number") == "7"
    page.click("#takes .seed-number")
    wait_until(page, "document.querySelector('#status').textContent === 'Copied 7.'")
    assert page.evaluate("navigator.clipboard.readText()") == "7"
    page.keyboard.press("Control+z")
    assert note_count(page) == before
    page.keyboard.press("Control+y")
    assert note_count(page) > before


def test_the_same_number_gives_the_same_take_as_the_command_line(page: Any, tmp_path: Path) -> None:
    """The WAV of a composed take equals, byte for byte, what the command shown makes."""
    load_example(page, "folk")
    set_composing(page, 2, seed=3)
    page.click("#compose-go")
    wait_composed(page)
    sound = download(page, ".wav", tmp_path)
    score = download(page, ".mid", tmp_path)
    made = tmp_path / "made.wav"
    result = run("render", score, "--as-is", "-o", made)
    assert result.exit_code == 0, result.output
    assert made.read_bytes() == sound.read_bytes()
    page.click("#export")
    wait_until(page, "document.querySelector('#command').textContent.includes('--seed 3')")
    assert "--bars 2" in page.inner_text("#command")


def download(page: Any, form: str, folder: Path) -> Path:
    """Take a file away."""
    if not page.is_visible("#export-dialog"):
        page.click("#export")
    with page.expect_download(timeout=60_000) as waiting:
        page.click(f"[data-format='{form}']")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    press_until_closed(page, "#export-dialog")
    return path


def test_every_format_can_be_taken_away(page: Any, tmp_path: Path) -> None:
    """Each button of the dialog gives a file that begins as its format does."""
    draw_note(page, 69, 0, 2)
    page.click("#export")
    formats = page.eval_on_selector_all("[data-format]", "all => all.map(b => b.dataset.format)")
    press_until_closed(page, "#export-dialog")
    heads = {
        ".mid": b"MThd", ".wav": b"RIFF", ".flac": b"fLaC", ".ogg": b"OggS", ".opus": b"OggS",
        "stems": b"PK", ".vgm": b"Vgm ", ".vgz": b"\x1f\x8b", ".nsf": b"NESM\x1a",
        ".nes": b"NES\x1a", "preset": b"format: 1",
    }  # fmt: skip
    assert set(heads) <= set(formats)
    for form, head in heads.items():
        data = download(page, form, tmp_path).read_bytes()
        assert head in data[:200], form
        assert len(data) > 40, form


def test_a_drawn_a4_sounds_at_440_hz(page: Any) -> None:
    """A note drawn with the mouse is played at its pitch, by the preset that is chosen."""
    page.click("#presets [data-name=plain]")
    draw_note(page, 69, 0, 8)
    set_loop(page)
    assert evaluate(page, "return studio.store.score.tracks[0].notes") == [[0, 8, 69, 100]]
    page.focus("#roll")
    page.keyboard.press("Space")
    nearest_hz = pytest.approx(1_789_773 / 16 / 254, abs=0.3)  # by the timer's period
    wait_heard(page, lambda heard: heard.rms > 0.02 and heard.pitch_hz == nearest_hz)


def test_a_preset_and_a_knob_are_heard_while_it_plays(page: Any) -> None:
    """Another preset and a turned duty change the spectrum of a note that goes on sounding."""
    wait_preset(page)
    evaluate(page, KNOBS_OF_PLAIN)
    draw_note_and_hear_it(page, 60, 0, 32)
    set_loop(page)
    page.focus("#roll")
    page.keyboard.press("Space")
    wide = wait_heard(page, lambda heard: heard.pitch_hz == pytest.approx(261.7, abs=1))
    page.focus("[aria-label='Pulse 1 duty']")
    page.keyboard.press("ArrowUp")  # 12.5 %
    wait_heard(  # once all that is listened to lies behind the turn
        page,
        lambda heard: (
            heard.brightness_hz > 1.5 * wide.brightness_hz
            and heard.pitch_hz == pytest.approx(wide.pitch_hz, abs=2)
        ),
    )
    assert evaluate(page, "return studio.store.work.sound.values") == {"pulse1_duty": 0}
    page.click("#mute-pulse1")
    wait_silent(page)
    page.click("#mute-pulse1")
    wait_heard(page, lambda heard: heard.rms > 0.02)
    page.click("#presets [data-name=bright]")
    wait_heard(page, lambda heard: heard.rms > 0.02)
    assert evaluate(page, "return studio.transport.playing")


KNOBS_OF_PLAIN = """
const before = document.querySelector("#knobs").firstChild;
studio.store.editSound("preset", { preset: "plain" });
while (document.querySelector("#knobs").firstChild === before) {
  await new Promise((done) => setTimeout(done, 20));
}
"""


def test_notes_are_added_moved_resized_and_removed(page: Any) -> None:
    """Every edit snaps to the grid, and undo takes each back in turn."""
    notes = "return studio.store.score.tracks[0].notes"
    draw_note(page, 64, 1, 2)
    assert evaluate(page, notes) == [[1, 1, 64, 100]]
    page.click("#tool-select")
    drag(page, point_of(page, 1.4, 64), point_of(page, 2.43, 67))
    assert evaluate(page, notes) == [[2, 1, 67, 100]]
    x, y = point_of(page, 3, 67)
    drag(page, (x - 3, y), point_of(page, 3.52, 67))
    assert evaluate(page, notes) == [[2, 1.5, 67, 100]]
    page.keyboard.press("Delete")
    assert evaluate(page, notes) == []
    for state in ([[2, 1.5, 67, 100]], [[2, 1, 67, 100]], [[1, 1, 64, 100]], []):
        page.keyboard.press("Control+z")
        assert evaluate(page, notes) == state


def test_a_reload_finds_the_work_again(page: Any) -> None:
    """Score, preset and controls are there after a reload, without a server's help."""
    load_example(page, "piano")
    page.click("#presets [data-name=organ]")
    page.fill("#bars", "5")
    count = note_count(page)
    wait_kept(page)
    page.reload()
    wait_connected(page)
    assert note_count(page) == count
    assert page.get_attribute("#preset-organ", "aria-selected") == "true"
    assert page.input_value("#bars") == "5"


def test_two_tabs_have_their_own_work_and_sound(page: Any, server: StudioServer) -> None:
    """A second tab begins for itself; both sound at once, and neither changes the other."""
    load_example(page)
    other = open_studio(page.context, server.url)
    assert note_count(other) == 0
    load_example(other, "chorale")
    for tab in (page, other):
        set_loop(tab)
        tab.click("#play")
    for tab in (page, other):
        wait_heard(tab, lambda heard: heard.rms > 0.01)
    assert note_count(page) != note_count(other)
    assert not other.complaints
    other.close()
    wait_heard(page, lambda heard: heard.rms > 0.01)


def test_a_hostile_file_is_refused_in_a_line(page: Any) -> None:
    """What is no MIDI leaves the work as it is, and says why."""
    draw_note(page, 60, 0, 1)
    page.set_input_files(
        "#file", {"name": "evil.mid", "mimeType": "audio/midi", "buffer": b"MThd\0\0\0\6\xff"}
    )
    wait_until(page, "document.querySelector('#alert').textContent")
    assert "\n" not in page.inner_text("#alert")
    assert note_count(page) == 1
    forgive(page, "400")


def test_a_midi_file_is_opened(page: Any) -> None:
    """The file's notes are on the roll."""
    page.set_input_files("#file", Path(__file__).parents[2] / "examples" / "seed.mid")
    wait_until(page, "document.querySelector('#empty').hidden")
    assert note_count(page) == 198


UNTIL_SOUND = """
await studio.audio.start();
const { analyser } = studio.audio;
const samples = new Float32Array(analyser.fftSize);
const beats = [];
document.getElementById("play").click();
while (!studio.transport.playing) await new Promise((done) => setTimeout(done, 5));
for (;;) {
  analyser.getFloatTimeDomainData(samples);
  const last = samples.subarray(samples.length - 128);
  const loud = Math.max(...last) - Math.min(...last) > 0.01;
  if (!studio.transport.playing) throw new Error("it ended in silence");
  beats.push(studio.transport.beat);
  if (loud) return beats;
  await new Promise((done) => setTimeout(done, 5));
}
"""


def test_the_playhead_is_where_the_sound_is(page: Any) -> None:
    """After a silent bar the note is heard just when the playhead reaches it."""
    draw_note_and_hear_it(page, 69, 4, 8)
    *silent, sounding = evaluate(page, UNTIL_SOUND)
    assert max(silent) < 4.3
    assert sounding > 3.9


def wait_refused(page: Any, words: str) -> None:
    """Wait until the page says why it is not connected, and see that it leaves it at that."""
    page.wait_for_selector("#try-again", timeout=60_000)
    assert page.inner_text("#connection") == "Not connected"
    assert words in page.inner_text("#status")
    tries = evaluate(page, COUNT_TRIES)
    page.wait_for_timeout(1500)
    assert evaluate(page, "return window.tries") == tries == 0
    assert page.is_visible("#try-again")


COUNT_TRIES = """
const { connection } = studio;
const connect = connection.connect.bind(connection);
window.tries = 0;
connection.connect = () => { window.tries += 1; connect(); };
return window.tries;
"""
CROWD = """
window.crowd = new Set();
const greeted = () => new Promise((done) => {
  const socket = new WebSocket(studio.connection.url);
  socket.onmessage = () => done(socket);
  socket.onclose = () => done(null);  // while the server has not noticed that another tab is gone
});
while (window.crowd.size < argument) {
  const socket = await greeted();
  if (socket) window.crowd.add(socket);
  else await new Promise((done) => setTimeout(done, 20));
}
"""


def test_too_many_tabs_are_said(page: Any, server: StudioServer) -> None:
    """A tab beyond the most says so and waits for the user, who closes another and tries again."""
    evaluate(page, CROWD, MOST_SESSIONS - 1)
    last = page.context.new_page()
    last.goto(server.url)
    wait_refused(last, "Too many studio tabs are open. Close one, then try again.")
    load_example(last)
    evaluate(page, "for (const each of window.crowd) each.close()")
    until = time.monotonic() + 60.0
    while last.get_attribute("#connection", "data-state") != "open":
        assert time.monotonic() < until, last.inner_text(".status")
        if last.is_visible("#try-again"):  # the server may not have noticed yet that they are gone
            last.click("#try-again")
        last.wait_for_timeout(30)
    assert not last.is_visible("#try-again")
    last.click("#play")
    wait_heard(last, lambda heard: heard.rms > 0.01)
    last.close()


def test_a_piece_that_is_too_large_is_said(page: Any) -> None:
    """A message beyond the limit ends the connection once; the page says what to do."""
    load_example(page)
    evaluate(page, "studio.connection.send('document', { document: 'a'.repeat(8_000_001) })")
    wait_refused(page, "The piece is too large for the studio. It is safe here: undo")
    assert note_count(page) > 0
    page.click("#try-again")
    wait_connected(page)
    page.click("#play")
    wait_heard(page, lambda heard: heard.rms > 0.01)


def test_notes_are_copied_and_struck_louder(page: Any) -> None:
    """Copied notes are put where the playhead stands; cut ones go; loudness follows the arrows."""
    notes = "return studio.store.score.tracks[0].notes"
    draw_note(page, 64, 0, 1)
    page.focus("#roll")
    page.keyboard.press("Control+c")
    evaluate(page, "studio.transport.seek(2)")
    page.keyboard.press("Control+v")
    assert evaluate(page, notes) == [[0, 1, 64, 100], [2, 1, 64, 100]]
    page.keyboard.press("Control+ArrowUp")
    assert evaluate(page, notes) == [[0, 1, 64, 100], [2, 1, 64, 108]]
    page.keyboard.press("Control+x")
    assert evaluate(page, notes) == [[0, 1, 64, 100]]


def test_the_console_is_heard(page: Any) -> None:
    """PAL's slower clock brings a high note to another of its timer's pitches.

    NESdev wiki, "APU Pulse": clock / (16 x period); the nearest to G7 (3136.0 Hz) is 36 on NTSC
    (1789773 Hz) and 33 on PAL (1662607 Hz).
    """
    evaluate(page, "studio.store.editSound('preset', { preset: 'plain' })")
    evaluate(page, "studio.roll.view.showPitches([90, 110]); studio.roll.redraw()")
    draw_note(page, 103, 0, 16)
    set_loop(page)
    page.focus("#roll")
    page.keyboard.press("Space")
    wait_heard(page, lambda heard: abs(heard.pitch_hz - 1_789_773 / 16 / 36) < 4)
    page.select_option("#region", "pal")
    wait_heard(page, lambda heard: abs(heard.pitch_hz - 1_662_607 / 16 / 33) < 4)
    assert evaluate(page, "return studio.store.work.sound.region") == "pal"


def test_a_demonstration_gives_way_to_the_piece(page: Any) -> None:
    """Playing right after a choice ends the preset's demonstration, wherever it is on its way."""
    draw_note(page, 69, 0, 32)
    set_loop(page)
    page.click("#presets [data-name=plain]")
    page.focus("#roll")
    page.keyboard.press("Space")
    wait_until(page, "document.querySelector('#audition').innerText === 'Preview'")
    wait_heard(page, lambda h: h.rms > 0.02 and h.pitch_hz == pytest.approx(440, abs=2))
    page.keyboard.press("Space")
    wait_silent(page)
    page.click("#audition")
    wait_until(page, "document.querySelector('#audition').innerText === 'Stop'")
    wait_heard(page, lambda heard: heard.rms > 0.01)
    page.click("#audition")
    wait_silent(page)


def test_the_piece_has_a_name(page: Any, tmp_path: Path) -> None:
    """The name in the title is the files' name; renaming is undone like any edit."""
    load_example(page)
    page.fill("#name", "My march")
    page.keyboard.press("Enter")
    page.focus("#roll")
    assert download(page, ".mid", tmp_path).name == "My-march.mid"
    page.focus("#roll")
    page.keyboard.press("Control+z")
    assert page.input_value("#name") == "seed"


def test_it_goes_on_when_the_server_comes_back(page: Any, server: StudioServer) -> None:
    """The server dies in the middle of a note: the page says so, reconnects, and plays on."""
    load_example(page)
    page.click("#play")
    wait_heard(page, lambda heard: heard.rms > 0.01)
    server.kill()
    page.wait_for_selector("#connection[data-state=gone]")
    assert "your work is safe" in page.inner_text("#status")
    wait_silent(page)
    page.click("#to-start")
    draw_note(page, 84, 0, 1)  # editing goes on meanwhile
    server.start()
    wait_connected(page)
    wait_heard(page, lambda heard: heard.rms > 0.01)
    assert note_count(page) == 199
    page.complaints.clear()  # the browser's own about the connection


def test_why_nothing_is_heard_is_said(page: Any) -> None:
    """A context that the browser suspends, and a device whose clock stands still, are named."""
    draw_note_and_hear_it(page, 69, 0, 4)
    wait_until(page, "document.querySelector('#trouble').textContent === ''")
    evaluate(page, "await studio.audio.context.suspend()")
    wait_until(page, "document.querySelector('#trouble').textContent.includes('holds the sound')")
    page.click("#tool-select")  # any press lets it sound again
    wait_until(page, "document.querySelector('#trouble').textContent === ''")
    evaluate(page, "Object.defineProperty(studio.audio.context, 'currentTime', { value: 1 })")
    wait_until(page, "document.querySelector('#trouble').textContent.includes('No sound device')")
