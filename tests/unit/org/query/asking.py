"""Asking without a database: a query is planned, and its parameters are made."""

from collections.abc import Sequence

from tests.unit.org.query.objects import SCHEMA

from isthmus.kernel.database import SQLITE, Dialect, Value
from isthmus.org.query import execute
from isthmus.org.query.parser.tokens import Slot
from isthmus.org.query.plan import Plan, Run
from isthmus.org.query.plans import Plans, Question, levels_of
from isthmus.org.schema.model import Schema
from isthmus.org.security.access import EVERYTHING, Access
from isthmus.org.security.principal import Principal

NOW = 1_767_960_000_000  # 2026-01-09T12:00:00Z, a Friday
USER = Principal("005000000000001AAA", "ada@example.com", "00D000000000001AAA", "00e000000000001AAA")


def planned(
    soql: str,
    *,
    plans: Plans | None = None,
    schema: Schema = SCHEMA,
    access: Access = EVERYTHING,
    dialect: Dialect = SQLITE,
    all_rows: bool = False,
    user: Principal = USER,
    api_version: int | None = None,
) -> tuple[Plan, list[Value]]:
    """A query's plan and the parameters of its page. Raises Fault, for what is wrong with it."""

    def work(plan: Plan, slots: Sequence[Slot]) -> tuple[Plan, list[Value]]:
        run = Run(slots, NOW, user)
        execute.offset_of(plan.limits, run)
        for child in plan.children:
            child.rows.parameters(run)
        return plan, plan.page.parameters(run)

    question = Question(soql, schema, access, dialect, all_rows, levels_of(api_version))
    return (Plans() if plans is None else plans).use(question, work)
