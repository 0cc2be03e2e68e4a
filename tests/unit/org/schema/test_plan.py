"""What has to happen when a schema changes?"""

from dataclasses import replace

import pytest

from isthmus.org.schema.conversion import convert
from isthmus.org.schema.custom_parents import with_custom_parents
from isthmus.org.schema.key_prefixes import assign
from isthmus.org.schema.model import Field, FieldType, ObjectKind, SObjectType
from isthmus.org.schema.plan import Step, plan, summary
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.system_fields import LAST_ACTIVITY, custom_object_fields
from isthmus.org.schema.tables import layout
from isthmus.org.schema.values import BadValue, Stored


def thing(*fields: Field, name: str = "Thing__c", kind: ObjectKind = ObjectKind.CUSTOM) -> SObjectType:
    return SObjectType(name, "Thing", "Things", None, (*custom_object_fields(), *fields), kind=kind)


def text(name: str, **more: object) -> Field:
    return Field(name, name, FieldType.STRING, length=80, **more)  # type: ignore[arg-type]  # a shorthand


def changes(before: SObjectType | None, after: SObjectType | None) -> tuple[Step, ...]:
    recorded, wanted = (
        {each.name: layout(each)} if each is not None and each.stored else {} for each in (before, after)
    )
    return plan(recorded, wanted, [] if after is None else [after])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (thing(), thing(), []),
        (None, thing(), ["create Thing__c"]),
        (thing(), None, ["drop Thing__c"]),
        (thing(), thing(text("A__c")), ["add Thing__c.A__c"]),
        (thing(text("A__c")), thing(), ["drop Thing__c.A__c"]),
        (
            thing(text("A__c")),
            thing(Field("A__c", "A", FieldType.DOUBLE, precision=9)),
            ["convert Thing__c.A__c from string to double"],
        ),
        (thing(text("A__c")), thing(Field("A__c", "A", FieldType.PICKLIST)), []),
        (thing(Field("A__c", "A", FieldType.DATE)), thing(Field("A__c", "A", FieldType.DATETIME)), []),
    ],
)
def test_a_change_is_the_difference(before: SObjectType, after: SObjectType, said: list[str]) -> None:
    assert list(summary(changes(before, after))) == said


def kinds(steps: tuple[Step, ...]) -> list[str]:
    return [type(step).__name__ for step in steps]


def test_an_index_goes_before_its_column_and_comes_after_it() -> None:
    unique = thing(text("A__c", unique=True))
    assert kinds(changes(thing(), unique)) == ["AddColumn", "AddColumn", "CreateIndex"]
    assert kinds(changes(unique, thing())) == ["DropIndex", "DropColumn", "DropColumn"]
    assert kinds(changes(thing(text("A__c")), unique)) == ["CreateIndex"]
    number = thing(Field("A__c", "A", FieldType.DOUBLE, precision=9, unique=True))
    assert kinds(changes(unique, number)) == ["DropIndex", "DropColumn", "ConvertColumn", "CreateIndex"]


def test_text_that_becomes_searchable_is_folded() -> None:
    long = thing(Field("A__c", "A", FieldType.TEXTAREA, length=32_000))
    [step] = changes(long, thing(text("A__c")))
    assert getattr(step, "fill", None) is True


def test_events_and_external_objects_have_no_tables() -> None:
    assert changes(None, thing(name="Told__e", kind=ObjectKind.PLATFORM_EVENT)) == ()
    assert changes(None, thing(name="Far__x", kind=ObjectKind.EXTERNAL)) == ()


@pytest.mark.parametrize(
    ("value", "old", "new", "converted"),
    [
        ("12.50", "string", "double", 12.5),
        (12.0, "double", "string", "12"),
        (12.5, "double", "string", "12.5"),
        (1, "boolean", "string", "true"),
        (1, "boolean", "double", 1.0),
        (1.0, "double", "boolean", 1),
        (1_767_981_801_000, "datetime", "date", 1_767_916_800_000),
        (1_767_916_800_000, "date", "string", "2026-01-09"),
        ("2026-01-09", "string", "date", 1_767_916_800_000),
        ("001D000000IqhSL", "string", "reference", "001D000000IqhSLIAZ"),
        (None, "string", "double", None),
        (None, "string", "boolean", 0),
    ],
)
def test_a_value_changes_its_type(value: Stored, old: str, new: str, converted: Stored) -> None:
    assert convert(value, FieldType(old), Field("A", "A", FieldType(new), scale=2)) == converted


@pytest.mark.parametrize(
    ("value", "old", "new"),
    [
        ("abc", "string", "double"),
        (2.0, "double", "boolean"),
        (12.0, "double", "date"),
        ("abc", "string", "reference"),
    ],
)
def test_a_value_that_fits_no_more_is_told(value: Stored, old: str, new: str) -> None:
    with pytest.raises(BadValue):
        convert(value, FieldType(old), Field("A", "A", FieldType(new)))


def test_key_prefixes_are_given_in_order_of_appearance_and_kept() -> None:
    objects = [
        thing(name="B__c"),
        thing(name="A__c"),
        thing(name="T__e", kind=ObjectKind.PLATFORM_EVENT),
        thing(name="M__mdt", kind=ObjectKind.CUSTOM_METADATA),
        thing(name="X__x", kind=ObjectKind.EXTERNAL),
        replace(thing(name="Account"), kind=ObjectKind.STANDARD, key_prefix="001"),
    ]
    numbered, given = assign(objects, {})
    assert given == {"B__c": "a00", "A__c": "a01", "T__e": "e00", "M__mdt": "m00", "X__x": "x00"}
    assert numbered[-1].key_prefix == "001"
    kept = {name.lower(): prefix for name, prefix in given.items()}
    assert assign([thing(name="A__c"), thing(name="C__c")], kept)[1] == {"C__c": "a02"}


@pytest.mark.parametrize(
    ("last", "following"), [("a09", "a0A"), ("a0Z", "a0a"), ("a0z", "a10"), ("azz", "b00"), ("e00", "a00")]
)
def test_key_prefixes_count_in_base_62(last: str, following: str) -> None:
    assert assign([thing()], {"before": last})[1] == {"Thing__c": following}


def test_what_belongs_to_any_object_belongs_to_custom_ones_too() -> None:
    active = replace(thing(name="Active__c"), fields=(*custom_object_fields(), LAST_ACTIVITY))
    plain = thing(name="Plain__c")
    objects = {each.name: each for each in with_custom_parents((*standard_objects(), active, plain))}

    def targets(sobject: str, name: str) -> tuple[str, ...]:
        field = objects[sobject].field(name)
        assert field is not None
        return field.reference_to

    assert "Active__c" in targets("Task", "WhatId")
    assert "Plain__c" not in targets("Task", "WhatId")
    assert {"Active__c", "Plain__c"} <= set(targets("Attachment", "ParentId"))
    assert "Plain__c" not in targets("FeedItem", "ParentId")
    assert with_custom_parents(standard_objects()) == standard_objects()
