"""Interviews: a flow that runs for one record, and the interviews of one batch that run together."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from isthmus.org.automation.flow.kinds import RecordValues, Value
from isthmus.org.save.batch import Save
from isthmus.org.save.row import Row
from isthmus.org.save.statements import Statements
from isthmus.org.save.unit_of_work import UnitOfWork


class InterviewFailed(Exception):
    """An interview can't go on. The message says why, as the platform tells it."""


class InterviewBatch:
    """What the interviews of one flow for one batch share. Related records are read for all at once."""

    def __init__(self, save: Save) -> None:
        self.save = save
        self.interviews: list[Interview] = []
        self._related: dict[str, RecordValues | None] = {}

    @property
    def unit(self) -> UnitOfWork:
        return self.save.unit

    def related(self, interview: "Interview", id_of: "IdOf") -> RecordValues | None:
        """The record whose id `id_of` tells of an interview; None where there is none."""
        wanted = id_of(interview)
        if wanted is None:
            return None
        if wanted not in self._related:
            ids = {each for one in (interview, *self.interviews) if (each := id_of(one)) is not None}
            self._read(ids - self._related.keys())
        return self._related[wanted]

    def forget(self) -> None:
        """Something was saved: related records may be others now."""
        self._related.clear()

    def _read(self, ids: Iterable[str]) -> None:
        by_object: dict[str, list[str]] = {}
        for each in ids:
            self._related[each] = None
            for sobject in self.unit.schema.with_prefix(each):
                if sobject.stored:
                    by_object.setdefault(sobject.name, []).append(each)
        for name, some in by_object.items():
            found = Statements(self.unit.schema[name]).read(self.unit.tx, some, lock=False)
            self._related.update((key, each) for key, each in found.items() if not each["IsDeleted"])


class Interview:
    """`record` is $Record, `prior` is $Record__Prior: None where the record is new."""

    __slots__ = ("assigned", "batch", "fault_message", "prior", "record", "row", "steps", "variables")

    def __init__(
        self,
        batch: InterviewBatch,
        row: Row,
        record: dict[str, Value],
        prior: RecordValues | None,
        variables: dict[str, Value],
    ) -> None:
        self.batch = batch
        self.row = row
        self.record = record
        self.prior = prior
        self.variables = variables
        """By name in lower case."""
        self.assigned: dict[str, object] = {}
        """What the flow has put into fields of $Record after the save, as wire values, for an update."""
        self.fault_message: str | None = None
        self.steps = 0
        """Elements that were executed."""

    def before(self) -> "Interview":
        """The interview as it would have been when the record was what it was."""
        return Interview(self.batch, self.row, dict(self.prior or {}), self.prior, self.variables)


IdOf: TypeAlias = Callable[[Interview], str | None]
