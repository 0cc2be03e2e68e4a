"""The select statement of an aggregate query: rows put together in groups, groups filtered and put in order.

Groups that compare alike end in the order of what they are grouped by, so that an answer is always the same;
a subtotal comes after what it is the total of. Each kind of subtotal is a select of its own: SQLite has no
ROLLUP, and PostgreSQL's would give the same.
Source: SOQL and SOSL Reference, GROUP BY, GROUP BY ROLLUP, GROUP BY CUBE, HAVING, Aggregate Functions.
"""

from dataclasses import dataclass
from typing import Final

from isthmus.org.query.bound import BoundField, BoundKey, BoundOrder, BoundQuery, Grouping, InQuery
from isthmus.org.query.plan import Parameter, Statement, Wide
from isthmus.org.query.sql.clauses import OrderWriter, filtered, limited, source, statement, where
from isthmus.org.query.sql.conditions import ConditionWriter
from isthmus.org.query.sql.expressions import Expressions
from isthmus.org.query.sql.forms import Forms
from isthmus.org.query.sql.select import is_selective, sample_of
from isthmus.org.query.sql.visibility import Visibility
from isthmus.org.schema.tables import has_shadow, search_column, shadow
from isthmus.org.security.sharing.predicate import Form

_NO_TOTALS: Final = frozenset[int]()


@dataclass(frozen=True, slots=True)
class Groups:
    """What is asked for in groups. `all_rows` takes deleted rows in; `form` is that in which what the caller
    may see is found out.
    """

    query: BoundQuery
    grouping: Grouping
    forms: Forms
    all_rows: bool
    visible: Visibility
    form: Form = Form.ASKED

    def selected(self, over: frozenset[int], ordered: bool) -> tuple[str, list[Parameter]]:
        """The groups, one column for each item, without their order: what they are sorted by (`_order`) is in
        more columns after the items where it is to be `ordered` later. `over`: the places of what these
        groups are subtotals over.
        """
        query, grouping = self.query, self.grouping
        expressions = Expressions(
            self.forms,
            over=tuple(grouping.by[place] for place in sorted(over)),
            by=tuple(each for place, each in enumerate(grouping.by) if place not in over),
        )
        columns = [expressions.shown(each.value) for each in grouping.items]
        orders, first = self.orders(expressions, over if ordered else None)
        if ordered:
            columns += [expression for expression, _ in orders]
            columns.append("COUNT(*)")  # without an aggregate the grand total were a row for each record
            columns = [f"{column} AS c{number}" for number, column in enumerate(columns)]
        having = ConditionWriter(expressions, _no_semi_join)
        having_text = "" if grouping.having is None else f" HAVING {having.write(grouping.having)}"
        rows = Expressions(self.forms)  # a row is chosen by its own values, these groups' or not
        rows.givens = expressions.givens
        after: list[Parameter] = []
        condition = where(filtered(query, rows, self.all_rows, self.visible, after, self.form))
        keys = [
            key
            for place, each in enumerate(grouping.by)
            if place not in over
            for key in expressions.group_keys(each)
        ]
        if keys:
            keys += expressions.givens.columns  # the same in every row, which PostgreSQL can't know
            condition += f" GROUP BY {', '.join(dict.fromkeys(keys))}"
        condition += having_text
        after += having.parameters
        read = source(query.tables, self.visible, expressions.givens)
        sql = f"SELECT {', '.join(columns)}{read.sql}{condition}"
        return sql, [*(first if ordered else ()), *read.parameters, *after]

    def orders(
        self, expressions: Expressions, over: frozenset[int] | None
    ) -> tuple[list[tuple[str, str]], list[Parameter]]:
        """What groups are sorted by, each with its direction, and the parameters of these."""
        writer = OrderWriter(expressions, totals=over is not None)
        found = [item for order in self.query.order_by for item in writer.write(order)]
        for place, key in enumerate(self.grouping.by):
            if over is not None:
                found.append((str(int(place in over)), ""))
            found += writer.write(BoundOrder(key, False, True))
        # Values whose case counts are sorted as if it didn't: those that differ in case alone need more.
        found += [(expressions.searched(each), "") for each in self.grouping.by if _is_exact(each)]
        return found, writer.parameters


def grouped(groups: Groups) -> Statement:
    """The groups in their order. Raises SoqlProblem."""
    if groups.grouping.totals:
        return _with_totals(groups)
    sql, found = groups.selected(_NO_TOTALS, ordered=False)
    if groups.grouping.by:
        expressions = Expressions(groups.forms)
        orders, sorting = groups.orders(expressions, None)
        sql += f" ORDER BY {', '.join(expression + ending for expression, ending in orders)}"
        found += sorting
    tail, after = limited(groups.query)
    return statement(sql + tail, [*found, *after])


def _with_totals(groups: Groups) -> Statement:
    """The groups and their subtotals in one order."""
    selects, found = [], []
    for over in (_NO_TOTALS, *groups.grouping.totals):
        sql, parameters = groups.selected(over, ordered=True)
        selects.append(sql)
        found += parameters
    items = len(groups.grouping.items)
    orders, _ = groups.orders(Expressions(groups.forms), _NO_TOTALS)
    names = [f"c{number}" for number in range(items + len(orders))]
    sorting = (name + ending for name, (_, ending) in zip(names[items:], orders, strict=True))
    tail, after = limited(groups.query)
    sql = (
        f"SELECT {', '.join(names[:items])} FROM ({' UNION ALL '.join(selects)}) AS grouped "
        f"ORDER BY {', '.join(sorting)}"
    )
    return statement(sql + tail, [*found, *after])


def wide_group(groups: Groups) -> Wide | None:
    """What is quicker for callers who see most of the object. Where there are groups the list stays that:
    it is read in the table's order, and not in that of the grouped field's index.
    """
    query, visible = groups.query, groups.visible
    if groups.grouping.by or not groups.forms.sweeps or is_selective(query):
        return None
    if not visible.condition(query.root):
        return None
    swept = Groups(query, groups.grouping, groups.forms, groups.all_rows, visible, Form.SWEPT)
    return Wide(sample_of(query, visible), page=grouped(swept))


def _is_exact(key: BoundKey) -> bool:
    """Whether values that differ in case alone are groups of their own."""
    return (
        isinstance(key, BoundField)
        and has_shadow(key.field)
        and search_column(key.field) != shadow(key.field)
    )


def usual_form(query: BoundQuery) -> Form:
    """In which form it is best found out what the caller may see, for most callers."""
    return Form.ASKED if is_selective(query) else Form.LISTED


def _no_semi_join(join: InQuery, found: list[Parameter]) -> str:
    raise AssertionError("the binder lets no semi-join into HAVING")
