"""Run: queries made by a seed, asked of both databases and of the evaluator, and what became of them."""

import random
import signal
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Literal, TypeAlias, get_args

from tests.fuzz.answers import answered
from tests.fuzz.broken_texts import some_text
from tests.fuzz.distances import Near
from tests.fuzz.evaluate import Answer, Evaluator
from tests.fuzz.generate import Generator
from tests.fuzz.literals import some_now
from tests.fuzz.org import Org, Side
from tests.fuzz.productions import Productions
from tests.fuzz.shrink import shortened, shrunk
from tests.fuzz.tables import Asked, Breadth
from tests.fuzz.text import written
from tests.fuzz.tree import Query
from tests.fuzz.wild import some_tree

from isthmus.kernel.errors import Fault

PATIENCE = 30
"""Seconds after which a query counts as hanging."""


@dataclass(frozen=True)
class Refusal:
    """The fault that a query ends in."""

    status: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"refused: {self.status} {self.code}: {self.message}"


@dataclass(frozen=True)
class Crash:
    """What a query must never end in."""

    trace: str

    def __str__(self) -> str:
        return f"crashed:\n{self.trace}"


class Hangs(Exception):
    """A query takes too long."""


Outcome: TypeAlias = Answer | Refusal | Crash
Kind: TypeAlias = Literal["right", "wild", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Queries that have to be answered; trees that may be wrong; texts that may be no queries."""


@dataclass(frozen=True)
class Case:
    """What is asked, and how. `number` of `seed` and `kind` makes it again. `query` is None of a text."""

    kind: Kind
    seed: int
    number: int
    asked: Asked
    soql: str
    query: Query | None


@dataclass
class Tally:
    """What a run has done."""

    queries: int = 0
    filled: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.queries += other.queries
        self.filled += other.filled
        self.hits += other.hits
        self.problems += other.problems


def case_of(org: Org, kind: Kind, seed: int, number: int) -> Case:
    """The case of that number."""
    chance = random.Random(f"{seed}/{number}" if kind == "right" else f"{seed}/{kind}/{number}")
    asked = Asked(chance.choice(org.users), some_now(chance), all_rows=chance.random() < 0.1)
    query: Query | None = Generator(chance, org.tables, asked).query()
    assert query is not None
    if not query.is_grouped and query.offset is None and chance.random() < 0.4:
        asked = replace(asked, batch=200)
    asked = replace(asked, breadth=chance.choice(list(Breadth)))
    if kind == "wild":
        query = some_tree(chance, org.tables, query)
    soql = written(query, chance.randrange(1, 2**31))
    if kind == "text":
        query, soql = None, some_text(chance, soql)
    return Case(kind, seed, number, asked, soql, query)


class Fuzzer:
    """Compares answers."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._evaluator = Evaluator(org.tables)
        self._productions = Productions(org.tables)

    def run(self, kind: Kind, seed: int, numbers: range, *, problems_max: int = 20) -> Tally:
        """Ask the cases of these numbers, until there are too many problems."""
        tally = Tally()
        for number in numbers:
            case = case_of(self._org, kind, seed, number)
            outcomes = self._outcomes(case)
            tally.queries += 1
            tally.hits.update(self._hits(case, outcomes[0]))
            tally.filled += isinstance(outcomes[0], Answer) and outcomes[0].total > 0
            problem = self._problem(case, outcomes)
            if problem is not None:
                tally.problems.append(self._report(case, problem))
                if len(tally.problems) == problems_max:
                    break
        return tally

    def _outcomes(self, case: Case) -> list[Outcome]:
        return [outcome_of(side, case.soql, case.asked) for side in self._org.sides]

    def _hits(self, case: Case, outcome: Outcome) -> set[str]:
        if case.kind != "right":
            code = outcome.code if isinstance(outcome, Refusal) else "answered"
            return {f"{case.kind}: {code}"}
        assert case.query is not None
        hits = set(self._productions.of(case.query))
        if case.asked.all_rows:
            hits.add("asked: all rows")
        if isinstance(outcome, Answer) and len(outcome.rows) > case.asked.batch:
            hits.add("asked: more pages")
        hits.add(f"asked: breadth {case.asked.breadth.value}")
        if case.asked.who.unreadable:
            hits.add("asked: by one who may not read all fields")
        return hits

    def _problem(self, case: Case, outcomes: Sequence[Outcome]) -> str | None:
        """How the databases and the evaluator disagree; None: they don't."""
        names = [side.name for side in self._org.sides]
        for name, outcome in zip(names, outcomes, strict=True):
            if isinstance(outcome, Crash) or (case.kind == "right" and isinstance(outcome, Refusal)):
                return f"{name} {outcome}"
        first = outcomes[0]
        if any(isinstance(each, Refusal) for each in outcomes):
            told = [str(each) if isinstance(each, Refusal) else "answers" for each in outcomes]
            return None if len(set(told)) == 1 else " and ".join(map(" ".join, zip(names, told, strict=True)))
        assert isinstance(first, Answer)
        expected = self._expected(case)
        for name, outcome in zip(names, outcomes, strict=True):
            assert isinstance(outcome, Answer)
            if difference := different(first if expected is None else expected, outcome):
                return f"{name}: {difference}"
        return None

    def _expected(self, case: Case) -> Answer | None:
        """What is right; None: nobody knows, and the databases are compared with each other."""
        if case.query is None:
            return None
        try:
            return self._evaluator.answer(case.query, case.asked)
        except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
            if case.kind == "right":
                raise
            return None  # what the product lets pass, and the evaluator has no meaning for

    def _report(self, case: Case, problem: str) -> str:
        def smaller(query: Query) -> Case:
            return replace(case, query=query, soql=written(query, 0))

        def shorter(soql: str) -> Case:
            return replace(case, soql=soql)

        def fails(other: Case) -> bool:
            try:
                found = self._problem(other, self._outcomes(other))
            except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
                return False  # it is no query any more
            return found is not None and _kind(found) == _kind(problem)

        if case.query is None:
            plain = shorter(shortened(case.soql, lambda soql: fails(shorter(soql))))
        else:
            plain = smaller(shrunk(case.query, lambda query: fails(smaller(query))))
        told = self._problem(plain, self._outcomes(plain)) if fails(plain) else None
        who, rows = case.asked.who, ", all rows" if case.asked.all_rows else ""
        rows += (
            ""
            if case.asked.breadth is Breadth.MEASURED
            else f", as if the view were {case.asked.breadth.value}"
        )
        kind = "" if case.kind == "right" else f" KIND={case.kind}"
        return (
            f"{case.soql!r}\n"
            f"  by {who.name} in {who.zone} at {case.asked.now.isoformat()}{rows}\n"
            f"  {problem}\n"
            f"  smallest: {plain.soql if case.query is not None else repr(plain.soql)}\n"
            f"  {told or 'which the same text in another spelling does not show'}\n"
            f"  again: make fuzz SEED={case.seed}{kind} ONLY={case.number}"
        )


def _kind(problem: str) -> str:
    """What a smaller query has to share with the one that it is made from: the sentence of a refusal."""
    return (
        problem.splitlines()[-1] if " refused: " in problem else "crashed" if " crashed:" in problem else ""
    )


def outcome_of(side: Side, soql: str, asked: Asked) -> Outcome:
    """What becomes of a query on one database."""
    try:
        with _patience(soql):
            return answered(side.ask(soql, asked))
    except Fault as fault:
        if not 400 <= fault.status < 500:
            return Crash(f"a fault of status {fault.status}: {fault}")
        return Refusal(fault.status, fault.code, fault.message)
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        return Crash(traceback.format_exc())


def different(expected: Answer, found: Answer) -> str | None:
    """How an answer differs from what is expected; None: it does not."""
    if expected.total != found.total:
        return f"{found.total} rows instead of {expected.total}"
    wanted, got = expected.rows, found.rows
    if not expected.settled:
        wanted, got = sorted(wanted, key=repr), sorted(got, key=repr)
    for place, (one, other) in enumerate(zip(wanted, got, strict=True)):
        if not _is_same(one, other):
            return f"row {place} is\n    {other!r}\n  instead of\n    {one!r}"
    return None


def _is_same(expected: object, found: object) -> bool:
    """Whether two answers are the same, down to the types of what they hold."""
    if isinstance(expected, Near):
        return expected.is_like(found.value if isinstance(found, Near) else found)
    if isinstance(expected, list | tuple) and isinstance(found, list | tuple):
        return len(expected) == len(found) and all(map(_is_same, expected, found))
    return repr(expected) == repr(found)


@contextmanager
def _patience(soql: str) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Hangs(soql)

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
