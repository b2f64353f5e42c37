"""Photographs the studio for README and docs: docs/images/studio-*.png, by a headless Chromium.

Run as ``python -m benchmarks.studio_pictures``.
"""

from pathlib import Path
from typing import Any, Final

from tests.browser import (
    chromium,
    evaluate,
    load_example,
    running_server,
    set_composing,
    studio_tab,
    wait_heard,
    wait_until,
)

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
COMPOSED: Final = "document.querySelector('#compose-go').textContent === 'Continue'"
LONG_S: Final = 120.0


def main() -> None:
    """Take all pictures."""
    desk = {"viewport": {"width": 1280, "height": 800}}
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
    with running_server() as server, chromium() as browser:
        with studio_tab(browser, server.url, color_scheme="light", **desk) as page:
            compose(page, "seed", 9, "row-transformer", 8, takes=3)
            page.click("[aria-label='Star Take 2']")
            play_from(page, 33.5)
            photograph(page, "studio-light")
        with studio_tab(browser, server.url, color_scheme="dark", **desk) as page:
            compose(page, "nes", 2, "row-transformer", 8)
            page.click("#presets [data-name=bright]")
            page.click("#registers summary")
            evaluate(page, "studio.roll.selectBars([14, 16])")
            play_from(page, 53.2)
            page.focus("#preset-find")
            photograph(page, "studio-dark")
        with studio_tab(browser, server.url, color_scheme="light", **phone) as page:
            load_example(page, "chorale")
            evaluate(page, "studio.roll.view.zoom(2.4, 50)")
            play_from(page, 5.3)
            photograph(page, "studio-phone")


def compose(page: Any, example: str, seed: int, model: str, bars: int, takes: int = 1) -> None:
    """Compose on from an example, or more takes without one."""
    if example:
        load_example(page, example)
        set_composing(page, bars, seed=seed, model=model, takes=takes)
        page.click("#compose-go")
    else:
        page.click("#another")
    wait_until(page, COMPOSED, LONG_S)
    if evaluate(page, "return studio.transport.playing"):
        page.click("#play")


def play_from(page: Any, beat: float) -> None:
    """Play from a beat until the scopes move."""
    evaluate(page, "studio.roll.fit(); studio.transport.play(argument)", beat)
    wait_heard(page, lambda heard: heard.rms > 0.01)
    page.wait_for_timeout(900)


def photograph(page: Any, name: str) -> None:
    """Write a picture."""
    path = IMAGES / f"{name}.png"
    page.evaluate("document.querySelector('#compose-details').open = false")
    page.mouse.move(640, 2)
    page.screenshot(path=path)
    print(path.name)


if __name__ == "__main__":
    main()
