"""The whole org on a disk that loses power: it is founded, or works, when the power goes at a seeded moment.

Then it is opened again on what is left: every save that it acknowledged must be there, whole; the logins that
it showed must open it (which its key outside of the database must have survived for); its certificates must
be those that its clients trust.
"""

import asyncio
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.simulation.org_book import Book
from tests.simulation.outcome import Outcome
from tests.simulation.power import Power
from tests.simulation.power_loss_files import PowerLossFiles
from tests.simulation.power_loss_vfs import PowerLossVFS

from isthmus.assembly import OrgRefused, first_user, open_org
from isthmus.kernel.certificates import CertificateFailure, LocalAuthority
from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import DatabaseError
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.errors import Fault
from isthmus.org.provision import Credentials, ProvisionFailed, administrator, renew_credentials
from isthmus.settings import Settings, load

FOUNDING_OPERATIONS_MAX: Final = 4_000
"""Writes, syncs and new names after which the power has gone at the latest, while an org is founded."""
OPERATIONS_MAX: Final = 6_000
_REQUESTS: Final = 200
_OFF: Final = (DatabaseError, OSError, OrgRefused, ProvisionFailed, CertificateFailure)
"""What an org may end with when the power is off."""


@dataclass
class _Told:
    """What the org showed its owner and its clients before the power went."""

    book: Book
    credentials: Credentials | None = None
    certificate: bytes | None = None


def found(folder: Path) -> None:
    """Found an org in the empty `folder`, in peace: runs begin with a copy of it."""

    async def founding() -> None:
        async with open_org(_settings(folder), clock=ManualClock()):
            pass

    asyncio.run(founding())


def run(folder: Path, seed: int, founded: Path, *, lies: bool = False) -> Outcome:
    """One run in `folder`; the org is new, or is the one in `founded`."""
    chance = random.Random(seed)
    before, after = folder / "before", folder / "after"
    is_new = chance.random() < 0.4
    before.mkdir() if is_new else shutil.copytree(founded, before)
    after.mkdir()
    most = FOUNDING_OPERATIONS_MAX if is_new else OPERATIONS_MAX
    power = Power(seed, chance.randint(1, most), lies=lies)
    told = _Told(Book(power))
    data = _settings(before).data
    data.mkdir(exist_ok=True)
    files = PowerLossFiles(power, data)
    vfs = PowerLossVFS(power, default=True)
    try:
        with files.noticed():
            asyncio.run(_live(_settings(before), told, chance))
    except _OFF:
        if not power.off:
            raise
    finally:
        power.cut()
        vfs.unregister()
    left = _settings(after).data
    left.mkdir()
    vfs.salvage(left)
    files.salvage(left)
    problems = _differences(_settings(after), told)
    shutil.rmtree(before)
    shutil.rmtree(after)
    moment = f"{'founding, ' if is_new else ''}cut at operation {power.operations}"
    return Outcome("power-org", seed, moment, told.book.acknowledged, problems)


def _settings(folder: Path) -> Settings:
    return load(folder, environment={}, overrides={})


async def _live(settings: Settings, told: _Told, chance: random.Random) -> None:
    async with open_org(settings, clock=ManualClock()) as opened:
        told.credentials = opened.credentials
        authority = LocalAuthority(settings.data / "ca", opened.org.clock)
        authority.prepare()
        told.certificate = authority.certificate.read_bytes()
        who = administrator(opened.founding, first_user(settings))
        workers = chance.choice((1, 4, 16))
        await asyncio.gather(
            *(
                told.book.work(opened.org, who, f"{n}", chance.randrange(2**32), _REQUESTS)
                for n in range(workers)
            )
        )


def _differences(settings: Settings, told: _Told) -> list[str]:
    try:
        problems = asyncio.run(_shut_out(settings, told))
        database = SqliteDatabase(settings.data / "org.db")
        try:
            rows = database.read_now(lambda reader: reader.rows("PRAGMA integrity_check"))
            problems += [f"the database is damaged: {row[0]!r}" for row in rows if row != ("ok",)]
            problems += told.book.differences(database)
        finally:
            database.close()
        problems += asyncio.run(_given_again(settings, told))
        authority = LocalAuthority(settings.data / "ca", ManualClock())
        authority.prepare()
    except _OFF as error:
        return [f"the org does not open again: {type(error).__name__}: {error}"]
    if told.certificate not in (None, authority.certificate.read_bytes()):
        problems.append("the authority that clients trust is another one")
    return problems


async def _given_again(settings: Settings, told: _Told) -> list[str]:
    async with open_org(settings, clock=ManualClock()) as opened:
        org, who = opened.org, administrator(opened.founding, first_user(settings))
        [account] = await org.insert(who, "Account", [{"Name": "afterwards"}])
        [case] = await org.insert(who, "Case", [{"Subject": "afterwards", "AccountId": account.id}])
        numbers = await org.query(who, "SELECT CaseNumber FROM Case", all_rows=True)
    problems = [f"{error.code}: {error.message}" for each in (account, case) for error in each.errors]
    if account.id in told.book.accounts or case.id in told.book.cases.values():
        problems.append("an id was given again")
    if len(set(numbers.rows)) != numbers.total_size:
        problems.append("the number of a case was given again")
    return problems


async def _shut_out(settings: Settings, told: _Told) -> list[str]:
    """Whether the logins that were shown, or else those that can be had now, open the org."""
    async with open_org(settings, clock=ManualClock()) as opened:
        identity = opened.org.identity
        if opened.credentials is not None and told.credentials is not None:
            return ["the org has forgotten that it had shown its logins"]
        shown = opened.credentials or told.credentials
        shown = shown or await renew_credentials(opened.org, opened.founding)
        try:
            await identity.login_with_password(shown.username, shown.password + shown.security_token)
            await identity.client_credentials(shown.client_id, shown.client_secret)
        except Fault as refusal:
            return [f"the logins that were shown are refused: {refusal}"]
    return []
