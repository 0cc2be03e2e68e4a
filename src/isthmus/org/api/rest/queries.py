"""Queries: SOQL, page by page.

    {"totalSize": 3222, "done": false, "nextRecordsUrl": "/services/data/v65.0/query/0r8…-2000", "records":
    […]}

Source: REST API Developer Guide, "Query", "QueryAll", "Query More Results".
"""

import re
from typing import Final

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import answers, headers, parameters, paths, query_columns
from isthmus.org.api.rest.row_encoder import next_page_url, records_of
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import Explanation, QueryResult

_EXPLAIN: Final = "explain"
_STORED: Final = re.compile(r"00[BO]\w{12}(?:\w{3})?", re.ASCII)
"""The id of a list view or a report, which `explain` takes on the platform."""


async def query(call: Call) -> Response:
    """The first page of the rows that are not deleted; with `explain`, how a query would be run."""
    explained = parameters.asked(call).get(_EXPLAIN)
    if explained is not None:
        return await _explain(call, explained)
    return await _query(call, all_rows=False)


async def query_all(call: Call) -> Response:
    """The first page of all rows, deleted ones among them."""
    return await _query(call, all_rows=True)


async def query_more(call: Call) -> Response:
    """The page at a locator."""
    result = await call.org.query_more(
        call.principal, call.path["locator"], batch_size=headers.batch_size(call)
    )
    return page(call, result)


async def _query(call: Call, all_rows: bool) -> Response:
    asked = parameters.asked(call)
    if _EXPLAIN in asked:
        raise fault("query_parameter_unsupported", parameter=_EXPLAIN)
    if not asked.get("q", "").strip():
        raise fault("query_missing")
    soql, version = asked["q"], call.api_version
    if asked.get("columns", "").lower() == "true":
        shape = call.org.query_shape(call.principal, soql, all_rows=all_rows, api_version=version)
        return answers.Json(answers.encode(query_columns.columns(shape)))
    result = await call.org.query(
        call.principal, soql, all_rows=all_rows, batch_size=headers.batch_size(call), api_version=version
    )
    return page(call, result)


async def _explain(call: Call, soql: str) -> Response:
    """Source: REST API Developer Guide, "Get Feedback on Query Performance"."""
    if _STORED.fullmatch(soql.strip()):
        raise fault("stored_query_unexplained")
    found = await call.org.explain(call.principal, soql, api_version=call.api_version)
    return answers.Json(answers.encode({"plans": plans(found), "sourceQuery": soql}))


def plans(found: Explanation) -> list[dict[str, object]]:
    """What `explain` answers: the ways to run a query, the best first."""
    notes = [
        {
            "description": f"Not considering filter for optimization because {note.reason}",
            "fields": note.fields,
            "tableEnumOrId": note.sobject,
        }
        for note in found.notes
    ]
    return [
        {
            "cardinality": way.cardinality,
            "fields": way.fields,
            "leadingOperationType": way.operation.value,
            "notes": notes,
            "relativeCost": way.cost,
            "sobjectCardinality": found.records,
            "sobjectType": found.sobject,
        }
        for way in found.ways
    ]


def page(call: Call, result: QueryResult) -> Response:
    """One page of a result."""
    if result.locator is None:
        head = b'{"totalSize":%d,"done":true,"records":' % result.total_size
    else:
        url = next_page_url(call.api_version, result.locator).encode()
        head = b'{"totalSize":%d,"done":false,"nextRecordsUrl":"%s","records":' % (result.total_size, url)
    records = records_of(result, call.api_version)
    return answers.Json(b"%s%s}" % (head, answers.encode(records)))


ROUTES: Final = (
    Route("GET", paths.VERSION + "/query", query),
    Route("GET", paths.VERSION + "/queryAll", query_all),
    Route("GET", paths.VERSION + "/query/{locator}", query_more),
    Route("GET", paths.VERSION + "/queryAll/{locator}", query_more),
)
