"""Ports: the places in a save where automation runs. The save path calls them; others fill them in.

Automation is asked once, when an object's save plan is compiled, what runs at each moment; a moment at which
nothing runs is dropped from the plan.
"""

from typing import Final, Protocol

from isthmus.org.save.batch import Save
from isthmus.org.save.operation import CommitMoment, Moment, Operation
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.model import SObjectType


class Runner(Protocol):
    """What runs at a moment: it sees the batch, assigns values (`Save.assign`) and adds errors to rows."""

    def __call__(self, save: Save, /) -> None: ...


class CommitRunner(Protocol):
    """What runs once per transaction: it sees the unit's changes, and writes within its transaction."""

    def __call__(self, unit: UnitOfWork, /) -> None: ...


class Automation(Protocol):
    """What runs during saves."""

    @property
    def version(self) -> int:
        """Another number after every change (a reload): plans compiled before are compiled anew."""
        ...

    def at(self, moment: Moment, sobject: SObjectType, operation: Operation) -> Runner | None:
        """What runs at `moment` of such a save, over the live rows of its batch; None: nothing."""
        ...

    def at_commit(self, moment: CommitMoment) -> CommitRunner | None:
        """What runs at `moment` of the commit; None: nothing."""
        ...


class NoAutomation:
    """An org in which nothing runs during saves."""

    version = 0

    def at(self, moment: Moment, sobject: SObjectType, operation: Operation) -> Runner | None:
        return None

    def at_commit(self, moment: CommitMoment) -> CommitRunner | None:
        return None


NOTHING: Final[Automation] = NoAutomation()
