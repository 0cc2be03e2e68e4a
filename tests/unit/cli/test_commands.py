"""Do the commands say what they do, and what to do when they can't?"""

from pathlib import Path

import pytest
from click.testing import CliRunner

from isthmus.cli import COMMANDS, main
from isthmus.cli.clock import Span


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_help_names_every_command() -> None:
    output = CliRunner().invoke(main, ["--help"]).output
    assert all(name in output for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "arguments", [["clock", "show"], ["log"], ["login"], ["reset", "--yes"], ["credentials", "--yes"]]
)
def test_without_a_running_org_a_command_says_how_to_start_one(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "isthmus up" in result.output


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("90s", 90_000), ("24h", 86_400_000), ("1d12h", 129_600_000), ("0.5h", 1_800_000)],
)
def test_a_length_of_time(text: str, milliseconds: int) -> None:
    assert Span().convert(text, None, None) == milliseconds


def test_a_wrong_length_of_time_shows_right_ones() -> None:
    result = CliRunner().invoke(main, ["clock", "advance", "soon"])
    assert result.exit_code == 2
    assert "24h" in result.output


def test_a_wrong_settings_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_text("[org\n")
    result = CliRunner().invoke(main, ["org"])
    assert result.exit_code == 1
    assert "isthmus.toml" in result.output


def test_ca_path_makes_the_authority(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["ca", "path"])
    assert Path(result.output.strip()).is_file()
