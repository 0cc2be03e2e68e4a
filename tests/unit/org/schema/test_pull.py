"""Pull: what differs between our objects and described ones, and how an overlay makes it up."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.org.schema.describe import describe_sobject
from isthmus.org.schema.described import NoDescribe, read_describes
from isthmus.org.schema.model import DeleteConstraint, Field, FieldType, PicklistValue, Schema, SObjectType
from isthmus.org.schema.overlay import OverlayBroken, _literal, load_overlay, overlay_of, write_overlay
from isthmus.org.schema.pull import Difference, compare, compare_objects, render
from isthmus.org.schema.sfdx.project import load_project
from isthmus.org.schema.standard import standard_objects
from isthmus.org.security.access import EVERYTHING

OURS = Schema(standard_objects())
SOLAR = Path(__file__).parents[4] / "examples" / "solar"


def described(schema: Schema) -> list[Mapping[str, object]]:
    """The schema as an org with it describes it."""
    return [
        describe_sobject(schema, each.name, EVERYTHING, "/services/data/v65.0", "http://localhost", no_ids)
        for each in schema
        if each.name != "Name"
    ]


def no_ids(sobject: str, record_type: str) -> str | None:
    return None


def changed(name: str, **fields: Any) -> list[SObjectType]:
    """The object `name` as another org might have it: fields by name changed, added or (None) taken away."""
    ours = OURS[name]
    kept = {each.name: each for each in ours.fields}
    for field, value in fields.items():
        if value is None:
            del kept[field]
        elif isinstance(value, Field):
            kept[field] = value
        else:
            kept[field] = replace(kept[field], **value)
    return [replace(ours, fields=tuple(kept.values()))]


def test_our_own_describes_differ_in_nothing() -> None:
    assert compare(OURS, described(OURS), complete=True) == []
    assert render([]) == "No difference\n"


def test_a_projects_describes_read_back_as_its_objects() -> None:
    solar = Schema(load_project(SOLAR, OURS).objects)
    assert compare(solar, described(solar), complete=True, custom=True) == []
    panel = {each.name: each for each in read_describes(described(solar))}["Panel__c"]
    model, master = panel.field("Model__c"), panel.field("Installation__c")
    assert model is not None
    assert {each.value: each.valid_for for each in model.picklist}["BL-410"] == ("Brightline",)
    assert master is not None
    assert (master.child_relationship_name, master.master_detail) == ("Panels__r", True)
    assert master.delete_constraint is DeleteConstraint.CASCADE


def test_custom_things_are_left_out_unless_asked_for() -> None:
    solar = Schema(load_project(SOLAR, OURS).objects)
    standard = compare(OURS, described(solar))
    assert {each.path for each in standard} == {"Account.Industry", "Lead.LeadSource"} | {
        "Account.AccountSource",
        "Contact.LeadSource",
        "Opportunity.LeadSource",
        "Account.RecordTypeId",
        "Opportunity.RecordTypeId",
    }
    custom = compare(OURS, described(solar), custom=True)
    assert Difference("Panel__c", None, "object", "absent", "present") in custom
    assert Difference("Account", "Customer_Number__c", "field", "absent", "string") in custom


# how a field differs there · what is said
ASPECTS: list[tuple[str, dict[str, Any], str]] = [
    ("Phone", {"type": FieldType.STRING}, "type: here phone, there string"),
    ("Phone", {"length": 50}, "length: here 40, there 50"),
    ("AnnualRevenue", {"precision": 16}, "precision: here 18, there 16"),
    ("AnnualRevenue", {"scale": 2}, "scale: here 0, there 2"),
    ("Phone", {"nillable": False}, "nillable: here yes, there no"),
    ("Phone", {"createable": False}, "createable: here yes, there no"),
    ("Phone", {"updateable": False}, "updateable: here yes, there no"),
    ("Industry", {"restricted_picklist": True}, "restricted: here no, there yes"),
    ("ParentId", {"reference_to": ("Account", "Lead")}, "refers to: here Account, there Account, Lead"),
    (
        "Rating",
        {"picklist": (PicklistValue("Hot", "Hot", default=True), PicklistValue("Icy", "Icy"))},
        "default: here none, there Hot\n  Rating: values: here also 'Warm', 'Cold', there also 'Icy'",
    ),
]


@pytest.mark.parametrize(("field", "attributes", "said"), ASPECTS)
def test_each_aspect_of_a_field(field: str, attributes: dict[str, Any], said: str) -> None:
    assert f"Account ({1 + said.count(chr(10))})\n  {field}: {said}\n" in render(
        compare_objects(OURS, changed("Account", **{field: attributes}))
    )


def test_what_is_absent() -> None:
    theirs = changed("Account", Sic=None, Tier=Field("Tier", "Tier", FieldType.PICKLIST))
    theirs += [SObjectType("Widget", "Widget", "Widgets", "0zz", ())]
    text = render(compare_objects(OURS, theirs))
    assert "Objects that are not here (1)\n  Widget\n" in text
    assert "Account (2)\n  Sic: not there\n  Tier: not here (picklist)\n" in text
    assert text.endswith("3 differences in 2 objects\n")
    there = compare_objects(OURS, theirs, complete=True)
    assert Difference("Contact", None, "object", "present", "absent") in there
    assert "Objects that are not there" in render(there)
    assert str(there[0]).startswith("Account.Sic: field: here string, there absent")


def test_what_an_object_can_do() -> None:
    [difference] = compare_objects(OURS, [replace(OURS["Account"], searchable=False)])
    assert str(difference) == "Account: searchable: here yes, there no"


@pytest.mark.parametrize(
    ("describe", "message"),
    [
        ({"name": "A"}, "missing required field `fields`"),
        ({"name": "A", "fields": [{"name": "B"}]}, "missing required field `type`"),
        ({"name": "../A", "fields": []}, "'../A' is no name"),
        ({"name": "A", "fields": [{"name": "a.b", "type": "id"}]}, "'a.b' is no name"),
        ([], "no name"),
        (
            {
                "name": "A",
                "fields": [
                    {"name": "C", "type": "boolean"},
                    {"name": "B", "type": "picklist", "controllerName": "C"}
                    | {"picklistValues": [{"value": "x", "validFor": "!"}]},
                ],
            },
            "validFor is no base64",
        ),
    ],
)
def test_what_is_no_describe(describe: Any, message: str) -> None:
    with pytest.raises(NoDescribe, match=message):
        compare(OURS, [describe])


def overlaid(theirs: list[SObjectType], path: Path) -> Schema:
    write_overlay(path, overlay_of(OURS, theirs), "https://acme.example")
    return Schema(load_overlay(path, OURS))


CHANGES: list[dict[str, Any]] = [{field: attributes} for field, attributes, _ in ASPECTS] + [
    {"Sic": None, "Fax": None},
    {"Tier": Field("Tier", "Tier", FieldType.PICKLIST, picklist=(PicklistValue("A", 'Größe "A"\n\x7f'),))},
    {
        "Phone": {
            "help_text": "Call\\us",
            "extra_type_info": "x",
            "exceptions": frozenset({("sortable", False)}),
        }
    },
    {"ParentId": {"relationship_name": None, "relationship_order": 1}},
    {"Industry": {"picklist": (PicklistValue("A", "A", active=False, valid_for=("x", "y")),)}},
]


@pytest.mark.parametrize("form", ["overlay", "overlay.toml"])
@pytest.mark.parametrize("fields", CHANGES, ids=lambda each: "+".join(each))
def test_an_overlay_makes_ours_like_theirs(tmp_path: Path, fields: dict[str, Any], form: str) -> None:
    theirs = changed("Account", **fields)
    got = overlaid(theirs, tmp_path / form)
    assert compare_objects(got, theirs) == []
    [their] = theirs
    assert {each.name: each for each in got["Account"].fields} == {each.name: each for each in their.fields}
    assert got["Contact"] == OURS["Contact"]


def test_an_overlay_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert overlay_of(OURS, OURS) == {}
    assert write_overlay(tmp_path / "overlay", {}, "x") == []
    assert load_overlay(tmp_path / "overlay", OURS) == tuple(OURS)


def test_an_overlay_through_describes(tmp_path: Path) -> None:
    theirs = read_describes(described(Schema(changed("Account", Phone={"length": 50}))))
    tables = overlay_of(OURS, theirs)
    assert tables == {"Account": {"fields": {"Phone": {"length": 50}}}}
    [file] = write_overlay(tmp_path / "over", tables, "https://acme.example\nnot = 'a key'")
    assert file.read_text("utf-8") == (
        "# Written by `isthmus schema pull`: how the objects of https://acme.example not = 'a key' differ "
        "from the standard ones.\n\n[Account]\n\n[Account.fields.Phone]\nlength = 50\n"
    )


def test_an_object_that_is_not_known_here(tmp_path: Path) -> None:
    fields = (OURS["Account"].fields[0], Field("Name", "Name", FieldType.STRING, length=80, name_field=True))
    widget = SObjectType("Widget", "Widget", "Widgets", "0zz", fields, searchable=True)
    assert overlaid([widget], tmp_path)["Widget"] == widget


def test_a_folder_keeps_what_others_wrote(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[Account]\n")
    write_overlay(tmp_path, overlay_of(OURS, changed("Account", Phone={"length": 50})), "x")
    write_overlay(tmp_path, overlay_of(OURS, changed("Contact", Phone={"length": 50})), "x")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["Contact.toml", "other.toml"]


BROKEN = [
    ("[Account", "Expected"),
    ("Account = 1", "[Account] is no table"),
    ("[Account]\nfoo = 1", "has no key foo"),
    ("[Widget]\nlabel = 'W'", "is not known here: it needs a label, and what it can do"),
    ("[Widget]\nlabel = 'W'\ncan = []\nkind = 'odd'", "'odd' is not a valid ObjectKind"),
    ("[Account]\ncan = ['fly']", "can = fly? It is one of createable"),
    ("[Account.fields.Phone]\nlenght = 1", "fields.Phone has no key lenght"),
    ("[Account.fields.Phone]\nlength = 'long'", "fields.Phone.length: Expected `int`, got `str`"),
    ("[Account.fields.Phone]\nnillable = 1", "fields.Phone.nillable: Expected `bool`, got `int`"),
    ("[Account.fields.Phone]\ntype = 'txt'", "fields.Phone.type: Invalid enum value 'txt'"),
    ("[Account.fields.New]\nlength = 1", "fields.New is not known here: it needs a type"),
    ("[Account.fields.Rating]\npicklist = [{ label = 'x' }]", "missing required field `value`"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_overlay(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    (tmp_path / "b.toml").write_text("[Contact]\nbad = 1")
    with pytest.raises(OverlayBroken) as caught:
        load_overlay(tmp_path, OURS)
    first, second = str(caught.value).split("\n")
    assert str(tmp_path / "a.toml") in first
    assert message in first
    assert "b.toml: [Contact] has no key bad" in second


def test_an_overlay_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OverlayBroken, match="No such file"):
        load_overlay(tmp_path / "none.toml", OURS)


@given(st.text())
def test_any_text_can_stand_in_an_overlay(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert tomllib.loads(f"a = {_literal(text)}") == {"a": text}
