"""Upkeep: what follows where something changes that decides over many: users, roles, groups, rules, defaults.

Small changes are followed at once, in their own transaction; what would take long becomes `work`, and is done
part by part.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from isthmus.kernel.database import Transaction
from isthmus.org.schema.model import Schema
from isthmus.org.schema.tables import quoted
from isthmus.org.security.sharing import grantees, work
from isthmus.org.security.sharing.lists import values_of
from isthmus.org.security.sharing.model import sharing_model
from isthmus.org.security.sharing.rows import ACCOUNT
from isthmus.org.security.sharing.rules import SharingRule, replace_rules
from isthmus.org.security.sharing.shares import AT_ONCE, Shares
from isthmus.org.security.sharing.work import Work

USERS_AT_ONCE: Final = 200
"""Users whose grantees are recalculated with a change, and in one part of a larger one."""
_PART: Final = 500
_EVERYBODY: Final = "*"
"""In `isthmus_sharing_state`: that everybody's grantees have been calculated."""


class Upkeep:
    """What keeps grantees and shares right, in one transaction."""

    def __init__(self, tx: Transaction, schema: Schema, *, instance: str, now: int, user_id: str) -> None:
        self._tx = tx
        self._schema = schema
        self._model = sharing_model(schema)
        self._list = values_of(tx.dialect)
        self._user_id = user_id
        self.shares = Shares(tx, schema, instance=instance, now=now, user_id=user_id)

    # Who stands for whom

    def regroup(self, ids: Collection[str], left: Collection[str] = ()) -> None:
        """Follow a change of these users, roles and groups. `left`: roles that somebody, or something, has
        been below of until now.
        """
        grantees.keep_queues(self._tx)
        users = grantees.concerned(self._tx, ids, left) | self._holders(ids)
        if len(users) > USERS_AT_ONCE:
            work.put(self._tx, self._user_id, work.GRANTEES)
        else:
            self._regroup(users)

    def _regroup(self, users: Iterable[str]) -> None:
        moved = sorted(grantees.recalculate(self._tx, users))
        if not moved:
            return
        rows = self._tx.rows(
            'SELECT DISTINCT "sobject" FROM "isthmus_sharing_rules" WHERE "source_id" IS NOT NULL'
        )
        for sobject in sorted(str(row[0]) for row in rows):
            if sobject in self._model.kept:
                self.shares.refresh_owned(sobject, moved)

    def _holders(self, ids: Collection[str]) -> set[str]:
        """The users who have had these groups until now."""
        rows = self._tx.rows(
            f'SELECT DISTINCT "user_id" FROM "isthmus_grantees" WHERE "grantee_id" IN {self._list} '
            'AND "user_id" IN (SELECT "Id" FROM "User")',
            (json.dumps(sorted(ids)),),
        )
        return {str(row[0]) for row in rows}

    def refresh_accounts_of(self, users: Sequence[str]) -> None:
        """Follow a change of what the role of these users lets owners of accounts do."""
        if users and ACCOUNT in self._model.kept:
            self.shares.refresh_owned(ACCOUNT, users)

    def users_in(self, roles: Collection[str]) -> list[str]:
        """The users who have one of these roles."""
        rows = self._tx.rows(
            f'SELECT "Id" FROM "User" WHERE "UserRoleId" IN {self._list} ORDER BY "Id"',
            (json.dumps(sorted(roles)),),
        )
        return [str(row[0]) for row in rows]

    # Definitions

    def reconcile(self, rules: Iterable[SharingRule] | None = None) -> None:
        """Bring what is shared up to the schema's defaults and to `rules` (None: those that there are)."""
        if not grantees.keeps_grantees(self._schema):
            return
        state = {
            str(row[0]): str(row[1])
            for row in self._tx.rows('SELECT "sobject", "model" FROM "isthmus_sharing_state"')
        }
        if _EVERYBODY not in state:
            self._regroup_all()
        others = set() if rules is None else replace_rules(self._tx, rules)
        wanted = {name: self._model.default(self._schema[name]) for name in self._model.kept}
        for name in state.keys() - wanted.keys() - {_EVERYBODY}:
            self._drop(name)
        for name, default in wanted.items():
            if state.get(name) != default or name in others:
                self.refresh_all(name)
        reached = wanted | {_EVERYBODY: ""}
        if state == reached:
            return  # an org that starts as it ended has nothing to put on disk
        self._tx.execute('DELETE FROM "isthmus_sharing_state"')
        self._tx.execute_many(
            'INSERT INTO "isthmus_sharing_state" ("sobject", "model") VALUES (?, ?)', list(reached.items())
        )

    def refresh_all(self, sobject: str) -> None:
        """Recalculate the shares of all of an object's records."""
        ids = self._page(sobject, "", "", "", AT_ONCE + 1)
        if len(ids) > AT_ONCE:
            work.put(self._tx, self._user_id, work.RECORDS, sobject)
        else:
            self.shares.refresh(sobject, ids)

    def _regroup_all(self) -> None:
        grantees.keep_queues(self._tx)
        users = self._page("User", "", "", "", USERS_AT_ONCE + 1)
        if len(users) > USERS_AT_ONCE:
            work.put(self._tx, self._user_id, work.GRANTEES)
        else:
            self._regroup(users)

    def _drop(self, sobject: str) -> None:
        """An object has become open: its shares go, and what followed from them."""
        if self._schema.find(f"{sobject}Share") is not None:
            work.put(self._tx, self._user_id, work.DROP, sobject)
        if ACCOUNT in self._model.kept and sobject != ACCOUNT:
            self.refresh_all(ACCOUNT)

    # What is left to do

    def advance(self, todo: Work) -> None:
        """Do a part of a piece of work, and note how far it has come."""
        done: list[str] = []
        most = _PART
        if todo.kind == work.GRANTEES:
            most = USERS_AT_ONCE
            done = self._page("User", "", "", todo.position, most)
            self._regroup(done)
        elif todo.kind == work.RECORDS and todo.sobject in self._model.kept:
            done = self._page(todo.sobject, todo.field, todo.value, todo.position, most)
            self.shares.refresh(todo.sobject, done)
        elif todo.kind == work.DROP and todo.sobject not in self._model.kept:
            table = f"{todo.sobject}Share"
            done = self._page(table, "", "", todo.position, most)
            self._tx.execute_many(f'DELETE FROM {quoted(table)} WHERE "Id" = ?', [(each,) for each in done])
        if len(done) < most:
            work.finish(self._tx, todo)
        else:
            work.note(self._tx, todo, done[-1])

    def _page(self, sobject: str, field: str, value: str, after: str, most: int) -> list[str]:
        """Ids of records in their order, those of which the field has the value where one is named."""
        only = f"{quoted(field)} = ? AND " if field else ""
        rows = self._tx.rows(
            f'SELECT "Id" FROM {quoted(sobject)} WHERE {only}"Id" > ? ORDER BY "Id" LIMIT {most}',
            (*([value] if field else []), after),
        )
        return [str(row[0]) for row in rows]


def advance(tx: Transaction, schema: Schema, *, instance: str, now: int) -> bool:
    """Do a part of what waits; returns whether there was anything."""
    todo = work.first(tx)
    if todo is None:
        return False
    Upkeep(tx, schema, instance=instance, now=now, user_id=todo.user_id).advance(todo)
    return True
