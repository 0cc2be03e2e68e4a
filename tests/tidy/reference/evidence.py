"""Evidence: what the code itself says of what is there, so that no page has to be believed.

Each function answers one question; they read the very tables that requests are served from.
"""

import ast
import inspect
import itertools
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast

from tests.conformance.corpus import load as load_cases
from tests.unit.org.query.asking import planned

from isthmus.definition import read_definition
from isthmus.kernel.errors import Fault, catalogue
from isthmus.org.api import rest
from isthmus.org.api.control import control_adapter
from isthmus.org.api.oauth.adapter import OAUTH
from isthmus.org.api.oauth.tokens import FLOWS
from isthmus.org.api.request_log import RequestLog
from isthmus.org.api.routing import Handler, Route
from isthmus.org.api.soap.adapter import SOAP
from isthmus.org.api.soap.operations import OPERATIONS
from isthmus.org.api.streaming.adapter import Streaming, cometd_adapter
from isthmus.org.automation.flows import TRIGGERS
from isthmus.org.provision import Founding
from isthmus.org.save.operation import CommitMoment, Moment
from isthmus.org.save.order import BUILT_IN
from isthmus.org.schema.model import Schema
from isthmus.settings import OrgSettings, Settings

ROOT: Final = Path(__file__).parents[3]
ADAPTERS: Final = (
    rest.ADAPTER,
    OAUTH,
    SOAP,
    cometd_adapter(cast("Handler", Streaming.serve)),
    control_adapter("", Founding("", "", "", "", provisioned=True), bytes, cast("RequestLog", None)),
)
_CONFORMANCE: Final = ROOT / "tests" / "conformance"
_WIRES: Final = (ROOT / "src/isthmus/org/api", ROOT / "src/isthmus/wire")
_SEGMENT: Final = re.compile(r"\{[^}:]*(:rest)?\}")


def form(call: str) -> str:
    """A call in the form in which calls are compared: `GET sobjects/{any name}`, paths relative to the data
    URL of a version where they do not begin with a slash.
    """
    method, _, path = call.partition(" ")
    if not path.startswith("/"):
        path = f"/services/data/v{{version}}/{path}"
    return f"{method} {_SEGMENT.sub(lambda found: '{*}' if found[1] else '{}', path).lower()}"


@cache
def routes() -> dict[str, bool]:
    """Every route's form, and whether it does more than refuse."""
    return {
        form(f"{route.method} {route.path}"): not _only_refuses(route)
        for adapter in ADAPTERS
        for route in adapter.routes
    }


def is_served(call: str) -> bool:
    """Whether a route serves the call; one whose handler does nothing but raise does not."""
    return routes().get(form(call), False)


def is_granted(grant: str) -> bool:
    """Whether the token endpoint knows the grant type."""
    return grant in FLOWS


def is_done(operation: str) -> bool:
    """Whether the SOAP endpoints have the operation."""
    return operation in OPERATIONS


def passes(title: str) -> bool:
    """Whether our org passes the conformance case. Raises KeyError where there is no such case."""
    if title not in _cases():
        raise KeyError(f"no case {title!r}")
    return title not in _gaps()


def is_named(word: str) -> bool:
    """Whether the code of the wires has the word (a header, a parameter) as a text of its own."""
    return word.lower() in _words()


def is_run(entry: str) -> bool:
    """Whether what the error `entry` of the catalogue refuses is refused no more."""
    return entry not in catalogue()


def is_there(package: str) -> bool:
    """Whether there is such a package or module. Raises ModuleNotFoundError for one in no package."""
    found = find_spec(package)
    return found is not None and found.origin is not None


def is_given(place: str) -> bool:
    """Whether a collaborator is given by name: `Principal.access` in `Principal(…, access=…)`, or in a
    `replace(…, access=…)`.
    """
    name, _, keyword = place.partition(".")
    return (name, keyword) in _given() or ("replace", keyword) in _given()


def is_filled(moment: Moment | CommitMoment) -> bool:
    """Whether something runs at a moment of a save, in an org as it is assembled."""
    return moment in BUILT_IN or (is_given("Org.automation") and moment in TRIGGERS)


def refusal(soql: str) -> Fault | None:
    """What the query is refused with, in an org of the conformance project; None where it can be run."""
    try:
        planned(soql, schema=_schema())
    except Fault as error:
        return error
    return None


def _only_refuses(route: Route) -> bool:
    return any(_is_one_raise(each) for each in _functions(route.handler))


def _functions(handler: Callable[..., object]) -> Iterator[Callable[..., object]]:
    """A handler, and the functions that it wraps."""
    yield handler
    for each in getattr(handler, "__closure__", None) or ():
        if inspect.isfunction(each.cell_contents):
            yield from _functions(each.cell_contents)


def _is_one_raise(function: Callable[..., object]) -> bool:
    [made] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    body = made.body[1:] if ast.get_docstring(made) else made.body
    return len(body) == 1 and isinstance(body[0], ast.Raise)


@cache
def _cases() -> frozenset[str]:
    return frozenset(case.title for area in load_cases() for case in area.cases)


@cache
def _gaps() -> frozenset[str]:
    return frozenset(tomllib.loads((_CONFORMANCE / "gaps.toml").read_text("utf-8")))


@cache
def _given() -> frozenset[tuple[str, str]]:
    """Every keyword by which something is given, with the name of what is called."""
    return frozenset(
        (node.func.id, keyword.arg)
        for node in _nodes(ROOT / "src")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        for keyword in node.keywords
        if keyword.arg is not None
    )


@cache
def _words() -> frozenset[str]:
    """Every text in the wires' code, in lower case."""
    found: set[str] = set()
    for node in itertools.chain.from_iterable(map(_nodes, _WIRES)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            found.add(text.lower())
    return frozenset(found)


def _nodes(folder: Path) -> Iterator[ast.AST]:
    """Every node of the code in a folder."""
    for file in folder.rglob("*.py"):
        yield from ast.walk(ast.parse(file.read_text("utf-8")))


@cache
def _schema() -> Schema:
    project = str(_CONFORMANCE / "project")
    return Schema(read_definition(Settings(org=OrgSettings(project=project))).objects)
