"""Search: SOSL statements over HTTP.

    {"searchRecords": [{"attributes": {"type": "Account", "url": "/services/data/v65.0/sobjects/Account/001…"}
    , "Id": "001…"}]}

Clients before 37.0 get the list itself. Source: REST API Developer Guide, "Search", "Search for a String";
the older form is recorded.
"""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import answers, parameters, paths
from isthmus.org.api.rest.row_encoder import Record, records_of
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import Children, Item, Parent, QueryResult, SearchResult, Typeof

_AN_OBJECT_SINCE: Final = 37


async def search(call: Call) -> Response:
    """What the statement in `q` finds."""
    asked = parameters.asked(call)
    if not asked.get("q", "").strip():
        raise fault("search_term_missing")
    return answer(call, await call.org.search(call.principal, asked["q"], api_version=call.api_version))


def answer(call: Call, result: SearchResult) -> Response:
    """The records of a result, and what their fields are called where that is asked for."""
    version = call.api_version
    records = [record for each in result.found for record in records_of(each, version)]
    _mark(records, result)
    if version < _AN_OBJECT_SINCE:
        return answers.Json(answers.encode(records))
    body: dict[str, Any] = {"searchRecords": records}
    if result.labels:
        entities = [_entity(each) for each in result.found if each.rows]
        body["metadata"] = {"entityMetadata": entities}
    return answers.Json(answers.encode(body))


def _mark(records: Sequence[Record], result: SearchResult) -> None:
    """Put what is highlighted beside the fields of its record: `highlight.Name`."""
    start = 0
    for found, marked in zip(result.found, result.highlights, strict=False):
        for record, texts in zip(records[start:], marked, strict=False):
            record.update((f"highlight.{name}", text) for name, text in texts.items())
        start += len(found.rows)


def _entity(found: QueryResult) -> dict[str, Any]:
    shape = found.shape
    fields = [told for item in shape.items for told in _fields(item, "")]
    return {"entityName": shape.sobject.name, "fieldMetadata": fields}


def _fields(item: Item, above: str) -> list[dict[str, str]]:
    if isinstance(item, Parent | Typeof | Children):
        return [told for each in item.shape.items for told in _fields(each, f"{above}{item.key}.")]
    return [{"name": f"{above}{item.key}", "label": item.field.label}]


ROUTES: Final = (Route("GET", paths.VERSION + "/search", search),)
