"""Saves: the face of the org that writes. Each call is on disk when it returns."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from isthmus.kernel.database import Transaction, UniqueViolation
from isthmus.org.events.publishing import Publication
from isthmus.org.org.audit_lines import Line
from isthmus.org.org.login_book import FOLLOWED
from isthmus.org.org.running import Running
from isthmus.org.org.setup_audit import AUDITED
from isthmus.org.org.state import OrgState
from isthmus.org.save.requests import BATCH, Record
from isthmus.org.save.result import SaveOptions, SaveResult
from isthmus.org.save.sharing import upkeep_of
from isthmus.org.save.trees import Tree, TreesFailed
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.model import Schema
from isthmus.org.search.upkeep import reconcile
from isthmus.org.security.principal import Principal
from isthmus.org.security.rights.directory import GRANTING, count_change

T = TypeVar("T")
DEFAULT_OPTIONS: Final = SaveOptions()
_TRIES: Final = 3
"""So often a transaction is run because another writer was quicker with a unique value (PostgreSQL)."""


class SaveFace(OrgState):
    """Inserts, updates, upserts, deletes, undeletes, and transactions of several of them."""

    async def insert(
        self,
        principal: Principal,
        sobject: str | None,
        records: Sequence[Record],
        *,
        all_or_none: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Create records; without `sobject`, each says its own in `attributes`.

        Faults: `resource_not_found` (there is no such object), `cannot_save_here`.
        """
        return await self._in_batches(
            principal,
            records,
            all_or_none,
            options,
            lambda running, some: running.insert(sobject, some, all_or_none=all_or_none),
        )

    async def insert_trees(
        self,
        principal: Principal,
        sobject: str,
        trees: Sequence[Tree],
        *,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[tuple[str, SaveResult]]:
        """Create records with those below them, all or none; returns the results by reference: of all, or,
        where some failed, of these.

        Faults: those of `insert`, `tree_limit_exceeded`.
        """
        try:
            return await self.transaction(
                principal, lambda running: running.insert_trees(sobject, trees), options=options
            )
        except TreesFailed as problem:
            return problem.failed

    async def update(
        self,
        principal: Principal,
        sobject: str | None,
        records: Sequence[Record],
        *,
        all_or_none: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Change records; each carries its `Id`. Without `sobject`, `attributes` or the id says it."""
        return await self._in_batches(
            principal,
            records,
            all_or_none,
            options,
            lambda running, some: running.update(sobject, some, all_or_none=all_or_none),
        )

    async def upsert(
        self,
        principal: Principal,
        sobject: str,
        external_id_field: str,
        records: Sequence[Record],
        *,
        all_or_none: bool = False,
        update_only: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Create or change records by an external id field, or by `Id`. `update_only` never creates.

        A value that several records have is an error of its row, and `matches` there names them. Faults as
        for `insert`, and `external_id_field_not_found`.
        """
        return await self._in_batches(
            principal,
            records,
            all_or_none,
            options,
            lambda running, some: running.upsert(
                sobject, external_id_field, some, all_or_none=all_or_none, update_only=update_only
            ),
        )

    async def delete(
        self,
        principal: Principal,
        sobject: str | None,
        ids: Sequence[str],
        *,
        all_or_none: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> list[SaveResult]:
        """Move records, and what they take with them, to the recycle bin; without `sobject`, of any
        object.
        """
        return await self._in_batches(
            principal,
            ids,
            all_or_none,
            options,
            lambda running, some: running.delete(sobject, some, all_or_none=all_or_none),
        )

    async def undelete(
        self, principal: Principal, ids: Sequence[str], *, all_or_none: bool = False
    ) -> list[SaveResult]:
        """Bring records back from the recycle bin, with what went with them."""
        return await self._in_batches(
            principal,
            ids,
            all_or_none,
            DEFAULT_OPTIONS,
            lambda running, some: running.undelete(some, all_or_none=all_or_none),
        )

    async def empty_recycle_bin(self, principal: Principal, ids: Sequence[str]) -> list[SaveResult]:
        """Give up deleted records for good."""
        return await self.transaction(principal, lambda running: running.empty_recycle_bin(ids))

    async def transaction(
        self,
        principal: Principal,
        work: Callable[[Running], T],
        *,
        options: SaveOptions = DEFAULT_OPTIONS,
    ) -> T:
        """Run `work`, a synchronous function, as one platform transaction; an exception of it undoes
        everything.

        Fault: `request_timeout`, where it takes longer than a request may.
        """
        run = self._running(work)
        publication = Publication(self._publishing.allowances)

        def unit_of_work(tx: Transaction, last_try: bool) -> T:
            return self._saves.transaction(
                tx,
                self.schema,
                principal,
                run,
                options=options,
                last_try=last_try,
                publication=publication,
            )

        try:
            with self.request_time.limited() as stop:
                for _ in range(_TRIES - 1):
                    with suppress(UniqueViolation):
                        return await self._write(lambda tx: unit_of_work(tx, last_try=False), stop)
                return await self._write(lambda tx: unit_of_work(tx, last_try=True), stop)
        finally:
            publication.end()

    def _as_platform(
        self, tx: Transaction, schema: Schema, principal: Principal, work: Callable[[Running], None]
    ) -> None:
        """Run `work` of the platform itself, and bring sharing and search up to the schema: for `founder`
        alone.
        """

        def whole(unit: UnitOfWork) -> None:
            self._running(work)(unit)
            upkeep_of(unit).reconcile()
            reconcile(unit.tx, schema)
            self._audit.finish_defaults(unit.tx, schema)

        self._saves.transaction(tx, schema, principal, whole, system=True)

    def _tell(self, tx: Transaction, principal: Principal, *lines: Line) -> None:
        """Lines of the setup audit trail, with what they tell of: for `founder` alone."""
        self._audit.tell(tx, self.schema, principal, *lines)

    def _running(self, work: Callable[[Running], T]) -> Callable[[UnitOfWork], T]:
        """`work` with what has to follow on it, whoever's it is."""

        def run(unit: UnitOfWork) -> T:
            result = work(Running(unit, self._queries, self.request_time))
            touched = {each.sobject for each in unit.changes}
            if not AUDITED.isdisjoint(touched):
                self._audit.record(unit)
            if not FOLLOWED.isdisjoint(touched):
                self._logins.follow(unit, self.identity.door)
            self._tell_sessions(unit, touched)
            return result

        return run

    def _tell_sessions(self, unit: UnitOfWork, touched: set[str]) -> None:
        """Let sessions notice that users, or what they may do, are not as they were."""
        if not GRANTING.isdisjoint(touched):
            count_change(unit.tx)
            unit.tx.on_commit(self.identity.forget_rights)
        elif "User" in touched:
            for user_id in unit.changed_ids("User"):
                unit.tx.on_commit(partial(self.identity.forget_user, user_id))

    async def _in_batches(
        self,
        principal: Principal,
        items: Sequence[Any],
        all_or_none: bool,
        options: SaveOptions,
        work: Callable[[Running, Sequence[Any]], list[SaveResult]],
    ) -> list[SaveResult]:
        """A request of up to 200 records, or with `all_or_none`, is one transaction; else there is one for
        each 200.
        """
        size = max(1, len(items)) if all_or_none else BATCH
        results: list[SaveResult] = []
        for start in range(0, max(1, len(items)), size):
            some = items[start : start + size]
            results += await self.transaction(principal, partial(_over, some, work), options=options)
        return results


def _over(
    items: Sequence[Any], work: Callable[[Running, Sequence[Any]], list[SaveResult]], running: Running
) -> list[SaveResult]:
    return work(running, items)
