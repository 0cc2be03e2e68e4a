"""Wires: the ways by which a client can ask for the same thing. A new wire is a class here, and a line in
`WIRES`.

Each answers in the same words, an `Outcome`; how it renders them is its own conformance's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote

from tests.unit.org.api.serving import Answer, Served

from isthmus.kernel.errors import Fault
from isthmus.org.org import SaveResult
from isthmus.org.security.principal import Principal

Record = Mapping[str, object]
Problem = tuple[str, str, tuple[str, ...]]
"""Code, message, fields."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a client learns: the record's id if there is one, whether it is new, what is wrong."""

    id: str | None = None
    created: bool = False
    problems: tuple[Problem, ...] = ()


class Wire(Protocol):
    """One way to ask. `served` is a running org with a client that is logged in."""

    async def insert(self, served: Served, sobject: str, record: Record) -> Outcome: ...

    async def update(self, served: Served, sobject: str, record_id: str, record: Record) -> Outcome: ...

    async def upsert(
        self, served: Served, sobject: str, field: str, value: str, record: Record
    ) -> Outcome: ...

    async def delete(self, served: Served, sobject: str, record_id: str) -> Outcome: ...


class Facade:
    """The façade itself: what every wire must come to."""

    async def insert(self, served: Served, sobject: str, record: Record) -> Outcome:
        [result] = await served.org.insert(await _user(served), sobject, [record])
        return _saved(result)

    async def update(self, served: Served, sobject: str, record_id: str, record: Record) -> Outcome:
        [result] = await served.org.update(await _user(served), sobject, [{**record, "Id": record_id}])
        return _saved(result)

    async def upsert(self, served: Served, sobject: str, field: str, value: str, record: Record) -> Outcome:
        try:
            [result] = await served.org.upsert(
                await _user(served), sobject, field, [{**record, field: value}]
            )
        except Fault as problem:
            return Outcome(problems=((problem.code, problem.message, problem.fields or ()),))
        return _saved(result)

    async def delete(self, served: Served, sobject: str, record_id: str) -> Outcome:
        [result] = await served.org.delete(await _user(served), sobject, [record_id])
        return _saved(result)


async def _user(served: Served) -> Principal:
    return await served.org.identity.authenticate(served.token)


def _saved(result: SaveResult) -> Outcome:
    if result.errors:
        return Outcome(problems=tuple((each.code, each.message, each.fields) for each in result.errors))
    return Outcome(result.id, result.created)


class Rest:
    """sObject Rows and sObject Rows by External ID."""

    async def insert(self, served: Served, sobject: str, record: Record) -> Outcome:
        return _answered(await served.ask("POST", f"/sobjects/{sobject}", dict(record)))

    async def update(self, served: Served, sobject: str, record_id: str, record: Record) -> Outcome:
        answer = await served.ask("PATCH", f"/sobjects/{sobject}/{record_id}", dict(record))
        return _answered(answer, record_id)

    async def upsert(self, served: Served, sobject: str, field: str, value: str, record: Record) -> Outcome:
        path = f"/sobjects/{sobject}/{field}/{quote(value, safe='')}"
        return _answered(await served.ask("PATCH", path, dict(record)))

    async def delete(self, served: Served, sobject: str, record_id: str) -> Outcome:
        return _answered(await served.ask("DELETE", f"/sobjects/{sobject}/{record_id}"), record_id)


def _answered(answer: Answer, known: str | None = None) -> Outcome:
    if answer.status == 204:
        return Outcome(known)
    if answer.status < 300:
        return Outcome(answer.json["id"], answer.status == 201)
    return Outcome(
        problems=tuple(
            (each["errorCode"], each["message"], tuple(each.get("fields", ()))) for each in answer.json
        )
    )


class Collections:
    """sObject Collections, of one record."""

    async def insert(self, served: Served, sobject: str, record: Record) -> Outcome:
        return await self._saved(served, "POST", "", _typed(sobject, record), created=True)

    async def update(self, served: Served, sobject: str, record_id: str, record: Record) -> Outcome:
        return await self._saved(served, "PATCH", "", _typed(sobject, record) | {"id": record_id})

    async def upsert(self, served: Served, sobject: str, field: str, value: str, record: Record) -> Outcome:
        path = f"/{sobject}/{field}"
        return await self._saved(served, "PATCH", path, _typed(sobject, record) | {field: value})

    async def delete(self, served: Served, sobject: str, record_id: str) -> Outcome:
        return _listed(await served.ask("DELETE", f"/composite/sobjects?ids={record_id}"))

    async def _saved(
        self, served: Served, method: str, path: str, record: Record, *, created: bool = False
    ) -> Outcome:
        body = {"allOrNone": False, "records": [record]}
        return _listed(await served.ask(method, f"/composite/sobjects{path}", body), created=created)


def _typed(sobject: str, record: Record) -> dict[str, object]:
    return {"attributes": {"type": sobject}, **record}


def _listed(answer: Answer, *, created: bool = False) -> Outcome:
    if answer.status != 200:
        return _answered(answer)
    [result] = answer.json
    if result["success"]:
        return Outcome(result["id"], result.get("created", created))
    return Outcome(
        problems=tuple(
            (each["statusCode"], each["message"], tuple(each["fields"])) for each in result["errors"]
        )
    )


REFERENCE: Final[Wire] = Facade()
WIRES: Final[Mapping[str, Wire]] = {"rest": Rest(), "collections": Collections()}
