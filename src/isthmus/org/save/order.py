"""The save order: every write of every wire passes these steps, in the platform's documented order of
execution.

`SAVE_ORDER` is run over each batch; a plan keeps the steps that have something to do for its object and
operation. `COMMIT_ORDER` is run once per platform transaction, when the outermost save has ended; `save`
never touches the journal. Source: Apex Developer Guide, Triggers and Order of Execution.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from isthmus.kernel.database import UniqueViolation
from isthmus.kernel.errors import row_error
from isthmus.org.save import sharing
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import CommitMoment, Moment
from isthmus.org.save.plan import Plan
from isthmus.org.save.ports import Automation, CommitRunner, Runner
from isthmus.org.save.result import SaveOptions
from isthmus.org.save.row import Row
from isthmus.org.save.step import Step
from isthmus.org.save.steps.automate import (
    check_duplicate_rules,
    check_validation_rules,
    recalculate_roll_ups,
    recalculate_sharing,
    run_after_handlers,
    run_after_save_flows,
    run_assignment_rules,
    run_auto_response_rules,
    run_before_handlers,
    run_before_save_flows,
    run_entitlement_rules,
    run_escalation_rules,
    run_processes,
    run_workflow_rules,
)
from isthmus.org.save.steps.derive import derive_standard_fields
from isthmus.org.save.steps.developer_names import give_developer_names
from isthmus.org.save.steps.follow import follow_lookups, tell_followers
from isthmus.org.save.steps.formats import check_formats
from isthmus.org.save.steps.grants import (
    check_assigned_sets,
    check_dependent_permissions,
    check_dependent_rights,
    check_granted_names,
    check_grants_are_new,
    drop_empty_grants,
)
from isthmus.org.save.steps.grants_of_details import check_masters_are_readable
from isthmus.org.save.steps.hierarchies import check_hierarchies
from isthmus.org.save.steps.load import load_current_values, overlay_deleted_flag, overlay_values
from isthmus.org.save.steps.locate import check_locations
from isthmus.org.save.steps.number import (
    give_auto_numbers,
    give_record_ids,
    name_by_id,
    stamp_system_fields,
)
from isthmus.org.save.steps.permit import check_permissions
from isthmus.org.save.steps.principals import (
    give_profiles_permission_sets,
    keep_profiles_permission_sets,
    rename_roles_groups,
)
from isthmus.org.save.steps.publish import publish_after_commit, publish_events
from isthmus.org.save.steps.references import check_references, check_references_again, resolve_parents
from isthmus.org.save.steps.register import register_names
from isthmus.org.save.steps.remove import check_recycle_bin, delete_records, undelete_records
from isthmus.org.save.steps.require import check_required_fields
from isthmus.org.save.steps.search import note_searched_text
from isthmus.org.save.steps.share import (
    check_file_links,
    check_record_access,
    check_shares,
    check_transfer,
    make_role_groups,
    share_with_owners,
)
from isthmus.org.save.steps.unique import check_unique_values
from isthmus.org.save.steps.users import check_administrators
from isthmus.org.save.steps.write import insert_records, update_records
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.tables import unique_field

SAVE_ORDER: Final[tuple[Step, ...]] = (
    load_current_values,
    check_recycle_bin,
    overlay_values,
    overlay_deleted_flag,
    check_permissions,
    check_record_access,
    resolve_parents,
    check_formats,
    check_references,
    check_transfer,
    check_shares,
    check_file_links,
    run_before_save_flows,
    run_before_handlers,
    follow_lookups,
    derive_standard_fields,
    give_developer_names,
    check_required_fields,
    check_locations,
    check_references_again,
    check_hierarchies,
    check_administrators,
    check_unique_values,
    check_granted_names,
    check_grants_are_new,
    check_assigned_sets,
    check_dependent_rights,
    check_masters_are_readable,
    check_dependent_permissions,
    check_validation_rules,
    check_duplicate_rules,
    give_record_ids,
    name_by_id,
    give_auto_numbers,
    stamp_system_fields,
    insert_records,
    publish_events,
    update_records,
    delete_records,
    undelete_records,
    register_names,
    note_searched_text,
    tell_followers,
    run_after_handlers,
    run_assignment_rules,
    run_auto_response_rules,
    run_workflow_rules,
    run_escalation_rules,
    run_processes,
    run_after_save_flows,
    run_entitlement_rules,
    recalculate_roll_ups,
    make_role_groups,
    rename_roles_groups,
    give_profiles_permission_sets,
    keep_profiles_permission_sets,
    drop_empty_grants,
    share_with_owners,
    recalculate_sharing,
)

COMMIT_ORDER: Final[tuple[CommitMoment, ...]] = (
    CommitMoment.CRITERIA_SHARING,
    CommitMoment.CHANGE_EVENTS,
    CommitMoment.PUSH_TOPICS,
    CommitMoment.OUTBOUND_MESSAGES,
    CommitMoment.PUBLISH_AFTER_COMMIT,
    CommitMoment.POSITIONS,
)

BUILT_IN: Final[Mapping[CommitMoment, CommitRunner]] = {
    CommitMoment.CRITERIA_SHARING: sharing.recalculate_sharing,
    CommitMoment.PUBLISH_AFTER_COMMIT: publish_after_commit,
}
"""What the platform itself does at a moment of the commit, before what automation has there."""


class _Again(Exception):
    """A row failed after something lasting was done: undo it and run again without the row."""


@dataclass(frozen=True, slots=True)
class Course:
    """A plan, with the steps that have something to do for it and what automation has at their moments.

    `checks` leave no traces; the first of `effects` does. `sure`: no row fails in these.
    """

    plan: Plan
    checks: tuple[Step, ...]
    effects: tuple[Step, ...]
    runners: Mapping[Moment, Runner]
    sure: bool

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*self.checks, *self.effects)


def course_of(plan: Plan, runners: Mapping[Moment, Runner] = MappingProxyType({})) -> Course:
    """The way of a plan through the save order. `runners` are those of its moments."""
    steps = [each for each in SAVE_ORDER if plan.operation in each.operations and each.needed(plan)]
    first = next((place for place, each in enumerate(steps) if each.lasting), len(steps))
    checks, effects = tuple(steps[:first]), tuple(steps[first:])
    return Course(plan, checks, effects, runners, sure=all(each.sure for each in effects))


def save(unit: UnitOfWork, course: Course, rows: list[Row], options: SaveOptions) -> None:
    """Run the save order over `rows`; what becomes of each is on the row.

    Partial success: where a row fails after automation ran or writing began, everything is undone, and the
    rows that are left run again, automation too. Source: Apex Developer Guide, Bulk DML Exception Handling.

    Raises UniqueViolation where another writer was quicker with a unique value: only a new transaction sees
    what that wrote. On the unit's last try, the rows fail instead.
    """
    plan = course.plan
    batch = Save(unit, plan, course.runners, rows, options)
    while batch.live():
        try:
            _run(batch, course)
            return
        except _Again:
            pass
        except UniqueViolation as clash:
            if not unit.last_try:
                raise
            _fail_clashing(batch, clash)
        _rewind(batch)


def _run(batch: Save, course: Course) -> None:
    """One pass. What leaves traces runs within a savepoint, unless nothing of it could be undone by itself:
    where no row fails, what the database refuses ends the unit, before its last try.
    """
    for step in course.checks:
        step.run(batch)
    running = batch.live()
    if not running:
        return
    if course.sure and not batch.unit.last_try:
        for step in course.effects:
            step.run(batch)
        return
    with batch.unit.savepoint():
        for step in course.effects:
            step.run(batch)
            for row in running:
                if row.errors:
                    raise _Again


def _rewind(batch: Save) -> None:
    """Forget what a pass made of the rows that run again. An id that was given stays: it is no one else's."""
    for row in batch.live():
        row.old = None
        row.values = {}
        row.assigned = set()


def _fail_clashing(batch: Save, clash: UniqueViolation) -> None:
    """Fail the rows that may be meant, in the platform's own words where it can't say who has the value."""
    field = unique_field(batch.plan.sobject, clash.constraint)
    holders = [row for row in batch.live() if field is not None and row.values.get(field.name) is not None]
    for row in holders or batch.live():
        row.errors.append(row_error("duplicate_value", field="<unknown>", id="<unknown>"))


def commit_course(automation: Automation) -> tuple[CommitRunner, ...]:
    """What runs once per platform transaction, when the outermost save has ended, in the commit order."""
    asked = ((BUILT_IN.get(moment), automation.at_commit(moment)) for moment in COMMIT_ORDER)
    return tuple(runner for runners in asked for runner in runners if runner is not None)
