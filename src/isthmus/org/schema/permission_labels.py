"""Permission labels: what describes call the fields of system permissions, by `permission_labels.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

_PREFIX: Final = "Permissions"
_OF_RECORDS: Final = frozenset(
    {"Create", "Delete", "Edit", "ModifyAllRecords", "Read", "ViewAllFields", "ViewAllRecords"}
)
"""Rights to objects and fields, which are no system permissions: what describes call them is not known."""


def permission_label(name: str) -> str | None:
    """The label of a system permission's field that doesn't follow from its name; None of other fields.

    >>> permission_label("PermissionsEditTask"), permission_label("PermissionsManageUsers")
    ('Edit Tasks', None)
    """
    return _labels().get(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else None


def without_prefix(name: str) -> str:
    """The name that a field's label follows from.

    >>> without_prefix("PermissionsManageUsers"), without_prefix("PermissionsRead"), without_prefix("Name")
    ('ManageUsers', 'PermissionsRead', 'Name')
    """
    stem = name.removeprefix(_PREFIX)
    return name if stem in _OF_RECORDS else stem


@cache
def _labels() -> Mapping[str, str]:
    return tomllib.loads(files(__package__).joinpath("permission_labels.toml").read_text("utf-8"))
