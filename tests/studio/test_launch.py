"""A port that is taken or a host that is not ours is one line."""

import socket

from tests.commandline import run


def test_a_taken_port_is_a_line() -> None:
    """A port in use is named in one line with the way out, and nothing else happens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("studio", "--no-browser", "--port", str(port))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(port) in result.stderr
    assert "--port" in result.stderr


def test_a_foreign_host_is_a_line() -> None:
    """An address that is not this machine's is named in one line."""
    result = run("studio", "--no-browser", "--host", "203.0.113.7", "--port", "0")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "203.0.113.7" in result.stderr
