"""The page's connection, by its own module: when it connects again, and what it says meanwhile."""

from pathlib import Path
from typing import Any

import pytest

from tests.studio.page_modules import told_by

CONNECTION = """
let now = 0;
const waits = [];
const sockets = [];
globalThis.location = { protocol: "http:", host: "127.0.0.1:1" };
globalThis.performance = { now: () => now };
globalThis.setTimeout = (action, ms) => { waits.push(ms); action(); };
globalThis.WebSocket = class {
  static OPEN = 1;
  readyState = 1;
  sent = [];
  constructor() { sockets.push(this); }
  send(text) { this.sent.push(text); }
  close() { this.readyState = 2; }
};
const { Connection } = await import("./protocol.js");
const connection = new Connection(48000);
const said = [];
let opened = 0;
connection.on("open", () => { opened += 1; });
connection.on("gone", (refusal) => said.push(refusal));
connection.connect();
const hello = { type: "hello", most_bytes: 93 };
const greet = () => sockets.at(-1).onmessage({ data: JSON.stringify(hello) });
const close = (code) => { sockets.at(-1).readyState = 3; sockets.at(-1).onclose({ code }); };
const result = () => ({ said, waits, opened, tries: sockets.length, isOpen: connection.isOpen });
"""


def told(script: str, folder: Path) -> Any:
    """Return what a script with a fake socket and clock says of the connection."""
    told = f"{CONNECTION}{script}\nconsole.log(JSON.stringify(result()));"
    return told_by(told, ("protocol.js", "events.js"), folder)


@pytest.mark.parametrize(
    ("code", "words"), [(1009, "too large"), (1013, "Too many studio tabs are open. Close one")]
)
def test_a_refusal_is_said_and_ends_it(code: int, words: str, tmp_path: Path) -> None:
    """After a code of the server's that another try does not change, there is none unasked."""
    end = told(f"close({code});", tmp_path)
    assert words in end["said"][0]
    assert (end["tries"], end["waits"], end["opened"]) == (1, [], 0)
    again = told(f"close({code}); connection.tryAgain(); greet();", tmp_path)
    assert (again["tries"], again["opened"], again["isOpen"]) == (2, 1, True)


def test_a_server_that_is_away_is_asked_for_ever(tmp_path: Path) -> None:
    """While nobody answers, the page tries again and again, each time a little later."""
    end = told("for (let k = 0; k < 30; k += 1) close(1006);", tmp_path)
    assert end["said"] == [""] * 30
    assert end["tries"] == 31
    assert end["waits"] == sorted(end["waits"])
    assert end["waits"][-1] == 4000


def test_connections_that_do_not_last_come_to_an_end(tmp_path: Path) -> None:
    """A server that greets and hangs up each time is not asked for ever; one that lasted is."""
    end = told("for (let k = 0; k < 5; k += 1) { greet(); now += 100; close(1011); }", tmp_path)
    assert [bool(text) for text in end["said"]] == [False] * 4 + [True]
    assert end["tries"] == 5
    assert end["waits"] == sorted(set(end["waits"])), "each wait is longer than the one before"
    lasting = told(
        "for (let k = 0; k < 9; k += 1) { greet(); now += 5000; close(1006); }", tmp_path
    )
    assert not any(lasting["said"])
    assert set(lasting["waits"]) == {250}


def test_nothing_is_sent_before_the_greeting(tmp_path: Path) -> None:
    """An open socket may still be refused: only the server's greeting makes a connection."""
    end = told("const before = connection.send('play'); if (before) throw 1;", tmp_path)
    assert (end["isOpen"], end["opened"]) == (False, 0)


@pytest.mark.parametrize(
    ("letter", "times", "sent"), [("é", 30, True), ("é", 31, False), ("a", 61, False)]
)
def test_a_message_beyond_the_limit_is_refused_by_the_page(
    letter: str, times: int, sent: bool, tmp_path: Path
) -> None:
    """The server's limit, in bytes of UTF-8, holds before anything is sent; then it is said.

    `{"type":"document","document":""}` is 33 bytes, each é is 2; the greeting said 93.
    """
    script = f"""
    greet();
    const sent = connection.send("document", {{ document: "{letter}".repeat({times}) }});
    if (sent !== {str(sent).lower()} || sockets[0].sent.length !== Number(sent)) throw 1;
    """
    end = told(script, tmp_path)
    assert end["isOpen"] is sent
    assert end["tries"] == 1, "it does not connect again unasked"
    assert [("too large" in text) for text in end["said"]] == [True] * (not sent)
