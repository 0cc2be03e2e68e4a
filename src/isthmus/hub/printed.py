"""A hub in words: what each route does, so that a stranger can say it, and what it guarantees."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from isthmus.hub.hub import Hub
from isthmus.hub.redelivery import span
from isthmus.hub.route import Route, Step, step_name

__all__ = ["Guarantee", "guarantees", "printed"]

_LABEL: int = 10


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What a route promises, and why no more."""

    route: str
    exactly_once_effect: bool
    because: str

    def __str__(self) -> str:
        promise = "exactly-once effect" if self.exactly_once_effect else "at least once"
        return f"{promise}: {self.because}"


def guarantees(hub: Hub) -> list[Guarantee]:
    """What each route guarantees."""
    return [_guarantee(each) for each in hub.routes]


def printed(hub: Hub) -> str:
    """All of the hub's routes, as text."""
    count = len(hub.routes)
    lines = [f"hub {hub.name}: {count} route{'s' if count > 1 else ''}"]
    for number, route in enumerate(hub.routes, 1):
        lines += ["", f"{number}. {route.name}", *(f"   {line}" for line in _route(hub, route))]
    lines += [
        "",
        f"The ledger remembers what became of each message for {span(hub.ledger_retention)}, the last "
        f"{hub.ledger_max:,} at most.",
    ]
    return "\n".join(lines)


def _route(hub: Hub, route: Route) -> Iterator[str]:
    yield _line("from", _source(hub, route))
    yield _line("keeps", "each message once by its key, on disk before its source is told")
    yield _line("holds", f"up to {route.capacity:,} that wait; then its source waits")
    for each in route.steps:
        yield _line("then", _step(each))
    yield _line("to", route.sink.describe())
    yield _line("sends", _pace(route))
    yield _line("if it fails", route.redelivery.describe())
    if route.reply_to is not None:
        yield _line("reply", f"to route {route.reply_to}, in the commit that settles the message")
    yield _line("guarantee", str(_guarantee(route)))


def _source(hub: Hub, route: Route) -> str:
    origins = [
        f"the replies that route {each.name} gets" for each in hub.routes if each.reply_to == route.name
    ]
    if route.source is not None:
        origins.insert(0, route.source.describe())
    return "; and ".join(origins)


def _pace(route: Route) -> str:
    many = f"{route.concurrency} at a time" if route.concurrency > 1 else "one at a time"
    if route.order_by is None:
        return f"{many}, in any order"
    return f"{many}, those with the same {step_name(route.order_by)} in order"


def _step(step: Step) -> str:
    """The step's name, where it is, and what it says of itself."""
    about = (inspect.getdoc(step) or "").partition("\n")[0]
    code = getattr(step, "__code__", None)
    place = f" (line {code.co_firstlineno})" if code is not None else ""
    return f"{step_name(step)}{place}{': ' + about if about else ''}"


def _guarantee(route: Route) -> Guarantee:
    if route.sink.exactly_once:
        return Guarantee(route.name, True, "if what it sends to knows by the key what it has had")
    return Guarantee(
        route.name, False, "after a lost answer or a crash the sink may get a message that it has had"
    )


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL + 2}}{text}"
