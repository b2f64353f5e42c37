"""The studio in the hand: keyboard alone, narrow screens, light and dark, takes, and playing in."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.browser import (
    StudioServer,
    choose_scheme,
    drag,
    draw_note,
    evaluate,
    forgive,
    load_example,
    note_count,
    note_messages,
    noted_messages,
    open_studio,
    point_of,
    press_until_closed,
    resize,
    set_composing,
    set_loop,
    studio_tab,
    wait_composed,
    wait_connected,
    wait_heard,
    wait_kept,
    wait_preset,
    wait_until,
)

PAGE = Path(__file__).parents[2] / "chipgen" / "studio" / "page"
FAKE_MIDI = """
window.pressed = null;
navigator.requestMIDIAccess = async () => {
  const input = { name: "Test keys" };
  window.strike = (...data) => input.onmidimessage({ data: new Uint8Array(data) });
  return { inputs: new Map([["1", input]]) };
};
"""
OTHER_DIGEST = """
const { parse } = JSON;
JSON.parse = (text) => {
  const message = parse(text);
  if (message.type !== "composed") return message;
  JSON.parse = parse;
  return { ...message, digest: (message.digest + 1) % 2 ** 32 };
};
"""
FOCUSED = """(() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const name = at.getAttribute('aria-label') || at.innerText || at.title
    || document.getElementById(at.getAttribute('aria-labelledby'))?.innerText
    || [...(at.labels ?? [])].map(l => l.innerText).join(' ');
  return { id: at.id, tag: at.tagName, name: (name || '').trim(), outline: style.outlineStyle };
})()"""
CONTRAST = """
const lightness = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((c) => {
    const share = c / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const { colours } = await import('/page/theme.js');
const ratio = (one, other) => {
  const [a, b] = [lightness(colours[one]), lightness(colours[other])].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
};
return argument.map(([one, other]) => ratio(one, other));
"""


def test_the_keyboard_alone_does_everything(page: Any) -> None:
    """Tab reaches every control, each with a name and a focus that is seen; keys do the work."""
    seen = {}
    wait_preset(page)  # what comes later would take the focus away
    page.evaluate("document.querySelector('#compose-details').open = true")
    for _ in range(120):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at["tag"] == "BODY" or at["id"] in seen:
            break
        if at["id"]:
            seen[at["id"]] = at
        assert at["name"], f"{at} has no name"
        assert at["outline"] != "none", f"{at} shows no focus"
    wanted = {"open", "examples-button", "new", "bars", "rng-seed", "compose-go", "play", "loop"}
    wanted |= {"snap", "part", "record", "roll", "presets", "mute-pulse1", "export", "theme"}
    assert wanted <= set(seen)

    page.focus("#examples-button")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_until(page, "document.querySelector('#empty').hidden")
    count = note_count(page)
    page.focus("#roll")
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    assert note_count(page) == count + 1
    assert "added at" in page.inner_text("#status")
    page.keyboard.press("Control+z")
    page.keyboard.press("Space")
    wait_heard(page, lambda heard: heard.rms > 0.01)
    page.keyboard.press("Space")
    wait_until(page, "document.querySelector('#play').ariaLabel === 'Play'")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    assert note_count(page) == 0
    page.keyboard.press("?")
    assert page.is_visible("#help")
    assert "undo" in page.inner_text("#shortcuts")
    press_until_closed(page, "#help")
    page.focus("#presets")
    page.keyboard.press("Home")
    first = page.evaluate("document.querySelector('#presets li').dataset.name")
    assert evaluate(page, "return studio.store.work.sound.preset") == first


LAST_BUTTON_FITS = """(() => {
  const { width, right } = [...document.querySelectorAll("#works li button")].at(-1)
    ?.getBoundingClientRect() ?? {};
  return width > 0 && right <= innerWidth;
})()"""


def test_nothing_is_wider_than_the_screen(page: Any) -> None:
    """No page scrolls sideways, empty or full; all panels can be reached."""
    fits = "document.documentElement.scrollWidth <= innerWidth"
    wait_preset(page)
    for width in (1280, 390):
        resize(page, width, 844)
        wait_until(page, fits)
    load_example(page, "orchestra")
    for width in (390, 1280):
        resize(page, width, 844)
        wait_until(page, fits)
        for place in ("#compose-go", "#takes", "#presets", "#mixer", "#knobs"):
            page.locator(place).scroll_into_view_if_needed()
            box = page.locator(place).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        page.click("#export")
        wait_until(page, fits)
        press_until_closed(page, "#export-dialog")
        page.click("#works-button")
        wait_until(page, LAST_BUTTON_FITS)
        press_until_closed(page, "#works-dialog")
        page.click("#examples-button")
        box = page.locator("#examples").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        press_until_closed(page, "#examples")
    for width in (830, 1120):
        resize(page, width, 844)
        assert page.locator("#level-pulse1").bounding_box()["width"] > 50, "it can be dragged"
    resize(page, 1280, 800)


def test_nothing_lies_over_another_on_a_low_screen(page: Any) -> None:
    """Where the window is too low for roll, scopes and registers, they scroll."""
    page.click("#registers summary")
    for width, height in ((1024, 560), (1280, 640)):
        resize(page, width, height)
        parts = [
            page.locator(f".stage {part}").bounding_box()
            for part in (".bar", ".song", ".roll", ".overview", ".under", ".scopes", ".status")
        ]
        for above, below in pairwise(parts):
            assert above["y"] + above["height"] <= below["y"] + 1
    page.locator("#connection").scroll_into_view_if_needed()
    page.click("#registers summary")
    resize(page, 1280, 800)


def test_a_phone_reaches_continue_before_the_scopes(page: Any) -> None:
    """On a narrow screen composing lies right below the roll."""
    resize(page, 390, 844)
    places = [
        page.locator(place).bounding_box()["y"]
        for place in ("#roll", "[data-edit=remove]", "#compose-go", "#scopes")
    ]
    assert places == sorted(places)
    resize(page, 1280, 800)


def test_text_and_voices_stand_out(page: Any) -> None:
    """Text has the contrast that WCAG asks for (4.5), and so have marks (3), light and dark."""
    texts = [["ink", "paper"], ["ink", "panel"], ["ink-2", "panel"], ["now", "panel"]]
    marks = [[voice, "well"] for voice in ("pulse1", "pulse2", "triangle", "noise")]
    for scheme in ("light", "dark"):
        choose_scheme(page, scheme)
        ratios = evaluate(page, CONTRAST, texts + marks)
        assert all(ratio >= 4.5 for ratio in ratios[: len(texts)]), ratios
        assert all(ratio >= 3 for ratio in ratios[len(texts) :]), ratios
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.reload()
    page.wait_for_selector("html[data-ready=true]")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_notes_are_played_in_on_the_computer_keys(page: Any) -> None:
    """Keys sound at once; while recording they are written down at the beat they fall on."""
    page.focus("#roll")
    page.keyboard.press("k")
    page.keyboard.press("Tab")  # the piano takes letters alone
    page.click("#record")
    page.keyboard.down("q")
    wait_heard(page, lambda heard: heard.rms > 0.005)
    page.wait_for_timeout(300)
    page.keyboard.up("q")
    page.keyboard.press("e")
    page.click("#record")
    notes = evaluate(page, "return studio.store.score.tracks[0].notes")
    assert [note[2] for note in notes] == [60, 64]
    assert notes[0][0] == 0
    assert notes[1][0] >= notes[0][1]
    page.keyboard.press("Control+z")
    assert note_count(page) == 0


def test_notes_are_played_in_on_a_midi_keyboard(browser: Any, server: StudioServer) -> None:
    """Web MIDI's notes sound and are recorded with their velocity."""
    with studio_tab(browser, server.url) as page:
        page.add_init_script(FAKE_MIDI)
        page.reload()
        wait_connected(page)
        page.click("#midi-in")
        wait_until(page, "document.querySelector('#status').innerText.includes('Test keys')")
        page.click("#record")
        page.evaluate("strike(0x90, 72, 77)")
        wait_heard(page, lambda heard: heard.rms > 0.005)
        page.evaluate("strike(0x80, 72, 0)")
        page.click("#record")
        assert [
            note[2:] for note in evaluate(page, "return studio.store.score.tracks[0].notes")
        ] == [[72, 77]]


def test_takes_stand_side_by_side(page: Any) -> None:
    """Another take begins where the first did; switching between them shows each one's notes."""
    load_example(page)
    set_composing(page, 2, seed=7)
    page.click("#compose-go")
    wait_composed(page)
    evaluate(page, "crypto.getRandomValues = (numbers) => numbers.fill(8)")
    first = evaluate(page, "return studio.store.take")
    page.click("#another")
    wait_composed(page)
    second = evaluate(page, "return studio.store.take")
    assert [first["name"], second["name"]] == ["Take 1", "Take 2"]
    assert [first["rngSeed"], second["rngSeed"]] == [7, 8]
    assert first["score"]["end_beats"] == second["score"]["end_beats"] == 40
    assert first["score"]["tracks"] != second["score"]["tracks"]
    page.click("#takes >> text=Take 1")
    assert evaluate(page, "return studio.store.take.id") == first["id"]
    page.select_option("#from", "bar")
    page.fill("#from-bar", "5")
    page.click("#compose-go")
    wait_composed(page)
    third = evaluate(page, "return studio.store.score")
    assert third["end_beats"] == 24
    kept = [note for note in first["score"]["tracks"][0]["notes"] if note[0] < 16]
    assert [note for note in third["tracks"][0]["notes"] if note[0] < 16] == kept
    page.click("[aria-label='Remove Take 2']")
    assert page.locator("#takes li").count() == 3


def test_a_take_that_is_stopped_or_of_another_piece_goes(page: Any) -> None:
    """A take that is stopped before its first note leaves nothing, and the next press composes.

    Where a take's digest shows that the server's copy differs, the page says so, sends the whole
    piece again, and has no half take.
    """
    load_example(page)
    set_composing(page, 1, seed=7)
    page.evaluate("document.querySelector('#compose-go').click();" * 2)
    assert page.locator("#takes li").count() == 1
    note_messages(page)
    evaluate(page, OTHER_DIGEST)
    page.click("#compose-go")
    wait_until(page, "document.querySelector('#alert').textContent.includes('another piece')")
    wait_until(page, "window.sent.some(([type]) => type === 'document')")
    wait_until(page, "document.querySelector('#compose-go').textContent === 'Continue'")
    page.click("#compose-go")
    wait_until(page, "document.querySelector('#alert').textContent === ''")
    wait_composed(page)
    takes = evaluate(page, "return studio.store.work.takes.map((each) => each.score.end_beats)")
    assert takes == [32, 32 + 4]


def test_messages_stay_small_through_a_day_of_takes(page: Any) -> None:
    """After three continuations, two with an edit, the take is exported; edits went as changes.

    The server still has the page's score, and how takes were composed stays in the page until an
    export asks for it.
    """
    note_messages(page)
    load_example(page)
    set_composing(page, 1)
    for _ in range(2):
        page.click("#compose-go")
        wait_composed(page)
        evaluate(page, LOUDER)
    page.click("#compose-go")
    wait_composed(page)
    assert evaluate(page, "return studio.store.score.end_beats") == 32 + 3 * 4
    sent = noted_messages(page)
    edits = [length for kind, length in sent if kind == "edit"]
    assert len(edits) >= 3
    assert max(edits) < 20_000
    assert "document" not in dict(sent), "the server has followed all edits"
    page.click("#export")
    page.wait_for_selector("[data-file='seed-seed.mid']")
    assert "generate seed-seed.mid -o seed.wav --bars 1" in page.inner_text("#command")


LOUDER = """
const louder = ([from, length, pitch, loud]) => [from, length, pitch, Math.min(127, loud + 1)];
studio.store.editScore("louder", (score) => {
  const [first, ...others] = score.tracks;
  return { ...score, tracks: [{ ...first, notes: first.notes.map(louder) }, ...others] };
});
studio.transport.sendNow();
"""


def test_composing_can_be_stopped(page: Any) -> None:
    """What was made until then stays, and the roll can be edited again."""
    load_example(page)
    set_composing(page, 512, model="row-transformer")
    page.click("#compose-go")
    wait_until(page, "document.querySelector('#compose-bar').style.width !== '0%'", 60)
    page.click("#compose-go")
    assert page.inner_text("#compose-go") == "Continue"
    assert "Stopped" in page.inner_text("#status")
    end = evaluate(page, "return studio.store.score.end_beats")
    assert 32 < end < 32 + 512 * 4
    draw_note(page, 100, 0, 1)
    page.wait_for_timeout(500)
    assert evaluate(page, "return studio.store.score.end_beats") == end


def test_selected_bars_are_rewritten_around_what_stays(page: Any) -> None:
    """Pulse 1 of a bar is new; all else, before, behind and beside it, is as it was."""
    load_example(page, "nes")
    before = evaluate(page, "return studio.store.score")
    top = page.locator("#roll").bounding_box()["y"] + 10
    drag(page, (point_of(page, 8.4, 60)[0], top), (point_of(page, 11, 60)[0], top))  # the ruler
    assert page.inner_text("#rewrite-where") == "bar 3"
    for voice in ("pulse2", "triangle", "noise"):
        page.uncheck(f"#rewrite-voices [value={voice}]")
    set_composing(page, 1, seed=7)
    page.click("#rewrite-go")
    wait_composed(page)
    after = evaluate(page, "return studio.store.score")
    assert after["end_beats"] == before["end_beats"]
    assert after["tracks"][0]["notes"] != before["tracks"][0]["notes"]
    for old, new in zip(before["tracks"][1:], after["tracks"][1:], strict=True):
        assert new["notes"] == old["notes"]
    outside = [n for n in before["tracks"][0]["notes"] if n[0] + n[1] <= 7 or n[0] >= 13]
    assert outside
    assert [n for n in after["tracks"][0]["notes"] if n in outside] == outside
    page.keyboard.press("Control+z")
    assert evaluate(page, "return studio.store.score") == before


def test_a_preset_of_ones_own_is_loaded_and_kept(page: Any) -> None:
    """A saved preset is chosen when it is loaded, is there after a reload, and is what is saved."""
    text = "format: 1\nname: mine\ndescription: Quiet.\nextends: organ\nmix: {pulse1: 0.25}\n"
    file = {"name": "mine.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
    load_example(page)
    set_loop(page)
    page.click("#play")
    page.set_input_files("#preset-file", file)
    own = "#presets [aria-selected=true]"
    wait_until(page, f"document.querySelector('{own}')?.textContent.startsWith('mine')")
    wait_until(page, "document.querySelector('#level-pulse1')?.value === '0.25'")
    assert page.inner_text("#preset-about") == "Quiet."
    wait_heard(page, lambda heard: heard.rms > 0.005)
    page.click("#presets [data-name=bright]")
    page.click("#undo")
    wait_kept(page)
    page.reload()
    wait_connected(page)
    assert page.inner_text(own).startswith("mine")
    page.set_input_files("#preset-file", {**file, "buffer": text.replace("0.25", "7").encode()})
    wait_until(page, "document.querySelector('#alert').textContent.includes('from 0 to 1')")
    forgive(page, "400")
    wait_until(page, "document.querySelector('#level-pulse1')?.value === '0.25'")
    with page.expect_download() as saved:
        page.click("#preset-save")
    assert Path(saved.value.path()).read_text() == text


def test_what_the_command_reads_can_be_saved(page: Any) -> None:
    """The dialog gives the very files that the command names, and says what it saved."""
    page.click("#export")
    wait_until(page, "document.querySelector('#command').textContent === 'The roll is empty.'")
    assert page.is_disabled("#command-copy")
    press_until_closed(page, "#export-dialog")
    load_example(page)
    set_composing(page, 1)
    page.click("#compose-go")
    wait_composed(page)
    page.click("#export")
    page.wait_for_selector("[data-file='seed-seed.mid']")
    assert page.is_enabled("#command-copy")
    assert "generate seed-seed.mid -o seed.wav" in page.inner_text("#command")
    with page.expect_download() as saved:
        page.click("[data-file='seed-seed.mid']")
    assert Path(saved.value.path()).read_bytes().startswith(b"MThd")
    with page.expect_download():
        page.click("[data-format='.mid']")
    wait_until(page, "document.querySelector('#export-said').textContent.includes('saved')")


def test_a_piece_is_composed_from_nothing_in_a_key_and_tempo(page: Any) -> None:
    """On an empty roll the model begins by itself, as wished, and the piece plays."""
    set_composing(page, 8)
    page.select_option("#song-key", "Dm")
    page.fill("#song-tempo", "90")
    page.select_option("#song-meter", "3/4")
    assert page.inner_text("#compose-go") == "Compose"
    page.click("#compose-go")
    wait_heard(page, lambda heard: heard.rms > 0.005)
    wait_composed(page)
    score = evaluate(page, "return studio.store.score")
    assert note_count(page) > 0
    assert score["tempos"][0][1] == pytest.approx(90)
    assert [score["key"], score["meters"]] == ["Dm", [[0, 3, 4]]]


def test_the_page_needs_nothing_from_elsewhere(browser: Any, server: StudioServer) -> None:
    """All that is loaded comes from the studio itself, every module of the page among it."""
    context = browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    open_studio(context, server.url)
    context.close()
    assert all(url.startswith(server.url) for url in asked)
    modules = {file.name for file in PAGE.glob("*.js")} - {"worklet.js"}
    assert modules <= {url.rsplit("/", 1)[-1] for url in asked}


def test_another_machine_is_told_why_it_hears_nothing(browser: Any, server: StudioServer) -> None:
    """Where the browser gives no sound, the page says so instead of breaking."""
    context = browser.new_context()
    context.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false });")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(server.url)
    wait_until(page, "document.querySelector('#alert').textContent.includes('ssh -L')")
    context.close()
    assert not errors
