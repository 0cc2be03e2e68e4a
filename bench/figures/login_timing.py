"""How long a refused login takes, by whose it is: it must not tell whether there is such a user."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.figure import Measured, Size

from isthmus.assembly import Opened, open_org
from isthmus.kernel.errors import Fault
from isthmus.org.security import lockout
from isthmus.org.security.lockout import Failures
from isthmus.org.security.principal import Principal
from isthmus.settings import load

ATTEMPTS_A_SECOND: Final = 30
"""Of all kinds together, for each second of the size."""
LOCKOUT_ATTEMPTS: Final = 1_000
"""More than are made here: the known user is not to become a locked one."""
PASSWORD: Final = "correct-horse-1"
UNKNOWN: Final = "nobody@bench.example"
KNOWN: Final = ("known", "inactive", "frozen", "locked")


def by_user(size: Size) -> Measured:
    """Milliseconds of a refused login of a known user and, as the peer, of one who is not there, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load(Path(folder), environment={}, overrides={"logins_lockout_attempts": LOCKOUT_ATTEMPTS})
        return asyncio.run(_measure(settings, size))


async def _measure(settings: Any, size: Size) -> Measured:
    async with open_org(settings) as opened:
        await _make_users(opened)
        rounds = [await _round(opened, size) for _ in range(size.rounds)]
    unknown = [statistics.median(each[UNKNOWN]) for each in rounds]
    notes = []
    for kind in KNOWN[1:]:
        ratios = [
            statistics.median(each[_name(kind)]) / peer for each, peer in zip(rounds, unknown, strict=True)
        ]
        notes.append(f"{kind} {statistics.median(ratios):.3f} of unknown")
    known = [statistics.median(each[_name("known")]) for each in rounds]
    return Measured(" ms", False, known, unknown, ("a wrong password, or none that helps", *notes))


async def _round(opened: Opened, size: Size) -> Mapping[str, list[float]]:
    """The times of each kind, in turn, so that what else the machine does falls on all."""
    names = [UNKNOWN, *map(_name, KNOWN)]
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(max(3, round(size.seconds * ATTEMPTS_A_SECOND / len(names)))):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            started = time.perf_counter()
            try:
                await opened.org.identity.login_with_password(
                    name, PASSWORD if name in (_name("inactive"), _name("frozen")) else "wrong"
                )
            except Fault:
                times[name].append((time.perf_counter() - started) * 1_000)
    return times


def _name(kind: str) -> str:
    return f"{kind}@bench.example"


async def _make_users(opened: Opened) -> None:
    org = opened.org
    principal = Principal(
        opened.founding.user_id, "admin", opened.founding.organization_id, opened.founding.profile_id
    )
    users = [
        {
            "Username": _name(kind),
            "LastName": kind,
            "Alias": kind[:8],
            "Email": _name(kind),
            "CommunityNickname": kind,
            "ProfileId": opened.founding.profile_id,
            "TimeZoneSidKey": "UTC",
            "LocaleSidKey": "en_US",
            "LanguageLocaleKey": "en_US",
            "EmailEncodingKey": "UTF-8",
            "IsActive": kind != "inactive",
        }
        for kind in KNOWN
    ]
    saved = await org.insert(principal, "User", users, all_or_none=True)
    ids = {kind: str(each.id) for kind, each in zip(KNOWN, saved, strict=True)}
    for user_id in ids.values():
        await org.identity.set_password(user_id, PASSWORD)
    found = await org.query(principal, f"SELECT Id FROM UserLogin WHERE UserId = '{ids['frozen']}'")
    [frozen] = await org.update(principal, "UserLogin", [{"Id": found.rows[0][0], "IsFrozen": True}])
    assert frozen.success, frozen.errors
    often = Failures(LOCKOUT_ATTEMPTS, org.clock.now())
    await asyncio.to_thread(
        lambda: org._database.write(lambda tx: lockout.write(tx, ids["locked"], often, locked=True)).result()
    )
