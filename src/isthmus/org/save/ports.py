"""Ports: the places in a save where automation runs. The save path calls them; others fill them in.

Automation is asked once, when an object's save plan is compiled, what runs at each moment; a moment at which
nothing runs is dropped from the plan. Source of the moments: Apex Developer Guide, Triggers and Order of
Execution.
"""

from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

from isthmus.org.schema.model import SObjectType

if TYPE_CHECKING:
    from isthmus.org.save.batch import Save
    from isthmus.org.save.unit_of_work import UnitOfWork


class Operation(Enum):
    """What a batch does. An upsert is an insert and an update, each of its own rows."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    UNDELETE = "undelete"


class Moment(Enum):
    """Where in the order of a save automation runs, in that order."""

    BEFORE_SAVE_FLOWS = "before-save flows"
    BEFORE_HANDLERS = "before handlers"
    VALIDATION_RULES = "validation rules"
    DUPLICATE_RULES = "duplicate rules"
    AFTER_HANDLERS = "after handlers"
    ASSIGNMENT_RULES = "assignment rules"
    AUTO_RESPONSE_RULES = "auto-response rules"
    WORKFLOW_RULES = "workflow rules"
    ESCALATION_RULES = "escalation rules"
    PROCESSES = "processes"
    AFTER_SAVE_FLOWS = "after-save flows"
    ENTITLEMENT_RULES = "entitlement rules"
    ROLL_UPS = "roll-up summaries"
    SHARING = "sharing"


class CommitMoment(Enum):
    """What happens once per platform transaction, when the outermost save has ended, in that order."""

    CRITERIA_SHARING = "criteria sharing"
    CHANGE_EVENTS = "change events"
    PUSH_TOPICS = "PushTopic matches"
    OUTBOUND_MESSAGES = "outbound messages"
    PUBLISH_AFTER_COMMIT = "events that were published to follow the commit"
    POSITIONS = "positions"


class Runner(Protocol):
    """What runs at a moment: it sees the batch, assigns values (`Save.assign`) and adds errors to rows."""

    def __call__(self, save: "Save", /) -> None: ...


class CommitRunner(Protocol):
    """What runs once per transaction: it sees the unit's changes, and writes within its transaction."""

    def __call__(self, unit: "UnitOfWork", /) -> None: ...


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
