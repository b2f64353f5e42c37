"""The studio's first minute in Firefox: it sounds, composes, is edited and exported."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import soundserver
from tests.browser import running_server
from tests.firefox import FIREFOX, MISSING, Firefox, firefox

WHERE = "document.querySelector('#where').textContent"
NOTES = "document.querySelector('#roll-summary').textContent"
DELETE = "\ue017"  # as WebDriver writes the key


@pytest.fixture(scope="module")
def page() -> Iterator[Firefox]:
    """Open the studio in Firefox, which can play."""
    if FIREFOX is None:
        pytest.skip(MISSING)
    with (
        tempfile.TemporaryDirectory() as folder,
        soundserver.running(Path(folder)) as sound,
        running_server() as server,
        firefox(sound.environment) as page,
    ):
        page.resize(1280, 800)
        page.open(server.url)
        page.wait_until("document.querySelector('#connection').dataset.state === 'open'")
        yield page


def test_the_first_minute_in_firefox(page: Firefox) -> None:
    """An example is heard while the model goes on with it; bars are deleted; files are offered."""
    page.click("#hear")
    page.wait_until("document.querySelector('#play').ariaLabel === 'Stop'")
    page.wait_until(f"!{WHERE}.startsWith('1.1.00')")
    page.wait_until("document.querySelectorAll('#takes > li').length === 4")
    page.wait_until("document.querySelector('#compose-go').textContent === 'Continue'", 180)
    assert page.evaluate("document.querySelector('#trouble').textContent") == ""
    if page.evaluate("document.querySelector('#play').ariaLabel === 'Stop'"):
        page.click("#play")
    notes = json.dumps(page.evaluate(NOTES))
    page.evaluate("document.querySelector('#roll').focus()")
    page.press(["b", DELETE])
    page.wait_until(f"{NOTES} !== {notes}")
    page.click("#undo")
    page.wait_until(f"{NOTES} === {notes}")
    page.click("#export")
    page.wait_until("document.querySelector('#command').textContent.includes('chipgen')")
    assert not page.complaints
