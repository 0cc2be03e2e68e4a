"""Rows: the share rows that the records of an object should have, by their cause.

Each is asked for a list of records at once, whatever its length. Source: Record-Level Access: Under the Hood
(implicit sharing); Object Reference, AccountShare, UserRole; Salesforce Help, "Sharing Rule Types".
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from isthmus.kernel.database import Connection, Row, Value
from isthmus.org.schema.model import Schema
from isthmus.org.schema.tables import quoted
from isthmus.org.security.sharing.criteria import CriteriaWriter
from isthmus.org.security.sharing.lists import values_of
from isthmus.org.security.sharing.model import Level, ShareTable, sharing_model
from isthmus.org.security.sharing.rules import rules_of

OWNER: Final = "Owner"
MANUAL: Final = "Manual"
RULE: Final = "Rule"
IMPLICIT_PARENT: Final = "ImplicitParent"
IMPLICIT_CHILD: Final = "ImplicitChild"
ACCOUNT: Final = "Account"
OWNERS_SEE_ACCOUNT: Final = ("Contract", "Order")
"""Only who owns one of these, not who else sees it, gets to see its account."""

Wanted: TypeAlias = dict[tuple[str, str], tuple[str, ...]]
"""By record and by whom it is shared with: the level, and of an account the levels below it."""
_RANK: Final = {"None": 0, "Read": 1, "Edit": 2, "All": 3}
_ACCESS_FOR_OWNER: Final = {
    each: f"{each}AccessForAccountOwner" for each in ("Contact", "Opportunity", "Case")
}


class WantedRows:
    """What should be there, as it follows from the records, the roles, the rules and the other shares."""

    def __init__(self, connection: Connection, schema: Schema) -> None:
        self._connection = connection
        self._schema = schema
        self._model = sharing_model(schema)
        self._list = values_of(connection.dialect)

    def of(self, cause: str) -> Callable[[ShareTable, Sequence[str]], Wanted]:
        """What makes the rows of a cause."""
        return {
            OWNER: self._owners,
            RULE: self._rules,
            IMPLICIT_PARENT: self._parents,
            IMPLICIT_CHILD: self._children,
        }[cause]

    def accounts_share(self) -> bool:
        """Whether who sees a record that belongs to an account gets to see the account by that."""
        account = self._schema.find(ACCOUNT)
        return account is not None and ACCOUNT in self._model.kept and self._is_private(ACCOUNT)

    def _owners(self, table: ShareTable, ids: Sequence[str]) -> Wanted:
        """The owner may do all; with an account, what the owner's role says of the records below it."""
        if not table.below:
            sql = f'SELECT r."Id", r."OwnerId" FROM {quoted(table.sobject)} r WHERE r."Id" IN {self._list}'
            return _merged((row[0], row[1], ("All",)) for row in self._rows(sql, ids) if row[1])
        access = ", ".join(f"o.{quoted(_ACCESS_FOR_OWNER[child])}" for child, _ in table.below)
        sql = (
            f'SELECT r."Id", r."OwnerId", {access} FROM {quoted(table.sobject)} r '
            'LEFT JOIN "User" u ON u."Id" = r."OwnerId" LEFT JOIN "UserRole" o ON o."Id" = u."UserRoleId" '
            f'WHERE r."Id" IN {self._list}'
        )
        return _merged(
            (row[0], row[1], ("All", *(str(each or "None") for each in row[2:])))
            for row in self._rows(sql, ids)
            if row[1]
        )

    def _rules(self, table: ShareTable, ids: Sequence[str]) -> Wanted:
        rules = rules_of(self._connection, table.sobject)
        found: list[tuple[Value, Value, tuple[str, ...]]] = []
        name = quoted(table.sobject)
        if any(each.source_id is not None for each in rules):
            sql = (
                f'SELECT r."Id", x."target_id", x."levels" FROM {name} r '
                'JOIN "isthmus_grantees" m ON m."user_id" = r."OwnerId" AND m."own" = 1 '
                'JOIN "isthmus_sharing_rules" x ON x."source_id" = m."grantee_id" AND x."sobject" = ? '
                f'WHERE r."Id" IN {self._list}'
            )
            rows = self._connection.rows(sql, (table.sobject, json.dumps(ids)))
            found += [(row[0], row[1], tuple(str(row[2]).split(","))) for row in rows]
        for rule in rules:
            if rule.criteria is None:
                continue
            writer = CriteriaWriter(self._schema[table.sobject], "r")
            condition = writer.write(rule.criteria)
            sql = f'SELECT r."Id" FROM {name} r WHERE r."Id" IN {self._list} AND {condition}'
            rows = self._connection.rows(sql, (json.dumps(ids), *writer.parameters))
            found += [(row[0], rule.target_id, rule.levels) for row in rows]
        return _merged(found)

    def _parents(self, table: ShareTable, ids: Sequence[str]) -> Wanted:
        """Who sees a contact, an opportunity or a case sees its account; so does a contract's owner."""
        if not self.accounts_share():
            return {}
        read = ("Read", *("None" for _ in table.below))
        found: list[Row] = []
        for child in self._model.below_accounts:
            if not self._is_private(child):
                continue
            shares = self._model.kept[child]
            sql = (
                f'SELECT DISTINCT c."AccountId", s."UserOrGroupId" FROM {quoted(child)} c '
                f'JOIN {quoted(shares.name)} s ON s.{quoted(shares.record)} = c."Id" '
                f'WHERE c."AccountId" IN {self._list} AND c."IsDeleted" = 0 '
                f"AND s.\"RowCause\" <> '{IMPLICIT_CHILD}'"
            )
            found += self._rows(sql, ids)
        for owned in OWNERS_SEE_ACCOUNT:
            sobject = self._schema.find(owned)
            if sobject is not None and sobject.field("AccountId") and sobject.field("OwnerId"):
                sql = (
                    f'SELECT DISTINCT c."AccountId", c."OwnerId" FROM {quoted(owned)} c '
                    f'WHERE c."AccountId" IN {self._list} AND c."IsDeleted" = 0'
                )
                found += self._rows(sql, ids)
        return _merged((row[0], row[1], read) for row in found if row[1])

    def _children(self, table: ShareTable, ids: Sequence[str]) -> Wanted:
        """Who has an account has of its contacts, opportunities and cases what the account's share says."""
        accounts = self._model.kept.get(ACCOUNT)
        level = None if accounts is None else dict(accounts.below).get(table.sobject)
        if accounts is None or level is None:
            return {}
        sql = (
            f'SELECT c."Id", s."UserOrGroupId", s.{quoted(level)} FROM {quoted(table.sobject)} c '
            f'JOIN {quoted(accounts.name)} s ON s.{quoted(accounts.record)} = c."AccountId" '
            f"WHERE c.\"Id\" IN {self._list} AND s.{quoted(level)} IN ('Read', 'Edit') "
            f"AND s.\"RowCause\" <> '{IMPLICIT_PARENT}'"
        )
        return _merged((row[0], row[1], (str(row[2]),)) for row in self._rows(sql, ids))

    def _is_private(self, name: str) -> bool:
        return self._model.of(self._schema[name]).open < Level.READ

    def _rows(self, sql: str, ids: Sequence[str]) -> list[Row]:
        return self._connection.rows(sql, (json.dumps(ids),))


def _merged(found: Iterable[tuple[Value, Value, tuple[str, ...]]]) -> Wanted:
    """One row for each record and grantee, with the highest of the levels found."""
    wanted: Wanted = {}
    for record, grantee, levels in found:
        key = (str(record), str(grantee))
        known = wanted.get(key)
        wanted[key] = levels if known is None else tuple(map(_higher, known, levels))
    return wanted


def _higher(one: str, other: str) -> str:
    return one if _RANK[one] >= _RANK[other] else other
