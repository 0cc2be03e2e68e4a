"""Executing: a plan's statements over one connection, and its rows put together.

Children are fetched for all of a page's parents with one statement per subquery, and theirs for all of these,
level by level. A page holds the first 200 children of a parent; the ids of the others are read along, for the
cursor that their locator names.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from isthmus.kernel.database import Connection, Row, Value
from isthmus.kernel.errors import fault
from isthmus.org.query import literals
from isthmus.org.query.plan import ChildPlan, Limits, Plan, Run, Statement, Wide
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.rendering import Finisher
from isthmus.org.query.result import ChildRows, Locator, ResultRow

CHILD_PAGE: Final = 200
"""Children of one parent in a page. Source: recorded answers, whose child locators end in `-200`."""
OFFSET_MAX: Final = 2000
"""Source: SOQL and SOSL Reference, OFFSET."""
FEW_MAX: Final = 200
"""Records that may be asked for with all fields, or all custom ones. Source: as above, FIELDS()."""
ALL: Final = 2**62
"""A limit that no result reaches."""

NewCursor = Callable[[ChildPlan, Sequence[str]], str]
"""Given a child plan and all the ids of one parent's children, names the cursor that will hold them."""


def limit_of(limits: Limits, run: Run) -> int:
    """The query's LIMIT, or ALL. Raises SoqlProblem where it has to be smaller."""
    limit = ALL if limits.limit is None else literals.count(str(run.slots[limits.limit]), ALL)
    if (
        limits.few is not None
        and limit > FEW_MAX
        and not 0 < sum(map(len, map(run.texts, limits.few.ids))) <= FEW_MAX
    ):
        raise SoqlProblem("fields_need_limit", maximum=FEW_MAX)
    return limit


def offset_of(limits: Limits, run: Run) -> int:
    """The query's OFFSET, or 0. Raises SoqlProblem where it is too large."""
    if limits.offset is None:
        return 0
    offset = literals.count(str(run.slots[limits.offset]), ALL)
    if offset > OFFSET_MAX:
        raise SoqlProblem("query_offset_too_large", limits.offset_at, maximum=OFFSET_MAX)
    return offset


def check_offsets(limits: Limits, children: Sequence[ChildPlan], run: Run) -> None:
    """Raises SoqlProblem where a child subquery has an OFFSET, and the query around it no LIMIT 1.

    Source: SOQL and SOSL Reference, OFFSET.
    """
    for child in children:
        if child.limits.offset is not None and limit_of(limits, run) != 1:
            raise SoqlProblem("subquery_offset_not_allowed", child.limits.offset_at)
        check_offsets(child.limits, child.children, run)


def count(connection: Connection, plan: Plan, run: Run) -> int:
    """What `COUNT()` counts. Raises SoqlProblem."""
    if plan.rows is not None:
        run.rows = plan.rows(connection, run)
    wide = _wide(connection, plan, run)
    statement = plan.count if wide is None or wide.count is None else wide.count
    assert statement is not None
    row = connection.row(statement.sql, statement.parameters(run))
    return int(row[0]) if row is not None and isinstance(row[0], int) else 0


def first_rows(connection: Connection, plan: Plan, run: Run) -> list[Row]:
    """The rows within the run's limit and offset, without children. Raises SoqlProblem.

    Fault: `encrypted_groups_in_rotation`, where equal values can't be told to be equal.
    """
    if any(connection.row(each) not in ((0,), (1,)) for each in plan.keys):
        raise fault("encrypted_groups_in_rotation")
    if plan.rows is not None:
        run.rows = plan.rows(connection, run)
    page = plan.page
    if plan.narrow is not None and _is_narrow(connection, plan, run):
        page = plan.narrow
    elif plan.wide is not None and plan.wide.page is not None and _wide(connection, plan, run):
        page = plan.wide.page
    return _finished(connection.rows(page.sql, page.parameters(run)), plan.finisher, run)


def _is_narrow(connection: Connection, plan: Plan, run: Run) -> bool:
    """Whether the caller sees little of the query's object."""
    if plan.probe is None or run.breadths is None:
        return False
    return run.breadths.is_narrow(connection, plan.probe, run.principal.user_id, run.now)


def _wide(connection: Connection, plan: Plan, run: Run) -> Wide | None:
    """The statements that are the quicker ones where the caller sees most of the query's object."""
    if plan.wide is None or run.breadths is None:
        return None
    wide = run.breadths.is_wide(connection, plan.wide.sample, run.principal.user_id, run.now)
    return plan.wide if wide else None


def all_ids(connection: Connection, plan: Plan, run: Run) -> Iterator[str]:
    """The ids of the rows within the run's limit and offset. Raises SoqlProblem."""
    wide = _wide(connection, plan, run)
    ids = plan.ids if wide is None or wide.ids is None else wide.ids
    assert ids is not None
    for (record_id,) in connection.stream(ids.sql, ids.parameters(run)):
        yield str(record_id)


def rows_by_ids(
    connection: Connection, statement: Statement, run: Run, ids: Sequence[str], finisher: Finisher | None
) -> list[Row]:
    """The rows that are still there, in the order of `ids`."""
    run.ids = json.dumps(ids)
    found = {row[0]: row for row in connection.rows(statement.sql, statement.parameters(run))}
    return _finished([found[record_id] for record_id in ids if record_id in found], finisher, run)


def _finished(rows: list[Row], finisher: Finisher | None, run: Run) -> list[Row]:
    """The rows as they are answered."""
    return rows if finisher is None else list(map(finisher(run.principal), rows))


def with_children(
    connection: Connection,
    plans: Sequence[ChildPlan],
    run: Run,
    rows: Sequence[Row],
    new_cursor: NewCursor,
) -> list[ResultRow]:
    """The rows, each with its children by these plans after its columns. Raises SoqlProblem."""
    if not plans or not rows:
        return list(rows)
    parents = json.dumps([row[0] for row in rows])
    columns = [_children(connection, plan, run, parents, new_cursor) for plan in plans]
    return [(*row, *(children.get(row[0]) for children in columns)) for row in rows]


def _children(
    connection: Connection, plan: ChildPlan, run: Run, parents: str, new_cursor: NewCursor
) -> dict[Value, ChildRows]:
    """The children of `parents` (ids, a JSON array) by their parent's id, each with its own children."""
    kept, beyond = _dealt(connection, plan, run, parents)
    whole = with_children(
        connection, plan.children, run, [row for page in kept.values() for row in page], new_cursor
    )
    found: dict[Value, ChildRows] = {}
    taken = 0
    for parent, page in kept.items():
        rows = whole[taken : taken + len(page)]
        taken += len(page)
        rest = beyond.get(parent, [])
        locator = None
        if rest:
            cursor_id = new_cursor(plan, [*(str(row[0]) for row in rows), *rest])
            locator = Locator(cursor_id, CHILD_PAGE)
        if rows:
            found[parent] = ChildRows(len(rows) + len(rest), rows, locator)
    return found


def _dealt(
    connection: Connection, plan: ChildPlan, run: Run, parents: str
) -> tuple[dict[Value, list[Row]], dict[Value, list[str]]]:
    """By the parent's id: its first page of children, and the ids of the children beyond."""
    run.ids = parents
    most, skipped = limit_of(plan.limits, run), offset_of(plan.limits, run)
    passed: Counter[Value] = Counter()
    pages: dict[Value, list[Row]] = {}
    beyond: dict[Value, list[str]] = {}
    finish = None if plan.finisher is None else plan.finisher(run.principal)
    for row in connection.stream(plan.rows.sql, plan.rows.parameters(run)):
        parent = row[plan.parent]
        if skipped and passed[parent] < skipped:
            passed[parent] += 1
            continue
        page = pages.setdefault(parent, [])
        if len(page) < CHILD_PAGE:
            if len(page) < most:
                page.append(row if finish is None else finish(row))
            continue
        rest = beyond.setdefault(parent, [])
        if CHILD_PAGE + len(rest) < most:
            rest.append(str(row[0]))
    return pages, beyond
