"""Trees: sObject Tree. Records with those below them, in one request; all are made, or none.

    POST /composite/tree/Account
    {"records": [{"attributes": {"type": "Account", "referenceId": "a"}, "Name": "Acme",
                  "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "b"}, …}]}}]}
    → {"hasErrors": false, "results": [{"referenceId": "a", "id": "001…"}, …]}

Source: REST API Developer Guide, "sObject Tree".
"""

from typing import Any, Final, TypeGuard

from starlette.responses import Response

from isthmus.kernel.errors import fault
from isthmus.org.api.rest import answers, headers, json_body, json_problems, paths
from isthmus.org.api.rest.collections import RECORDS_MAX
from isthmus.org.api.routing import Call, Route
from isthmus.org.org import Tree


async def create(call: Call) -> Response:
    """201 with the ids; 400 with what is wrong with which records, and nothing is made.

    Faults: those of a body that is not so, `tree_reference_missing`, `too_many_records`,
    `tree_limit_exceeded`.
    """
    sobject = paths.sobject_of(call)
    body = await json_body.record(call)
    if not _holds_records(body):
        raise json_problems.wrong_type(
            call.body, "list of sobjects", "records" if "records" in body else None
        )
    trees = [_tree(each) for each in body["records"]]
    if sum(1 for tree in trees for _ in tree.all()) > RECORDS_MAX:
        raise fault("too_many_records", maximum=RECORDS_MAX)
    results = await call.org.insert_trees(
        call.principal, sobject.name, trees, options=headers.save_options(call)
    )
    failed = any(not result.success for _, result in results)
    told = [
        {"referenceId": reference, "errors": [answers.result_item(each) for each in result.errors]}
        if failed
        else {"referenceId": reference, "id": result.id}
        for reference, result in results
    ]
    return answers.Json(answers.encode({"hasErrors": failed, "results": told}), 400 if failed else 201)


def _tree(record: dict[str, Any]) -> Tree:
    attributes = record.get("attributes")
    named = attributes if isinstance(attributes, dict) else {}
    reference = named.get("referenceId")
    if not isinstance(reference, str) or not reference:
        raise fault("tree_reference_missing")
    below = {
        name: tuple(map(_tree, value["records"])) for name, value in record.items() if _holds_records(value)
    }
    values = {name: value for name, value in record.items() if name != "attributes" and name not in below}
    return Tree(reference, str(named.get("type")), values, below)


def _holds_records(value: object) -> TypeGuard[dict[str, Any]]:
    if not isinstance(value, dict):
        return False
    records = value.get("records")
    return isinstance(records, list) and all(isinstance(each, dict) for each in records)


ROUTES: Final = (Route("POST", paths.VERSION + "/composite/tree/{sobject}", create),)
