"""Works of the studio: saved, moved to another browser, rendered, and found again in this one."""

from pathlib import Path
from typing import Any

from tests.browser import (
    StudioServer,
    draw_note,
    evaluate,
    forgive,
    load_example,
    note_count,
    studio_tab,
    wait_kept,
    wait_until,
)
from tests.commandline import run
from tests.scenarios.test_studio_browser import download

TRIM = """
const values = { pulse1_level: 0.4 };
studio.store.editSound("mute", { preset: "bright", muted: ["noise"], values });
studio.store.edit("another take", (work) => ({
  ...work, current: 2, takes: [...work.takes, { ...work.takes[0], id: 2, name: "Other" }],
}));
studio.store.editScore("cut", (score) => ({
  ...score, end_beats: 8,
  tracks: score.tracks.map((track) => ({ ...track, notes: track.notes.filter(([on]) => on < 8) })),
}));
"""


def test_a_work_moves_to_another_browser(
    page: Any, browser: Any, server: StudioServer, tmp_path: Path
) -> None:
    """A saved work has its takes, undo and sound elsewhere; the command line renders the same."""
    load_example(page)
    page.fill("#name", "Märsche")
    page.keyboard.press("Enter")
    evaluate(page, TRIM)
    page.click("#loop")
    kept = note_count(page)
    page.focus("#roll")
    with page.expect_download() as saved:
        page.keyboard.press("Control+s")
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    assert path.name == "Märsche.chipgen"
    (tmp_path / "here").mkdir()
    here = download(page, ".wav", tmp_path / "here").read_bytes()
    rendered = run("render", path, "-o", tmp_path / "rendered.wav")
    assert rendered.exit_code == 0, rendered.stderr
    assert (tmp_path / "rendered.wav").read_bytes() == here
    with studio_tab(browser, server.url) as other:
        draw_note(other, 60, 0, 1)
        other.set_input_files("#file", path)
        wait_until(other, "document.querySelector('#status').textContent.includes('is open')")
        assert note_count(other) == kept
        assert other.input_value("#name") == "Märsche"
        # The strips of the voices are shown when the preset has come.
        wait_until(other, "document.querySelector('#mute-noise').ariaPressed === 'true'")
        assert other.locator("#takes li").count() == 2
        (tmp_path / "there").mkdir()
        assert download(other, ".wav", tmp_path / "there").read_bytes() == here
        other.focus("#roll")
        other.keyboard.press("Control+z")  # the loop
        other.keyboard.press("Control+z")  # the cut
        assert note_count(other) == 198
        other.set_input_files(
            "#file",
            {"name": "x.chipgen", "mimeType": "application/zip", "buffer": path.read_bytes()[:900]},
        )
        wait_until(other, "document.querySelector('#alert').textContent.includes('x.chipgen')")
        assert note_count(other) == 198
        forgive(other, "400")


# Until only the work that is open is held.
FREED = """
while ((await navigator.locks.query()).held.length > 1) {
  await new Promise((done) => setTimeout(done, 20));
}
"""


def test_works_are_found_again(page: Any) -> None:
    """What another piece took the place of is listed with its picture, opened, renamed, deleted."""
    load_example(page)
    wait_kept(page)
    page.click("#new")
    wait_until(page, "document.querySelector('#empty').checkVisibility()")
    draw_note(page, 72, 0, 1)
    page.fill("#name", "Second")
    page.keyboard.press("Enter")
    wait_kept(page)
    evaluate(page, FREED)
    page.click("#works-button")
    wait_until(page, "document.querySelectorAll('#works li').length === 2")
    second, first = page.locator("#works li").all()
    assert "Second" in second.inner_text()
    assert "open here" in second.inner_text()
    assert second.locator("button").first.is_disabled()
    assert "seed" in first.inner_text()
    assert first.locator("img").get_attribute("src").startswith("data:image/png")
    first.get_by_text("Rename").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Morning")
    page.keyboard.press("Enter")
    wait_until(page, "document.querySelector('#works').textContent.includes('Morning')")
    page.locator("#works li").nth(1).locator(".work").click()
    wait_until(page, "document.querySelector('#name').value === 'Morning'")
    assert note_count(page) == 198
    assert not page.is_visible("#works-dialog")
    evaluate(page, FREED)
    page.click("#works-button")
    remove = page.locator("#works [aria-label='Delete Second']")
    remove.click()
    remove.click()
    wait_until(page, "document.querySelectorAll('#works li').length === 1")
    page.keyboard.press("Escape")
    page.click("#new")
    wait_until(page, "document.querySelector('#empty-works').checkVisibility()")
    page.click("#empty-works .work")
    wait_until(page, "document.querySelector('#empty').hidden")
    assert page.input_value("#name") == "Morning"
