"""The standard objects: one readable file each (`Account.toml`), in the notation of `field_lines`.

Beside them: `value_sets.toml`, picklist values that several fields share; `records.toml`, the records that
every new org has; NOTICE.md, where the facts come from. Everything is parsed once in a process.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from isthmus.org.schema.field_lines import ValueSets, parse_fields, parse_value_line
from isthmus.org.schema.forecasts import FORECAST_NAMES
from isthmus.org.schema.model import SObjectType

FEATURES: Final = frozenset(
    {
        "multi-currency",
        "name-extras",
        "person-accounts",
        "product-schedules",
        "record-types",
        "state-and-country-picklists",
        "territories",
        "org-connections",
        "more-permissions",
        "other-features",
    }
)
"""What a plain Developer Edition org lacks: fields that say `when=FEATURE` are left out unless it is on."""


@cache
def standard_objects(features: frozenset[str] = frozenset()) -> tuple[SObjectType, ...]:
    """Every standard object, by name, and the name registry `Name`. Raises ValueError: unknown feature."""
    if unknown := features - FEATURES:
        raise ValueError(f"no such feature: {', '.join(sorted(unknown))}")
    value_sets = _value_sets()
    return tuple(_parse(name, text, value_sets, features) for name, text in sorted(_object_files().items()))


@cache
def standard_records() -> Mapping[str, tuple[Mapping[str, object], ...]]:
    """The records of a new org by object, as wire values, complete and in order."""
    return {
        name: tuple(_completed(name, place, record) for place, record in enumerate(records, start=1))
        for name, records in tomllib.loads(_read("records.toml")).items()
    }


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text("utf-8")


@cache
def _object_files() -> Mapping[str, str]:
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in files(__name__).iterdir()
        if file.name.endswith(".toml") and file.name[0].isupper()
    }


@cache
def _value_sets() -> ValueSets:
    return {
        name: tuple(map(parse_value_line, values))
        for name, values in tomllib.loads(_read("value_sets.toml")).items()
    }


def _parse(name: str, text: str, value_sets: ValueSets, features: frozenset[str]) -> SObjectType:
    told = tomllib.loads(text)
    can = set(told["can"].split())
    associate, _, parent = told.get("associate", "").partition(" of ")
    return SObjectType(
        name=name,
        label=told["label"],
        label_plural=told["plural"],
        key_prefix=told.get("key_prefix"),
        fields=parse_fields(told["fields"], value_sets, features),
        required_on_create=tuple(tuple(group.split(" | ")) for group in told.get("required", ())),
        associate_entity_type=associate or None,
        associate_parent=parent or None,
        createable="create" in can,
        updateable="update" in can,
        deletable="delete" in can,
        queryable="query" in can,
        retrieveable="retrieve" in can,
        searchable="search" in can,
        undeletable="undelete" in can,
        mergeable="merge" in can,
        replicateable="replicate" in can,
        triggerable="trigger" in can,
        layoutable="layout" in can,
        feed_enabled="feed" in can,
    )


def _completed(name: str, place: int, record: Mapping[str, object]) -> Mapping[str, object]:
    """A row of a picklist's table: its label is its API name, what it does not say is false."""
    row: dict[str, object] = {"ApiName": record["MasterLabel"], "SortOrder": place, **record}
    if name == "OpportunityStage":
        row = {"IsActive": True, "IsClosed": False, "IsWon": False, **row}
        row["ForecastCategoryName"] = FORECAST_NAMES[str(row["ForecastCategory"])]
    return row
