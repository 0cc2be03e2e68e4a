"""The page of errors: the whole catalogue, a table for each of its files."""

import re
import tomllib
from importlib.resources import files
from typing import Final

from tests.tidy.reference.markdown import code, page, table

from isthmus.kernel import errors
from isthmus.kernel.errors import ErrorEntry, catalogue

_COMMENT: Final = re.compile(r"\A(?:#[^\n]*\n)+")
_HEADINGS: Final = {
    "cometd": "CometD clients",
    "control": "The command line's requests",
    "events": "Publishing and subscribing",
    "limits": "Limits",
    "login": "Logging in, tokens, the identity service",
    "query": "Queries",
    "request": "The request as a whole",
    "rest": "The REST wire",
    "grants": "Who may do what",
    "save": "Saving a record",
    "schema": "Changing the schema",
    "search": "Searches",
}
_ABOUT: Final = """\
Every error that the org answers with, from the catalogue in `src/isthmus/kernel/errors/`. What stands in
braces is filled in. The status is that of REST and OAuth; SOAP answers every fault with 500. Where a
query's text is at fault, the platform's block that shows the place comes before the message. *Again*:
whether the same request may succeed later."""


def errors_page() -> str:
    """The page. Raises KeyError for a file of the catalogue that has no heading here."""
    parts = [_ABOUT]
    for file in sorted(files(errors.__name__).iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            parts += _section(file.name.removesuffix(".toml"), file.read_text("utf-8"))
    return page("Errors", *parts)


def _section(domain: str, text: str) -> list[str]:
    entries = [catalogue()[name] for name in tomllib.loads(text)]
    rows = [_row(each) for each in sorted(entries, key=lambda each: (each.code, each.name))]
    columns = ("code", "#status", "message", "again", "entry", "source")
    return [f"## {_HEADINGS[domain]}", _comment(text), table(columns, rows)]


def _row(entry: ErrorEntry) -> tuple[str, ...]:
    again = "yes" if entry.retryable else "no"
    return (code(entry.code), str(entry.status), code(entry.message), again, code(entry.name), entry.source)


def _comment(text: str) -> str:
    """What the file says of itself at its head."""
    found = _COMMENT.match(text)
    if found is None:
        return ""
    return "\n".join(line.removeprefix("#").strip() for line in found[0].splitlines())
