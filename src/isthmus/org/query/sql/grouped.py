"""The select statement of an aggregate query: rows put together in groups, groups filtered and put in order.

Groups that compare alike end in the order of what they are grouped by, so that an answer is always the same.
Source: SOQL and SOSL Reference, GROUP BY, HAVING, Aggregate Functions.
"""

from isthmus.org.query.bound import BoundAggregate, BoundOrder, BoundQuery, BoundValue, Grouping, InQuery
from isthmus.org.query.plan import Parameter, Statement, Wide
from isthmus.org.query.sql.clauses import OrderWriter, filtered, limited, select, statement, where
from isthmus.org.query.sql.conditions import ConditionWriter
from isthmus.org.query.sql.expressions import Expressions, group_keys, shown_of_group
from isthmus.org.query.sql.forms import Forms
from isthmus.org.query.sql.select import is_selective, sample_of
from isthmus.org.query.sql.visibility import Visibility, callers
from isthmus.org.security.sharing.predicate import Form


def grouped(
    query: BoundQuery,
    grouping: Grouping,
    forms: Forms,
    all_rows: bool,
    visible: Visibility,
    form: Form | None = None,
) -> Statement:
    """The groups, one column for each item. `all_rows` takes deleted rows in. Raises SoqlProblem.

    `form`: that in which what the caller may see is found out; None: the one that suits most callers.
    """
    expressions = Expressions(forms)
    columns = [_shown(expressions, each.value) for each in grouping.items]
    found: list[Parameter] = callers(select([], query.tables, visible))
    if form is None and not is_selective(query):
        form = Form.LISTED
    condition = filtered(query, forms, all_rows, visible, found, form)
    sql = select(columns, query.tables, visible) + where(condition)
    if grouping.by:
        keys = (key for field in grouping.by for key in group_keys(field))
        sql += f" GROUP BY {', '.join(dict.fromkeys(keys))}"
    if grouping.having is not None:
        conditions = ConditionWriter(forms, _no_semi_join)
        sql += f" HAVING {conditions.write(grouping.having)}"
        found += conditions.parameters
    if grouping.by:
        orders = OrderWriter(forms)
        wanted = (*query.order_by, *(BoundOrder(field, False, True) for field in grouping.by))
        items = [item for order in wanted for item in orders.write(order)]
        # Values whose case counts are sorted as if it didn't: those that differ in case alone need more.
        items += [key for field in grouping.by for key in group_keys(field)[:-1]]
        sql += f" ORDER BY {', '.join(items)}"
        found += orders.parameters
    tail, after = limited(query)
    return statement(sql + tail, [*found, *after])


def wide_group(
    query: BoundQuery, grouping: Grouping, forms: Forms, all_rows: bool, visible: Visibility
) -> Wide | None:
    """What is quicker for callers who see most of the object. Where there are groups the list stays that:
    it is read in the table's order, and not in that of the grouped field's index.
    """
    if grouping.by or not forms.sweeps or is_selective(query) or not visible.condition(query.root):
        return None
    page = grouped(query, grouping, forms, all_rows, visible, Form.SWEPT)
    return Wide(sample_of(query, visible), page=page)


def _shown(expressions: Expressions, value: BoundValue) -> str:
    return expressions.shown(value) if isinstance(value, BoundAggregate) else shown_of_group(value)


def _no_semi_join(join: InQuery, found: list[Parameter]) -> str:
    raise AssertionError("the binder lets no semi-join into HAVING")
