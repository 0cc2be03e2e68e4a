"""Matching: how an expectation differs from what was got. Functions give a list of differences.

A string in an expectation is compared as it is, but for two forms:

    ~regex            the whole value matches the regular expression (`.` matches newlines too)
    <kind>            a value of a kind: <any> <string> <number> <int> <float> <boolean> <null> <array>
                      <object> <datetime> <date> <time> <url> <absent> <id>, and <id 001> of a key prefix
    <kind|kind>       a value of either kind

An object with the single key "<contains>" is a list with at least these elements, in any order; "<each>" is a
list whose elements all match; "<size>" is a list of that many elements. Numbers are compared with their type:
`1` isn't `1.0`, because a client's typed parser sees the difference.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree

ABSENT: Final = type("Absent", (), {"__repr__": lambda _: "nothing"})()
_SUFFIXES: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def guarded(record_id: str) -> str:
    """The 18-character form of a 15-character id (SOAP API Developer Guide, "ID Field Type")."""
    chunks = (record_id[at : at + 5] for at in (0, 5, 10))
    return record_id + "".join(
        _SUFFIXES[sum(1 << place for place, char in enumerate(chunk) if "A" <= char <= "Z")]
        for chunk in chunks
    )


def _is_id(value: Any, prefix: str) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Za-z]{18}", value):
        return False
    return value.startswith(prefix) and guarded(value[:15]) == value


def _is_text(pattern: str) -> Callable[[Any, str], bool]:
    compiled = re.compile(pattern, re.DOTALL)
    return lambda value, _: isinstance(value, str) and compiled.fullmatch(value) is not None


_KINDS: Final[Mapping[str, Callable[[Any, str], bool]]] = {
    "any": lambda value, _: value is not ABSENT,
    "absent": lambda value, _: value is ABSENT,
    "string": lambda value, _: isinstance(value, str) and value != "",
    "number": lambda value, _: isinstance(value, int | float) and not isinstance(value, bool),
    "int": lambda value, _: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value, _: isinstance(value, float),
    "boolean": lambda value, _: isinstance(value, bool),
    "null": lambda value, _: value is None,
    "array": lambda value, _: isinstance(value, list),
    "object": lambda value, _: isinstance(value, dict),
    "id": _is_id,
    "datetime": _is_text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000"),
    "date": _is_text(r"\d{4}-\d\d-\d\d"),
    "time": _is_text(r"\d\d:\d\d:\d\d\.\d{3}Z"),
    "url": _is_text(r"https?://[^/\s]+(/\S*)?"),
}


def shown(value: Any) -> str:
    """`value` as a reader of the report wants it: JSON, shortened in the middle."""
    text = (
        value
        if isinstance(value, bytes)
        else repr(value)
        if value is ABSENT
        else json.dumps(value, ensure_ascii=False)
    )
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return text if len(text) <= 600 else f"{text[:400]} … {text[-150:]}"


def differences(expected: Any, got: Any, where: str = "$", *, subset: bool = False) -> list[str]:
    """Where `got` isn't what is expected. With `subset`, objects may have keys that aren't expected."""
    if isinstance(expected, str):
        return [] if _text_matches(expected, got) else [_differs(where, expected, got)]
    if isinstance(expected, dict):
        return _object_differences(expected, got, where, subset=subset)
    if isinstance(expected, list):
        return _list_differences(expected, got, where, subset=subset)
    same = type(expected) is type(got) and expected == got
    return [] if same else [_differs(where, expected, got)]


def _differs(where: str, expected: Any, got: Any) -> str:
    return f"{where}: expected {shown(expected)}, got {shown(got)}"


def _text_matches(expected: str, got: Any) -> bool:
    if expected.startswith("~"):
        return isinstance(got, str) and re.fullmatch(expected[1:], got, re.DOTALL) is not None
    if expected.startswith("<") and expected.endswith(">") and len(expected) > 2:
        for kind in expected[1:-1].split("|"):
            name, _, argument = kind.partition(" ")
            if name not in _KINDS:
                raise ValueError(f"no such matcher: {expected}")
            if _KINDS[name](got, argument):
                return True
        return False
    return isinstance(got, str) and got == expected


def _object_differences(expected: dict[str, Any], got: Any, where: str, *, subset: bool) -> list[str]:
    if len(expected) == 1 and (special := next(iter(expected))) in ("<contains>", "<each>", "<size>"):
        return _whole_list_differences(special, expected[special], got, where)
    if not isinstance(got, dict):
        return [_differs(where, expected, got)]
    found = []
    for key, value in expected.items():
        found += differences(value, got.get(key, ABSENT), f"{where}.{key}", subset=subset)
    if not subset:
        found += [f"{where}.{key}: not expected, got {shown(got[key])}" for key in got if key not in expected]
    return found


def _list_differences(expected: list[Any], got: Any, where: str, *, subset: bool) -> list[str]:
    if not isinstance(got, list) or len(got) != len(expected):
        return [_differs(where, expected, got)]
    return [
        difference
        for at, (value, each) in enumerate(zip(expected, got, strict=True))
        for difference in differences(value, each, f"{where}[{at}]", subset=subset)
    ]


def _whole_list_differences(special: str, argument: Any, got: Any, where: str) -> list[str]:
    if not isinstance(got, list):
        return [f"{where}: expected a list, got {shown(got)}"]
    if special == "<size>":
        return [] if len(got) == argument else [f"{where}: expected {argument} elements, got {len(got)}"]
    if special == "<each>":
        return [
            difference
            for at, each in enumerate(got)
            for difference in differences(argument, each, f"{where}[{at}]", subset=True)
        ]
    return [
        f"{where}: nothing in it matches {shown(wanted)}; it holds {shown(got)}"
        for wanted in argument
        if not any(not differences(wanted, each, subset=True) for each in got)
    ]


def row_differences(expected: Sequence[Any], got: Sequence[Any], *, ordered: bool) -> list[str]:
    """Where a query's rows differ: each expected row matches one row, in order or in any."""
    if ordered:
        return differences(list(expected), list(got), "$.records", subset=True)
    left = list(got)
    found = []
    for wanted in expected:
        match = next((at for at, each in enumerate(left) if not differences(wanted, each, subset=True)), None)
        if match is None:
            found.append(f"$.records: no row matches {shown(wanted)}")
        else:
            del left[match]
    found += [f"$.records: not expected: {shown(each)}" for each in left]
    if found:
        found.append(f"$.records: got {shown(list(got))}")
    return found


def at_path(value: Any, path: str) -> Any:
    """What stands at `path` (`records.0.Id`; empty: the whole) of decoded JSON, or ABSENT.

    A step `[name=Account]` is the first element of a list whose `name` is `Account`.
    """
    for step in filter(None, path.split(".")):
        if isinstance(value, dict):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and (found := re.fullmatch(r"\[(\w+)=(.*)\]", step)):
            key, wanted = found.groups()
            value = next(
                (each for each in value if isinstance(each, dict) and each.get(key) == wanted), ABSENT
            )
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return ABSENT
    return value


def element_at(root: ElementTree.Element, path: str) -> ElementTree.Element | None:
    """The element at `path`, steps being local names, the first the root's own; or None."""
    names = path.split("/")
    if local_name(root) != names[0]:
        return None
    element: ElementTree.Element | None = root
    for name in names[1:]:
        element = next((each for each in element or () if local_name(each) == name), None)
    return element


def local_name(element: ElementTree.Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]
