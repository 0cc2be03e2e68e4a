"""Shares: keeps the share rows of records what they should be, in the transaction that changes something.

What touches many records is not done at once: it becomes work (see `work`). The rows of a cause are brought
to what they should be for a list of records at a time; where they are right already, nothing is written.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from isthmus.kernel.database import Transaction, Value
from isthmus.kernel.ids import record_id
from isthmus.org.schema.instants import whole_second
from isthmus.org.schema.model import Schema
from isthmus.org.schema.tables import has_shadow, quoted, shadow_name
from isthmus.org.schema.values import fold
from isthmus.org.security.sharing import work
from isthmus.org.security.sharing.lists import values_of
from isthmus.org.security.sharing.model import ShareTable, sharing_model
from isthmus.org.security.sharing.rows import (
    ACCOUNT,
    IMPLICIT_CHILD,
    IMPLICIT_PARENT,
    MANUAL,
    OWNER,
    RULE,
    Wanted,
    WantedRows,
)

AT_ONCE: Final = 2_000
"""Records beyond those of a save that are recalculated with it; of more, the rest is left to `work`."""
_PART: Final = 500


class Shares:
    """The shares of one schema's objects, in one transaction. `user_id` is who changes something."""

    def __init__(self, tx: Transaction, schema: Schema, *, instance: str, now: int, user_id: str) -> None:
        self._tx = tx
        self._schema = schema
        self._instance = instance
        self._stamp = whole_second(now)
        self._user_id = user_id
        self._model = sharing_model(schema)
        self._wanted = WantedRows(tx, schema)
        self._list = values_of(tx.dialect)

    def own(self, sobject: str, ids: Sequence[str], *, new: bool = False) -> None:
        """Let the owners of these records have them. `new`: nobody has had them before."""
        self._bring(self._model.kept[sobject], OWNER, ids, new=new)

    def forget_manual(self, sobject: str, ids: Sequence[str]) -> None:
        """Drop what was shared by hand: another owner decides anew.

        Source: Apex Developer Guide, Understanding Sharing (manual sharing).
        """
        table = self._model.kept[sobject]
        self._tx.execute(
            f"DELETE FROM {quoted(table.name)} WHERE {quoted(table.record)} IN {self._list} "
            'AND "RowCause" = ?',
            (json.dumps(ids), MANUAL),
        )

    def refresh(
        self, sobject: str, ids: Sequence[str], accounts: Iterable[str] = (), *, owned: bool = False
    ) -> None:
        """Recalculate all shares of these records, and what follows from them. `accounts`: those to which
        they belonged before. `owned`: their owners have them already.
        """
        table = self._model.kept.get(sobject)
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            if table is not None:
                if not owned:
                    self._bring(table, OWNER, part)
                self._bring(table, RULE, part)
                if sobject == ACCOUNT:
                    self._bring(table, IMPLICIT_PARENT, part)
                    self.refresh_below(part)
                elif sobject in self._model.below_accounts:
                    self._bring(table, IMPLICIT_CHILD, part)
            if sobject != ACCOUNT:
                self.refresh_above(sobject, part)
        self._refresh_accounts(accounts)

    def refresh_above(self, sobject: str, ids: Sequence[str]) -> None:
        """Recalculate who sees the accounts of these records because of them."""
        found = self._schema.find(sobject)
        if found is None or found.field("AccountId") is None or not self._wanted.accounts_share():
            return
        sql = f'SELECT DISTINCT "AccountId" FROM {quoted(sobject)} WHERE "Id" IN {self._list}'
        self._refresh_accounts(str(row[0]) for row in self._tx.rows(sql, (json.dumps(ids),)) if row[0])

    def refresh_below(self, accounts: Sequence[str]) -> None:
        """Recalculate what who has these accounts has of the records that belong to them."""
        for child in self._model.below_accounts:
            ids = self.find(child, "AccountId", accounts, AT_ONCE + 1)
            if len(ids) > AT_ONCE:
                for each in accounts:
                    work.put(self._tx, self._user_id, work.RECORDS, child, "AccountId", each)
                continue
            for start in range(0, len(ids), _PART):
                self._bring(self._model.kept[child], IMPLICIT_CHILD, ids[start : start + _PART])

    def refresh_owned(self, sobject: str, owners: Sequence[str]) -> None:
        """Recalculate the records of these owners: what the owners are in, or their role, has changed."""
        ids = self.find(sobject, "OwnerId", owners, AT_ONCE + 1)
        if len(ids) <= AT_ONCE:
            self.refresh(sobject, ids)
            return
        for each in owners:
            work.put(self._tx, self._user_id, work.RECORDS, sobject, "OwnerId", each)

    def find(self, sobject: str, field: str, values: Sequence[str], most: int) -> list[str]:
        """At most so many records whose field has one of the values."""
        sql = (
            f'SELECT "Id" FROM {quoted(sobject)} WHERE {quoted(field)} IN {self._list} ORDER BY "Id" LIMIT ?'
        )
        return [str(row[0]) for row in self._tx.rows(sql, (json.dumps(values), most))]

    def forget_grantees(self, ids: Sequence[str]) -> None:
        """Drop what was shared with groups that are gone."""
        for table in self._model.kept.values():
            self._tx.execute(
                f'DELETE FROM {quoted(table.name)} WHERE "UserOrGroupId" IN {self._list}', (json.dumps(ids),)
            )

    def _refresh_accounts(self, accounts: Iterable[str]) -> None:
        found = sorted(set(accounts))
        if found and self._wanted.accounts_share():
            for start in range(0, len(found), _PART):
                self._bring(self._model.kept[ACCOUNT], IMPLICIT_PARENT, found[start : start + _PART])

    def _bring(self, table: ShareTable, cause: str, ids: Sequence[str], *, new: bool = False) -> None:
        """Make the rows of a cause what they should be for these records."""
        wanted = self._wanted.of(cause)(table, ids)
        there: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}
        double: list[str] = []
        for row_id, record, grantee, *levels in () if new else self._there(table, cause, ids):
            key = (str(record), str(grantee))
            if key in there:
                double.append(str(row_id))
            there.setdefault(key, (str(row_id), tuple(map(str, levels))))
        gone = [row_id for key, (row_id, _) in there.items() if key not in wanted]
        changed = [
            (levels, there[key][0])
            for key, levels in wanted.items()
            if key in there and there[key][1] != levels
        ]
        self._tx.execute_many(
            f'DELETE FROM {quoted(table.name)} WHERE "Id" = ?', [(each,) for each in (*gone, *double)]
        )
        self._change(table, changed)
        self._insert(table, cause, {key: levels for key, levels in wanted.items() if key not in there})

    def _there(self, table: ShareTable, cause: str, ids: Sequence[str]) -> list[tuple[Value, ...]]:
        levels = ", ".join(f"COALESCE({quoted(each)}, 'None')" for each in table.levels)
        return self._tx.rows(
            f'SELECT "Id", {quoted(table.record)}, "UserOrGroupId", {levels} FROM {quoted(table.name)} '
            f'WHERE {quoted(table.record)} IN {self._list} AND "RowCause" = ?',
            (json.dumps(ids), cause),
        )

    def _change(self, table: ShareTable, rows: list[tuple[tuple[str, ...], str]]) -> None:
        columns = self._with_shadows(table, table.levels)
        sets = ", ".join(f"{quoted(each)} = ?" for each in columns)
        self._tx.execute_many(
            f'UPDATE {quoted(table.name)} SET {sets}, "LastModifiedDate" = ?, "LastModifiedById" = ? '
            'WHERE "Id" = ?',
            [
                (*self._folded(table, table.levels, levels), self._stamp, self._user_id, row_id)
                for levels, row_id in rows
            ],
        )

    def _insert(self, table: ShareTable, cause: str, rows: Wanted) -> None:
        if not rows:
            return
        prefix = self._schema[table.name].key_prefix or "000"
        first = self._tx.next_in_sequence(f"id:{prefix}", len(rows))
        texts = ("RowCause", *table.levels)
        names = ("Id", table.record, "UserOrGroupId", *self._with_shadows(table, texts))
        columns = ", ".join(map(quoted, (*names, "LastModifiedDate", "LastModifiedById")))
        marks = ", ".join("?" * (len(names) + 2))
        self._tx.execute_many(
            f"INSERT INTO {quoted(table.name)} ({columns}) VALUES ({marks})",
            [
                (
                    record_id(prefix, self._instance, number),
                    *key,
                    *self._folded(table, texts, (cause, *levels)),
                    self._stamp,
                    self._user_id,
                )
                for number, (key, levels) in enumerate(rows.items(), first)
            ],
        )

    def _with_shadows(self, table: ShareTable, names: Sequence[str]) -> list[str]:
        return [each for name in names for each in (name, *self._shadow(table, name))]

    def _shadow(self, table: ShareTable, name: str) -> tuple[str, ...]:
        field = self._schema[table.name].field(name)
        return (shadow_name(field),) if field is not None and has_shadow(field) else ()

    def _folded(self, table: ShareTable, names: Sequence[str], values: Sequence[str]) -> list[Value]:
        """The values, each followed by what its shadow column holds."""
        found: list[Value] = []
        for name, value in zip(names, values, strict=True):
            found.append(value)
            found += [fold(value) for _ in self._shadow(table, name)]
        return found
