"""Fiscal periods: what opportunities have of them, put right when the org's fiscal year is another."""

from typing import Final

from isthmus.kernel.database import Transaction
from isthmus.org.save.standard_fields import fiscal_period
from isthmus.org.schema.fiscal_year import fiscal_year_of
from isthmus.org.schema.model import Schema
from isthmus.org.schema.tables import has_shadow, quoted, shadow
from isthmus.org.schema.values import fold

_OPPORTUNITY: Final = "Opportunity"


def date_opportunities(tx: Transaction, schema: Schema) -> None:
    """Give every opportunity the fiscal period that its close date has now. To clients none of them changes:
    the platform works the period out as it is read. One statement for each date.
    """
    sobject = schema[_OPPORTUNITY]
    fiscal_year = fiscal_year_of(tx, schema)
    dates = tx.rows(f'SELECT DISTINCT "CloseDate" FROM {quoted(_OPPORTUNITY)} WHERE "CloseDate" IS NOT NULL')
    for (closes,) in dates:
        assert isinstance(closes, int)
        period = fiscal_period(closes, fiscal_year)
        columns = {quoted(name): value for name, value in period.items()}
        for name, value in period.items():
            field = sobject.field(name)
            if field is not None and has_shadow(field):
                columns[shadow(field)] = fold(str(value))
        changes = ", ".join(f"{column} = ?" for column in columns)
        tx.execute(
            f'UPDATE {quoted(_OPPORTUNITY)} SET {changes} WHERE "CloseDate" = ?', (*columns.values(), closes)
        )
