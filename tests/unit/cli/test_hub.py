"""Does the command line run a hub, say what it is at, and steer it?"""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.unit.hub.endpoints import until

from isthmus.cli import main

ROOT = Path(__file__).parents[3]
HUB = """
from pathlib import Path
from isthmus.hub.endpoint import SinkFailed
from isthmus.hub.hub import Hub
from isthmus.hub.message import Message
from isthmus.hub.route import Route
from tests.unit.hub.endpoints import Collecting, Listed

def take(message):
    if message.key == "2" and not Path("fixed").exists():
        raise SinkFailed("no such product", retry=False)
    if message.key == "3" and not Path("up").exists():
        raise SinkFailed("down")

messages = [Message(str(n), {"n": n}, {"session_id": "secret"}) for n in range(5)]
hub = Hub("five", [Route("numbers", source=Listed(messages), sink=Collecting(take))])
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub.py").write_text(HUB)


@contextmanager
def hub_running(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The hub of `hub.py` in a process of its own."""
    command = [sys.executable, "-m", "isthmus", "hub", "run", "hub.py", "--port", "0", "--json"]
    with subprocess.Popen(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["hub"] == "five"
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


def ask(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["hub", *arguments])
    assert result.exit_code == 0, result.output
    return result


def messages() -> dict[str, int]:
    found: dict[str, int] = json.loads(ask("status", "--json").output)["routes"][0]["messages"]
    return found


def ledger(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ask("ledger", "--json", *arguments).output)
    return found


@pytest.mark.anyio
async def test_a_hub_is_run_asked_and_steered(tmp_path: Path) -> None:
    with hub_running(tmp_path):
        await until(lambda: messages() == {"dead": 1, "delivered": 3, "waiting": 1})
        assert "3 delivered" in ask("status").output
        assert "source reading, since 2" in ask("status").output
        assert "1 dead, 3 delivered, 1 waiting" in ask("status").output
        letters = ask("dead-letters", "list").output
        assert "cause     no such product" in letters
        assert 'payload   {"n": 2}' in letters
        assert "secret" not in ask("dead-letters", "list", "--json").output
        assert "down" in ask("ledger", "3").output
        (tmp_path / "fixed").touch()
        (tmp_path / "up").touch()
        assert ask("dead-letters", "replay", "--all").output == "1 message is sent again.\n"
        await until(lambda: messages() == {"delivered": 4, "waiting": 1})
        refused = CliRunner().invoke(main, ["hub", "dead-letters", "replay", "9999"])
        assert refused.exit_code == 1
        assert refused.output == "0 messages are sent again.\nError: No such dead letter: 9999.\n"
        unknown = CliRunner().invoke(main, ["hub", "ledger", "nokey"])
        assert (unknown.exit_code, unknown.output) == (
            1,
            "Error: The ledger knows no such message: 'nokey'.\n",
        )
        advanced = CliRunner().invoke(main, ["clock", "advance", "15s"])
        assert advanced.output.startswith("hub time 2"), advanced.output
        assert "ahead of real time" in advanced.output
        assert "by its clock, 15 s ahead of real time" in ask("status").output
        await until(lambda: messages() == {"delivered": 5})
        assert [each["attempts"] for each in ledger("--state", "delivered", "3")] == [2]
        paused = (
            "numbers is paused: nothing is sent until `isthmus hub resume numbers`, 0 messages waiting.\n"
        )
        assert ask("pause", "numbers").output == paused
        assert "numbers (paused)" in ask("status").output
        assert ask("resume", "numbers").output == "numbers goes on, 0 messages waiting.\n"
        assert "numbers (paused)" not in ask("status").output
        assert ask("dead-letters", "discard", "--all").output == "0 messages are given up.\n"
        assert ask("dead-letters", "list").output == "No dead letters.\n"
        for command in (
            ("pause", "nonesuch"),
            ("ledger", "--route", "nonesuch"),
            ("dead-letters", "list", "--route", "nonesuch"),
            ("dead-letters", "replay", "1", "--route", "nonesuch"),
            ("dead-letters", "discard", "--all", "--route", "nonesuch"),
        ):
            refused = CliRunner().invoke(main, ["hub", *command])
            assert refused.exit_code == 1, command
            assert refused.output == "Error: no route is called 'nonesuch'; there are: numbers\n", command
        too_few = CliRunner().invoke(main, ["hub", "ledger", "--limit", "-3"])
        assert (too_few.exit_code, "not in the range x>=1" in too_few.output) == (2, True)
    with hub_running(tmp_path):  # the same file again: everything is known, nothing is sent
        assert messages() == {"delivered": 5}


def test_a_hub_that_runs_already_is_told_so(tmp_path: Path) -> None:
    with hub_running(tmp_path) as process:
        second = CliRunner().invoke(main, ["hub", "run", "hub.py", "--port", "0"])
        assert second.exit_code == 1
        assert f"hub.db is in use by process {process.pid}" in second.output


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["hub", "run", "hub.py", "--port", str(port)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert f"port {port}" in result.output
    assert "hub.port" in result.output


def test_a_broken_hub_file_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    (tmp_path / "hub.py").write_text("import json\nimport nonesuch_module\n")
    for command in ("run", "show", "check"):
        result = CliRunner().invoke(main, ["hub", command, "hub.py"])
        assert result.exit_code == 1
        assert "hub.py:2: ModuleNotFoundError" in result.output
    assert not (tmp_path / ".isthmus").exists()


def test_show_and_check_say_what_the_routes_do() -> None:
    assert "1. numbers" in ask("show", "hub.py").output
    assert "numbers: exactly-once effect" in ask("check", "hub.py").output


def test_without_a_running_hub_a_command_says_how_to_start_one() -> None:
    for arguments in (["status"], ["ledger"], ["dead-letters", "list"], ["pause", "numbers"]):
        result = CliRunner().invoke(main, ["hub", *arguments])
        assert result.exit_code == 1
        assert "isthmus hub run FILE" in result.output


def test_dead_letters_are_named_or_all() -> None:
    for arguments in (["replay"], ["replay", "--all", "3"], ["discard"]):
        result = CliRunner().invoke(main, ["hub", "dead-letters", *arguments])
        assert result.exit_code == 2
        assert "or say --all" in result.output
