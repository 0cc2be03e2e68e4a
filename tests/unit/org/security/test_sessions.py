"""Sessions: how they begin, how the clock ends them, and that an end is in force at once."""

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg import sql
from tests.unit.org.security.people import ADA, ADAS_NAME, BOB, ORGANIZATION, PASSWORD, PROFILE, People

from isthmus.kernel.clock import HOUR, MINUTE, SECOND
from isthmus.kernel.database import Connection
from isthmus.kernel.database.postgresql import PostgresqlDatabase
from isthmus.kernel.errors import Fault
from isthmus.org.security import sessions
from isthmus.org.security.users import Users

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def login(world: People) -> str:
    return run(world.identity.open_session(ADAS_NAME)).token


def is_alive(world: People, token: str) -> bool:
    if world.identity.recognise(token) is not None:
        return True
    try:
        run(world.identity.authenticate(token))
    except Fault as error:
        if error.code != "INVALID_SESSION_ID":
            raise
        return False
    return True


def test_a_token_looks_like_the_platforms_and_is_kept_as_a_hash(world: People) -> None:
    token = login(world)
    assert re.fullmatch(rf"{ORGANIZATION[:15]}!AQ[0-9A-Za-z]{{94}}", token)
    assert token not in repr(world.stored("isthmus_sessions"))
    assert token.partition("!")[2] not in repr(world.stored("isthmus_sessions"))


def test_a_token_leads_to_its_user(world: People) -> None:
    user = run(world.identity.authenticate(login(world)))
    assert (user.user_id, user.username, user.organization_id) == (ADA, ADAS_NAME, ORGANIZATION)
    assert (user.profile_id, user.time_zone, user.locale, user.language) == (
        PROFILE,
        "Europe/Berlin",
        "de_DE",
        "de",
    )


@pytest.mark.parametrize("token", ["", "x", "é\ud800", f"{ORGANIZATION[:15]}!AQ" + "x" * 94, "x" * 100_000])
def test_another_token_leads_to_nobody(world: People, token: str) -> None:
    login(world)
    assert not is_alive(world, token)


def test_a_session_ends_by_the_clock(world: People) -> None:
    token = login(world)
    world.clock.advance(2 * HOUR - 1)
    other = login(world)
    world.clock.advance(1)
    assert not is_alive(world, token)
    assert is_alive(world, other)


def test_use_in_the_first_half_does_not_prolong_it(world: People) -> None:
    token = login(world)
    world.clock.advance(HOUR)
    assert is_alive(world, token)
    world.clock.advance(HOUR)
    assert not is_alive(world, token)


def test_use_in_the_second_half_prolongs_it_and_that_is_kept(world: People) -> None:
    token = login(world)
    for _ in range(5):
        world.clock.advance(90 * MINUTE)
        assert is_alive(world, token)
    world.identity.close()
    again = world.second()
    assert run(again.session(token)).expires_at == world.clock.now() + 2 * HOUR
    world.clock.advance(2 * HOUR)
    assert not is_alive(world, token)
    again.close()


def test_revoking_is_in_force_at_once(world: People) -> None:
    token, other = login(world), login(world)
    assert is_alive(world, token)
    assert run(world.identity.revoke(token))
    assert not is_alive(world, token)
    assert is_alive(world, other)
    assert not run(world.identity.revoke(token))


def test_what_another_process_ends_is_noticed_soon(world: People) -> None:
    token = login(world)
    assert is_alive(world, token)
    other = world.second()
    assert run(other.revoke(token))
    other.close()
    world.clock.advance(10 * SECOND)
    assert not is_alive(world, token)


def test_a_user_who_may_not_log_in_any_more_has_no_session(world: People) -> None:
    token = login(world)
    assert is_alive(world, token)
    world.change_user(ADA, "IsActive", 0)
    world.identity.forget_user(BOB)
    assert is_alive(world, token)
    world.identity.forget_user(ADA)
    assert not is_alive(world, token)


def test_a_changed_user_is_noticed_soon(world: People) -> None:
    token = login(world)
    assert run(world.identity.authenticate(token)).locale == "de_DE"
    world.change_user(ADA, "LocaleSidKey", "en_GB")
    world.clock.advance(10 * SECOND)
    assert run(world.identity.authenticate(token)).locale == "en_GB"


def test_sessions_survive_a_restart(world: People) -> None:
    token = login(world)
    again = world.second()
    assert run(again.authenticate(token)).user_id == ADA
    again.close()


def test_ended_sessions_are_cleared_away(world: People) -> None:
    login(world)
    world.clock.advance(2 * HOUR)
    login(world)
    assert len(world.stored("isthmus_sessions")) == 1


def test_the_cache_is_bounded_and_a_session_outside_of_it_is_found(
    world: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_CACHED_MAX", 2)
    tokens = [login(world) for _ in range(4)]
    assert all(is_alive(world, token) for token in tokens * 2)
    assert len(world.identity._sessions._cache) == 2


def test_a_session_for_an_unknown_user_is_refused(world: People) -> None:
    with pytest.raises(Fault, match="INVALID_LOGIN"):
        run(world.identity.open_session("nobody@example.com"))
    world.change_user(ADA, "IsActive", 0)
    with pytest.raises(Fault) as refused:
        login(world)
    assert refused.value.entry.name == "inactive_user"


def test_a_prolongation_that_cannot_be_kept_is_taken_back(world: People) -> None:
    token = login(world)
    world.clock.advance(HOUR - SECOND)
    assert is_alive(world, token)
    world.database.write(lambda tx: tx.execute('ALTER TABLE "isthmus_sessions" RENAME TO "gone"')).result()
    world.clock.advance(2 * SECOND)
    assert is_alive(world, token)
    world.identity.close()
    world.database.write(lambda tx: tx.execute('ALTER TABLE "gone" RENAME TO "isthmus_sessions"')).result()
    world.clock.advance(HOUR)
    assert not is_alive(world, token)


def test_the_name_of_the_password_is_not_that_of_a_token(world: People) -> None:
    run(world.identity.set_password(ADA, PASSWORD))
    assert not is_alive(world, PASSWORD)


def test_a_read_that_an_end_overtakes_is_not_remembered(
    world: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row was read before the session ended, and comes back after it."""
    token = login(world)
    read = sessions._find

    def overtaken(connection: Connection, digest: str, users: Users) -> sessions.Session | None:
        found = read(connection, digest, users)
        world.database.write(lambda tx: world.identity._sessions.end(tx, (digest,))).result()
        return found

    with monkeypatch.context() as while_reading:
        while_reading.setattr(sessions, "_find", overtaken)
        assert is_alive(world, token)
    assert not is_alive(world, token)


def test_a_read_that_a_prolongation_overtakes_does_not_undo_it(
    world: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = login(world)
    world.clock.advance(HOUR + MINUTE)
    read = sessions._find

    def overtaken(connection: Connection, digest: str, users: Users) -> sessions.Session | None:
        found = read(connection, digest, users)
        assert found is not None
        world.identity._sessions._put(digest, found, world.clock.now())
        assert world.identity.recognise(token) is not None
        return found

    with monkeypatch.context() as while_reading:
        while_reading.setattr(sessions, "_find", overtaken)
        assert run(world.identity._sessions.peek(token)) is not None
    again = run(world.identity._sessions.peek(token))
    assert again is not None
    assert again.expires_at == world.clock.now() + 2 * HOUR


def test_a_session_that_was_seen_of_late_needs_no_read(world: People) -> None:
    token = login(world)
    assert world.identity.recognise(token) is None
    user = run(world.identity.authenticate(token))
    assert world.identity.recognise(token) == user
    world.clock.advance(10 * SECOND)
    assert world.identity.recognise(token) is None
    assert world.identity.recognise("x" * 100_000) is None


@pytest.mark.parametrize("question", ["authenticate", "session", "user_info", "organization"])
def test_a_server_that_stalls_keeps_nobody_else_waiting(world: People, question: str) -> None:
    """The question waits for a lock on the server; the event loop does not wait for the question."""
    if not isinstance(world.database, PostgresqlDatabase):
        pytest.skip("a local file is read in the event loop, without a network")
    token = login(world)
    user = run(world.identity.authenticate(token))
    world.clock.advance(10 * SECOND)
    questions: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
        "authenticate": lambda: world.identity.authenticate(token),
        "session": lambda: world.identity.session(token),
        "user_info": lambda: world.identity.user_info(user),
        "organization": lambda: world.identity.organization(),
    }

    async def ask(server: psycopg.Connection[Any]) -> None:
        asked = asyncio.ensure_future(questions[question]())
        await asyncio.wait([asked], timeout=0)
        assert not asked.done()
        await asyncio.to_thread(server.rollback)
        await asyncio.wait_for(asked, timeout=30)

    schema = sql.Identifier(world.database.schema)
    with psycopg.connect(world.database.url) as server:
        server.execute(sql.SQL('LOCK TABLE {}."User", {}."Organization"').format(schema, schema))
        release = threading.Timer(10, server.rollback)  # for an event loop that does wait
        release.start()
        run(ask(server))
        release.cancel()
