"""Flows: the automation of an org that runs its project's flows. The set can be exchanged while it runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from isthmus.org.automation.flow.elements import Flow, TriggerType
from isthmus.org.automation.flow.run import FlowRun
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import CommitMoment, Moment, Operation
from isthmus.org.save.ports import CommitRunner, Runner
from isthmus.org.schema.model import SObjectType

TRIGGERS: Final = {
    Moment.BEFORE_SAVE_FLOWS: frozenset({TriggerType.BEFORE_SAVE, TriggerType.BEFORE_DELETE}),
    Moment.AFTER_SAVE_FLOWS: frozenset({TriggerType.AFTER_SAVE}),
}
"""Which flows run at a moment."""


@dataclass(frozen=True, slots=True)
class _FlowSet:
    version: int
    flows: tuple[Flow, ...]


class FlowAutomation:
    """Runs flows in the order in which they are given. Threads that save and one that exchanges may meet."""

    def __init__(self, flows: Iterable[Flow] = ()) -> None:
        self._set = _FlowSet(1, tuple(flows))

    @property
    def version(self) -> int:
        return self._set.version

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Those in force."""
        return self._set.flows

    def replace(self, flows: Iterable[Flow]) -> None:
        """Put other flows into force, all at once: saves that begin from now on run them."""
        self._set = _FlowSet(self._set.version + 1, tuple(flows))

    def at(self, moment: Moment, sobject: SObjectType, operation: Operation) -> Runner | None:
        triggers = TRIGGERS.get(moment, frozenset())
        mine = tuple(
            each
            for each in self._set.flows
            if each.trigger in triggers and operation in each.operations and each.sobject == sobject.name
        )
        return _Runner(mine) if mine else None

    def at_commit(self, moment: CommitMoment) -> CommitRunner | None:
        return None


@dataclass(frozen=True, slots=True)
class _Runner:
    """What the platform itself saves starts no flow."""

    flows: tuple[Flow, ...]

    def __call__(self, save: Save) -> None:
        if save.unit.system:
            return
        for each in self.flows:
            FlowRun(each, save).run()
