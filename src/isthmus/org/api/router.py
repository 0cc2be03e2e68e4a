"""The router: a trie over the segments of all adapters' routes.

A literal segment matches in any case and comes before `v{version}`, that before a named segment, and
`{name:rest}` last; where that leads nowhere, the next kind is tried. A trailing slash does not matter, nor do
several at the begin: the sf CLI joins an instance URL that ends with one to paths that begin with one.
Segments are percent-decoded after the path is split, so a slash in a value may come as `%2F`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from isthmus.org.api.routing import Adapter, Route
from isthmus.org.api.versions import SEGMENTS

_METHODS: Final = ("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE")
"""The order in which the platform lists allowed methods (recorded: `Allowed are HEAD,GET,POST`)."""
_VERSION: Final = "v{version}"
_REST: Final = ":rest}"
_PATHS_KEPT: Final = 1024


class RouteConflict(Exception):
    """Two routes, or a route by its own form, can't stand in one trie: an error of whoever wrote them."""


class Target(NamedTuple):
    """What a method of a path leads to; `names` are the captured segments' names, in order."""

    adapter: Adapter
    route: Route
    names: tuple[str, ...]


@dataclass(slots=True)
class Place:
    """A path that exists. `adapter` is the one to answer for it where the method does not."""

    adapter: Adapter
    targets: dict[str, Target] = field(default_factory=dict)

    def target(self, method: str) -> Target | None:
        """Where the method leads; GET serves HEAD too."""
        return self.targets.get(method) or (self.targets.get("GET") if method == "HEAD" else None)

    @property
    def allowed(self) -> str:
        """The methods this path takes, as the platform lists them."""
        return ",".join(method for method in _METHODS if self.target(method))


class Found(NamedTuple):
    """A place, and the segments captured on the way; `version` is 0 where the path has none."""

    place: Place
    captured: tuple[str, ...]
    version: int


@dataclass(slots=True)
class _Node:
    literals: "dict[str, _Node]" = field(default_factory=dict)
    version: "_Node | None" = None
    named: "_Node | None" = None
    rest: Place | None = None
    place: Place | None = None


class _Way(NamedTuple):
    """One way to read a path so far: where it has led, or the place that takes all that is left."""

    node: _Node | None
    rest: Place | None
    captured: tuple[str, ...]
    version: int


class Router:
    """Finds a path among the routes of all adapters. Raises RouteConflict where two of them are the same.

    Every way in which a path can be read is tried at once, the preferred ones first; so far as their last
    segment, the ways of the paths asked for last are kept, for most paths differ in that one (a record's id).
    """

    def __init__(self, adapters: Iterable[Adapter]) -> None:
        self._root = _Node()
        for adapter in adapters:
            for route in adapter.routes:
                self._add(adapter, route)
        self._ways_to = lru_cache(_PATHS_KEPT)(self._read)

    def find(self, path: str) -> Found | None:
        """Where `path` (as it came, percent-encoded) leads, or None."""
        if path.startswith("//"):
            path = "/" + path.lstrip("/")
        if path.endswith("/"):
            path = path[:-1] or "/"
        head, slash, last = path.rpartition("/")
        if not slash:
            return None
        if "%" in last:
            last = unquote(last)
        lower = last.lower()
        for node, rest, captured, version in self._ways_to(head) if last else ():
            if node is None:
                return None if rest is None else Found(rest, _longer(captured, last), version)
            literal = node.literals.get(lower)
            if literal is not None and literal.place is not None:
                return Found(literal.place, captured, version)
            if node.version is not None and node.version.place is not None and lower in SEGMENTS:
                return Found(node.version.place, captured, SEGMENTS[lower])
            if node.named is not None and node.named.place is not None:
                return Found(node.named.place, (*captured, last), version)
            if node.rest is not None:
                return Found(node.rest, (*captured, last), version)
        return None if last or self._root.place is None else Found(self._root.place, (), 0)

    def _read(self, path: str) -> list[_Way]:
        """The ways to read the segments of a path that has no slash at its end."""
        ways = [_Way(self._root, None, (), 0)]
        for segment in path.split("/")[1:]:
            ways = _next(ways, unquote(segment))
        return ways

    def _add(self, adapter: Adapter, route: Route) -> None:
        node = self._root
        names: list[str] = []
        segments = route.path.removesuffix("/").split("/")[1:]
        for at, segment in enumerate(segments):
            if segment == _VERSION:
                node.version = node = node.version or _Node()
            elif segment.startswith("{") and segment.endswith(_REST):
                if at != len(segments) - 1:
                    raise RouteConflict(f"{route.path}: {segment} must come last")
                names.append(segment[1 : -len(_REST)])
                node.rest = _placed(node.rest, adapter, route, names)
                return
            elif segment.startswith("{") and segment.endswith("}"):
                names.append(segment[1:-1])
                node.named = node = node.named or _Node()
            else:
                node = node.literals.setdefault(segment.lower(), _Node())
        node.place = _placed(node.place, adapter, route, names)


def _placed(place: Place | None, adapter: Adapter, route: Route, names: list[str]) -> Place:
    place = place or Place(adapter)
    if route.method in place.targets:
        raise RouteConflict(f"{route.method} {route.path} is routed twice")
    place.targets[route.method] = Target(adapter, route, tuple(names))
    return place


def _next(ways: list[_Way], segment: str) -> list[_Way]:
    """Every way on, over one more segment; what leads on from a preferred way is preferred."""
    lower = segment.lower()
    found: list[_Way] = []
    for node, rest, captured, version in ways:
        if node is None:
            found.append(_Way(None, rest, _longer(captured, segment), version))
            continue
        if (literal := node.literals.get(lower)) is not None:
            found.append(_Way(literal, None, captured, version))
        if node.version is not None and (number := SEGMENTS.get(lower)) is not None:
            found.append(_Way(node.version, None, captured, number))
        if node.named is not None and segment:
            found.append(_Way(node.named, None, (*captured, segment), version))
        if node.rest is not None:
            found.append(_Way(None, node.rest, (*captured, segment), version))
    return found


def _longer(captured: tuple[str, ...], segment: str) -> tuple[str, ...]:
    """With one more segment in what the last capture has taken."""
    return (*captured[:-1], f"{captured[-1]}/{segment}")
