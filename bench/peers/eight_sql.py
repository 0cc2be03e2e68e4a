"""Peer: eight typical queries as one would write them by hand. SQL with the sharing predicate, msgspec.

A contact is seen by who sees its account; one without an account by its owner. Of the forms of the predicate
each query keeps the quickest.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from bench.peers.shared_sql import FORMS

from isthmus.kernel.database import Connection, Row, Value

Record: TypeAlias = dict[str, Any]
_encode = msgspec.json.Encoder().encode
_PARENT: Final = '"Contact" AS c LEFT JOIN "Account" AS a ON a."Id" = c."AccountId"'
_CONTACT: Final = 'c."Id", c."LastName", c."Email", c."AccountId"'


class EightByHand:
    """One user's queries. `values` are what the texts' names stand for."""

    def __init__(self, connection: Connection, values: Mapping[str, Value]) -> None:
        self._connection = connection
        self._values = dict(values)
        self._forms = {name: self._quickest(name) for name in QUERIES}

    def answer(self, connection: Connection, name: str) -> bytes:
        """A query's answer."""
        self._connection = connection
        return QUERIES[name](self, self._forms[name])

    def _quickest(self, name: str) -> str:
        return min(FORMS, key=lambda form: self._seconds(QUERIES[name], form))

    def _seconds(self, query: "Query", form: str) -> float:
        query(self, form)
        started = time.perf_counter()
        query(self, form)
        return time.perf_counter() - started

    def rows(self, sql: str, form: str, **more: Value) -> list[Row]:
        """What a text gives. In it `{account}` and `{contact}` say that such a row is seen, and `{employee}`
        that a contact with an account is.
        """
        contact = form.replace('t."Id"', 'c."AccountId"')
        either = f'({contact} OR (c."AccountId" IS NULL AND c."OwnerId" = :user))'
        text = sql.format(account=form, contact=either, employee=contact)
        found: list[Row] = self._connection.rows(text, self._values | more)  # type: ignore[arg-type] # named
        return found

    def record(self, form: str) -> bytes:
        """A contact with its account."""
        rows = self.rows(
            f'SELECT {_CONTACT}, a."Name", a."Industry" FROM {_PARENT} '
            'WHERE c."Id" = :contact AND c."IsDeleted" = 0 AND {contact}',
            form,
        )
        return _body([_with_account(row) for row in rows])

    def list_view(self, form: str) -> bytes:
        """The first accounts of an industry by name."""
        rows = self.rows(
            'SELECT t."Id", t."Name", t."Industry", t."AnnualRevenue" FROM "Account" AS t '
            'WHERE t."IsDeleted" = 0 AND t."Industry~" = :industry AND {account} '
            'ORDER BY t."Name~", t."Id" LIMIT 50',
            form,
        )
        return _body([_account(row, ("Id", "Name", "Industry", "AnnualRevenue")) for row in rows])

    def changed(self, form: str) -> bytes:
        """The contacts that changed within some hours."""
        rows = self.rows(
            f'SELECT {_CONTACT} FROM "Contact" AS c WHERE c."IsDeleted" = 0 AND c."SystemModstamp" >= :first '
            'AND c."SystemModstamp" < :last AND {contact} ORDER BY +c."Id"',
            form,
        )
        return _body(list(map(_contact, rows)))

    def children(self, form: str) -> bytes:
        """The first accounts by name, each with its contacts."""
        rows = self.rows(
            'SELECT t."Id", t."Name" FROM "Account" AS t WHERE t."IsDeleted" = 0 AND {account} '
            'ORDER BY t."Name~", t."Id" LIMIT 200',
            form,
        )
        people = self.rows(
            f'SELECT {_CONTACT} FROM "Contact" AS c WHERE c."IsDeleted" = 0 AND {{employee}} '
            'AND c."AccountId" IN (SELECT value FROM json_each(:parents)) ORDER BY c."Id"',
            form,
            parents=_encode([row[0] for row in rows]).decode(),
        )
        found: dict[Value, list[Record]] = {}
        for row in people:
            found.setdefault(row[3], []).append(_contact(row))
        answers = []
        for row in rows:
            account = _account(row, ("Id", "Name"))
            contacts = found.get(row[0])
            account["Contacts"] = contacts and {"totalSize": len(contacts), "done": True, "records": contacts}
            answers.append(account)
        return _body(answers)

    def parents(self, form: str) -> bytes:
        """The first contacts by name whose account is of an industry."""
        rows = self.rows(
            f'SELECT {_CONTACT}, a."Name", a."Industry" FROM {_PARENT} WHERE c."IsDeleted" = 0 AND '
            'a."Industry~" = :industry AND {employee} ORDER BY c."LastName~", c."Id" LIMIT 200',
            form,
        )
        return _body([_with_account(row) for row in rows])

    def prefix(self, form: str) -> bytes:
        """The contacts whose names begin alike."""
        rows = self.rows(
            f'SELECT {_CONTACT} FROM "Contact" AS c WHERE c."IsDeleted" = 0 AND c."Name~" >= :begins AND '
            'c."Name~" < :ends AND {contact} ORDER BY +c."Id"',
            form,
        )
        return _body(list(map(_contact, rows)))

    def semi_join(self, form: str) -> bytes:
        """The accounts that have a contact whose name begins so."""
        rows = self.rows(
            'SELECT t."Id", t."Name" FROM "Account" AS t WHERE t."IsDeleted" = 0 AND {account} AND t."Id" IN '
            '(SELECT c."AccountId" FROM "Contact" AS c WHERE c."IsDeleted" = 0 AND c."Name~" >= :begins AND '
            'c."Name~" < :ends AND {employee}) ORDER BY t."Id"',
            form,
        )
        return _body([_account(row, ("Id", "Name")) for row in rows])

    def groups(self, form: str) -> bytes:
        """How many contacts there are by their accounts' industry."""
        rows = self.rows(
            f'SELECT a."Industry", COUNT(c."Id") FROM {_PARENT} WHERE c."IsDeleted" = 0 AND {{contact}} '
            'GROUP BY a."Industry~" ORDER BY a."Industry~"',
            form,
        )
        attributes = {"type": "AggregateResult"}
        return _body([{"attributes": attributes, "Industry": row[0], "n": row[1]} for row in rows])


Query: TypeAlias = Callable[[EightByHand, str], bytes]
QUERIES: Final[Mapping[str, Query]] = {
    "record": EightByHand.record,
    "list view": EightByHand.list_view,
    "changed": EightByHand.changed,
    "children": EightByHand.children,
    "parents": EightByHand.parents,
    "prefix": EightByHand.prefix,
    "semi-join": EightByHand.semi_join,
    "groups": EightByHand.groups,
}


def _contact(row: Row) -> Record:
    url = f"/services/data/v65.0/sobjects/Contact/{row[0]}"
    return {
        "attributes": {"type": "Contact", "url": url},
        "Id": row[0],
        "LastName": row[1],
        "Email": row[2],
        "AccountId": row[3],
    }


def _with_account(row: Row) -> Record:
    account = _account((row[3], row[4], row[5]), ("Id", "Name", "Industry"))
    del account["Id"]
    return _contact(row) | {"Account": account}


def _account(row: Row, keys: tuple[str, ...]) -> Record:
    url = f"/services/data/v65.0/sobjects/Account/{row[0]}"
    return {"attributes": {"type": "Account", "url": url}} | dict(zip(keys, row, strict=True))


def _body(found: list[Record]) -> bytes:
    return _encode({"totalSize": len(found), "done": True, "records": found})
