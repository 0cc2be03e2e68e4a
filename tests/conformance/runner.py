"""The runner: sends what cases say, compares what comes back, and removes what was made.

for area in corpus.load():
    with AreaRun(session, area) as run:
        for case in area.cases:
            print(case.title, run.outcome(case))
"""

import itertools
import json
import re
import secrets
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final
from xml.etree import ElementTree

from tests.conformance.corpus import Area, Case, Step
from tests.conformance.matching import (
    ABSENT,
    at_path,
    differences,
    element_at,
    local_name,
    row_differences,
    shown,
)
from tests.conformance.target import Answer, Org, OrgError
from tests.conformance.variables import UnknownVariable, Variables

_SOBJECT_PATH: Final = re.compile(r"/services/data/v\d+\.\d/sobjects/(\w+)(?:[/?].*)?")
_WHITE: Final = re.compile(r"\s+")


class Verdict(Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case. `details` are differences, or the one reason to skip."""

    case: Case
    verdict: Verdict
    details: tuple[str, ...] = ()


@dataclass
class Session:
    """One org and what it offers: `provides` are the needs that it meets."""

    org: Org
    api: str = "65.0"
    provides: frozenset[str] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict)
    _ahead: timedelta | None = None

    def now(self) -> datetime:
        """The org's time; the org is asked once, its clock's lead remembered."""
        ours = datetime.now().astimezone()
        if self._ahead is None:
            self._ahead = self.org.now(self.api) - ours
        return (ours + self._ahead).replace(microsecond=0)

    def why_not(self, case: Case) -> str | None:
        """Why the case doesn't apply here, or None."""
        if not case.min_api <= float(self.api) <= case.max_api:
            return f"holds from {case.min_api:g} to {case.max_api:g}, not for {self.api}"
        if missing := case.needs - self.provides:
            return f"needs {', '.join(sorted(missing))}"
        return None

    def start(self, area: Area) -> Variables:
        """The variables that an area begins with."""
        values = dict(self.variables) | {
            "api": self.api,
            "org": self.org.url,
            "host": self.org.url.partition("//")[2],
            "token": self.org.token,
            "user": str(self.org.user.get("user_id", "")),
            "organization": str(self.org.user.get("organization_id", "")),
            "tag": f"cf{secrets.token_hex(4)}",
            "long": "x" * 17_000,
            "basic": ":".join(self.variables.get(name, "") for name in ("client_id", "client_secret")),
        }
        return Variables(values, self.now, str(self.org.user.get("zoneinfo") or "America/Los_Angeles"))


class AreaRun:
    """One area on one org: its shared records are made when the first case runs, and removed at the end."""

    def __init__(self, session: Session, area: Area) -> None:
        self._session = session
        self._area = area
        self._variables = session.start(area)
        self._made: list[tuple[str, str]] = []
        self._prepared = False
        self._broken: tuple[str, ...] = ()
        self._numbers = itertools.count(1)

    def __enter__(self) -> "AreaRun":
        return self

    def __exit__(self, *_: object) -> None:
        self._remove(self._made)

    def outcome(self, case: Case) -> Outcome:
        """Run the case and remove what it made."""
        if reason := self._session.why_not(case):
            return Outcome(case, Verdict.SKIPPED, (reason,))
        if broken := self._prepare():
            return Outcome(case, Verdict.FAILED, broken)
        variables = self._variables.within(unique=f"{self._variables.values['tag']}{next(self._numbers)}")
        made: list[tuple[str, str]] = []
        try:
            found = self._run_steps(case, variables, made)
        except (UnknownVariable, OrgError) as error:
            found = [str(error)]
        finally:
            self._remove(made)
        return Outcome(case, Verdict.FAILED if found else Verdict.PASSED, tuple(found))

    def _run_steps(self, case: Case, variables: Variables, made: list[tuple[str, str]]) -> list[str]:
        steps = (
            [("given", each) for each in case.given]
            + [("", case.step)]
            + [("then", each) for each in case.then]
        )
        for label, step in steps:
            if found := self._perform(step, variables, made):
                return [f"{label}: {each}" if label else each for each in found]
        return []

    def _prepare(self) -> tuple[str, ...]:
        if not self._prepared:
            self._prepared = True
            for step in self._area.given:
                try:
                    found = self._perform(step, self._variables, self._made)
                except (UnknownVariable, OrgError) as error:
                    found = [str(error)]
                if found:
                    self._broken = tuple(f"given, for the whole file: {each}" for each in found)
                    break
        return self._broken

    def _perform(self, step: Step, variables: Variables, made: list[tuple[str, str]]) -> list[str]:
        found: list[str] = []
        each = [variables.expand(value) for value in step.each] or [""] * step.count
        for n, value in enumerate(each, 1):
            request = Request.of(step, variables.within(n=str(n), each=value), self._session.api)
            answer = request.send(self._session.org)
            made += request.makes(answer)
            found = check(step, answer, variables)
            if found:
                return [f"sent {request}", *found]
            _capture(step, answer, variables)
        return found

    def _remove(self, made: list[tuple[str, str]]) -> None:
        """Delete in the opposite order; what is gone already is no matter."""
        headers = {"Authorization": f"Bearer {self._session.org.token}"}
        for sobject, record_id in reversed(made):
            path = f"/services/data/v{self._session.api}/sobjects/{sobject}/{record_id}"
            self._session.org.send("DELETE", path, headers)
        made.clear()


@dataclass(frozen=True, slots=True)
class Request:
    """A step's request, all variables filled in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    encoding: str

    def __str__(self) -> str:
        said = f"{self.method} {self.path}"
        return f"{said} {shown(self.body)}" if self.body else said

    @classmethod
    def of(cls, step: Step, variables: Variables, api: str) -> "Request":
        """Raises UnknownVariable."""
        expand = variables.expand
        params = {name: expand(value) for name, value in step.params.items()}
        method, _, path = expand(step.request).partition(" ")
        if step.create:
            method, path = "POST", f"sobjects/{step.create}"
        elif step.soql:
            method, path = "GET", step.path
            params = {"q": _WHITE.sub(" ", expand(step.soql).strip())} | params
        if not path.startswith("/"):
            path = f"/services/data/v{api}/{path}"
        if params:
            path += f"?{urllib.parse.urlencode(params)}"
        headers = {"Accept": "application/json"}
        body = b""
        if step.form is not None:
            body = urllib.parse.urlencode({key: expand(value) for key, value in step.form.items()}).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif step.body is not None:
            body = expand(step.body).encode()
            headers["Content-Type"] = "application/json"
        if auth := expand(step.auth):
            headers["Authorization"] = auth
        for name, value in step.send.items():
            headers[name] = expand(value)
        return cls(method, path, headers, body, step.encoding)

    def send(self, org: Org) -> Answer:
        return org.send(self.method, self.path, self.headers, self.body, encoding=self.encoding)

    def makes(self, answer: Answer) -> list[tuple[str, str]]:
        """The record that the answer says was made, as (sobject, id)."""
        found = _SOBJECT_PATH.fullmatch(self.path)
        if found is None or answer.status not in (200, 201) or self.method not in ("POST", "PATCH"):
            return []
        record_id = at_path(_json(answer), "id")
        return [(found[1], record_id)] if isinstance(record_id, str) else []


def check(step: Step, answer: Answer, variables: Variables) -> list[str]:
    """How the answer differs from what the step expects."""
    found = _head_differences(step, answer, variables)
    parts = (
        _json_differences(step, answer, variables),
        _query_differences(step, answer, variables),
        _text_differences(step, answer, variables),
    )
    found += itertools.chain.from_iterable(parts)
    if found and not any(each.startswith("$") for each in found[1:]) and answer.body:
        found.append(f"the answer was {shown(answer.body)}")
    return found


def _head_differences(step: Step, answer: Answer, variables: Variables) -> list[str]:
    wanted = [step.status] if isinstance(step.status, int) else step.status
    found = []
    if wanted is not None and answer.status not in wanted:
        found.append(f"status: expected {' or '.join(map(str, wanted))}, got {answer.status}")
    for name, value in step.headers.items():
        got = answer.headers.get(name.lower(), ABSENT)
        found += differences(variables.expand(value), got, f"header {name}")
    return found


def _json(answer: Answer) -> Any:
    try:
        return answer.json
    except ValueError:
        return ABSENT


def _json_differences(step: Step, answer: Answer, variables: Variables) -> list[str]:
    got = _json(answer)
    found = []
    if step.json is not None:
        found += differences(json.loads(variables.expand(step.json)), got)
    if step.subset is not None:
        found += differences(json.loads(variables.expand(step.subset)), got, subset=True)
    if step.error is not None:
        found += differences(
            [_error(step.error, variables)], got, subset=step.error.get("fields", "any") == "any"
        )
    for path, wanted in step.keys.items():
        place = at_path(got, path)
        keys = list(place) if isinstance(place, dict) else place
        if keys != wanted:
            found.append(f"$.{path}: {_key_difference(wanted, keys)}")
    return found


def _key_difference(wanted: list[str], got: Any) -> str:
    if not isinstance(got, list):
        return f"expected an object, got {shown(got)}"
    missing = [key for key in wanted if key not in got]
    extra = [key for key in got if key not in wanted]
    if missing or extra:
        return f"keys missing: {missing}, keys not expected: {extra}"
    return f"expected the keys in the order {wanted}, got {got}"


def _error(expected: Mapping[str, Any], variables: Variables) -> dict[str, Any]:
    error = {
        "message": variables.expand(expected.get("message", "<string>")),
        "errorCode": variables.expand(expected["code"]),
    }
    fields = expected.get("fields", "any")
    return error if fields == "any" else error | {"fields": fields} if fields != "none" else error


def _query_differences(step: Step, answer: Answer, variables: Variables) -> list[str]:
    got = _json(answer)
    found = []
    if step.size is not None:
        found += differences(step.size, at_path(got, "totalSize"), "$.totalSize")
    ordered = re.search(r"\border\s+by\b", step.soql, re.IGNORECASE) is not None
    rows = at_path(got, "records")
    if step.records is not None or step.values is not None:
        if not isinstance(rows, list):
            return [*found, f"$.records: expected rows, got {shown(rows)}"]
        if step.records is not None:
            found += row_differences(json.loads(variables.expand(step.records)), rows, ordered=ordered)
        if step.values is not None:
            wanted = [variables.expand(each) if isinstance(each, str) else each for each in step.values]
            found += row_differences(wanted, [_only_value(row) for row in rows], ordered=ordered)
    return found


def _only_value(row: Any) -> Any:
    """The value of the only selected field, through parents."""
    while isinstance(row, dict):
        fields = [value for key, value in row.items() if key != "attributes"]
        if len(fields) != 1:
            return row
        row = fields[0]
    return row


def _text_differences(step: Step, answer: Answer, variables: Variables) -> list[str]:
    found = []
    if step.text is not None:
        found += differences(variables.expand(step.text), answer.text, "body")
    if not step.xml and not step.children:
        return found
    try:
        root = answer.xml
    except ElementTree.ParseError as error:
        return [*found, f"body: expected XML, got {shown(answer.body)} ({error})"]
    for path, wanted in step.xml.items():
        element = element_at(root, path)
        got = ABSENT if element is None else (element.text or "").strip()
        found += differences(variables.expand(wanted), got, path)
    for path, names in step.children.items():
        element = element_at(root, path)
        children = ABSENT if element is None else [local_name(each) for each in element]
        found += differences(names, children, path)
    return found


def _capture(step: Step, answer: Answer, variables: Variables) -> None:
    """Set what the step captures. Raises UnknownVariable where it isn't there."""
    for name, path in step.capture.items():
        if path.startswith("header:"):
            value: Any = answer.headers.get(path.removeprefix("header:").lower(), ABSENT)
        elif "/" in path:
            element = element_at(answer.xml, path)
            value = ABSENT if element is None else element.text
        else:
            value = at_path(_json(answer), path)
        if value is ABSENT or value is None:
            raise UnknownVariable(f"the answer has no {path} to call {name}: {shown(answer.body)}")
        variables.values[name] = str(value)
