"""Status tables: the standard value sets that are objects too, with a record for each value.

Source: Object Reference, OpportunityStage, CaseStatus, LeadStatus, TaskStatus, TaskPriority, ContractStatus,
OrderStatus.
"""

from collections.abc import Callable, Mapping
from typing import Final

from isthmus.org.schema.forecasts import FORECAST_NAMES
from isthmus.org.schema.sfdx.picklists import StandardValue


def status_tables(
    sets: Mapping[str, tuple[StandardValue, ...]],
) -> dict[str, tuple[Mapping[str, object], ...]]:
    """The records of each table that one of `sets` fills, as wire values, by object."""
    return {
        name: tuple(
            {"MasterLabel": each.label, "ApiName": each.value, "SortOrder": place, **_TABLES[name](each)}
            for place, each in enumerate(values, start=1)
        )
        for name, values in sets.items()
        if name in _TABLES
    }


def _stage(value: StandardValue) -> Mapping[str, object]:
    category = value.forecast_category or "Pipeline"
    return {
        "IsActive": value.active,
        "IsClosed": value.closed,
        "IsWon": value.won,
        "DefaultProbability": value.probability or 0,
        "ForecastCategory": category,
        "ForecastCategoryName": FORECAST_NAMES[category],
    }


def _closable(value: StandardValue) -> Mapping[str, object]:
    return {"IsDefault": value.default, "IsClosed": value.closed}


def _lead(value: StandardValue) -> Mapping[str, object]:
    return {"IsDefault": value.default, "IsConverted": value.converted}


def _priority(value: StandardValue) -> Mapping[str, object]:
    return {"IsDefault": value.default, "IsHighPriority": value.high_priority}


def _coded(value: StandardValue) -> Mapping[str, object]:
    return {"IsDefault": value.default, "StatusCode": value.group or value.value.replace(" ", "")}


_TABLES: Final[Mapping[str, Callable[[StandardValue], Mapping[str, object]]]] = {
    "CaseStatus": _closable,
    "ContractStatus": _coded,
    "LeadStatus": _lead,
    "OpportunityStage": _stage,
    "OrderStatus": _coded,
    "TaskPriority": _priority,
    "TaskStatus": _closable,
}
