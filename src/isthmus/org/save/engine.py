"""Engine: the save path's entry. It compiles plans, and runs transactions made of saves."""

from collections.abc import Callable
from typing import Final, TypeVar

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Transaction
from isthmus.org.save.order import SAVE_ORDER, commit
from isthmus.org.save.plan import Plan
from isthmus.org.save.ports import NOTHING, Automation, Operation
from isthmus.org.save.result import SaveOptions
from isthmus.org.save.unit_of_work import DEFAULT_OPTIONS, UnitOfWork
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.security.principal import Principal

T = TypeVar("T")
_PLANS_MAX: Final = 2_000


class SaveEngine:
    """`instance` is the org's three-character tag, part of every record id."""

    def __init__(self, clock: Clock, instance: str, automation: Automation = NOTHING) -> None:
        self.clock = clock
        self.instance = instance
        self.automation = automation
        self._plans: dict[tuple[str, Operation, str, bool], Plan] = {}
        self._versions: tuple[int, int] = (0, 0)

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
    ) -> T:
        """Run `work` as one platform transaction within `tx`: its saves, then the commit order.

        `system`: the platform itself writes; neither access nor what the schema lets anyone write is asked.
        An exception of `work` goes on to the caller of `tx`, which undoes everything. Before the `last_try`
        it may be UniqueViolation: then `work` is to be run again, in another transaction.
        """
        unit = UnitOfWork(
            tx, self, schema, principal, self.clock.now(), system=system, options=options, last_try=last_try
        )
        result = work(unit)
        commit(unit)
        return result

    def plan(self, unit: UnitOfWork, sobject: SObjectType, operation: Operation) -> Plan:
        """The plan for the unit's schema and principal."""
        versions = (unit.schema.version, self.automation.version)
        if versions != self._versions or len(self._plans) >= _PLANS_MAX:
            self._plans = {}
            self._versions = versions
        access = unit.principal.access
        key = (sobject.name, operation, access.shape, unit.system)
        plan = self._plans.get(key)
        if plan is None or plan.schema is not unit.schema:
            plan = Plan(unit.schema, sobject, operation, access, self.automation, unit.system)
            plan = self._plans[key] = plan.compile(SAVE_ORDER)
        return plan
