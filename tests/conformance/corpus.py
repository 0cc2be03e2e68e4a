"""The corpus: what a Salesforce org answers, as data. One TOML file per area below `cases/`.

    about = "Rows: create, read, update and delete one record"
    [[given]]                                    # records that every case of the file may use, made once
    create = "Account"                           # POST sobjects/Account
    name = "acme"                                # {{acme}} is its id from here on
    body = '{"Name": "{{tag}} Acme"}'

    [[case]]
    name = "a field list narrows the answer"
    source = 'REST API Developer Guide, "sObject Rows"'
    confidence = "documented"                    # or "recorded", or "known"
    request = "GET sobjects/Account/{{acme}}"    # relative: below /services/data/vNN.N/; else from the root
    params = { fields = "Name" }
    status = 200
    json = '{"attributes": {"type": "Account", "url": "<string>"}, "Id": "{{acme}}", "Name": "{{tag}} Acme"}'

A case may have steps before (`[[case.given]]`) and after (`[[case.then]]`) its own request; each is a request
with expectations of its own. An unknown key is an error, and so is a case that expects nothing: a case that
can't fail says nothing.
"""

import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

CASES: Final = Path(__file__).parent / "cases"
CONFIDENCE: Final = frozenset({"documented", "recorded", "known"})
NEEDS: Final = frozenset({"admin", "custom", "login", "app", "en_US", "Los_Angeles"})
"""What an org may lack: an administrator's token, our SFDX project, a user name and password, a connected
app's key and secret, a user whose weeks begin on Sunday, a user in the time zone America/Los_Angeles."""


class CorpusError(Exception):
    """A case file is wrong. The message names the file, the case, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request and what its answer must be. One of `request`, `create` and `soql` says what is sent."""

    request: str = ""
    """`METHOD path`; a path without a leading slash is below the API version's root."""
    create: str = ""
    """Create a record of this object from `body`; its id is captured under the name in `name`."""
    soql: str = ""
    """GET query?q=… with this text."""
    path: str = "query"
    """For `soql`: where it is sent."""
    body: str | None = None
    form: dict[str, str] | None = None
    params: dict[str, str] = field(default_factory=dict)
    send: dict[str, str] = field(default_factory=dict)
    """Request headers."""
    auth: str = "Bearer {{token}}"
    """The Authorization header; empty: none is sent."""
    encoding: str = ""
    """`gzip`, `chunked`, or `gzip chunked`: how the request body travels."""
    count: int = 1
    """For `create`: how many; `{{n}}` counts from 1."""
    each: list[str] = field(default_factory=list)
    """For `create`: one for each of these; `{{each}}` is it."""
    capture: dict[str, str] = field(default_factory=dict)
    """Variables from the answer: name → path (`records.0.Id`; header:Location; xml paths by local names)."""

    status: int | list[int] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    json: str | None = None
    """The whole answer, with matchers."""
    subset: str | None = None
    """What the answer must contain: keys that aren't named may be there too."""
    error: dict[str, Any] | None = None
    """The answer is a list of one error: `code`; `message` where given; `fields`: a list, "none" (the key is
    absent) or "any" (the default)."""
    keys: dict[str, list[str]] = field(default_factory=dict)
    """Path → the keys of the object there, all of them, in the order in which they are sent."""
    values: list[Any] | None = None
    """A query's rows by their only field. In this order if the query has ORDER BY, else in any."""
    records: str | None = None
    """A query's records (each a subset), all of them, in order as for `values`."""
    size: int | None = None
    """A query's totalSize."""
    text: str | None = None
    """The body as text: equal, or matched by a `~regex`."""
    xml: dict[str, str] = field(default_factory=dict)
    """Path by local names (`Envelope/Body/Fault/faultcode`) → matcher of its text."""
    children: dict[str, list[str]] = field(default_factory=dict)
    """Path by local names → local names of its children, in order."""

    @property
    def expects(self) -> bool:
        """Whether anything at all is expected of the answer."""
        return bool(self.headers or self.keys or self.xml or self.children or self.error) or any(
            each is not None
            for each in (self.status, self.json, self.subset, self.values, self.records, self.size, self.text)
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that an org does, where that is said, and how sure that is."""

    area: str
    name: str
    source: str
    confidence: str
    step: Step
    given: tuple[Step, ...] = ()
    then: tuple[Step, ...] = ()
    needs: frozenset[str] = frozenset()
    min_api: float = 0.0
    max_api: float = 1000.0

    @property
    def title(self) -> str:
        return f"{self.area}: {self.name}"


@dataclass(frozen=True, slots=True)
class Area:
    """One file of cases, with the records that they share."""

    name: str
    about: str
    given: tuple[Step, ...]
    cases: tuple[Case, ...]
    needs: frozenset[str] = frozenset()


_STEP_KEYS: Final = {each.name for each in fields(Step)}
_CASE_KEYS: Final = {each.name for each in fields(Case)} - {"area", "step"}
_REQUIRED: Final = {each.name for each in fields(Case) if each.default is MISSING} - {"area", "step"}


def load(folder: Path = CASES) -> list[Area]:
    """Every area, by name. Raises CorpusError."""
    return [load_area(path) for path in sorted(folder.glob("*.toml"))]


def load_area(path: Path) -> Area:
    """The area in `path`. Raises CorpusError."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{path.name}: {error}") from error
    if unknown := table.keys() - {"about", "given", "case", "needs"}:
        raise CorpusError(f"{path.name}: unknown keys: {', '.join(sorted(unknown))}")
    needs = frozenset(table.get("needs", ()))
    given = tuple(_step(each, f"{path.name}: given {n}") for n, each in enumerate(table.get("given", ()), 1))
    cases = tuple(_case(path, each, needs) for each in table.get("case", ()))
    names = [each.name for each in cases]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise CorpusError(f"{path.name}: used more than once: {', '.join(sorted(repeated))}")
    return Area(path.stem, table.get("about", ""), given, cases, needs)


def _case(path: Path, table: dict[str, Any], needs: frozenset[str]) -> Case:
    where = f"{path.name}: {table.get('name', 'a case without a name')}"
    if missing := _REQUIRED - table.keys():
        raise CorpusError(f"{where}: {', '.join(sorted(missing))} missing")
    if table["confidence"] not in CONFIDENCE:
        raise CorpusError(f"{where}: confidence is one of {', '.join(sorted(CONFIDENCE))}")
    own = {key: value for key, value in table.items() if key in _CASE_KEYS and key != "name"}
    own["needs"] = needs | frozenset(table.get("needs", ()))
    if strange := own["needs"] - NEEDS:
        raise CorpusError(f"{where}: there is no need called {', '.join(strange)}")
    for around in ("given", "then"):
        own[around] = tuple(_step(each, f"{where}, {around}") for each in table.get(around, ()))
    for bound in ("min_api", "max_api"):
        if bound in table:
            own[bound] = float(table[bound])
    rest = {key: value for key, value in table.items() if key not in _CASE_KEYS}
    step = _step(rest, where)
    if not step.expects and not any(each.expects for each in own["then"]):
        raise CorpusError(f"{where}: nothing is expected, so it can't fail")
    return Case(area=path.stem, name=table["name"], step=step, **own)


def _step(table: dict[str, Any], where: str) -> Step:
    names = dict(table)
    if (name := names.pop("name", None)) is not None:
        names["capture"] = {name: "id"} | names.get("capture", {})
    if unknown := names.keys() - _STEP_KEYS:
        raise CorpusError(f"{where}: unknown keys: {', '.join(sorted(unknown))}")
    if sum(bool(names.get(key)) for key in ("request", "create", "soql")) != 1:
        raise CorpusError(f"{where}: one of request, create and soql says what is sent")
    if names.get("create"):
        names.setdefault("status", 201)
    if names.get("soql"):
        names.setdefault("status", 200)
    return Step(**names)
