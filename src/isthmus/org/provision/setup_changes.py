"""Setup changes: the setup audit trail's lines of what a new definition changes.

What is in force is kept, as facts, beside the schema: so a change is told whether it came by a reload or by a
start. The first definition of an org is told by no line, as nobody has changed anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from isthmus.kernel.database import Dialect, Transaction
from isthmus.org.org import Running
from isthmus.org.org.audit_lines import Line, line
from isthmus.org.org.audited_rights import kind_of_profile
from isthmus.org.provision.accept import accept
from isthmus.org.provision.field_changes import of_field
from isthmus.org.provision.setup_facts import ALL_DAY, Fact, Facts

_MODELS: Final[Mapping[str, str]] = {
    "ControlledByParent": "Controlled by Parent",
    "FullAccess": "Public Full Access",
    "Private": "Private",
    "Read": "Public Read Only",
    "ReadWrite": "Public Read/Write",
    "ReadWriteTransfer": "Public Read/Write/Transfer",
}
"""What Setup calls organization-wide defaults."""

_AT_ALL_TIMES: Final[Mapping[str, str]] = {}


def told_table(d: Dialect) -> Sequence[str]:
    """The statements that make the table of what is told already: one row, or none."""
    return (f'CREATE TABLE "isthmus_setup_facts" ("facts" {d.text} NOT NULL)',)


def tell_changes(running: Running, tx: Transaction, facts: Facts) -> None:
    """Tell what of `facts` is not as it was, and keep them."""
    row = tx.row('SELECT "facts" FROM "isthmus_setup_facts"')
    if row is None:
        lines: list[Line] = []
    else:
        before = msgspec.json.decode(str(row[0]), type=Facts)
        _count_versions(before, facts)
        lines = list(dict.fromkeys(_lines(before, facts)))
    text = msgspec.json.encode(facts, order="deterministic").decode()
    if row is None or str(row[0]) != text:
        tx.execute('DELETE FROM "isthmus_setup_facts"')
        tx.execute('INSERT INTO "isthmus_setup_facts" VALUES (?)', (text,))
    if lines:
        accept("SetupAuditTrail", running.insert("SetupAuditTrail", [each.record for each in lines]))


def _count_versions(before: Facts, after: Facts) -> None:
    """A flow that changes gets a new version; they count from one."""
    for _, old, new in _pairs(before, after, "flow"):
        if old is not None and new is not None:
            new["version"] = old["version"] + (old["sum"] != new["sum"])


def _lines(before: Facts, after: Facts) -> Iterator[Line]:
    for name, old, new in _changed(before, after, "object"):
        yield from _of_object(name, old, new)
    for name, old, new in _changed(before, after, "field"):
        if name.partition(".")[0] in after["object"] or not (old or new or {}).get("custom"):
            yield from of_field(old, new)
    yield from _of_defaults(before, after)
    for _, old, new in _changed(before, after, "rule"):
        yield from _of_rule(old, new)
    for name, old, new in _changed(before, after, "profile"):
        yield from _of_profile(name, old or {}, new or {})
    yield from _of_flows(before, after)


def _changed(before: Facts, after: Facts, kind: str) -> Iterator[tuple[str, Fact | None, Fact | None]]:
    """What came, changed or went, by name: what it was, and is."""
    return (each for each in _pairs(before, after, kind) if each[1] != each[2])


def _pairs(before: Facts, after: Facts, kind: str) -> Iterator[tuple[str, Fact | None, Fact | None]]:
    old, new = before.get(kind, {}), after[kind]
    return ((name, old.get(name), new.get(name)) for name in sorted({*old, *new}))


def _of_object(name: str, old: Fact | None, new: Fact | None) -> Iterator[Line]:
    if old is None or new is None:
        said: Fact = new or old or {}
        stem = "metadata_type" if said["metadata"] else "object"
        yield line(f"{stem}_{'created' if old is None else 'deleted'}", object=said["label"])
    elif old["label"] != new["label"]:
        yield line("object_label", old=old["label"], new=new["label"])


def _of_defaults(before: Facts, after: Facts) -> Iterator[Line]:
    """Of objects that were there, and are: what comes with a new one is told with it."""
    changed = [
        (old, new)
        for _, old, new in _changed(before, after, "default")
        if old is not None and new is not None and old["model"] != new["model"]
    ]
    if changed:
        yield line("defaults_started")
    for old, new in changed:
        words = (_MODELS.get(each["model"], each["model"]) for each in (old, new))
        yield line("default_changed", object=new["object"], **dict(zip(("old", "new"), words, strict=True)))


def _of_rule(old: Fact | None, new: Fact | None) -> Iterator[Line]:
    said: Fact = new or old or {}
    words = {"object": said["object"], "kind": said["kind"], "name": said["label"]}
    if old is None or new is None:
        yield line(f"rule_{'created' if old is None else 'deleted'}", **words)
    elif old["label"] != new["label"]:
        yield line("rule_renamed", **words, old=old["label"], new=new["label"])
    elif old["sum"] != new["sum"] or old["kind"] != new["kind"]:
        yield line("rule_changed", **words)


def _of_profile(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Line]:
    hours, were = new.get("hours") or _AT_ALL_TIMES, old.get("hours") or _AT_ALL_TIMES
    for day in dict.fromkeys((*were, *hours)):
        periods = {"old": were.get(day, ALL_DAY), "new": hours.get(day, ALL_DAY)}
        if periods["old"] != periods["new"]:
            yield line("profile_hours", name=name, kind=kind_of_profile(name), day=day, **periods)
    ranges, had = new.get("ranges", ()), old.get("ranges", ())
    for start, end in had:
        if [start, end] not in ranges:
            yield line("profile_range_deleted", name=name, start=start, end=end)
    for start, end in ranges:
        if [start, end] not in had:
            yield line("profile_range_added", name=name, start=start, end=end)


def _of_flows(before: Facts, after: Facts) -> Iterator[Line]:
    for name, old, new in _changed(before, after, "flow"):
        words = {"name": name, "label": (new or old or {})["label"]}
        if new is None:
            yield line("flow_deactivated", **words)
        elif old is None:
            yield line("flow_created", **words)
            yield line("flow_activated", **words)
        else:
            if old["label"] != new["label"]:
                yield line("flow_renamed", **words, old=old["label"])
            if old["sum"] != new["sum"]:
                yield line("flow_version", **words, version=new["version"])
