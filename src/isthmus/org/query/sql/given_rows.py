"""Given rows: a statement over rows that the run gives, in the place of a table that there is not."""

from isthmus.kernel.database import Dialect
from isthmus.org.query.plan import Statement
from isthmus.org.query.sql.forms import forms
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.tables import column_type, layout, quoted


def of_given_rows(sobject: SObjectType, read: Statement, dialect: Dialect) -> Statement:
    """The statement over the run's rows, each of whose cells is a column of the object's layout."""
    form, columns = forms(dialect), layout(sobject).columns
    cells = ", ".join(
        form.cell.format(place=place, type=column_type(each.kind, dialect))
        for place, each in enumerate(columns)
    )
    names = ", ".join(quoted(each.name) for each in columns)
    given = f"WITH {quoted(sobject.name)} ({names}) AS (SELECT {cells} FROM {form.rows}) "
    return Statement(given + read.sql, (lambda run: run.rows, *read.makers), (None, *read.places))
