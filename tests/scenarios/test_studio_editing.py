"""Editing in the studio: notes, bars, song and parts, with mouse, keys and touch."""

from pathlib import Path
from typing import Any

from tests.browser import (
    drag,
    draw_note,
    evaluate,
    forgive,
    load_example,
    note_count,
    point_of,
    set_composing,
    set_loop,
    wait_composed,
    wait_heard,
    wait_in_studio,
    wait_until,
)

NOTES = "return studio.store.score.tracks[0].notes"


def notes_of(page: Any) -> Any:
    """Return the notes of the first part."""
    return evaluate(page, NOTES)


def put_notes(page: Any, *notes: list[float]) -> None:
    """Give the first part these notes."""
    evaluate(
        page,
        "studio.store.editScore('put', (score) => ({ ...score, end_beats: 16, tracks: score.tracks"
        ".map((track, index) => (index ? track : { ...track, notes: argument })) }))",
        list(notes),
    )
    evaluate(page, "studio.roll.fit()")


def press(page: Any, *keys: str) -> None:
    """Press keys on the roll."""
    page.focus("#roll")
    for key in keys:
        page.keyboard.press(key)


def test_a_placed_note_wins(page: Any) -> None:
    """Drawn, dragged, resized and pasted notes leave none hidden below them."""
    put_notes(page, [0, 4, 60, 80])
    page.click("#tool-draw")
    drag(page, point_of(page, 1.02, 61), point_of(page, 2, 61))
    page.click("#tool-select")
    drag(page, point_of(page, 1.4, 61), point_of(page, 1.42, 60))
    assert notes_of(page) == [[0, 1, 60, 80], [1, 1, 60, 100]]
    press(page, "Shift+ArrowLeft", "Control+c")
    evaluate(page, "studio.transport.seek(0.5)")
    press(page, "Control+v")
    assert notes_of(page) == [[0, 0.5, 60, 80], [0.5, 0.75, 60, 100], [1.25, 0.5, 60, 100]]


def test_keys_carry_a_note_over_others(page: Any) -> None:
    """What it only passes stays; where it comes to rest it takes the place, undone as one."""
    evaluate(page, "performance.now = () => 0")  # keys within a second are one edit
    put_notes(page, [0, 0.25, 60, 80], [0.5, 0.25, 60, 90], [1, 0.25, 60, 70])
    evaluate(page, "studio.roll.select([studio.store.score.tracks[0].notes[0]])")
    press(page, *["ArrowRight"] * 4)
    assert notes_of(page) == [[0.5, 0.25, 60, 90], [1, 0.25, 60, 80]]
    page.keyboard.press("Control+z")
    assert len(notes_of(page)) == 3


def test_a_sweep_erases(page: Any) -> None:
    """All notes that the eraser passes go at once, however fast; the right button too."""
    notes = [[beat, 0.5, 60 + beat % 2, 80] for beat in range(8)]
    put_notes(page, *notes)
    page.click("#tool-erase")
    drag(page, point_of(page, 0.2, 60), point_of(page, 5.2, 60))
    assert notes_of(page) == [note for note in notes if note[2] == 61 or note[0] >= 6]
    page.keyboard.press("Control+z")
    page.click("#tool-select")
    page.mouse.move(*point_of(page, 1.2, 61))
    page.mouse.down(button="right")
    page.mouse.move(*point_of(page, 3.2, 61))
    page.mouse.up(button="right")
    assert notes_of(page) == [note for note in notes if note[0] not in (1, 3)]


def test_bars_are_chosen_and_worked_on_by_keys(page: Any) -> None:
    """Bars are selected from the playhead on, duplicated, transposed, quantised and deleted."""
    put_notes(page, [0.1, 1, 60, 80], [4.2, 1, 62, 80])
    press(page, "b")
    assert evaluate(page, "return studio.roll.bars") == [0, 1]
    press(page, "Shift+PageDown")
    assert page.inner_text("#rewrite-where") == "bars 1\N{EN DASH}2"
    press(page, "Control+d")
    assert [note[0] for note in notes_of(page)] == [0.1, 4.2, 8.1, 12.2]
    press(page, "q", "Shift+ArrowUp")
    assert notes_of(page)[2:] == [[8, 1, 72, 80], [12.25, 1, 74, 80]]
    press(page, "Escape", "PageDown", "b", "Delete")
    assert [note[0] for note in notes_of(page)] == [0.1, 8, 12.25]
    assert page.inner_text("#status") == "1 note deleted."


def test_buttons_do_what_keys_do(page: Any) -> None:
    """Each action on notes has a button, which says what it did and needs notes to do it on."""
    page.click("[data-edit=quantise]")
    assert page.inner_text("#status") == "Select notes or bars first."
    draw_note(page, 60, 0, 1)
    for action in ("duplicate", "octaveUp", "up", "down", "copy"):
        page.click(f"[data-edit={action}]")
    assert notes_of(page) == [[0, 1, 60, 100], [1, 1, 72, 100]]
    page.click("[data-edit=selectAll]")
    page.click("[data-edit=cut]")
    assert notes_of(page) == []
    page.click("[data-edit=paste]")
    assert notes_of(page) == [[0, 1, 60, 100], [1, 1, 72, 100]]
    page.click("[data-edit=remove]")
    assert notes_of(page) == []


SONG = """
const { tempos, meters, key, markers } = studio.store.score;
return [tempos, meters, key, markers];
"""


def test_the_song_changes_at_any_bar(page: Any) -> None:
    """Tempo, meter and key hold from the bar that is shown; the title is the piece's."""
    load_example(page)
    evaluate(page, "studio.transport.seek(8)")
    wait_until(page, "document.querySelector('#song-bar').value === '3'")
    page.fill("#song-tempo", "90")
    page.press("#song-tempo", "Enter")
    press(page, "b", "Shift+PageDown")
    page.select_option("#song-meter", "3/4")
    page.fill("#song-bar", "6")
    page.press("#song-bar", "Enter")
    page.fill("#song-tempo", "5000")
    page.press("#song-tempo", "Enter")
    assert "20 to 400" in page.inner_text("#alert")
    assert page.input_value("#song-tempo") == "90"
    page.select_option("#song-key", "Bbm")
    page.fill("#name", "March")
    page.press("#name", "Enter")
    meters = [[0, 4, 4], [8, 3, 4]]
    assert evaluate(page, SONG) == [[[0, 144], [8, 90]], meters, "Am", [[17, "key Bbm"]]]
    assert evaluate(page, "return studio.store.score.name") == "March"
    assert evaluate(page, "return studio.transport.beat") == 8 + 3 * 3


def test_a_loop_is_marked_heard_and_dragged(page: Any) -> None:
    """The selected bars loop; the ruler moves the ends; a second press lets the piece end."""
    put_notes(page, [0, 4, 60, 80], [4, 4, 72, 80], [8, 4, 48, 80])
    evaluate(page, "studio.store.editSound('preset', { preset: 'plain' }); studio.roll.fit()")
    press(page, "b", "l")
    assert page.inner_text("#loop-where") == "loops bar 1"
    top = page.locator("#roll").bounding_box()["y"] + 3
    drag(page, (point_of(page, 4, 60)[0] - 2, top), (point_of(page, 8.03, 60)[0], top))
    assert page.inner_text("#loop-where") == "loops bars 1\N{EN DASH}2"
    drag(page, (point_of(page, 0, 60)[0] + 1, top), (point_of(page, 4.03, 60)[0], top))
    marks = "return studio.store.score.markers"
    assert evaluate(page, marks) == [[4, "loopStart"], [8, "loopEnd"]]
    evaluate(page, "studio.store.editScore('fast', (s) => ({ ...s, tempos: [[0, 2000]] }))")
    evaluate(page, "studio.transport.play(4)")
    wait_heard(page, lambda heard: heard.rms > 0.02 and 510 < heard.pitch_hz < 535)
    page.wait_for_timeout(400)  # three rounds, without the third bar
    wait_heard(page, lambda heard: heard.rms > 0.02 and 510 < heard.pitch_hz < 535)
    page.click("#play")
    press(page, "Escape", "l")
    assert evaluate(page, marks) == []


def test_the_playhead_returns_where_play_began(page: Any) -> None:
    """At the end of the piece it stands and is seen where play began, and there it plays again."""
    put_notes(page, [0, 1, 60, 80], [15, 1, 72, 80])
    evaluate(page, "studio.store.editScore('fast', (s) => ({ ...s, tempos: [[0, 1000]] }))")
    evaluate(page, "studio.roll.view.zoom(6); studio.transport.play(4)")
    wait_in_studio(page, "!studio.transport.playing")
    assert evaluate(page, "return studio.transport.beat") == 4
    first, last = evaluate(
        page, "const { beat0, beats } = studio.roll.view; return [beat0, beat0 + beats]"
    )
    assert first <= 4 <= last < 16
    press(page, "Space")
    assert evaluate(page, "return studio.transport.playing")
    wait_in_studio(page, "!studio.transport.playing")


def test_parts_are_added_named_and_removed(page: Any) -> None:
    """A new part takes the notes that are drawn next; removing it takes them away, undoably."""
    page.click("#parts-button")
    page.click("#part-add")
    page.keyboard.type("choir")
    page.keyboard.press("Tab")
    page.get_by_label("Instrument of choir").select_option(label="choir aahs")
    page.keyboard.press("Escape")
    draw_note(page, 64, 0, 1)
    part = evaluate(page, "return studio.store.score.tracks[4]")
    assert [part["name"], part["program"], part["notes"]] == ["choir", 52, [[0, 1, 64, 100]]]
    page.click("#parts-button")
    page.click("[aria-label='Remove choir']")
    assert page.locator("#parts li").count() == 4
    page.keyboard.press("Escape")
    assert note_count(page) == 0
    page.click("#undo")
    assert note_count(page) == 1
    load_example(page, "nes")
    page.click("#parts-button")
    assert page.is_disabled("#part-add")
    assert page.is_visible("#parts-fixed")


def test_one_button_plays_and_composes(page: Any) -> None:
    """The empty page has one dark button; it plays an example and goes on with three takes."""
    dark = page.eval_on_selector_all("button", DARK)
    assert dark == ["hear"]
    page.focus("#preset-find")
    page.click("#play")
    assert page.evaluate("document.activeElement.id") == "hear"
    set_composing(page, 1, takes=3)
    page.click("#hear")
    wait_until(page, "document.querySelector('#play').ariaLabel === 'Stop'")
    wait_heard(page, lambda heard: heard.rms > 0.01)
    wait_until(page, "document.querySelectorAll('#takes > li').length === 4")
    wait_composed(page)
    takes = evaluate(page, "return studio.store.work.takes")
    assert [take["name"] for take in takes] == ["Seed", "Take 1", "Take 2", "Take 3"]
    numbers = [take["rngSeed"] for take in takes[1:]]
    assert numbers == [(numbers[0] + later) % 2**32 for later in range(3)]
    assert all(take["score"]["end_beats"] == 36 for take in takes[1:])
    assert len({str(take["score"]["tracks"]) for take in takes}) > 1
    assert evaluate(page, "return studio.store.work.current") == 2
    page.click("[aria-label='Star Take 2']")
    page.click("#takes >> text=Take 2")
    page.click("[aria-label='Rename Take 2']")
    page.keyboard.type("The good one")
    page.keyboard.press("Enter")
    take = evaluate(page, "return studio.store.take")
    assert [take["name"], take["starred"]] == ["The good one", True]
    for _ in range(2):
        page.keyboard.press("Control+z")
    take = evaluate(page, "return studio.store.work.takes[2]")
    assert [take["name"], take.get("starred")] == ["Take 2", None]
    page.keyboard.press("Control+z")
    assert page.locator("#takes li").count() == 1


DARK = r"""(buttons) => buttons.filter((button) => {
  const colour = getComputedStyle(button).backgroundColor;
  const [red, , , alpha = 1] = colour.match(/[\d.]+/g);
  const full = colour.startsWith("color(") ? 1 : 255;
  return button.offsetWidth && alpha > 0.5 && red < full / 2;
}).map((button) => button.id)"""


def test_space_plays_wherever_the_focus_is(page: Any) -> None:
    """On a button, a box, a slider or a list Space plays; where text is typed it is a letter."""
    draw_note(page, 60, 0, 8)
    set_loop(page)
    playing = False
    page.evaluate("document.querySelector('#compose-details').open = true")
    for place in ("#export", "#fresh", "#temperature", "#take-count", "#presets", "#roll", "#bars"):
        page.focus(place)
        page.keyboard.press("Space")
        playing = not playing
        label = "Stop" if playing else "Play"
        wait_until(page, f"document.querySelector('#play').ariaLabel === '{label}'")
    assert page.is_checked("#fresh")
    assert not page.is_visible("#export-dialog")
    page.focus("#fresh")
    page.keyboard.press("Enter")
    assert not page.is_checked("#fresh")
    page.fill("#name", "")
    page.type("#name", "a b")
    assert page.input_value("#name") == "a b"
    assert evaluate(page, "return studio.transport.playing")


def test_several_files_are_taken_or_named(page: Any) -> None:
    """Scores are the piece and takes beside it, presets are loaded; what is refused is named."""
    examples = Path(__file__).parents[2] / "examples"
    preset = b"format: 1\nname: mine\ndescription: Quiet.\nextends: organ\n"
    files = [
        {"name": f"{name}.mid", "mimeType": "audio/midi", "buffer": data}
        for name, data in (
            ("one", (examples / "seed.mid").read_bytes()),
            ("broken", b"MThd"),
            ("two", (examples / "folk.mid").read_bytes()),
        )
    ]
    files.append({"name": "mine.yaml", "mimeType": "application/yaml", "buffer": preset})
    page.set_input_files("#file", files)
    wait_until(page, "document.querySelector('#alert').textContent.includes('broken')")
    takes = evaluate(page, "return studio.store.work.takes.map((take) => take.name)")
    assert takes == ["one.mid", "two.mid"]
    assert page.inner_text("#presets [aria-selected=true]").startswith("mine")
    forgive(page, "400")


BIG = """
const beats = 1252;
const tracks = studio.store.score.tracks.map((track, index) => ({ ...track,
  notes: Array.from({ length: 5000 }, (_, at) => [at * beats / 5000, 0.2,
    index === 3 ? [36, 38, 42, 46][at % 4] : 40 + 12 * (2 - index) + (at * 7) % 13, 90]) }));
studio.store.amend((work) => ({ ...work, takes: work.takes.map((take) => ({ ...take,
  score: { ...take.score, tracks, end_beats: beats } })) }), "server");
studio.roll.fit();
"""
PAINTED = """
const { roll } = studio;
const { prototype } = CanvasRenderingContext2D;
const counts = { shapes: 0 };
const real = { fillRect: prototype.fillRect, roundRect: prototype.roundRect };
for (const name of Object.keys(real)) {
  prototype[name] = function (...values) {
    counts.shapes += this.canvas.id === "roll-notes" || this.canvas.width === 512; // or a tile
    return real[name].apply(this, values);
  };
}
const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
const paint = async (change) => {
  counts.shapes = 0;
  change();
  roll.redraw();
  await drawn();
  return counts.shapes;
};
const fitted = { end: roll.view.x(roll.view.end), width: roll.view.width };
const whole = await paint(() => roll.tiles.clear());
roll.view.zoom(30, 60);
await paint(() => {});
const near = await paint(() => roll.tiles.clear());
const moved = await paint(() => roll.view.scroll(3, 2));
Object.assign(prototype, real);
return { ...fitted, whole, near, moved };
"""


def test_twenty_thousand_notes_are_painted_where_they_are_seen(page: Any) -> None:
    """The whole piece fits; closer, only what is in view is painted, and scrolling paints none."""
    evaluate(page, "studio.roll.setPlayed = () => {}")  # what the server tells is painted, too
    evaluate(page, BIG)
    told = evaluate(page, PAINTED)
    assert told["end"] <= told["width"]
    assert told["whole"] > 20_000
    assert told["near"] < 4_000
    assert told["moved"] < 300
    strip = page.locator("#overview")
    box = strip.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 5, box["y"] + 10)
    assert evaluate(page, "return studio.roll.view.beat0") > 1100
    strip.focus()
    page.keyboard.press("Home")
    wait_until(page, "document.querySelector('#overview').ariaValueNow === '1'")
    page.keyboard.press("ArrowRight")
    wait_until(page, "document.querySelector('#overview').ariaValueNow === '2'")
    assert page.get_attribute("#overview", "aria-valuetext").endswith("of 313")
