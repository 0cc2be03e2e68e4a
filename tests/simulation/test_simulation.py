"""The simulations in short form, and the proof that they find a loss where there is one."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.simulation import kill, kill_founding, kill_hub, kill_org, power_loss, power_loss_org, spine
from tests.simulation.ledger import Ledger
from tests.simulation.power import Power, PowerIsOff
from tests.simulation.power_loss_files import PowerLossFiles
from tests.simulation.spine_careless_hub import BETWEEN
from tests.simulation.spine_parts import End

from isthmus.kernel.private_files import write_whole

SEEDS = range(12)
ORG_SEEDS = range(8)


def losses(folder: Path, synchronous: str) -> list[str]:
    return [problem for seed in SEEDS for problem in power_loss.run(folder, seed, synchronous).problems]


def test_nothing_acknowledged_is_lost_with_the_power(tmp_path: Path) -> None:
    assert losses(tmp_path, "FULL") == []


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_the_simulation_finds_what_an_unsynced_commit_loses(tmp_path: Path, synchronous: str) -> None:
    assert any("acknowledged, but lost" in problem for problem in losses(tmp_path, synchronous))


def org_losses(folder: Path, *, lies: bool) -> Iterator[list[str]]:
    founded = folder / "founded"
    founded.mkdir()
    power_loss_org.found(founded)
    for seed in ORG_SEEDS:
        yield power_loss_org.run(folder, seed, founded, lies=lies).problems


def test_nothing_an_org_acknowledged_is_lost_with_the_power(tmp_path: Path) -> None:
    assert [problems for problems in org_losses(tmp_path, lies=False) if problems] == []


def test_the_simulation_finds_what_an_org_loses_on_a_disk_that_lies(tmp_path: Path) -> None:
    assert any(org_losses(tmp_path, lies=True))


def files_after(folder: Path, seed: int, cut_at: int, *, lies: bool = False) -> tuple[bytes, bool]:
    """What is left of an old file if the power goes while it becomes new, and whether it had become so."""
    before, after = folder / f"{seed}-{cut_at}", folder / f"{seed}-{cut_at}-after"
    before.mkdir()
    (before / "key").write_bytes(b"old")
    power = Power(seed, cut_at, lies=lies)
    files = PowerLossFiles(power, before)
    done = False
    with files.noticed(), suppress(PowerIsOff):
        write_whole(before / "key", b"new")
        done = True
    power.cut()
    files.salvage(after)
    return (after / "key").read_bytes(), done


@pytest.mark.parametrize("cut_at", range(1, 6))
def test_a_file_of_ours_is_old_or_new_and_new_once_it_is_written(tmp_path: Path, cut_at: int) -> None:
    left = [files_after(tmp_path, seed, cut_at) for seed in range(20)]
    assert {data for data, _ in left} <= {b"old", b"new"}
    assert all(data == b"new" for data, done in left if done)


def test_the_simulation_finds_what_an_unsynced_file_loses(tmp_path: Path) -> None:
    left = {files_after(tmp_path, seed, 9, lies=True) for seed in range(20)}
    assert left > {(b"old", True), (b"new", True)}


def test_nothing_acknowledged_is_lost_with_the_process(tmp_path: Path) -> None:
    assert [outcome for outcome in kill.run(tmp_path, range(4)) if outcome.problems] == []


def test_nothing_the_org_acknowledged_is_lost_with_it(tmp_path: Path) -> None:
    assert [outcome for outcome in kill_org.run(tmp_path, range(2)) if outcome.problems] == []


def test_a_hub_that_is_killed_loses_nothing_and_sends_nothing_that_was_settled_again(tmp_path: Path) -> None:
    outcomes = list(kill_hub.run(tmp_path, range(6)))
    assert [outcome for outcome in outcomes if outcome.problems] == []
    assert outcomes[-1].acknowledged > 0


@pytest.mark.parametrize("seed", [1, 10])
def test_an_org_that_is_killed_while_it_is_founded_is_founded_after_all(tmp_path: Path, seed: int) -> None:
    assert kill_founding.run(tmp_path, seed).problems == []


def test_the_spine_brings_each_win_to_its_one_order_whatever_is_killed(tmp_path: Path) -> None:
    outcomes = list(spine.run(tmp_path, range(3)))
    assert [outcome for outcome in outcomes if outcome.problems] == []
    assert all(outcome.acknowledged > 0 for outcome in outcomes)


def test_the_spine_finds_an_erp_system_that_forgets_its_keys(tmp_path: Path) -> None:
    [outcome] = spine.run(tmp_path, range(1), erp_options=("--forgetful",))
    assert any("ordered twice" in problem for problem in outcome.problems)


def test_the_spine_finds_a_hub_that_is_ahead_of_its_disk(tmp_path: Path) -> None:
    [outcome] = spine.run(
        tmp_path,
        range(1),
        hub_module="tests.simulation.spine_careless_hub",
        hub_ends=(End(step=1, delay=0, down=0, point=BETWEEN, passes=1),),
        stalled_seconds=5,
    )
    assert any("without an order" in problem for problem in outcome.problems)


def test_the_spine_notices_a_part_that_ends_by_itself(tmp_path: Path) -> None:
    [outcome] = spine.run(tmp_path, range(1), hub_module="tests.simulation.nowhere")
    assert any("the hub ended by itself, with 1: Module" in problem for problem in outcome.problems)


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
