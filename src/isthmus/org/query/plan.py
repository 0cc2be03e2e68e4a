"""Plan: what a query becomes. SQL text, what makes its parameters, and the shape of its rows.

A plan holds for every query that differs only in its literals, whoever asks it and whenever. What does
depend on these, the values of literals and of date ranges, is made into parameters for each run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from isthmus.kernel.database import Connection, Value
from isthmus.org.query.bound import FewOnly
from isthmus.org.query.breadths import Breadths, Sample
from isthmus.org.query.parser.syntax import Literal
from isthmus.org.query.parser.tokens import Slot
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.rendering import Finisher
from isthmus.org.query.result import Shape
from isthmus.org.schema.fiscal_year import CALENDAR, FiscalYear
from isthmus.org.schema.schemes import FieldCipher
from isthmus.org.security.access import Access
from isthmus.org.security.principal import Principal

RightsOf: TypeAlias = Callable[[Connection, str], Access | None]
"""The rights of the user of that id; None: there is no such user."""


def nobody(connection: Connection, user_id: str) -> Access | None:
    """The rights of users where none are known."""
    return None


@dataclass(slots=True)
class Run:
    """What parameters are made from: the text's literals, org time (milliseconds), and who asks.

    The rest differs from statement to statement; the executor sets it: `ids` is a JSON array.
    """

    slots: Sequence[Slot]
    now: int
    principal: Principal
    ids: str = "[]"
    limit: int = 0
    offset: int = 0
    breadths: Breadths | None = None
    rights: RightsOf = nobody
    rows: str = "[]"
    """What stands in the place of a table: a JSON array of rows."""
    find_fiscal_year: Callable[[], FiscalYear] | None = None
    """Reads the org's fiscal year; None: its years are calendar years."""
    _fiscal_year: FiscalYear | None = field(default=None, init=False)

    @property
    def fiscal_year(self) -> FiscalYear:
        """The org's fiscal year, read when it is first asked for."""
        if self._fiscal_year is None:
            self._fiscal_year = CALENDAR if self.find_fiscal_year is None else self.find_fiscal_year()
        return self._fiscal_year

    def texts(self, literal: Literal) -> Sequence[str]:
        """A literal as it was written, or all of a run of them."""
        slot = self.slots[literal.slot]
        return (slot,) if isinstance(slot, str) else slot


Maker: TypeAlias = Callable[[Run], Value]
RowsMaker: TypeAlias = Callable[[Connection, Run], str]
"""Works out the rows of an object that has no table. Raises SoqlProblem."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Makes one parameter. `at` is the place in the text to point at where it cannot be made."""

    make: Maker
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL, and what makes its parameters, in the text's order."""

    sql: str
    makers: tuple[Maker, ...]
    places: tuple[int | None, ...]

    def parameters(self, run: Run) -> list[Value]:
        """The values for one run. Raises SoqlProblem for a literal that is wrong in itself."""
        try:
            return [make(run) for make in self.makers]
        except SoqlProblem:
            for make, at in zip(self.makers, self.places, strict=True):
                try:
                    make(run)
                except SoqlProblem as problem:
                    raise SoqlProblem(problem.name, at, **problem.values) from None
            raise


@dataclass(frozen=True, slots=True)
class Limits:
    """The slots of LIMIT and OFFSET, and where OFFSET's number stands. `few`: there must be few records."""

    limit: int | None = None
    offset: int | None = None
    offset_at: int | None = None
    few: FewOnly | None = None


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """A child subquery. `rows` gives the children of the parents `ids`, whose id is in the place `parent`.

    `path` is its key after those of the subqueries around it (`Contacts.Cases`). `by_ids` gives the children
    of the ids `ids`, in no order; its rows are alike.
    """

    key: str
    path: str
    shape: Shape
    parent: int
    rows: Statement
    by_ids: Statement
    children: "tuple[ChildPlan, ...]"
    limits: Limits
    finisher: Finisher | None = None


@dataclass(frozen=True, slots=True)
class Wide:
    """What gives the same as a plan's `page` (of aggregates), `ids` and `count`, and is quicker for callers
    who see most of the object, as `sample` tells. None: the plan's own is not slower.
    """

    sample: Sample
    page: Statement | None = None
    ids: Statement | None = None
    count: Statement | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`page` gives the first rows, `ids` all ids, `by_ids` the rows of the ids `ids`, in no order.

    For an aggregate query `page` gives the groups, and there is no more. `count` is given for `COUNT()`, and
    then it alone is run. `narrow` gives what `page` gives, and is quicker for callers who see little, as
    `probe` tells: it takes the caller's id and a bound, and counts what the caller sees.
    """

    shape: Shape
    page: Statement
    ids: Statement | None
    by_ids: Statement | None
    count: Statement | None
    children: tuple[ChildPlan, ...]
    limits: Limits
    finisher: Finisher | None = None
    """What makes the answer of a row: opens encrypted values, renders labels; None: it is the row."""
    keys: tuple[str, ...] = ()
    """For each encrypted field whose values are told apart: counts the key versions that they are under."""
    keeper: FieldCipher | None = None
    """What closes the query's text before it is kept; None where it names no encrypted field."""
    views: bool = False
    references: bool = False
    """Whether its rows are marked as viewed, as referenced."""
    narrow: Statement | None = None
    probe: str | None = None
    wide: Wide | None = None
    rows: RowsMaker | None = None
    """Makes what `page` reads from where the query's object has no table."""
