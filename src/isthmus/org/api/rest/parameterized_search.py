"""Parameterized search: a search whose parts are parameters of the URL, or members of a body.

    {"q": "Smith", "in": "ALL", "fields": ["id", "name"], "overallLimit": 100, "defaultLimit": 10,
     "sobjects": [{"name": "Account", "fields": ["id"], "where": "…", "orderBy": "Name", "limit": 20}]}

Source: REST API Developer Guide, "Search with Parameters in the URI", "Search with Parameters in the Request
Body". What this org has not (data categories, divisions, networks, snippets, articles) is refused by name.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.responses import Response

from isthmus.kernel.errors import Fault, fault
from isthmus.org.api.rest import json_body, paths
from isthmus.org.api.rest.search import answer
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import ObjectParameters, SearchParameters

_SHARED: Final = frozenset(
    {"q", "in", "fields", "overallLimit", "defaultLimit", "offset", "metadata", "spellCorrection"}
)
_OF_OBJECTS: Final = ("fields", "where", "orderBy", "limit")
_LABELS: Final = "LABELS"
_TRUE: Final = {"true": True, "false": False}


async def by_url(call: Call) -> Response:
    """A search by parameters of the URL: `sobject=Account&Account.fields=id,name`."""
    pairs = parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    names = [value for name, value in pairs if name == "sobject"]
    given = dict(pairs)
    known = {f"{name}.{part}" for name in names for part in _OF_OBJECTS}
    _refuse_others(given, _SHARED | known | {"sobject"})
    objects = [
        {"name": name, **{part: given[f"{name}.{part}"] for part in _OF_OBJECTS if f"{name}.{part}" in given}}
        for name in names
    ]
    return answer(call, await call.org.search_by(call.principal, _parameters({**given, "sobjects": objects})))


async def by_body(call: Call) -> Response:
    """A search by members of a JSON object."""
    given = await json_body.record(call)
    _refuse_others(given, _SHARED | {"sobjects"})
    return answer(call, await call.org.search_by(call.principal, _parameters(given)))


def _refuse_others(given: Iterable[str], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise fault("query_parameter_unsupported", parameter=name)


def _parameters(given: Mapping[str, Any]) -> SearchParameters:
    text = given.get("q")
    if not isinstance(text, str) or not text.strip():
        raise _invalid("q", "given")
    _check_correction(given.get("spellCorrection"))
    return SearchParameters(
        text=text,
        group=_text(given, "in") or "ALL",
        fields=_fields(given, "fields"),
        objects=tuple(map(_object, _list(given.get("sobjects"), "sobjects"))),
        overall_limit=_number(given, "overallLimit"),
        default_limit=_number(given, "defaultLimit"),
        offset=_number(given, "offset") or 0,
        labels=_labels(given.get("metadata")),
    )


def _object(given: Any) -> ObjectParameters:
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
        raise _invalid("sobjects", "a list of objects with a name")
    _refuse_others(given, {"name", *_OF_OBJECTS})
    return ObjectParameters(
        given["name"],
        _fields(given, "fields"),
        _text(given, "where"),
        _text(given, "orderBy"),
        _number(given, "limit"),
    )


def _fields(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Names of fields: a list of them, or a text with commas between them."""
    value = given.get(name)
    names = value.split(",") if isinstance(value, str) else _list(value, name)
    if not all(isinstance(each, str) for each in names):
        raise _invalid(name, "names of fields")
    return tuple(each.strip() for each in names if each.strip())


def _list(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _invalid(name, "a list")
    return value


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise _invalid(name, "a text")
    return value


def _number(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if isinstance(value, str) and value.isdecimal() and len(value) <= len("2000000000"):
        value = int(value)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise _invalid(name, "a number")
    return value


def _labels(value: Any) -> bool:
    if value is None:
        return False
    if not isinstance(value, str) or value.upper() != _LABELS:
        raise _invalid("metadata", _LABELS)
    return True


def _check_correction(value: Any) -> None:
    """Spelling is corrected by nothing here, whatever is asked for."""
    known = value is None or isinstance(value, bool) or (isinstance(value, str) and value.lower() in _TRUE)
    if not known:
        raise _invalid("spellCorrection", "true or false")


def _invalid(parameter: str, wanted: str) -> Fault:
    return fault("search_parameter_invalid", parameter=parameter, wanted=wanted)


ROUTES: Final = (
    Route("GET", paths.VERSION + "/parameterizedSearch", by_url),
    Route("POST", paths.VERSION + "/parameterizedSearch", by_body),
)
