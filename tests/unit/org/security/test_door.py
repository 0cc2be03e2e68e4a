"""The door: lockouts, frozen users, addresses and hours, the security token; what is written down of it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from tests.unit.org.security.people import (
    ADA,
    ADAS_NAME,
    BOB,
    PASSWORD,
    PROFILES_NAME,
    People,
    make_identity,
)

from isthmus.kernel.clock import HOUR, MINUTE
from isthmus.kernel.database import Transaction
from isthmus.kernel.errors import Fault
from isthmus.org.security.identity import Identity
from isthmus.org.security.login_attempts import Visit
from isthmus.org.security.login_restrictions import address_range, network_range
from isthmus.org.security.metadata.rights import Day, LoginHours, LoginIpRange, Profile
from isthmus.org.security.options import DoorOptions, IdentityOptions

HERE = Visit(source_ip="10.1.2.3")
FRIDAYS = LoginHours({Day.FRIDAY: (9 * 60, 17 * 60)})
"""2026-01-01, where the clock begins, is a Thursday."""


def refusal(work: Coroutine[Any, Any, object]) -> str:
    with pytest.raises(Fault) as refused:
        asyncio.run(work)
    return refused.value.entry.name


def login(identity: Identity, password: str = PASSWORD, visit: Visit = HERE) -> str:
    """ "" where it is let in, else why not."""
    try:
        asyncio.run(identity.login_with_password(ADAS_NAME, password, visit))
    except Fault as refused:
        return refused.entry.name
    return ""


def settled(world: People, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table, after all that was handed to the writer."""
    world.identity.door.settle()
    return world.stored(table)


def locked(world: People) -> dict[str, bool]:
    rows = world.database.read_now(
        lambda connection: connection.rows('SELECT "UserId", "IsPasswordLocked" FROM "UserLogin"')
    )
    return {str(user_id): bool(flag) for user_id, flag in rows}


@pytest.fixture(autouse=True)
def security_token(world: People) -> str:
    return asyncio.run(world.identity.set_password(ADA, PASSWORD))


def _unlock(identity: Identity, tx: Transaction) -> None:
    identity.door.unlock(tx, ADA)


def with_options(world: People, **options: Any) -> Identity:
    return make_identity(world.database, world.clock, IdentityOptions(door=DoorOptions(**options)))


def test_after_ten_wrong_passwords_the_right_one_opens_nothing_for_a_quarter_of_an_hour(
    world: People,
) -> None:
    for _ in range(10):
        assert login(world.identity, "wrong") == "invalid_login"
    assert login(world.identity) == "invalid_login"
    world.clock.advance(15 * MINUTE - 1)
    assert login(world.identity) == "invalid_login"
    assert locked(world)[ADA]
    world.clock.advance(1)
    world.database.write(world.identity.door.housekeep).result()
    assert not locked(world)[ADA]
    assert login(world.identity, "wrong") == "invalid_login"
    assert login(world.identity) == ""


def test_a_login_ends_the_count(world: People) -> None:
    for _ in range(9):
        assert login(world.identity, "wrong") == "invalid_login"
    assert login(world.identity) == ""
    assert settled(world, "isthmus_login_failures") == []
    for _ in range(9):
        assert login(world.identity, "wrong") == "invalid_login"
    assert login(world.identity) == ""


def test_guesses_that_are_made_at_once_are_counted_before_one_can_be_right(world: People) -> None:
    async def guess() -> list[str]:
        async def one(password: str) -> str:
            try:
                await world.identity.login_with_password(ADAS_NAME, password, HERE)
            except Fault as refused:
                return refused.entry.name
            return ""

        return list(await asyncio.gather(*map(one, ["wrong"] * 12 + [PASSWORD])))

    assert asyncio.run(guess())[-1] == "invalid_login"


def test_another_process_knows_a_lockout_and_an_administrator_ends_it(world: People) -> None:
    for _ in range(10):
        login(world.identity, "wrong")
    settled(world, "UserLogin")
    assert locked(world) == {ADA: True, BOB: False}
    other = world.second()
    assert login(other) == "invalid_login"
    world.database.write(lambda tx: other.door.unlock(tx, ADA)).result()
    assert locked(world) == {ADA: False, BOB: False}
    assert login(other) == ""
    other.close()


def test_the_lockout_can_be_set(world: People) -> None:
    for attempts, wrong, expected in ((0, 20, ""), (3, 3, "invalid_login"), (3, 2, "")):
        identity = with_options(world, lockout_attempts=attempts, lockout_period=0)
        world.database.write(partial(_unlock, identity)).result()
        for _ in range(wrong):
            assert login(identity, "wrong") == "invalid_login"
        world.clock.advance(24 * HOUR)
        assert login(identity) == expected
        identity.close()


def test_a_frozen_user_gets_in_nowhere(world: People) -> None:
    identity = world.identity
    app = asyncio.run(identity.create_app("Loader", run_as_user_id=ADA))
    token = asyncio.run(identity.issue_refresh_token(app.client_id, ADA))
    statement = 'UPDATE "UserLogin" SET "IsFrozen" = 1 WHERE "UserId" = ?'
    world.database.write(lambda tx: tx.execute(statement, (ADA,))).result()
    assert login(identity) == "invalid_login"
    assert refusal(identity.client_credentials(app.client_id, app.secret)) == "oauth_no_run_as_user"
    assert refusal(identity.refresh(token, app.client_id, app.secret)) == "oauth_inactive_user"


@pytest.mark.parametrize(
    ("ranges", "address", "allowed"),
    [
        ((), "10.1.2.3", True),
        ((("10.0.0.0", "10.1.2.3"),), "10.1.2.3", True),
        ((("10.0.0.0", "10.1.2.3"),), "10.1.2.4", False),
        ((("10.0.0.0", "10.1.2.3"),), "::ffff:10.1.2.3", True),
        ((("10.0.0.0", "10.1.2.3"),), "2001:db8::1", False),
        ((("2001:db8::", "2001:db8::ff"), ("10.1.2.9", "10.1.2.9")), "2001:db8::1", True),
        ((("2001:db8::", "2001:db8::ff"), ("10.1.2.9", "10.1.2.9")), "10.1.2.9", True),
        ((("0.0.0.0", "255.255.255.255"),), "nowhere", False),
    ],
)
def test_addresses(world: People, ranges: tuple[tuple[str, str], ...], address: str, allowed: bool) -> None:
    identity = world.identity
    said = tuple(LoginIpRange(start, end) for start, end in ranges)
    identity.restrict([Profile(PROFILES_NAME, custom=True, login_ip_ranges=said)])
    visit = replace(HERE, source_ip=address)
    assert login(identity, visit=visit) == ("" if allowed else "login_from_restricted_address")
    assert login(identity, "wrong", visit) == "invalid_login"
    app = asyncio.run(identity.create_app("Loader", run_as_user_id=BOB))
    token = asyncio.run(identity.issue_refresh_token(app.client_id, BOB))
    for work in (
        identity.client_credentials(app.client_id, app.secret, visit=visit),
        identity.refresh(token, app.client_id, app.secret, visit=visit),
    ):
        if allowed:
            assert asyncio.run(work).session.user.user_id == BOB
        else:
            assert refusal(work) == "login_from_restricted_address"


def test_another_profiles_ranges_are_no_matter(world: People) -> None:
    nowhere = (LoginIpRange("1.1.1.1", "1.1.1.1"),)
    world.identity.restrict([Profile("Another", custom=True, login_ip_ranges=nowhere)])
    assert login(world.identity) == ""


def test_hours_are_those_of_the_org_and_end_sessions(world: People) -> None:
    identity = world.identity
    world.database.write(
        lambda tx: tx.execute("""UPDATE "Organization" SET "TimeZoneSidKey" = 'Asia/Tokyo'""")
    ).result()
    identity.restrict([Profile(PROFILES_NAME, custom=True, login_hours=FRIDAYS)])
    assert login(identity) == "login_at_restricted_time"
    world.clock.advance(24 * HOUR - MINUTE)  # Friday, 08:59 in Tokyo
    assert login(identity) == "login_at_restricted_time"
    world.clock.advance(MINUTE)
    session = asyncio.run(identity.login_with_password(ADAS_NAME, PASSWORD, HERE))
    assert asyncio.run(identity.authenticate(session.token)).user_id == ADA
    world.clock.advance(119 * MINUTE)
    assert asyncio.run(identity.authenticate(session.token)).user_id == ADA
    for _ in range(4):
        world.clock.advance(89 * MINUTE)
        asyncio.run(identity.authenticate(session.token))
    world.clock.advance(5 * MINUTE)  # 17:00
    assert identity.recognise(session.token) is None
    assert refusal(identity.authenticate(session.token)) == "session_invalid"


def test_profiles_that_are_put_into_force_later_hold_at_once(world: People) -> None:
    session = asyncio.run(world.identity.login_with_password(ADAS_NAME, PASSWORD, HERE))
    assert asyncio.run(world.identity.authenticate(session.token)).user_id == ADA
    world.identity.restrict([Profile(PROFILES_NAME, custom=True, login_hours=LoginHours({}))])
    assert refusal(world.identity.authenticate(session.token)) == "session_invalid"


def test_the_security_token_can_be_asked_for(world: People, security_token: str) -> None:
    identity = with_options(world, needs_security_token=True, trusted=("192.168.0.0/16", "::1"))
    assert login(identity) == "login_needs_security_token"
    assert login(identity, "wrong") == "invalid_login"
    assert login(identity, PASSWORD + security_token) == ""
    assert login(identity, visit=replace(HERE, source_ip="192.168.7.7")) == ""
    said = (LoginIpRange("10.0.0.0", "10.255.255.255"),)
    identity.restrict([Profile(PROFILES_NAME, custom=True, login_ip_ranges=said)])
    assert login(identity) == ""
    identity.close()


def test_ranges_have_two_ends_of_one_kind() -> None:
    assert network_range("10.0.0.0/8") == address_range("10.0.0.0", "10.255.255.255")
    with pytest.raises(ValueError, match="not of one kind"):
        address_range("10.0.0.0", "2001:db8::")
