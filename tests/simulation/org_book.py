"""The book: what was asked of an org through its façade, what it said, and whether just that is there.

Each account has one worker, who asks one thing after the other: so of its states only the last is uncertain.
"""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.power import Power, PowerIsOff

from isthmus.kernel.database import Database, DatabaseError
from isthmus.org.org import Org, SaveResult
from isthmus.org.security.principal import Principal

_TOGETHER_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class State:
    employees: int = 0
    deleted: bool = False


@dataclass(slots=True)
class Account:
    """An account that the org said it had made."""

    name: str
    kept: State = State()
    attempted: State = State()
    has_case: bool = False


@dataclass
class Book:
    """What all workers have asked and were told, until the power went."""

    power: Power
    requests: list[tuple[str, ...]] = field(default_factory=list)
    """The names that one request asked for together."""
    accounts: dict[str, Account] = field(default_factory=dict)
    subjects: list[str] = field(default_factory=list)
    cases: dict[str, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    acknowledged: int = 0

    async def work(self, org: Org, who: Principal, name: str, seed: int, requests: int) -> None:
        """Ask for one thing after the other, until all is asked or the org's storage refuses."""
        chance = random.Random(seed)
        mine: list[str] = []
        try:
            for n in range(requests):
                if not mine or chance.random() < 0.4:
                    mine += await self._create(org, who, f"{name}.{n}", chance.randint(1, _TOGETHER_MAX))
                    continue
                record_id = chance.choice(mine)
                if self.accounts[record_id].kept.deleted:
                    await self._undelete(org, who, record_id)
                elif chance.random() < 0.3:
                    await self._add_case(org, who, record_id, f"{name}.{n}")
                elif chance.random() < 0.3 and not self.accounts[record_id].has_case:
                    await self._delete(org, who, record_id)
                else:
                    await self._update(org, who, record_id)
        except (DatabaseError, CancelledError, PowerIsOff):
            return

    async def _create(self, org: Org, who: Principal, name: str, count: int) -> list[str]:
        names = tuple(f"{name}.{n}" for n in range(count))
        self.requests.append(names)
        results = await org.insert(who, "Account", [{"Name": each} for each in names], all_or_none=True)
        made = [each.id or "" for each in results]
        if self._accepted(results):
            self.accounts |= {each: Account(name) for each, name in zip(made, names, strict=True)}
        return made

    async def _add_case(self, org: Org, who: Principal, account: str, subject: str) -> None:
        self.subjects.append(subject)
        self.accounts[account].has_case = True
        results = await org.insert(who, "Case", [{"Subject": subject, "AccountId": account}])
        if self._accepted(results):
            self.cases[subject] = results[0].id or ""

    async def _update(self, org: Org, who: Principal, record_id: str) -> None:
        account = self.accounts[record_id]
        account.attempted = State(account.kept.employees + 1)
        change = {"Id": record_id, "NumberOfEmployees": account.attempted.employees}
        if self._accepted(await org.update(who, "Account", [change])):
            account.kept = account.attempted

    async def _delete(self, org: Org, who: Principal, record_id: str) -> None:
        account = self.accounts[record_id]
        account.attempted = State(account.kept.employees, deleted=True)
        if self._accepted(await org.delete(who, "Account", [record_id])):
            account.kept = account.attempted

    async def _undelete(self, org: Org, who: Principal, record_id: str) -> None:
        account = self.accounts[record_id]
        account.attempted = State(account.kept.employees)
        if self._accepted(await org.undelete(who, [record_id])):
            account.kept = account.attempted

    def _accepted(self, results: Sequence[SaveResult]) -> bool:
        if all(each.success for each in results):
            self.acknowledged += 1
            return True
        if self.power.off:  # a unit that runs again after a commit that failed may see that it was made
            raise PowerIsOff
        self.refusals += [f"{error.code}: {error.message}" for each in results for error in each.errors]
        return False

    def differences(self, database: Database) -> list[str]:
        """What is wrong with the records that are there; nothing, where all is well."""
        rows = database.read_now(
            lambda reader: reader.rows('SELECT "Id", "Name", "NumberOfEmployees", "IsDeleted" FROM "Account"')
        )
        there = {str(row[0]): (str(row[1]), State(int(row[2] or 0), bool(row[3]))) for row in rows}
        names = Counter(name for name, _ in there.values())
        problems = [f"refused: {each}" for each in self.refusals]
        problems += [f"{name} is there {count} times" for name, count in names.items() if count > 1]
        problems += [
            f"of {asked[0]} and {len(asked) - 1} more, {found} are there"
            for asked in self.requests
            if (found := sum(each in names for each in asked)) not in (0, len(asked))
        ]
        asked = {each for names in self.requests for each in names}
        problems += [f"{name} was never asked for" for name in sorted(names.keys() - asked)]
        for record_id, account in self.accounts.items():
            name, state = there.get(record_id, ("", None))
            if name != account.name or state not in (account.kept, account.attempted):
                problems.append(f"{record_id}, {account}, is there as {name or 'nothing'}, {state}")
        return problems + _unregistered(database) + self._case_differences(database)

    def _case_differences(self, database: Database) -> list[str]:
        rows = database.read_now(
            lambda reader: reader.rows('SELECT "Id", "Subject", "CaseNumber" FROM "Case"')
        )
        ids = {row[1]: row[0] for row in rows if isinstance(row[1], str)}
        lost = [subject for subject, record_id in self.cases.items() if ids.get(subject) != record_id]
        problems = [f"the case {each} is lost" for each in lost]
        if len({row[2] for row in rows}) != len(rows):
            problems.append("two cases have one number")
        if len(ids) != len(rows) or not ids.keys() <= set(self.subjects):
            problems.append("a case is there twice, or was never asked for")
        return problems


def _unregistered(database: Database) -> list[str]:
    """Records that the registry of names lacks, or knows wrongly."""
    rows = database.read_now(
        lambda reader: reader.rows(
            'SELECT "Id", "Name", "IsDeleted" FROM "Account" EXCEPT'
            ' SELECT "Id", "Name", "IsDeleted" FROM "Name"'
        )
    )
    return [f"{row[0]!r} is not registered as it is" for row in rows]
