"""Plan: does a plan keep the documented order, and only the steps that have something to do?"""

from tests.contract.save.world import GROUP, HISTORY, ORDER, SCHEMA, USER

from isthmus.org.save.operation import Moment, Operation
from isthmus.org.save.order import COMMIT_ORDER, SAVE_ORDER, course_of
from isthmus.org.save.plan import Plan
from isthmus.org.save.refusal import refusal
from isthmus.org.schema.model import SObjectType
from isthmus.org.security.access import EVERYTHING, Access, FullAccess


class NoRights(FullAccess):
    """May read only."""

    def may_create(self, sobject: str, field: str | None = None) -> bool:
        return False

    def may_edit(self, sobject: str, field: str | None = None) -> bool:
        return False

    def may_delete(self, sobject: str) -> bool:
        return False


def steps(sobject: SObjectType, operation: Operation) -> list[str]:
    return [each.name for each in course_of(Plan(SCHEMA, sobject, operation, EVERYTHING)).steps]


def test_the_moments_of_a_save_come_in_the_documented_order() -> None:
    moments = [each.moment for each in SAVE_ORDER if each.moment is not None]
    assert moments == list(Moment)
    names = [each.name for each in SAVE_ORDER]
    for earlier, later in (
        ("check_references", "before_save_flows"),
        ("before_handlers", "check_required_fields"),
        ("check_required_fields", "validation_rules"),
        ("duplicate_rules", "insert_records"),
        ("insert_records", "after_handlers"),
    ):
        assert names.index(earlier) < names.index(later)


def test_the_commit_order_ends_with_the_positions() -> None:
    assert [each.value for each in COMMIT_ORDER][-1] == "positions"
    assert COMMIT_ORDER[1].value == "change events"


def test_a_plan_leaves_out_what_has_nothing_to_do() -> None:
    assert steps(GROUP, Operation.INSERT) == [
        "overlay_values",
        "check_permissions",
        "resolve_parents",
        "check_formats",
        "check_references",
        "give_record_ids",
        "stamp_system_fields",
        "insert_records",
        "register_names",
    ]
    assert "check_unique_values" in steps(ORDER, Operation.INSERT)
    assert "give_auto_numbers" not in steps(ORDER, Operation.UPDATE)


def test_automation_has_its_steps_where_it_runs() -> None:
    plan = Plan(SCHEMA, GROUP, Operation.UPDATE, EVERYTHING, moments=frozenset(Moment))
    assert [each.moment for each in course_of(plan).steps if each.moment] == list(Moment)


def test_rows_may_fail_late_only_where_automation_runs_or_something_goes() -> None:
    assert course_of(Plan(SCHEMA, ORDER, Operation.INSERT, EVERYTHING)).sure
    assert course_of(Plan(SCHEMA, ORDER, Operation.UPDATE, EVERYTHING)).sure
    assert not course_of(Plan(SCHEMA, ORDER, Operation.DELETE, EVERYTHING)).sure
    for moment in Moment:
        plan = Plan(SCHEMA, ORDER, Operation.UPDATE, EVERYTHING, moments=frozenset({moment}))
        assert not course_of(plan).sure


def test_who_may_not_is_refused_whatever_the_record() -> None:
    assert refusal(ORDER, Operation.INSERT, EVERYTHING) is None
    assert code(ORDER, Operation.INSERT, NoRights()) == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert code(ORDER, Operation.UPDATE, NoRights()) == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert code(ORDER, Operation.DELETE, NoRights()) == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert code(ORDER, Operation.UNDELETE, NoRights()) == "UNDELETE_FAILED"
    assert code(HISTORY, Operation.INSERT, EVERYTHING) == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert code(HISTORY, Operation.UPDATE, EVERYTHING) == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert code(USER, Operation.DELETE, EVERYTHING) == "DELETE_NOT_ALLOWED"
    assert Plan(SCHEMA, HISTORY, Operation.INSERT, NoRights(), system=True).refusal is None


def code(sobject: SObjectType, operation: Operation, access: Access) -> str:
    error = refusal(sobject, operation, access)
    assert error is not None
    return error.code
