"""The simulations in short form, and the proof that they find a loss where there is one."""

from pathlib import Path

import pytest
from tests.simulation import kill, kill_org, power_loss
from tests.simulation.ledger import Ledger

SEEDS = range(12)


def losses(folder: Path, synchronous: str) -> list[str]:
    return [problem for seed in SEEDS for problem in power_loss.run(folder, seed, synchronous).problems]


def test_nothing_acknowledged_is_lost_with_the_power(tmp_path: Path) -> None:
    assert losses(tmp_path, "FULL") == []


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_the_simulation_finds_what_an_unsynced_commit_loses(tmp_path: Path, synchronous: str) -> None:
    assert any("acknowledged, but lost" in problem for problem in losses(tmp_path, synchronous))


def test_nothing_acknowledged_is_lost_with_the_process(tmp_path: Path) -> None:
    assert [outcome for outcome in kill.run(tmp_path, range(4)) if outcome.problems] == []


def test_nothing_the_org_acknowledged_is_lost_with_it(tmp_path: Path) -> None:
    assert [outcome for outcome in kill_org.run(tmp_path, range(2)) if outcome.problems] == []


def test_the_ledger_tells_losses_doubles_and_inventions() -> None:
    ledger = Ledger()
    for record in "abcd":
        ledger.attempt(record)
    for record in "abc":
        ledger.acknowledge(record)
    assert ledger.differences(["a", "b", "c"]) == []
    assert ledger.differences(["a", "b", "c", "d"]) == []
    assert ledger.differences(["b", "b", "c", "x"]) == [
        "1 acknowledged, but lost: a",
        "1 there twice: b",
        "1 never handed in: x",
    ]
