"""Plans: from a query's text to its plan, through the cache.

A plan is kept under the text's token stream with its literals lifted out, the schema's version, the caller's
access shape, whether deleted rows are asked for, the database's dialect and how deep subqueries may nest:
never under a user.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from isthmus.kernel.database import Dialect
from isthmus.kernel.errors import fault
from isthmus.kernel.lru_cache import LruCache
from isthmus.org.query.authorize import authorize, authorize_selected, without_unreadable
from isthmus.org.query.bind import bind
from isthmus.org.query.bound import BoundQuery, Mode
from isthmus.org.query.parser import parse
from isthmus.org.query.parser.binds import Binds
from isthmus.org.query.parser.grammar import LENGTH_MAX
from isthmus.org.query.parser.tokens import Slot, lift
from isthmus.org.query.plan import Plan
from isthmus.org.query.planner import Asked, plan
from isthmus.org.query.problem import SoqlProblem, as_fault
from isthmus.org.query.sql.visibility import Visibility
from isthmus.org.schema.model import Schema
from isthmus.org.security.access import EVERYTHING, Access

PLANS_MAX: Final = 2000
"""Plans kept. One of ten fields and three conditions takes some 10 kB."""
KEY_TOKENS_MAX: Final = 1000
"""A longer query is planned anew each time, so that the cache does not grow with what is asked."""
LEVELS_MAX: Final = 5
_LEVELS_BEFORE: Final = 2
_NESTED_SINCE: Final = 58
"""Source: SOQL and SOSL Reference, Understanding Relationship Query Limitations."""

T = TypeVar("T")
Work: TypeAlias = Callable[[Plan, Sequence[Slot]], T]


@dataclass(frozen=True, slots=True)
class Question:
    """A query's text, and what its plan depends on besides."""

    soql: str
    schema: Schema
    access: Access
    dialect: Dialect
    all_rows: bool
    levels: int = LEVELS_MAX
    """How deep child subqueries may nest, the query itself counted."""
    own: Access | None = None
    """The user's own rights, for a query within a transaction, which may name its mode; None: it may not."""
    binds: Binds | None = None
    """The values of what is written `:name`; None: nothing may be."""


def levels_of(api_version: int | None) -> int:
    """How deep child subqueries may nest for a client of that API version (None: the newest)."""
    return LEVELS_MAX if api_version is None or api_version >= _NESTED_SINCE else _LEVELS_BEFORE


class Plans:
    """Plans queries, and keeps what it planned."""

    def __init__(self) -> None:
        self._cache: LruCache[tuple[object, ...], Plan] = LruCache(PLANS_MAX)

    def __len__(self) -> int:
        return len(self._cache)

    def use(self, question: Question, work: "Work[T]") -> T:
        """What `work` makes of the question's plan and literals. Any SoqlProblem becomes a fault."""
        try:
            return self._use(question, work)
        except SoqlProblem as problem:
            raise as_fault(question.soql, problem) from None

    def _use(self, question: Question, work: "Work[T]") -> T:
        if len(question.soql) > LENGTH_MAX:
            raise fault("query_too_long", maximum=LENGTH_MAX)
        tokens, slots = lift(question.soql, question.binds)
        key = (
            tokens,
            question.schema.version,
            question.access.shape,
            question.all_rows,
            question.dialect.name,
            question.levels,
            None if question.own is None else question.own.shape,
        )
        known = self._cache.get(key)
        if known is not None:
            try:
                return work(known, slots)
            except SoqlProblem:  # whose place is that of the text the plan was made from: find this one's
                return work(compiled(question), slots)
        made = compiled(question)
        if len(tokens) <= KEY_TOKENS_MAX:
            self._cache.put(key, made)
        return work(made, slots)


def compiled(question: Question) -> Plan:
    """The plan of a question. Raises SoqlProblem."""
    return plan(*bound_of(question))


def bound_of(question: Question) -> tuple[BoundQuery, Asked]:
    """The bound query of a question, authorized, and how it is asked. Raises SoqlProblem."""
    own, access = question.own, question.access
    bound = bind(
        parse(question.soql, question.binds), question.schema, question.levels, modes=own is not None
    )
    if own is not None and bound.clauses.mode is Mode.USER:
        access = own
    # System mode asks for no right to objects and fields; whether for records, the caller says.
    rights = EVERYTHING if bound.clauses.mode is Mode.SYSTEM else access
    authorize(bound, rights, question.schema)
    bound = without_unreadable(bound, rights)
    if own is not None and bound.clauses.mode is Mode.ENFORCED:
        authorize_selected(bound, own, question.schema)
    visible = Visibility(question.schema, access)
    all_rows = question.all_rows or bound.clauses.all_rows
    return bound, Asked(question.schema, question.dialect, all_rows, access, visible)
