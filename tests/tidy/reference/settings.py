"""The page of settings: every key with its default and what it means, from the structs that hold them."""

import ast
import inspect
import json
import re
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec
from tests.tidy.reference.evidence import ROOT
from tests.tidy.reference.markdown import code, page, table

from isthmus import settings
from isthmus.org.limits.editions import maxima
from isthmus.org.limits.maxima import API_REQUESTS
from isthmus.settings import HubSettings, LoginSettings, OrgSettings, ServerSettings, UserSettings

SECTIONS: Final[dict[str, type[msgspec.Struct]]] = {
    "org": OrgSettings,
    "server": ServerSettings,
    "hub": HubSettings,
    "logins": LoginSettings,
}
_KINDS: Final = {str: "text", int: "whole number", bool: "true or false"}
_ABOUT: Final = """\
Nothing has to be set. What is set stands in `isthmus.toml`, in the folder where `isthmus` is called, or in
the environment, which wins; a command's options win over both. It holds from the next start on. A key that
isn't known, or a value of the wrong type, is an error that names it; a number may stand in quotes, as in the
environment, where a list is written with commas."""
_DATA: Final = """\
The data folder, where an org's own files lie, is `.isthmus` beside `isthmus.toml`; `--data DIR` or
`ISTHMUS_DATA` names another."""
_USERS: Final = """\
One table `[[users]]` for each; not in the environment.

```toml
[[users]]
username = "grace@acme.example"
profile = "Standard User"
permission_sets = ["Integration"]
```"""
_LIMITS: Final = f"""\
What `/limits` names, and how many requests may take 20 seconds and more at the same time, with the maxima of
a Developer Edition org. Each can be set by its name. Counted, by org time, are calls (`{API_REQUESTS}`),
events that are published and delivered, and CometD clients; nothing uses up the others yet."""


def settings_page() -> str:
    """The page."""
    parts = [_ABOUT, _DATA]
    for name, struct in SECTIONS.items():
        parts += [f"## [{name}]", inspect.getdoc(struct) or "", _keys(name, struct)]
    parts += ["## [[users]]", inspect.getdoc(UserSettings) or "", _USERS, _user_keys()]
    rows = [(code(name), f"{most:,}") for name, most in maxima({}).items()]
    return page("Settings", *parts, "## [limits]", _LIMITS, table(("key", "#default"), rows))


def _user_keys() -> str:
    said, kinds = _docstrings(UserSettings), get_type_hints(UserSettings)
    rows = [
        (code(each.name), _kind(kinds[each.name]), _of_user(each), said[each.name])
        for each in msgspec.structs.fields(UserSettings)
    ]
    return table(("key", "value", "default", "meaning"), rows)


def _of_user(field: msgspec.structs.FieldInfo) -> str:
    return "needed" if field.required else _default(field.default)


def _keys(section: str, struct: type[msgspec.Struct]) -> str:
    said, kinds = _docstrings(struct), get_type_hints(struct)
    rows = []
    for each in msgspec.structs.fields(struct):
        kind, meaning = _kind(kinds[each.name]), said.get(each.name, "")
        if not _is_used(section, each.name):
            meaning = f"{meaning} Read, and without effect yet.".strip()
        variable = f"ISTHMUS_{section}_{each.name}".upper()
        rows.append((code(each.name), kind, _default(each.default), meaning, code(variable)))
    return table(("key", "value", "default", "meaning", "in the environment"), rows)


def _docstrings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The text below each field of a class, by the field's name."""
    tree = ast.parse(Path(inspect.getfile(settings)).read_text("utf-8"))
    [found] = [each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == struct.__name__]
    said = {}
    for field, after in zip(found.body, found.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_text(after):
            said[field.target.id] = inspect.cleandoc(after.value.value)  # type: ignore[attr-defined]  # _is_text
    return said


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_used(section: str, key: str) -> bool:
    """Whether anything asks for the setting."""
    asked = re.compile(rf"\b{section}\.{key}\b")
    return any(asked.search(file.read_text("utf-8")) for file in (ROOT / "src").rglob("*.py"))


def _kind(kind: Any) -> str:
    for known, name in _KINDS.items():
        if kind is known or kind == known | None:
            return name
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(get_args(kind))
    return "list of texts"


def _default(value: object) -> str:
    if value is None:
        return "–"
    return code(json.dumps(value, ensure_ascii=False))
