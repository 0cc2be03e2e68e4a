"""Is what is wrong with a hub file told with file and line, and what it makes in words?"""

from pathlib import Path

import pytest
from tests.unit.hub.endpoints import Collecting, Listed

from isthmus.hub.hub import Hub, HubBroken
from isthmus.hub.hub_file import HubFileBroken, load_hub
from isthmus.hub.message import Message
from isthmus.hub.options import OptionWrong
from isthmus.hub.printed import guarantees, printed
from isthmus.hub.redelivery import RedeliveryPolicy
from isthmus.hub.route import Route
from isthmus.kernel.clock import MINUTE, SECOND

WHOLE = """
from beside import sink
from isthmus.hub.hub import Hub
from isthmus.hub.route import Route
from tests.unit.hub.endpoints import Listed

hub = Hub("whole", [Route("one", source=Listed([]), sink=sink)])
"""


def file_in(folder: Path, text: str) -> Path:
    (folder / "beside.py").write_text(
        "from tests.unit.hub.endpoints import Collecting\nsink = Collecting()\n"
    )
    file = folder / "hub.py"
    file.write_text(text)
    return file


def test_a_hub_file_may_import_what_lies_beside_it(tmp_path: Path) -> None:
    assert [each.name for each in load_hub(file_in(tmp_path, WHOLE)).routes] == ["one"]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (
            "import json\n\nimport nonesuch_module\n",
            3,
            "ModuleNotFoundError: No module named 'nonesuch_module'",
        ),
        ("a = 1\nhub = Hub(\n", 2, "was never closed"),
        ("def broken():\n    return 1 / 0\n\nhub = broken()\n", 2, "ZeroDivisionError"),
        ("x = 1\n", 1, "there is none"),
        ("hub = 1\n", 1, "what it calls hub is of the type int"),
        (WHOLE.replace("sink=sink", "snk=sink"), 7, "7: Route has no option snk; did you mean sink?"),
        (WHOLE.replace(", sink=sink", ""), 7, "7: Route needs sink"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
        (WHOLE.replace('"one", ', '"one", reply_to="two", '), 7, "and there is no such route"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    file = file_in(tmp_path, text)
    with pytest.raises(HubFileBroken) as caught:
        load_hub(file)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert told in str(caught.value)


def test_a_sink_that_cannot_be_waited_for_is_refused(tmp_path: Path) -> None:
    sink = Collecting()
    vars(sink)["send"] = lambda message: None
    with pytest.raises(OptionWrong, match="a sink whose `send` is an `async def`"):
        Route("one", source=Listed([]), sink=sink)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HubFileBroken, match="no such file"):
        load_hub(tmp_path / "none.py")


def a_route(name: str, *, source: bool = True, reply_to: str | None = None) -> Route:
    return Route(name, source=Listed([]) if source else None, sink=Collecting(), reply_to=reply_to)


@pytest.mark.parametrize(
    ("routes", "told"),
    [
        ([], "no route"),
        ([a_route("a"), a_route("a")], "two routes are called a"),
        ([a_route("a", reply_to="b")], "there is no such route; there are a"),
        ([a_route("a", source=False)], "a has no source, and no other route has reply_to='a'"),
        ([a_route("a", reply_to="b"), a_route("b", reply_to="a")], "would go round for ever"),
        ([a_route("a", reply_to="a")], "would go round for ever"),
    ],
)
def test_routes_that_do_not_fit_together_make_no_hub(routes: list[Route], told: str) -> None:
    with pytest.raises(HubBroken, match=told):
        Hub("h", routes)


def order_of(message: Message) -> Message:
    """What the ERP calls an order."""
    return message


def customer(message: Message) -> str:
    return str(message.body)


def test_a_hub_is_printed_so_that_a_stranger_can_say_what_it_does() -> None:
    policy = RedeliveryPolicy(first=SECOND, longest=MINUTE)
    hub = Hub(
        "telecom",
        [
            Route(
                "orders",
                source=Listed([]),
                steps=[order_of],
                sink=Collecting(),
                reply_to="back",
                order_by=customer,
            ),
            Route("back", sink=Collecting(exactly_once=False), redelivery=policy, concurrency=1),
        ],
    )
    text = printed(hub)
    for said in (
        "hub telecom: 2 routes",
        "1. orders\n   from        a list of 0\n",
        ": What the ERP calls an order.",
        "16 at a time, those with the same customer in order",
        "again after 15 s, 30 s, 1 min, … at most every 1 h; after 24 h to the dead letters",
        "to route back, in the commit that settles the message",
        "2. back\n   from        the replies that route orders gets\n",
        "one at a time, in any order",
        "again after 1 s, 2 s, 4 s, … at most every 1 min; after 24 h",
        "at least once: after a lost answer or a crash",
    ):
        assert said in text
    assert [each.exactly_once_effect for each in guarantees(hub)] == [True, False]
