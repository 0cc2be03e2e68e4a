"""The page of the save order: SAVE_ORDER and COMMIT_ORDER, each step with what it does and when."""

import inspect
from typing import Final

from tests.tidy.reference.evidence import is_filled
from tests.tidy.reference.markdown import code, page, table

from isthmus.org.save.operation import Operation
from isthmus.org.save.order import COMMIT_ORDER, SAVE_ORDER
from isthmus.org.save.step import Step

_ABOUT: Final = """\
Every write of every wire passes these steps, in this order: that of the platform's *Order of Execution*
(Apex Developer Guide). The lists are `SAVE_ORDER` and `COMMIT_ORDER` in `src/isthmus/org/save/order.py`.

A step sees a whole batch: up to 200 records of one object. A plan is made once for each object and
operation; it holds only the steps that have something to do there. A record that a step finds wrong takes
no part in the steps after it. A *lasting* step leaves traces: where a record fails from there on, all is
undone, and the records that are left run again."""
_AT_COMMIT: Final = """\
Once for each transaction of the platform, when the outermost save has ended, before the database commits."""
_EMPTY: Final = "nothing fills it in yet"


def save_order_page() -> str:
    """The page. Raises ValueError for a step that does not say what it does."""
    steps = [(str(number), *_row(each)) for number, each in enumerate(SAVE_ORDER, 1)]
    moments = [
        (str(number), each.value, "" if is_filled(each) else _EMPTY)
        for number, each in enumerate(COMMIT_ORDER, 1)
    ]
    return page(
        "The save order",
        _ABOUT,
        table(("##", "step", "what it does", "when", "lasting"), steps),
        "## At the commit",
        _AT_COMMIT,
        table(("##", "what", ""), moments),
    )


def _row(step: Step) -> tuple[str, str, str, str]:
    when = (
        "always"
        if step.operations == frozenset(Operation)
        else ", ".join(each.value for each in Operation if each in step.operations)
    )
    return code(step.name), _what(step), when, "yes" if step.lasting else ""


def _what(step: Step) -> str:
    if step.moment is not None:
        return f"runs {step.moment.value}: " + (
            "what the org has of them" if is_filled(step.moment) else _EMPTY
        )
    said = inspect.getdoc(step.run)
    if not said:
        raise ValueError(f"the step {step.name} has no docstring")
    return said.split("\n\n")[0]
