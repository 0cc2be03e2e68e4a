"""Suggestions: records whose names may be meant, and what a search page is made of.

    {"autoSuggestResults": [{"attributes": {…}, "Id": "001…", "Name": "National Utility"}],
     "hasMoreResults": false, "meta": {"nameFields": [{…}], "secondaryFields": []}}

Source: REST API Developer Guide, "Search for Records Suggested by Autocomplete and Instant Results", "Search
Result Layouts", "Search Scope and Order", "Search Suggested Article Title Matches", "Search Suggested
Queries".
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import answers, parameters, paths
from isthmus.org.api.rest.row_encoder import records_of
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import ObjectParameters, QueryResult, SuggestionParameters

_LAYOUTS_MAX: Final = 100
_ROWS: Final = 25
_KNOWN: Final = frozenset({"q", "sobject", "fields", "limit", "where", "ignoreUnsupportedSObjects"})
_OF_OBJECTS: Final = frozenset({"fields", "where"})


async def suggest(call: Call) -> Response:
    """The records whose names have the text in `q`, the last word of which may be the beginning of one."""
    result = await call.org.suggest(call.principal, _parameters(parameters.asked(call)))
    records = [record for each in result.found for record in records_of(each, call.api_version)]
    meta = {"nameFields": [_name_field(each) for each in result.found if each.rows], "secondaryFields": []}
    body = {"autoSuggestResults": records, "hasMoreResults": result.more, "meta": meta}
    return answers.Json(answers.encode(body))


def _parameters(given: Mapping[str, str]) -> SuggestionParameters:
    names = [each.strip() for each in given.get("sobject", "").split(",") if each.strip()]
    own = {f"{name.lower()}.{part}" for name in names for part in _OF_OBJECTS}
    for parameter in given:
        if parameter not in _KNOWN and parameter.lower() not in own:
            raise fault("query_parameter_unsupported", parameter=parameter)
    lower = {name.lower(): value for name, value in given.items()}
    limit = given.get("limit", "")
    if limit and not limit.isdecimal():
        raise fault("search_parameter_invalid", parameter="limit", wanted="a number")
    if not given.get("q", "").strip():
        raise fault("search_parameter_invalid", parameter="q", wanted="given")
    return SuggestionParameters(
        given["q"],
        tuple(_object(name, lower) for name in names),
        int(limit[:9]) if limit else None,
        lower.get("ignoreunsupportedsobjects", "").lower() == "true",
    )


def _object(name: str, given: Mapping[str, str]) -> ObjectParameters:
    """What is asked of an object: its own parameters go before those of all."""
    key = name.lower()
    fields = given.get(f"{key}.fields", given.get("fields", ""))
    where = given.get(f"{key}.where", given.get("where"))
    return ObjectParameters(name, tuple(each.strip() for each in fields.split(",") if each.strip()), where)


def _name_field(found: QueryResult) -> dict[str, Any]:
    sobject = found.shape.sobject
    name = sobject.name_field.name if sobject.name_field is not None else "Id"
    return {"entityApiName": sobject.name, "fieldApiName": name}


async def scope_order(call: Call) -> Response:
    """The objects that are searched, those first that the user works with."""
    root = paths.root(call.api_version)
    names = await call.org.search_scope(call.principal)
    found = [{"type": name, "url": f"{root}/sobjects/{name}/describe"} for name in names]
    return answers.Json(answers.encode(found))


def layouts(call: Call) -> Response:
    """The columns in which what is found of each object in `q` is shown."""
    names = [each.strip() for each in parameters.asked(call).get("q", "").split(",") if each.strip()]
    if not 1 <= len(names) <= _LAYOUTS_MAX:
        raise fault("search_parameter_invalid", parameter="q", wanted=f"one to {_LAYOUTS_MAX} objects")
    found = [call.org.search_layout(call.principal, name) for name in names]
    return answers.Json(
        answers.encode(
            [
                {
                    "label": "Search Results",
                    "limitRows": _ROWS,
                    "searchColumns": [asdict(each) for each in layout.columns],
                }
                for layout in found
            ]
        )
    )


def refuse_articles(call: Call) -> Response:
    """Titles of articles and searches for them are of Salesforce Knowledge."""
    raise fault("knowledge_not_enabled")


ROUTES: Final = (
    Route("GET", paths.VERSION + "/search/suggestions", suggest),
    Route("GET", paths.VERSION + "/search/scopeOrder", scope_order),
    Route("GET", paths.VERSION + "/search/layout", layouts),
    Route("GET", paths.VERSION + "/search/suggestTitleMatches", refuse_articles),
    Route("GET", paths.VERSION + "/search/suggestSearchQueries", refuse_articles),
)
