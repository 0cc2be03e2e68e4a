"""Field changes: the setup audit trail's lines of a custom field that comes, changes or goes."""

from collections.abc import Iterator
from typing import Final

from isthmus.org.org.audit_lines import Line, line
from isthmus.org.provision.setup_facts import Fact

_VALUES: Final = (
    ("label", "field_label"),
    ("type", "field_type"),
    ("length", "field_length"),
    ("scale", "field_scale"),
    ("help", "field_help"),
    ("formula", "field_formula"),
    ("default", "field_default"),
    ("encryption", "field_encryption"),
)
"""What is told of a field that changes, and by which line."""

_STATES: Final = ("off", "on")
_UNKNOWN: Final = "null"


def of_field(old: Fact | None, new: Fact | None) -> Iterator[Line]:
    """One field, by what was known of it and is."""
    said: Fact = new or old or {}
    custom = bool(said["custom"])
    words = {
        "section": said["section"],
        "kind": "Custom" if custom else "",
        "field": said["label"],
        "object": said["object"],
        "on": f" on {said['object']}" if custom else "",
    }
    if new is None:
        yield line("field_deleted", **words, whence=f" from {said['object']}" if custom else "")
    elif old is None:
        yield _created(new, words)
    else:
        yield from _changed(old, new, words)


def _created(new: Fact, words: dict[str, str]) -> Line:
    if new["type"] == "Master-Detail":
        return line("field_master_detail", **words, target=new["target"])
    if new["type"] == "Lookup":
        return line("field_lookup", **words, target=new["target"])
    colon = "" if new["custom"] else ":"
    which = "field_created" if new["formula"] is None else "field_formula_created"
    return line(which, **words, colon=colon, type=new["type"])


def _changed(old: Fact, new: Fact, words: dict[str, str]) -> Iterator[Line]:
    for name, which in _VALUES:
        if name in old and old[name] != new[name]:
            values = {"old": old[name], "new": new[name]}
            yield line(which, **words, **{k: _UNKNOWN if v is None else v for k, v in values.items()})
    if old["required"] != new["required"]:
        was, now = (_STATES[bool(each["required"])] for each in (old, new))
        whose = f"{new['label']} on object {new['object']}" if new["custom"] else new["label"]
        yield line("field_required", **words, whose=whose, states=was.title() + now.title(), old=was, new=now)
    if old["unique"] != new["unique"]:
        was, now = (_STATES[bool(each["unique"])] for each in (old, new))
        yield line("field_unique", **words, state=now.title(), old=was, new=now)
    for value in new["values"]:
        if value not in old["values"]:
            yield line("field_value_added", **words, value=value)
    for value in old["values"]:
        if value not in new["values"]:
            yield line("field_value_deactivated", **words, value=value)
