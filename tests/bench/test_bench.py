"""Does the harness measure what it says?"""

import pytest
from bench.__main__ import FIGURES, measure_of
from bench.driver import drive, request
from bench.figure import QUICK, Goal, Measured, goals, in_turn, result
from bench.load import WrongAnswer, run
from bench.node import PeerMissing, node_peer
from bench.servers import peer


def test_every_figure_has_a_goal_and_every_goal_a_figure() -> None:
    assert list(goals()) == list(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_can_be_measured(name: str) -> None:
    assert callable(measure_of(name))


def test_a_ratio_is_higher_is_better() -> None:
    rates = Measured("/s", True, ours=[10, 20, 30], peer=[20, 20, 20])
    times = Measured(" ms", False, ours=[10, 20, 30], peer=[20, 20, 20])
    assert (rates.ratio, times.ratio) == (1.0, 1.0)
    assert Measured("/s", True, ours=[5], peer=[20]).ratio == 0.25
    assert Measured(" ms", False, ours=[5], peer=[20]).ratio == 4.0


def test_a_line_says_what_was_measured() -> None:
    line = str(result("x", Goal(0.5, "the peer"), Measured("/s", True, [1000.0], [4000.0], ["asked"]), QUICK))
    assert line.startswith(
        "bench x ratio=0.25 goal=0.50 ours=1,000/s peer=4,000/s (against the peer; asked; isthmus "
    )


def test_both_sides_are_measured_in_turn_after_a_warm_up() -> None:
    turns: list[str] = []

    def side(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    ours, peers = in_turn(QUICK, lambda: side("ours"), lambda: side("peer"))
    assert turns == ["peer", "ours"] * 6
    assert (ours, peers) == ([4, 6, 8, 10, 12], [3, 5, 7, 9, 11])


def test_the_driver_counts_whole_answers() -> None:
    with peer("bare") as port:
        load = drive(port, [request("GET", "/x"), request("POST", "/x", "token", b"{}" * 50_000)], 0.2, 4)
        assert load.count > 0
        assert load.p99 >= load.median > 0
        assert 0 < load.busy <= 1.2


def test_the_driver_stops_at_an_answer_that_is_no_success() -> None:
    with peer("bare") as port, pytest.raises(WrongAnswer, match="400"):
        run(port, [b"nonsense\r\n\r\n"], 0.2, 1)


def test_a_peer_that_cannot_be_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(PeerMissing, match="node and npm are not installed"), node_peer("bayeux", "faye"):
        pytest.fail("there is no peer")
