"""Claims: what the coverage page says of each part of the platform's APIs, and whether the code agrees.

    [[group]]                                   # one table of the page
    title = "Records"
    source = 'REST API Developer Guide, "sObject Rows"'
    [[group.line]]
    what = "create a record"
    here = "yes"                                # or "partly", or "no"
    how = "…"                                   # in what partly, or what there is instead
    calls = ["POST sobjects/{sobject}"]         # the evidence, at least one:

What counts as evidence: `calls` that are routed, a token `grant`, SOAP `operations`, conformance `cases`
that pass, `names` (headers, parameters) that the wires' code has, an error that `refuses` it (it must be
gone), `moments` of the save order at which something runs, `packages` that there are, a collaborator that
is `given` (`Principal.access`), a `query` that can be planned. All of it holds: the line is a "yes" or a
"partly"; none of it: a "no"; some of it: a "partly".
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
from tests.tidy.reference import evidence

from isthmus.org.api.oauth.tokens import FLOWS
from isthmus.org.api.soap.operations import OPERATIONS
from isthmus.org.save.operation import CommitMoment, Moment

FOLDER: Final = Path(__file__).parent / "coverage"
NOT_RUN: Final = frozenset(
    {"query_feature_unsupported", "clause_not_allowed", "clause_not_for_object", "query_scope_unsupported"}
    | {"bind_variable", "single_currency"}
)
"""The errors by which a query is refused that is right, and not run."""

_MOMENTS: Final = {each.name: each for each in (*Moment, *CommitMoment)}


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that the platform has, and whether it is here."""

    what: str
    here: Literal["yes", "partly", "no"]
    how: str = ""
    calls: tuple[str, ...] = ()
    grant: str | None = None
    operations: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    refuses: str | None = None
    moments: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    query: str | None = None

    def evidence(self) -> list[bool]:
        """What the code says, piece by piece. Raises KeyError for a case or moment that there is not."""
        found = [evidence.is_served(each) for each in self.calls]
        found += [evidence.passes(each) for each in self.cases]
        found += [evidence.is_named(each) for each in self.names]
        found += [evidence.is_done(each) for each in self.operations]
        found += [evidence.is_filled(_MOMENTS[each]) for each in self.moments]
        found += [evidence.is_there(each) for each in self.packages]
        found += [evidence.is_given(each) for each in self.given]
        if self.grant is not None:
            found.append(evidence.is_granted(self.grant))
        if self.refuses is not None:
            found.append(evidence.is_run(self.refuses))
        if self.query is not None:
            found.append(evidence.refusal(self.query) is None)
        return found

    def problem(self) -> str | None:
        """Why the line can't be believed, or None."""
        try:
            found = self.evidence()
        except KeyError as unknown:
            return f"names what there is not: {unknown.args[0]}"
        if not found:
            return "gives no evidence"
        if (refused := self._refused()) is not None:
            return f"gives a query that is wrong: {refused}"
        if self.here == "partly" and not self.how:
            return "does not say in what it is there"
        allowed = {"yes", "partly"} if all(found) else {"partly"} if any(found) else {"no"}
        if self.here not in allowed:
            return f"says {self.here}, and the code says {' or '.join(sorted(allowed))}"
        return None

    def _refused(self) -> str | None:
        """What is wrong with the query, where it is refused for anything but not being run here."""
        refused = None if self.query is None else evidence.refusal(self.query)
        return None if refused is None or refused.entry.name in NOT_RUN else refused.message.splitlines()[-1]


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines that belong together: one table."""

    title: str
    source: str
    line: tuple[Line, ...]
    note: str = ""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the platform's APIs: one file of the folder `coverage`."""

    title: str
    about: str
    group: tuple[Group, ...]

    def lines(self) -> Iterator[tuple[Group, Line]]:
        return ((group, line) for group in self.group for line in group.line)


def load() -> tuple[Part, ...]:
    """Every part, in the order of the files' names. Raises msgspec.ValidationError."""
    texts = (file.read_text("utf-8") for file in sorted(FOLDER.glob("*.toml")))
    return tuple(msgspec.convert(tomllib.loads(text), Part) for text in texts)


def problems(parts: tuple[Part, ...]) -> list[str]:
    """What the claims say that isn't so, and what there is that they leave out."""
    lines = [(group, line) for part in parts for group, line in part.lines()]
    found = [f"{group.title}: {line.what}: {told}" for group, line in lines if (told := line.problem())]
    told_calls = {evidence.form(call) for _, line in lines for call in line.calls}
    left_out = [call for call in evidence.routes() if call not in told_calls]
    left_out += sorted(FLOWS.keys() - {line.grant for _, line in lines})
    left_out += sorted(OPERATIONS.keys() - {each for _, line in lines for each in line.operations})
    return found + [f"no line names {each}" for each in left_out]
