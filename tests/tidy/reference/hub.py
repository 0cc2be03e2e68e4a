"""The page of the hub: its commands, and every option of a hub file with its default and what it means."""

import inspect
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
from tests.tidy.reference.coverage import Untrue
from tests.tidy.reference.markdown import code, page, table

from isthmus.cli.hub import hub as commands
from isthmus.hub.connectors.http import IN_PROGRESS, METHODS, RETRY_STATUSES, HttpSink
from isthmus.hub.connectors.salesforce_cometd import CometdSource
from isthmus.hub.connectors.salesforce_connection import (
    REFUSED_FOR,
    REFUSED_FOR_MAX,
    ClientCredentials,
    OAuthPassword,
    SalesforceConnection,
    SoapLogin,
)
from isthmus.hub.connectors.salesforce_rest import SalesforceUpdateSink, SalesforceUpsertSink
from isthmus.hub.hub import Hub
from isthmus.hub.options import SECONDS_MAX
from isthmus.hub.redelivery import RedeliveryPolicy, span
from isthmus.hub.route import CONCURRENCY_MAX, NAME_MAX, Route

_TEXTS: Final = Path(__file__).parent / "hub.toml"
_FILLED: Final = {
    "{NAME_MAX}": str(NAME_MAX),
    "{CONCURRENCY_MAX}": f"{CONCURRENCY_MAX:,}",
    "{SECONDS_MAX}": f"{SECONDS_MAX:,}",
    "{REFUSED_FOR}": span(REFUSED_FOR),
    "{REFUSED_FOR_MAX}": span(REFUSED_FOR_MAX),
    "{METHODS}": ", ".join(code(each) for each in METHODS),
}
_VALUES: Final[tuple[type, ...]] = (
    Hub,
    Route,
    RedeliveryPolicy,
    CometdSource,
    HttpSink,
    SalesforceUpdateSink,
    SalesforceUpsertSink,
    SalesforceConnection,
    ClientCredentials,
    OAuthPassword,
    SoapLogin,
)


def hub_page() -> str:
    """The page. Raises Untrue where the texts and the code part."""
    texts = tomllib.loads(_TEXTS.read_text("utf-8"))
    said = texts.pop("page")
    if set(texts) != {each.__name__ for each in _VALUES}:
        raise Untrue("hub.toml and the values of a hub file part")
    parts = [
        said["about"],
        "## Commands",
        table(("command", "what it does"), _commands(commands, "isthmus hub")),
    ]
    for value in _VALUES:
        imported = code(f"from {value.__module__} import {value.__name__}")
        parts += [f"## {value.__name__}", imported, _about(value), _options(value, texts[value.__name__])]
        if value is Route:
            parts += ["### Steps", said["steps"]]
        if value is HttpSink:
            parts += ["### Answers", _answers()]
        if value is SalesforceConnection:
            parts.append(_filled(said["logins"]))
    return page("Hub", *parts, "## Time and processes", said["time"])


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
            continue
        usage = " ".join(
            each.make_metavar(click.Context(command)) for each in command.params if _is_argument(each)
        )
        yield code(f"{path} {name} {usage}".strip()), (command.help or "").partition("\n\n")[0]


def _is_argument(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


def _about(value: type) -> str:
    return inspect.cleandoc((value.__doc__ or "").partition("Raises")[0])


def _options(value: type, texts: dict[str, dict[str, str]]) -> str:
    parameters = inspect.signature(value).parameters
    if list(texts) != list(parameters):
        raise Untrue(f"hub.toml: {value.__name__} has {', '.join(parameters)}; told are {', '.join(texts)}")
    rows = []
    for name, parameter in parameters.items():
        takes = _filled(texts[name]["value"])
        rows.append((code(name), takes, _default(parameter, takes), texts[name]["about"]))
    return table(("option", "value", "default", "meaning"), rows)


def _filled(text: str) -> str:
    for mark, filled in _FILLED.items():
        text = text.replace(mark, filled)
    return text


def _default(parameter: inspect.Parameter, takes: str) -> str:
    value: Any = parameter.default
    if value is inspect.Parameter.empty:
        return "has to be given"
    if takes.startswith("milliseconds"):
        return f"{value:,} ({span(value)})"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    return code(repr(value)) if not isinstance(value, tuple) or value else "none"


def _answers() -> str:
    passing = ", ".join(str(each) for each in sorted(RETRY_STATUSES) if each < 500)
    refused = " and ".join(str(each) for each in range(500, 600) if each not in RETRY_STATUSES)
    rows = [
        ("2xx", "delivered, unless `check` raises; JSON that is broken is tried again"),
        (f"{passing}, 5xx but {refused}", "sent again, not before `Retry-After` (seconds, or a date)"),
        (
            f"{IN_PROGRESS}, where a key is sent",
            "sent again: the first request with the key is still worked on",
        ),
        ("any in `already_done`", "delivered"),
        ("no answer, or half of one", "sent again, with the same key"),
        ("any other, 401 and redirects among them", "a dead letter at once"),
        ("a body that JSON can't say", "a dead letter at once, and nothing is sent"),
    ]
    return table(("answer", "the message"), rows)
