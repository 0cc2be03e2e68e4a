"""Standard fields: those that the platform fills in from a record's other fields, as rules per object.

A rule looks at one row and sets what follows. Values that a client or automation gives win where the platform
lets them be written. Source: Object Reference, the descriptions of the fields named here.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, TypeAlias

from isthmus.kernel.clock import DAY, MINUTE
from isthmus.kernel.errors import row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.row import Row
from isthmus.org.schema.decimals import to_double
from isthmus.org.schema.fiscal_year import FiscalYear, fiscal_year_of
from isthmus.org.schema.forecasts import FORECAST_CATEGORIES, FORECAST_NAMES
from isthmus.org.schema.instants import FIRST, FIRST_YEAR, LAST, LAST_YEAR, whole_second
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.tables import quoted
from isthmus.org.schema.values import Stored

Rule: TypeAlias = Callable[[Save, Row], None]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_FISCAL_YEAR: Final = "fiscal year"
"""Its place in the memo of a unit of work."""


def compose_name(save: Save, row: Row) -> None:
    """A person's name: first, middle, last, suffix, as far as the object has them."""
    parts = (row.values.get(each) for each in ("FirstName", "MiddleName", "LastName", "Suffix"))
    row.values["Name"] = " ".join(str(each) for each in parts if each) or None


def give_nickname(save: Save, row: Row) -> None:
    """A user's nickname, where none is given, is what stands before the @ of the username."""
    values = row.values
    if values.get("CommunityNickname") is None and save.plan.has("CommunityNickname"):
        username = values.get("Username")
        values["CommunityNickname"] = str(username).partition("@")[0][:40] if username else None


def follow_stage(save: Save, row: Row) -> None:
    """Probability, forecast, closed and won follow an opportunity's stage."""
    values, given = row.values, _given(row)
    moved = row.changed("StageName")
    if moved and (stage := _status(save, "OpportunityStage", values.get("StageName"))) is not None:
        _set(save, row, "IsClosed", stage.get("IsClosed"))
        _set(save, row, "IsWon", stage.get("IsWon"))
        if "Probability" not in given:
            _set(save, row, "Probability", stage.get("DefaultProbability"))
        if "ForecastCategoryName" not in given:
            category = stage.get("ForecastCategory")
            _set(save, row, "ForecastCategory", category)
            _set(save, row, "ForecastCategoryName", FORECAST_NAMES.get(str(category)))
    if "ForecastCategoryName" in given:
        named = str(values.get("ForecastCategoryName"))
        _set(save, row, "ForecastCategory", FORECAST_CATEGORIES.get(named, "Pipeline"))
    elif values.get("ForecastCategory") is None:
        _set(save, row, "ForecastCategory", "Pipeline")
    amount, probability = values.get("Amount"), values.get("Probability")
    expected = (
        amount * probability / 100 if isinstance(amount, float) and isinstance(probability, float) else None
    )
    _set(save, row, "ExpectedRevenue", None if expected is None else to_double(expected, 2))


def date_fiscally(save: Save, row: Row) -> None:
    """An opportunity's fiscal period, in the org's fiscal years."""
    closes = row.values.get("CloseDate")
    if isinstance(closes, int):
        for name, value in fiscal_period(closes, _fiscal_year(save)).items():
            _set(save, row, name, value)


def fiscal_period(closes: int, fiscal_year: FiscalYear) -> Mapping[str, Stored]:
    """What an opportunity that closes on a day (as it is stored) has of its fiscal period."""
    day = date.fromordinal(closes // DAY + _EPOCH)
    year, quarter = fiscal_year.year(day), fiscal_year.quarter(day)
    return {"FiscalYear": year, "FiscalQuarter": quarter, "Fiscal": f"{year} {quarter}"}


def _fiscal_year(save: Save) -> FiscalYear:
    unit = save.unit
    known: FiscalYear | None = unit.memo.get(_FISCAL_YEAR)
    if known is None:
        known = unit.memo[_FISCAL_YEAR] = fiscal_year_of(unit.tx, unit.schema)
    return known


def copy_status(table: str, *names: str) -> Rule:
    """The rule that copies `names` from the row of `table` which the record's `Status` names."""

    def copy(save: Save, row: Row) -> None:
        if row.changed("Status") and (status := _status(save, table, row.values.get("Status"))) is not None:
            for name in names:
                _set(save, row, name, status.get(name))

    return copy


def date_closing(field: str) -> Rule:
    """The rule that notes in `field` when a record was closed."""

    def note(save: Save, row: Row) -> None:
        if row.changed("IsClosed"):
            _set(save, row, field, whole_second(save.unit.now) if row.values.get("IsClosed") else None)

    return note


def flag_priority(save: Save, row: Row) -> None:
    """A task of high priority is flagged."""
    changed = row.changed("Priority")
    if changed and (priority := _status(save, "TaskPriority", row.values.get("Priority"))) is not None:
        _set(save, row, "IsHighPriority", priority.get("IsHighPriority"))


def find_account(save: Save, row: Row) -> None:
    """An activity is also about the account that it, its record or its contact belongs to."""
    if not (row.changed("WhatId") or row.changed("WhoId")):
        return
    for lookup in ("WhatId", "WhoId"):
        about = row.values.get(lookup)
        if isinstance(about, str):
            account = about if about.startswith("001") else _account_of(save, about)
            if account is not None:
                _set(save, row, "AccountId", account)
                return
    _set(save, row, "AccountId", None)


def _account_of(save: Save, record_id: str) -> Stored:
    """The account of a record of any object that has one, else None."""
    for sobject in save.unit.schema.with_prefix(record_id):
        if sobject.stored and sobject.field("AccountId") is not None:
            sql = f'SELECT "AccountId" FROM {quoted(sobject.name)} WHERE "Id" = ?'
            row = save.unit.tx.row(sql, (record_id,))
            return row[0] if row is not None and isinstance(row[0], str) else None
    return None


def span_event(save: Save, row: Row) -> None:
    """An event's start, end and duration: two of them give the third."""
    values = row.values
    start = values.get("StartDateTime") if row.changed("StartDateTime") else values.get("ActivityDateTime")
    start = start if start is not None else values.get("StartDateTime")
    end, minutes = values.get("EndDateTime"), values.get("DurationInMinutes")
    if not isinstance(start, int):
        return
    if isinstance(minutes, int) and (not isinstance(end, int) or row.changed("DurationInMinutes")):
        end = start + minutes * MINUTE
    elif isinstance(end, int):
        minutes = (end - start) // MINUTE
    if isinstance(end, int) and not FIRST <= end <= LAST:
        _refuse(save, row, "DurationInMinutes")
        return
    _set(save, row, "StartDateTime", start)
    _set(save, row, "ActivityDateTime", start)
    _set(save, row, "ActivityDate", start // DAY * DAY)
    _set(save, row, "EndDateTime", end)
    _set(save, row, "DurationInMinutes", minutes)


def total_line(save: Save, row: Row) -> None:
    """A line's total is its price times its quantity; given only the total, the price follows."""
    values = row.values
    quantity, price, total = values.get("Quantity"), values.get("UnitPrice"), values.get("TotalPrice")
    if not isinstance(quantity, float):
        return
    if isinstance(price, float) and not (row.changed("TotalPrice") and "TotalPrice" in _given(row)):
        _set(save, row, "TotalPrice", to_double(price * quantity, 2))
    elif isinstance(total, float) and quantity:
        _set(save, row, "UnitPrice", to_double(total / quantity, 2))


def end_contract(save: Save, row: Row) -> None:
    """A contract ends the day before its term, in months, is over."""
    start, months = row.values.get("StartDate"), row.values.get("ContractTerm")
    if isinstance(start, int) and isinstance(months, int):
        day = date.fromordinal(start // DAY + _EPOCH)
        years, month = divmod(day.month - 1 + months, 12)
        year = day.year + years
        if not FIRST_YEAR < year <= LAST_YEAR:
            _refuse(save, row, "ContractTerm")
            return
        first, days = date(year, month + 1, 1), monthrange(year, month + 1)[1]
        _set(save, row, "EndDate", (first.toordinal() + min(day.day, days) - 2 - _EPOCH) * DAY)


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "Opportunity": (follow_stage, date_fiscally),
    "Case": (copy_status("CaseStatus", "IsClosed"), date_closing("ClosedDate")),
    "Task": (
        copy_status("TaskStatus", "IsClosed"),
        flag_priority,
        date_closing("CompletedDateTime"),
        find_account,
    ),
    "Event": (span_event, find_account),
    "Contract": (copy_status("ContractStatus", "StatusCode"), end_contract),
    "Order": (copy_status("OrderStatus", "StatusCode"),),
    "OpportunityLineItem": (total_line,),
    "OrderItem": (total_line,),
    "User": (give_nickname,),
}


def rules_for(sobject: SObjectType) -> tuple[Rule, ...]:
    """The rules of an object; of a person, its name too."""
    person = sobject.field("LastName") is not None and sobject.field("Name") is not None
    return (*((compose_name,) if person else ()), *RULES.get(sobject.name, ()))


def _given(row: Row) -> set[str]:
    """The fields that someone has set: the client, or automation."""
    return row.assigned if row.layout is None else row.assigned | row.layout.names


def _refuse(save: Save, row: Row, name: str) -> None:
    """The field's value leads beyond the dates that there are."""
    label = save.plan.columns_by_name[name.lower()].field.label
    row.errors.append(row_error("number_out_of_range", name, label=label, value=row.values[name]))


def _set(save: Save, row: Row, name: str, value: Stored) -> None:
    if save.plan.has(name):
        row.values[name] = value


def _status(save: Save, table: str, label: Stored) -> dict[str, Stored] | None:
    """The row of a status table that a picklist value names, read once per transaction."""
    known: dict[Stored, dict[str, Stored]] | None = save.unit.memo.get(table)
    if known is None:
        known = save.unit.memo[table] = _statuses(save, table)
    return known.get(label)


def _statuses(save: Save, table: str) -> dict[Stored, dict[str, Stored]]:
    sobject = save.unit.schema.find(table)
    if sobject is None:
        return {}
    names = [each.name for each in sobject.fields]
    rows = save.unit.tx.rows(
        f'SELECT {", ".join(map(quoted, names))} FROM {quoted(table)} WHERE "IsDeleted" = 0'
    )
    read = [dict(zip(names, row, strict=True)) for row in rows]
    return {each.get("MasterLabel"): each for each in read}  # type: ignore[misc] # no column holds bytes
