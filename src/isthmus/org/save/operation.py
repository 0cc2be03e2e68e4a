"""Operation: what a save does, and the moments of its order at which automation runs.

Source of the moments: Apex Developer Guide, Triggers and Order of Execution.
"""

from enum import Enum


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
