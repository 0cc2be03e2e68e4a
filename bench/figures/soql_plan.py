"""From a query's text, with literals never seen before, to its plan, against 40 µs."""

import time

from bench.figure import Measured, Size, against_limit

from isthmus.kernel.database import SQLITE
from isthmus.org.query.plans import Plans, Question, compiled
from isthmus.org.schema.model import Schema
from isthmus.org.schema.standard import standard_objects
from isthmus.org.security.access import EVERYTHING

LIMIT_MICROSECONDS = 40.0
TEXTS = 2_000
SOQL = (
    "SELECT Id, Name, Industry, AnnualRevenue, Owner.Name FROM Account"
    " WHERE Name LIKE 'Acme {n}%' AND AnnualRevenue > {n} AND CreatedDate >= 2026-01-09T10:00:00Z"
    " AND Industry IN ('Energy', 'Banking {n}') ORDER BY Name DESC NULLS LAST LIMIT {n}"
)


def fresh_literals(size: Size) -> Measured:
    """Microseconds for one text, through the plan cache: every text has other literals."""
    schema = Schema(standard_objects())
    questions = [
        Question(SOQL.format(n=number + 1), schema, EVERYTHING, SQLITE, False) for number in range(TEXTS)
    ]
    plans = Plans()

    def through_the_cache() -> float:
        started = time.perf_counter()
        for question in questions:
            plans.use(question, lambda plan, slots: None)
        return (time.perf_counter() - started) / TEXTS * 1e6

    def from_nothing() -> float:
        started = time.perf_counter()
        for question in questions[:200]:
            compiled(question)
        return (time.perf_counter() - started) / 200 * 1e6

    ours, limit = against_limit(size, LIMIT_MICROSECONDS, through_the_cache)
    from_nothing()
    notes = (
        "5 fields, 4 conditions, a parent, through the plan cache",
        f"without the cache {min(from_nothing() for _ in range(size.rounds)):.0f} µs",
    )
    return Measured(" µs", False, ours, limit, notes)
