"""Everybody can work: twenty tasks by mouse, keyboard or touch alone, and what axe finds."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.browser import (
    StudioServer,
    choose_scheme,
    drag,
    evaluate,
    load_example,
    point_of,
    resize,
    studio_tab,
    wait_in_studio,
    wait_preset,
)

WAYS = ("mouse", "keyboard", "touch")
WIDTHS = {"mouse": 1280, "keyboard": 1024, "touch": 390}

Spot = tuple[float, float]


@dataclass(frozen=True)
class Hand:
    """Somebody who has a mouse, or a keyboard, or a finger, and nothing else.

    Text is typed by all: a phone shows its keys when a field is tapped.
    """

    page: Any
    way: Literal["mouse", "keyboard", "touch"]

    def press(self, selector: str) -> None:
        """Press a control: by keys it must be among those that Tab goes through."""
        target = self.page.locator(selector)
        if self.way == "mouse":
            target.click()
        elif self.way == "touch":
            self.tap(target.element_handle())
        else:
            self.reach(selector)
            self.page.keyboard.press("Enter")

    def tap(self, target: Any) -> None:
        """Tap until it is a click: on a machine so busy that a tap lasts too long it is none."""
        target.evaluate(
            "spot => spot.addEventListener('click', () => { spot.tapped = true; }, { once: true })"
        )
        for _ in range(5):
            target.tap()
            until = time.monotonic() + 5
            while time.monotonic() < until:
                if target.evaluate("spot => Boolean(spot.tapped)"):
                    target.evaluate("spot => { spot.tapped = false; }")
                    return
                self.page.wait_for_timeout(20)
        raise AssertionError("five taps were no click")

    def reach(self, selector: str) -> None:
        """Give a control the focus."""
        assert self.page.locator(selector).evaluate("control => control.tabIndex") >= 0, selector
        self.page.focus(selector)

    def keys(self, *keys: str) -> None:
        """Press keys on the roll."""
        self.reach("#roll")
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, selector: str, text: str) -> None:
        """Write into a field."""
        self.reach(selector) if self.way == "keyboard" else self.press(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Tab")

    def choose(self, selector: str, letters: str, value: str) -> None:
        """Choose from a list: by keys with its first letters, else as the system shows it."""
        if self.way == "keyboard":
            self.reach(selector)
            self.page.keyboard.type(letters)
        else:
            self.page.select_option(selector, value)

    def at(self, beat: float, pitch: float) -> Spot:
        """Scroll to the roll and return where on the screen a beat and a pitch are."""
        self.page.evaluate("document.querySelector('#roll').scrollIntoView({ block: 'center' })")
        return point_of(self.page, beat, pitch)

    def on_ruler(self, beat: float) -> Spot:
        """Return where on the screen a beat of the ruler is."""
        return self.at(beat, 60)[0], self.page.locator("#roll").bounding_box()["y"] + 16

    def point(self, spot: Spot) -> None:
        """Click or tap."""
        if self.way == "mouse":
            self.page.mouse.click(*spot)
        else:
            self.page.touchscreen.tap(*spot)

    def drag(self, start: Spot, end: Spot) -> None:
        """Drag with the mouse or a finger."""
        if self.way == "mouse":
            drag(self.page, start, end)
            return
        evaluate(self.page, NO_REST)
        tools = self.page.context.new_cdp_session(self.page)
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        moves = [("touchStart", [start]), ("touchMove", [middle]), ("touchMove", [end])]
        for kind, spots in [*moves, ("touchEnd", [])]:
            points = [{"x": x, "y": y} for x, y in spots]
            tools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        tools.detach()


# A finger that moves at once does so on a busy machine, too.
NO_REST = """
window.setTimeoutBefore ??= setTimeout;
window.setTimeout = (run, ms, ...more) => setTimeoutBefore(run, ms === 400 ? 1e8 : ms, ...more);
"""


@dataclass(frozen=True)
class Task:
    """Something to do, by pointing or by keys, and how it shows that it is done.

    `done` is true then; its `argument` is the pitch of the first note before.
    """

    name: str
    done: str
    point: Callable[[Hand], None]
    keys: Callable[[Hand], None] | None = None


NOTES = "studio.store.score.tracks[0].notes"


def _rename(hand: Hand) -> None:
    hand.press("#parts-button")
    hand.press("#part-add")
    hand.page.keyboard.type("choir")
    hand.page.keyboard.press("Enter")
    hand.press("#parts-dialog .dialog-top button")


def _preset(hand: Hand) -> None:
    if hand.way == "keyboard":
        hand.reach("#presets")
        hand.page.keyboard.press("End")
    else:
        hand.page.locator("#presets li").last.scroll_into_view_if_needed()
        hand.press("#presets li:last-child")


def _export(hand: Hand) -> None:
    hand.press("#export")
    with hand.page.expect_download() as waiting:
        hand.press("[data-format='.mid']")
    assert Path(waiting.value.path()).read_bytes().startswith(b"MThd")
    hand.press("#export-dialog .dialog-top button")


def _example(hand: Hand) -> None:
    hand.press("#examples-button")
    hand.press("#examples [data-name=seed]")


TASKS = (
    Task("open the pencil", "studio.roll.tool === 'draw'",
         lambda hand: hand.press("#tool-draw"), lambda hand: hand.keys("d")),
    Task("draw a note", f"{NOTES}.length === 1",
         lambda hand: hand.drag(hand.at(0.05, 72), hand.at(1, 72)),
         lambda hand: hand.keys("ArrowRight", "Enter")),
    Task("take the arrow", "studio.roll.tool === 'select'",
         lambda hand: hand.press("#tool-select"), lambda hand: hand.keys("s")),
    Task("select it", "studio.roll.selected.size === 1",
         lambda hand: hand.point(hand.at(0.2, 72)),
         lambda hand: hand.keys("ArrowLeft", "Enter")),
    Task("move it an octave", f"{NOTES}[0][2] === argument + 12",
         lambda hand: hand.press("[data-edit=octaveUp]"),
         lambda hand: hand.keys("Shift+ArrowUp")),
    Task("duplicate it", f"{NOTES}.length === 2",
         lambda hand: hand.press("[data-edit=duplicate]"), lambda hand: hand.keys("Control+d")),
    Task("delete the copy", f"{NOTES}.length === 1",
         lambda hand: hand.press("[data-edit=remove]"), lambda hand: hand.keys("Delete")),
    Task("undo that", f"{NOTES}.length === 2",
         lambda hand: hand.press("#undo"), lambda hand: hand.keys("Control+z")),
    Task("play", "studio.transport.playing",
         lambda hand: hand.press("#play"), lambda hand: hand.keys("Space")),
    Task("stop", "!studio.transport.playing",
         lambda hand: hand.press("#play"), lambda hand: hand.keys("Space")),
    Task("open an example", "studio.store.score.name === 'seed'",
         _example),
    Task("select two bars", "studio.roll.bars?.join() === '1,3'",
         lambda hand: hand.drag(hand.on_ruler(4.4), hand.on_ruler(9)),
         lambda hand: hand.keys("PageDown", "b", "Shift+PageDown")),
    Task("loop them", "studio.store.score.markers.map((mark) => mark[0]).join() === '4,12'",
         lambda hand: hand.press("#loop"), lambda hand: hand.keys("l")),
    Task("change their tempo", "studio.store.score.tempos.some((tempo) => tempo.join() === '4,66')",
         lambda hand: hand.write("#song-tempo", "66")),
    Task("change their meter", "studio.store.score.meters.some((meter) => meter[0] === 4)",
         lambda hand: hand.choose("#song-meter", "2", "2/4")),
    Task("name the piece", "studio.store.score.name === 'Mine'",
         lambda hand: hand.write("#name", "Mine")),
    Task("add a part", "studio.store.score.tracks.at(-1).name === 'choir'", _rename),
    Task("choose another preset", "studio.store.work.sound.preset !== 'default'", _preset),
    Task("save a MIDI file", "!document.querySelector('dialog[open]')", _export),
    Task("compose on", "studio.store.work.takes.length === 2 && !studio.composer.busy",
         lambda hand: hand.press("#compose-go"), lambda hand: hand.keys("c")),
)  # fmt: skip


@pytest.fixture(scope="module")
def tab(browser: Any, server: StudioServer) -> Iterator[Any]:
    """Return a tab that takes touches too."""
    with studio_tab(browser, server.url, has_touch=True) as opened:
        yield opened


@pytest.mark.parametrize("way", WAYS)
def test_twenty_tasks_by_any_one_means(page: Any, way: Literal["mouse"]) -> None:
    """Whoever has a mouse, or a keyboard, or a phone, and nothing else, does all of them."""
    assert len(TASKS) == 20
    resize(page, WIDTHS[way], 844)
    wait_preset(page)  # what comes later would move what is pointed at
    hand = Hand(page, way)
    hand.choose("#take-count", "o", "1")
    hand.write("#bars", "1")
    for task in TASKS:
        pitch = evaluate(page, f"return {NOTES}[0]?.[2] ?? 0")
        (task.keys if way == "keyboard" and task.keys else task.point)(hand)
        wait_in_studio(page, task.done, pitch)


def test_a_resting_finger_selects(page: Any) -> None:
    """A finger that rests on an empty place draws a rectangle; one that moves at once scrolls."""
    load_example(page)
    tools = page.context.new_cdp_session(page)

    def touch(kind: str, *spots: Spot) -> None:
        points = [{"x": x, "y": y} for x, y in spots]
        tools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, end = point_of(page, 0.1, 81), point_of(page, 6, 70)
    evaluate(page, "studio.roll.view.zoom(2, 60); studio.roll.redraw()")
    for rests in (True, False):
        if not rests:
            evaluate(page, NO_REST)
        touch("touchStart", start)
        if rests:
            wait_in_studio(page, "studio.roll.frame")
        touch("touchMove", end)
        touch("touchEnd")
        assert bool(evaluate(page, "return studio.roll.selected.size")) is rests
        evaluate(page, "studio.roll.select([]); studio.roll.view.scroll(200, 0)")
    tools.detach()


AXE = Path(str(files("axe_playwright_python") / "axe.min.js"))
FOUND = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => String(target))]);
}"""
UNDESCRIBED = r"""() => [...document.querySelectorAll(
  "button, input, select, summary, [role=slider], [role=listbox]",
)].filter((control) => control.checkVisibility() && !/\w+ .*\w+.*\.$/.test(control.title))
  .map((control) => control.outerHTML.slice(0, 120))"""
EVERYTHING = """
for (const details of document.querySelectorAll("details")) details.open = true;
for (const id of ["loop", "piano", "mute-pulse1"]) document.getElementById(id).click();
document.querySelector("[aria-label^=Star]").click();
document.querySelector("[aria-label^=Rename]").click();
for (const id of ["drop", "try-again"]) document.getElementById(id).hidden = false;
studio.roll.selectAll();
studio.roll.selectBars([0, 2]);
(await import("/page/status.js")).complain("Something is wrong.");
"""
OVERLAYS = {"dark": ("#export", "#help-button"), "light": ("#parts-button", "#examples-button")}


def test_nothing_stands_in_anybodys_way(page: Any) -> None:
    """The axe rules find nothing in any state, light and dark, from phone to desk.

    Every control has a name, which axe sees to, and a sentence that says what it does.
    """
    resize(page, 1440, 900)
    wait_preset(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(FOUND) == []
    assert page.evaluate(UNDESCRIBED) == []
    load_example(page)
    evaluate(page, EVERYTHING)
    for scheme, overlays in OVERLAYS.items():
        choose_scheme(page, scheme)
        for width in (390, 768, 1440):
            resize(page, width, 900)
            assert page.evaluate(FOUND) == [], (scheme, width)
        for overlay in overlays:
            page.click(overlay)
            assert page.evaluate(FOUND) == [], (scheme, overlay)
            assert page.evaluate(UNDESCRIBED) == [], overlay
            page.keyboard.press("Escape")
