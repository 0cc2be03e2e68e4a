"""Do system permissions have the labels of real orgs, and does the list hold only what it has to?"""

import tomllib
from pathlib import Path

from isthmus.org import schema
from isthmus.org.schema.field_lines import label_of
from isthmus.org.schema.model import Schema
from isthmus.org.schema.standard import standard_objects

LABELS = tomllib.loads(Path(schema.__file__).with_name("permission_labels.toml").read_text("utf-8"))
OF_SETS = ("PermissionSet", "Profile", "MutingPermissionSet")


def labels_of(sobject: str) -> dict[str, str]:
    fields = Schema(standard_objects())[sobject].fields
    return {each.name: each.label for each in fields if each.name.startswith("Permissions")}


def test_labels_are_those_of_describes_wherever_the_permission_is() -> None:
    for sobject in OF_SETS:
        labels = labels_of(sobject)
        assert labels["PermissionsEditTask"] == "Edit Tasks"
        assert labels["PermissionsManageUsers"] == "Manage Users"
        assert not [each for each in labels.values() if each.startswith("Permissions ")]


def test_each_line_is_of_a_permission_and_says_more_than_its_name() -> None:
    known = {name for sobject in OF_SETS for name in labels_of(sobject)}
    assert {f"Permissions{each}" for each in LABELS} <= known
    assert [each for each, label in LABELS.items() if label_of(each) == label] == []
    assert list(LABELS) == sorted(LABELS)
