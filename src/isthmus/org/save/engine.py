"""Engine: the save path's entry. It compiles plans, and runs transactions made of saves."""

from collections.abc import Callable
from typing import Final, TypeVar

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Transaction
from isthmus.org.events.publishing import Publication, Publishing
from isthmus.org.save.operation import Moment, Operation
from isthmus.org.save.order import Course, commit_course, course_of, save
from isthmus.org.save.plan import Plan
from isthmus.org.save.ports import NOTHING, Automation, CommitRunner, Runner
from isthmus.org.save.result import SaveOptions
from isthmus.org.save.row import Row
from isthmus.org.save.unit_of_work import DEFAULT_OPTIONS, UnitOfWork
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.security.principal import Principal

T = TypeVar("T")
_PLANS_MAX: Final = 2_000


class SaveEngine:
    """`instance` is the org's three-character tag, part of every record id."""

    def __init__(
        self, clock: Clock, instance: str, publishing: Publishing, automation: Automation = NOTHING
    ) -> None:
        self.clock = clock
        self.instance = instance
        self.publishing = publishing
        self.automation = automation
        self._courses: dict[tuple[str, Operation, str, bool], Course] = {}
        self._versions: tuple[int, int] = (0, 0)
        self._at_commit: tuple[int, tuple[CommitRunner, ...]] | None = None

    def transaction(
        self,
        tx: Transaction,
        schema: Schema,
        principal: Principal,
        work: "Callable[[UnitOfWork], T]",
        *,
        system: bool = False,
        options: SaveOptions = DEFAULT_OPTIONS,
        last_try: bool = True,
        publication: Publication | None = None,
    ) -> T:
        """Run `work` as one platform transaction within `tx`: its saves, then the commit order.

        `system`: the platform itself writes; neither access nor what the schema lets anyone write is asked.
        An exception of `work` goes on to the caller of `tx`, which undoes everything. Before the `last_try`
        it may be UniqueViolation: then `work` is to be run again, in another transaction. `publication` is
        one for all the times that `work` is run for one request.
        """
        publication = publication or Publication(self.publishing.allowances)
        publication.begin_run()
        unit = UnitOfWork(
            tx,
            schema,
            principal,
            self.clock.now(),
            instance=self.instance,
            publishing=self.publishing,
            publication=publication,
            saver=self._save,
            system=system,
            options=options,
            last_try=last_try,
        )
        try:
            result = work(unit)
            for run in self._commit_course():
                run(unit)
        except BaseException:
            publication.end()
            raise
        return result

    def _save(self, unit: UnitOfWork, sobject: SObjectType, operation: Operation, rows: list[Row]) -> None:
        save(unit, self._course(unit, sobject, operation), rows, unit.options)

    def _commit_course(self) -> tuple[CommitRunner, ...]:
        version = self.automation.version
        if self._at_commit is None or self._at_commit[0] != version:
            self._at_commit = version, commit_course(self.automation)
        return self._at_commit[1]

    def _course(self, unit: UnitOfWork, sobject: SObjectType, operation: Operation) -> Course:
        """The course of the plan for the unit's schema and principal."""
        versions = (unit.schema.version, self.automation.version)
        if versions != self._versions or len(self._courses) >= _PLANS_MAX:
            self._courses = {}
            self._versions = versions
        access = unit.access
        key = (sobject.name, operation, access.shape, unit.system)
        course = self._courses.get(key)
        if course is None or course.plan.schema is not unit.schema:
            runners = self._runners(sobject, operation)
            moments = frozenset(runners)
            plan = Plan(unit.schema, sobject, operation, access, moments=moments, system=unit.system)
            course = self._courses[key] = course_of(plan, runners)
        return course

    def _runners(self, sobject: SObjectType, operation: Operation) -> dict[Moment, Runner]:
        """What automation has for such saves, by moment.

        Publishing an event is not a save to it: what follows on an event is its subscriber.
        """
        if sobject.published:
            return {}
        asked = {moment: self.automation.at(moment, sobject, operation) for moment in Moment}
        return {moment: runner for moment, runner in asked.items() if runner is not None}
