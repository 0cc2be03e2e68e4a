"""Record access: the rows of UserRecordAccess, worked out for one user and the records that are asked about.

They take the place of a table, so that the rest of a query is run as any other. Who asks may ask about any
user, and learns of the records that they may read themselves. Source: Object Reference, UserRecordAccess.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from isthmus.kernel.database import Connection
from isthmus.org.query import literals
from isthmus.org.query.bound import AccessAsked
from isthmus.org.query.parser.syntax import Literal
from isthmus.org.query.plan import Run
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.tables import layout
from isthmus.org.schema.values import fold
from isthmus.org.security.access import Access
from isthmus.org.security.sharing.model import sharing_model
from isthmus.org.security.sharing.record_levels import Person, RecordLevels, levels_of

RECORDS_MAX: Final = 200
"""Source: Object Reference, UserRecordAccess, usage."""
NO_ID: Final = "000000000000000AAA"
"""What stands where a row has no id of its own."""

T = TypeVar("T")


class AccessRows:
    """Makes the rows, as the layout of the object has their columns. `access` is that of who asks."""

    def __init__(self, schema: Schema, sobject: SObjectType, asked: AccessAsked, access: Access) -> None:
        self._schema = schema
        self._columns = [each.name for each in layout(sobject).columns]
        self._asked = asked
        self._access = access

    def __call__(self, connection: Connection, run: Run) -> str:
        """A JSON array of rows. Raises SoqlProblem."""
        user_id = _at(self._asked.user.at, lambda: str(literals.record_id(run.texts(self._asked.user)[0])))
        wanted = dict.fromkeys(record for literal in self._asked.records for record in _ids(run, literal))
        if len(wanted) > RECORDS_MAX:
            what = "record ids of UserRecordAccess"
            raise SoqlProblem("query_limit_exceeded", self._asked.at, maximum=RECORDS_MAX, what=what)
        whose = Person(user_id, run.rights(connection, user_id))
        asker = Person(run.principal.user_id, self._access)
        found = {
            levels.record_id: levels
            for sobject, records in self._by_object(list(wanted))
            for levels in levels_of(connection, self._schema, sobject, records, whose, asker)
        }
        return json.dumps([self._row(user_id, found[each]) for each in wanted if each in found])

    def _by_object(self, wanted: Sequence[str]) -> Iterator[tuple[SObjectType, list[str]]]:
        """The records by object. Ids of no object are of no record."""
        model = sharing_model(self._schema)
        groups: dict[str, list[str]] = {}
        for record_id in wanted:
            for sobject in self._schema.with_prefix(record_id):
                if not (sobject.stored and model.has_setting(sobject)):
                    raise SoqlProblem("record_access_of_object", self._asked.at, sobject=sobject.name)
                groups.setdefault(sobject.name, []).append(record_id)
        for name, records in groups.items():
            yield self._schema[name], records

    def _row(self, user_id: str, levels: RecordLevels) -> list[object]:
        values: dict[str, object] = {
            "Id": NO_ID,
            "IsDeleted": 0,
            "UserId": user_id,
            "RecordId": levels.record_id,
            "RecordId~": fold(levels.record_id),
            "HasReadAccess": int(levels.read),
            "HasEditAccess": int(levels.edit),
            "HasDeleteAccess": int(levels.delete),
            "HasTransferAccess": int(levels.transfer),
            "HasAllAccess": int(levels.all),
            "MaxAccessLevel": levels.highest,
        }
        return [values[name] for name in self._columns]


def _ids(run: Run, literal: Literal) -> list[str]:
    return _at(literal.at, lambda: [str(literals.record_id(each)) for each in run.texts(literal)])


def _at(place: int, made: Callable[[], T]) -> T:
    """What is made of a literal; what is wrong with it is wrong at its place."""
    try:
        return made()
    except SoqlProblem as problem:
        raise SoqlProblem(problem.name, place, **problem.values) from None
