"""Hub: its routes, and how long it remembers. A hub file makes one and calls it `hub`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.hub.options import Options
from isthmus.hub.route import Route
from isthmus.kernel.clock import DAY

__all__ = ["Hub", "HubBroken"]

LEDGER_RETENTION: Final = 7 * DAY
LEDGER_MAX: Final = 1_000_000


class HubBroken(ValueError):
    """The routes do not fit together. The message names the route and what to change."""


@dataclass(frozen=True, slots=True, init=False)
class Hub:
    """A name and routes. The ledger, by which the idempotent receivers know a message, remembers what was
    finished for `ledger_retention` milliseconds, and `ledger_max` messages at most.
    """

    name: str
    routes: tuple[Route, ...]
    ledger_retention: int
    ledger_max: int

    def __init__(
        self,
        name: str,
        routes: Sequence[Route],
        *,
        ledger_retention: int = LEDGER_RETENTION,
        ledger_max: int = LEDGER_MAX,
    ) -> None:
        """Raises HubBroken, OptionWrong."""
        given = Options(f"hub {name}")
        given.text("name", name)
        if not isinstance(routes, list | tuple):
            given.refuse("routes", routes, "a list of routes")
        for number, each in enumerate(routes):
            if not isinstance(each, Route):
                given.refuse(f"routes[{number}]", each, "a Route")
        given.whole("ledger_retention", ledger_retention, 0, unit="milliseconds")
        given.whole("ledger_max", ledger_max, 1, unit="messages")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "routes", tuple(routes))
        object.__setattr__(self, "ledger_retention", ledger_retention)
        object.__setattr__(self, "ledger_max", ledger_max)
        _check(self)

    def route(self, name: str) -> Route:
        """The route of that name. Raises KeyError."""
        for each in self.routes:
            if each.name == name:
                return each
        raise KeyError(name)


def _check(hub: Hub) -> None:
    if not hub.routes:
        raise HubBroken(f"hub {hub.name} has no route")
    names = [each.name for each in hub.routes]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise HubBroken(f"two routes are called {twice[0]}: give each a name of its own")
    replied_to = {each.reply_to for each in hub.routes if each.reply_to is not None}
    for each in hub.routes:
        if each.reply_to is not None and each.reply_to not in names:
            raise HubBroken(
                f"route {each.name}: reply_to names {each.reply_to!r}, and there is no such route; "
                f"there are {', '.join(names)}"
            )
        if each.source is None and each.name not in replied_to:
            raise HubBroken(f"route {each.name} has no source, and no other route has reply_to={each.name!r}")
    if circle := [each.name for each in hub.routes if _comes_back(hub, each)]:
        raise HubBroken(f"route {circle[0]}: its replies come back to it, and would go round for ever")


def _comes_back(hub: Hub, route: Route) -> bool:
    targets = {each.name: each.reply_to for each in hub.routes}
    at = route.reply_to
    for _ in hub.routes:
        if at is None or at == route.name:
            break
        at = targets[at]
    return at == route.name
