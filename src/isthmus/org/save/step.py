"""Step: one entry of the save order, with what says whether a plan needs it."""

from collections.abc import Callable
from dataclasses import dataclass

from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Moment, Operation
from isthmus.org.save.plan import Plan


@dataclass(frozen=True, slots=True)
class Step:
    """`needed` is asked once, when a plan is compiled: a step with nothing to do for an object is left out.

    `lasting`: the step leaves traces (rows, what automation did) that must be undone if a row fails later.
    `sure`: no row fails in it, unless the database refuses its statement.
    """

    name: str
    run: Callable[[Save], None]
    operations: frozenset[Operation]
    needed: Callable[[Plan], bool]
    lasting: bool = False
    sure: bool = False
    moment: Moment | None = None


def _always(plan: Plan) -> bool:
    return True


def step(
    *operations: Operation,
    needed: Callable[[Plan], bool] = _always,
    lasting: bool = False,
    sure: bool = False,
) -> Callable[[Callable[[Save], None]], Step]:
    """Make a function over a batch a step of saves of these operations."""

    def make(run: Callable[[Save], None]) -> Step:
        return Step(run.__name__, run, frozenset(operations), needed, lasting, sure)

    return make
