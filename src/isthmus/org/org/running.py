"""Running: a transaction that is running. The façade's questions, synchronously, in one unit of work.

What runs in it sees its own writes. It commits when the work that was handed to `Org.transaction` returns,
and is undone as a whole when that raises.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from isthmus.org.limits.request_time import RequestTime
from isthmus.org.org.recent import keep, note
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.result import QueryResult
from isthmus.org.save import requests
from isthmus.org.save.objects import find_ids
from isthmus.org.save.result import SaveResult
from isthmus.org.save.trees import Tree, insert_trees
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.save.upsert import upsert


class Running:
    """With `all_or_none` a call whose rows don't all succeed is undone, alone; the transaction goes on."""

    def __init__(self, unit: UnitOfWork, queries: QueryEngine, time: RequestTime) -> None:
        self._unit = unit
        self._queries = queries
        self._time = time

    def insert(
        self, sobject: str | None, records: Sequence[Mapping[str, object]], *, all_or_none: bool = False
    ) -> list[SaveResult]:
        """Create records; without `sobject`, each says its own in `attributes`."""
        return self._save(all_or_none, lambda: requests.insert(self._unit, sobject, records))

    def update(
        self, sobject: str | None, records: Sequence[Mapping[str, object]], *, all_or_none: bool = False
    ) -> list[SaveResult]:
        """Change records; each carries its `Id`."""
        return self._save(all_or_none, lambda: requests.update(self._unit, sobject, records))

    def insert_trees(self, sobject: str, trees: Sequence[Tree]) -> list[tuple[str, SaveResult]]:
        """Create records with those below them. Raises TreesFailed: then nothing of the transaction may
        stay.
        """
        return insert_trees(self._unit, sobject, trees)

    def upsert(
        self,
        sobject: str,
        external_id_field: str,
        records: Sequence[Mapping[str, object]],
        *,
        all_or_none: bool = False,
        update_only: bool = False,
    ) -> list[SaveResult]:
        """Create or change records by an external id field, or by `Id`."""
        return self._save(
            all_or_none,
            lambda: upsert(self._unit, sobject, external_id_field, records, update_only=update_only),
        )

    def delete(
        self, sobject: str | None, ids: Sequence[str], *, all_or_none: bool = False
    ) -> list[SaveResult]:
        """Move records to the recycle bin; without `sobject`, of any object."""
        return self._save(all_or_none, lambda: requests.delete(self._unit, sobject, ids))

    def undelete(self, ids: Sequence[str], *, all_or_none: bool = False) -> list[SaveResult]:
        """Bring records back from the recycle bin."""
        return self._save(all_or_none, lambda: requests.undelete(self._unit, ids))

    def empty_recycle_bin(self, ids: Iterable[str]) -> list[SaveResult]:
        """Give up deleted records for good."""
        return requests.empty_recycle_bin(self._unit, ids)

    def query(
        self,
        soql: str,
        *,
        all_rows: bool = False,
        batch_size: int = 2000,
        binds: Mapping[str, object] | None = None,
    ) -> QueryResult:
        """The first page of a query's rows, this transaction's writes included.

        `binds` are the values of what the text writes as `:name`: texts, numbers, booleans, None, dates,
        datetimes with a time zone, times, and lists of these after IN. Faults: `query_timeout`, and those of
        the catalogue's query.toml.
        """
        unit = self._unit
        with self._time.query_within(unit.tx):
            result = self._queries.run(
                unit.tx,
                unit.schema,
                unit.reader,
                soql,
                all_rows=all_rows,
                batch_size=batch_size,
                own=unit.principal.access,
                binds=binds,
            )
        if result.pending or result.marks:
            keep(unit.tx, self._queries, unit.principal.user_id, result, unit.now)
        return result

    def retrieve(self, sobject: str, record_id: str, fields: Sequence[str] | None = None) -> QueryResult:
        """One record, as a result of one row."""
        unit = self._unit
        with self._time.query_within(unit.tx):
            return self._queries.retrieve(unit.tx, unit.schema, unit.reader, sobject, record_id, fields)

    def find_by_external_id(self, sobject: str, field: str, value: str) -> list[str]:
        """The ids of the records whose `field` equals `value`, of those that the principal may see."""
        unit = self._unit
        user_id = unit.principal.user_id
        return list(find_ids(unit.tx, unit.schema, unit.access, user_id, sobject, field, value))

    def _save(self, all_or_none: bool, work: Callable[[], list[SaveResult]]) -> list[SaveResult]:
        try:
            if not all_or_none:
                results = work()
            else:
                with self._unit.savepoint():
                    results = requests.whole(work())
        except requests.RolledBack as undone:
            return undone.results
        if self._unit.options.update_recent:
            saved = [each.id for each in results if each.success]
            note(self._unit.tx, self._unit.principal.user_id, saved, self._unit.now)
        return results
