"""Passwords: with and without the security token, refused alike whatever is wrong, kept as hashes only."""

import asyncio
import hashlib
from typing import Any

import pytest
from tests.unit.org.security.people import (
    ADA,
    ADAS_NAME,
    BOB,
    OPTIONS,
    PASSWORD,
    People,
    make_identity,
)

from isthmus.kernel.clock import HOUR
from isthmus.kernel.errors import Fault
from isthmus.kernel.ids import Ids
from isthmus.org.security import hashing
from isthmus.org.security.hashing import PasswordHasher, password_digest, password_matches
from isthmus.org.security.identity import Identity
from isthmus.org.security.options import DoorOptions, IdentityOptions


def login(identity: Identity, username: str = ADAS_NAME, password: str = PASSWORD) -> str:
    return asyncio.run(identity.login_with_password(username, password)).user.user_id


def refusal(identity: Identity, username: str, password: str) -> str:
    with pytest.raises(Fault) as refused:
        login(identity, username, password)
    return refused.value.entry.name


@pytest.fixture
def security_token(world: People) -> str:
    return asyncio.run(world.identity.set_password(ADA, PASSWORD))


def test_the_password_opens_alone_and_with_the_security_token(world: People, security_token: str) -> None:
    assert len(security_token) == 24
    assert login(world.identity) == ADA
    assert login(world.identity, "ADA@Example.com", PASSWORD + security_token) == ADA


def test_what_is_wrong_is_refused_alike(world: People, security_token: str) -> None:
    for username, password in (
        (ADAS_NAME, "wrong"),
        (ADAS_NAME, ""),
        (ADAS_NAME, PASSWORD + "x" * 24),
        (ADAS_NAME, "wrong" + security_token),
        (ADAS_NAME, security_token),
        ("nobody@example.com", PASSWORD),
        ("bob@example.com", PASSWORD),
        ("", ""),
    ):
        assert refusal(world.identity, username, password) == "invalid_login"


def test_each_attempt_hashes_once_whoever_it_is(
    world: People, security_token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[dict[str, object]] = []
    scrypt = hashlib.scrypt

    def counted(password: bytes, **how: Any) -> bytes:
        costs.append({name: value for name, value in how.items() if name != "salt"})
        return scrypt(password, **how)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    login(world.identity)
    login(world.identity, password=PASSWORD + security_token)
    for username in (ADAS_NAME, "nobody@example.com", "bob@example.com"):
        refusal(world.identity, username, "wrong")
    assert costs == [costs[0]] * 5


def test_an_inactive_user_is_refused_like_one_that_is_not_there(world: People, security_token: str) -> None:
    world.change_user(ADA, "IsActive", 0)
    assert refusal(world.identity, ADAS_NAME, "wrong") == "invalid_login"
    assert refusal(world.identity, ADAS_NAME, PASSWORD) == "invalid_login"


def test_only_hashes_are_kept(world: People, security_token: str) -> None:
    kept = repr(world.stored("isthmus_credentials"))
    assert PASSWORD not in kept
    assert security_token not in kept
    asyncio.run(world.identity.set_password(BOB, PASSWORD))
    [first, second] = world.stored("isthmus_credentials")
    assert first[1] != second[1]


def test_a_new_password_takes_the_old_ones_place(world: People, security_token: str) -> None:
    asyncio.run(world.identity.set_password(ADA, "new"))
    assert refusal(world.identity, ADAS_NAME, PASSWORD) == "invalid_login"
    assert refusal(world.identity, ADAS_NAME, "new" + security_token) == "invalid_login"
    assert login(world.identity, password="new") == ADA


def test_logins_are_limited_by_the_hour_for_known_and_unknown_alike(
    world: People, security_token: str
) -> None:
    identity = make_identity(
        world.database, world.clock, IdentityOptions(door=DoorOptions(logins_per_hour=3))
    )
    assert OPTIONS.door.logins_per_hour == 3600
    for username in (ADAS_NAME, "nobody@example.com"):
        for _ in range(3):
            assert refusal(identity, username, "wrong") == "invalid_login"
        assert refusal(identity, username.upper(), PASSWORD) == "login_rate_exceeded"
    world.clock.advance(HOUR)
    assert login(identity) == ADA
    identity.close()


def test_a_hash_tells_its_own_cost_and_matches_one_password() -> None:
    digest = password_digest("päss\ud800word", "salt")
    assert digest.startswith("scrypt$16384$8$1$salt$")
    assert password_matches("päss\ud800word", digest)
    assert not password_matches("password", digest)


def test_those_who_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_WAITING_MAX", 2)
    hasher = PasswordHasher(Ids())

    async def crowd() -> list[object]:
        tries = [hasher.matches("x", None) for _ in range(3)]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    first, second, third = asyncio.run(crowd())
    assert (first, second) == (False, False)
    assert isinstance(third, Fault)
    assert third.entry.name == "server_unavailable"
    hasher.close()
