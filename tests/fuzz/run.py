"""Run: queries made by a seed, asked of both databases and of the evaluator, and what became of them."""

import random
import signal
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from tests.fuzz.answers import answered
from tests.fuzz.evaluate import Answer, Evaluator
from tests.fuzz.generate import Generator
from tests.fuzz.literals import some_now
from tests.fuzz.org import Org, Side
from tests.fuzz.productions import Productions
from tests.fuzz.shrink import shrunk
from tests.fuzz.tables import Asked
from tests.fuzz.text import written
from tests.fuzz.tree import Query

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


Outcome = Answer | Refusal | Crash


@dataclass(frozen=True)
class Case:
    """One query, and how it is asked. `number` of `seed` makes it again."""

    seed: int
    number: int
    asked: Asked
    query: Query
    spelling: int

    @property
    def soql(self) -> str:
        return written(self.query, self.spelling)


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


def case_of(org: Org, seed: int, number: int) -> Case:
    """The query of that number."""
    chance = random.Random(f"{seed}/{number}")
    asked = Asked(chance.choice(org.users), some_now(chance), all_rows=chance.random() < 0.1)
    query = Generator(chance, org.tables, asked).query()
    return Case(seed, number, asked, query, chance.randrange(1, 2**31))


class Fuzzer:
    """Compares answers."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._evaluator = Evaluator(org.tables)
        self._productions = Productions(org.tables)

    def run(self, seed: int, numbers: range, *, problems_max: int = 20) -> Tally:
        """Ask the queries of these numbers, until there are too many problems."""
        tally = Tally()
        for number in numbers:
            case = case_of(self._org, seed, number)
            tally.queries += 1
            tally.hits.update(set(self._productions.of(case.query)))
            tally.hits["asked: all rows"] += case.asked.all_rows
            expected = self._evaluator.answer(case.query, case.asked)
            tally.filled += expected.total > 0
            problem = self._problem(case, expected)
            if problem is not None:
                tally.problems.append(self._report(case, problem))
                if len(tally.problems) == problems_max:
                    break
        return tally

    def _problem(self, case: Case, expected: Answer) -> str | None:
        """How the databases and the evaluator disagree; None: they don't."""
        for side in self._org.sides:
            outcome = outcome_of(side, case.soql, case.asked)
            if isinstance(outcome, Refusal | Crash):
                return f"{side.name} {outcome}"
            if difference := different(expected, outcome):
                return f"{side.name}: {difference}"
        return None

    def _report(self, case: Case, problem: str) -> str:
        def fails(query: Query) -> bool:
            smaller = Case(case.seed, case.number, case.asked, query, 0)
            try:
                found = self._problem(smaller, self._evaluator.answer(query, case.asked))
            except (AssertionError, LookupError, ValueError):
                return False  # it is no query any more
            return found is not None and _kind(found) == _kind(problem)

        smallest = shrunk(case.query, fails)
        plain = Case(case.seed, case.number, case.asked, smallest, 0)
        told = self._problem(plain, self._evaluator.answer(smallest, case.asked)) or problem
        who, rows = case.asked.who, ", all rows" if case.asked.all_rows else ""
        return (
            f"{case.soql!r}\n"
            f"  by {who.name} in {who.zone} at {case.asked.now.isoformat()}{rows}\n"
            f"  {problem}\n"
            f"  smallest: {plain.soql}\n  {told}\n"
            f"  again: make fuzz SEED={case.seed} ONLY={case.number}"
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
    wanted, got = map(repr, expected.rows), map(repr, found.rows)
    pairs = (
        zip(wanted, got, strict=True) if expected.settled else zip(sorted(wanted), sorted(got), strict=True)
    )
    for place, (one, other) in enumerate(pairs):
        if one != other:
            return f"row {place} is\n    {other}\n  instead of\n    {one}"
    return None


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
