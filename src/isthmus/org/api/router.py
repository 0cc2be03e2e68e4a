"""The router: a trie over the segments of all adapters' routes.

A literal segment matches in any case and comes before `v{version}`, that before a named segment, and
`{name:rest}` last; where a longer match fails, the walk goes back and tries the next kind. A trailing slash
does not matter. Segments are percent-decoded after the path is split, so a slash in a value may come as
`%2F`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import unquote

from isthmus.org.api.routing import Adapter, Route
from isthmus.org.api.versions import SEGMENTS

_METHODS: Final = ("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE")
"""The order in which the platform lists allowed methods (recorded: `Allowed are HEAD,GET,POST`)."""
_VERSION: Final = "v{version}"
_REST: Final = ":rest}"


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
    captured: list[str]
    version: int


@dataclass(slots=True)
class _Node:
    literals: "dict[str, _Node]" = field(default_factory=dict)
    version: "_Node | None" = None
    named: "_Node | None" = None
    rest: Place | None = None
    place: Place | None = None
    branches: bool = False
    """Whether anything but a literal may follow: `version`, `named` or `rest`."""


class Router:
    """Finds a path among the routes of all adapters. Raises RouteConflict where two of them are the same."""

    def __init__(self, adapters: Iterable[Adapter]) -> None:
        self._root = _Node()
        for adapter in adapters:
            for route in adapter.routes:
                self._add(adapter, route)

    def find(self, path: str) -> Found | None:
        """Where `path` (as it came, percent-encoded) leads, or None."""
        segments = _segments(path)
        if "%" in path:
            segments = [unquote(each) for each in segments]
        walk = _Walk(segments)
        place = walk.on(self._root, 0)
        return None if place is None else Found(place, walk.captured, walk.version)

    def _add(self, adapter: Adapter, route: Route) -> None:
        node = self._root
        names: list[str] = []
        segments = _segments(route.path)
        for at, segment in enumerate(segments):
            node.branches = node.branches or segment.startswith(("{", _VERSION))
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


def _segments(path: str) -> list[str]:
    """What comes after each slash, but for one at the end."""
    first, *segments = path.removesuffix("/").split("/")
    return [first, *segments] if first or not path else segments


def _placed(place: Place | None, adapter: Adapter, route: Route, names: list[str]) -> Place:
    place = place or Place(adapter)
    if route.method in place.targets:
        raise RouteConflict(f"{route.method} {route.path} is routed twice")
    place.targets[route.method] = Target(adapter, route, tuple(names))
    return place


class _Walk:
    """One search; `captured` and `version` describe the way being tried, in the end the way found."""

    __slots__ = ("captured", "segments", "version")

    def __init__(self, segments: list[str]) -> None:
        self.segments = segments
        self.captured: list[str] = []
        self.version = 0

    def on(self, node: _Node, at: int) -> Place | None:
        """The place that the segments from `at` lead to."""
        segments = self.segments
        end = len(segments)
        while at < end:
            segment = segments[at]
            literal = node.literals.get(segment.lower())
            if literal is None or node.branches:
                break
            node = literal
            at += 1
        else:
            return node.place
        return self._branch(node, at, segment, literal)

    def _branch(self, node: _Node, at: int, segment: str, literal: _Node | None) -> Place | None:
        """Try each kind of segment in turn; what fails leaves nothing behind."""
        if literal is not None and (place := self.on(literal, at + 1)) is not None:
            return place
        if node.version is not None and (version := SEGMENTS.get(segment.lower())) is not None:
            self.version = version
            if (place := self.on(node.version, at + 1)) is not None:
                return place
            self.version = 0
        if node.named is not None and segment:
            self.captured.append(segment)
            if (place := self.on(node.named, at + 1)) is not None:
                return place
            self.captured.pop()
        if node.rest is not None:
            self.captured.append("/".join(self.segments[at:]))
            return node.rest
        return None
