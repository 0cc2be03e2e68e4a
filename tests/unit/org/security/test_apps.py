"""Connected apps: their secrets, scopes and grants; refresh tokens and how they end; introspection."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from tests.unit.org.security.people import ADA, ADAS_NAME, BOB, PASSWORD, People, make_identity

from isthmus.kernel.clock import DAY, HOUR
from isthmus.kernel.errors import Fault
from isthmus.org.security.apps import App, RefreshPolicy
from isthmus.org.security.issued import TokenState
from isthmus.org.security.options import DoorOptions, IdentityOptions

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def refusal(work: Coroutine[Any, Any, object]) -> str:
    with pytest.raises(Fault) as refused:
        run(work)
    return refused.value.entry.name


@pytest.fixture
def app(world: People) -> App:
    return run(world.identity.create_app("Loader", run_as_user_id=BOB))


def test_an_app_has_a_key_and_a_secret_that_is_sealed(world: People, app: App) -> None:
    assert app.client_id.startswith("3MVG9")
    assert len(app.client_id) == 85
    assert app.secret is not None
    assert app.secret not in repr(world.stored("isthmus_apps"))
    [row] = world.stored("isthmus_apps")
    assert app.secret.encode() not in b"".join(value for value in row if isinstance(value, bytes))


def test_a_secret_opens_under_its_own_key_only(world: People, app: App) -> None:
    same, other = world.second(), world.second(key=b"x" * 32)
    assert run(same.client_credentials(app.client_id, app.secret)).app == app
    with pytest.raises(Fault, match=r"put the old seal\.key back, or let `isthmus credentials`") as refused:
        run(other.client_credentials(app.client_id, app.secret))
    assert refused.value.entry.name == "server_unavailable"
    same.close()
    other.close()


def test_apps_whose_key_is_lost_can_be_told_at_the_start(world: People, app: App) -> None:
    run(world.identity.create_app("CLI", client_id="PlatformCLI", public=True))
    other = world.second(key=b"x" * 32)
    assert run(world.identity.find_unopenable_apps()) == []
    assert run(other.find_unopenable_apps()) == [app.client_id]
    run(other.create_app("Loader", client_id=app.client_id))
    assert run(other.find_unopenable_apps()) == []
    other.close()


def test_a_sealed_secret_cannot_be_moved_to_another_app(world: People, app: App) -> None:
    other = run(world.identity.create_app("Other", run_as_user_id=BOB))
    statement = """UPDATE "isthmus_apps" SET "secret" = (SELECT "secret" FROM "isthmus_apps"
        WHERE "client_id" = ?) WHERE "client_id" = ?"""
    world.database.write(lambda tx: tx.execute(statement, (app.client_id, other.client_id))).result()
    assert refusal(world.identity.client_credentials(other.client_id, app.secret)) == "server_unavailable"


def test_client_credentials_run_as_the_apps_user(world: People, app: App) -> None:
    grant = run(world.identity.client_credentials(app.client_id, app.secret))
    assert grant.session.user.user_id == BOB
    assert grant.session.scopes == ("api", "web", "refresh_token", "id")
    assert run(world.identity.session(grant.session.token)).client_id == app.client_id
    world.change_user(BOB, "IsActive", 0)
    assert refusal(world.identity.client_credentials(app.client_id, app.secret)) == "oauth_no_run_as_user"


@pytest.mark.parametrize("secret", [None, "", "wrong", "wröng"])
def test_a_wrong_secret_is_refused(world: People, app: App, secret: str | None) -> None:
    identity = world.identity
    assert refusal(identity.client_credentials(app.client_id, secret)) == "oauth_invalid_client"
    assert refusal(identity.refresh("x", app.client_id, secret)) == "oauth_invalid_client"
    assert refusal(identity.introspect(app.client_id, secret, "x")) == "oauth_invalid_client"


def test_an_unknown_app_is_refused(world: People) -> None:
    assert refusal(world.identity.client_credentials("3MVG9", "x")) == "oauth_invalid_client_id"
    assert refusal(world.identity.issue_refresh_token("3MVG9", ADA)) == "oauth_invalid_client_id"


def test_a_public_app_has_no_client_credentials(world: People) -> None:
    app = run(world.identity.create_app("CLI", client_id="PlatformCLI", public=True, run_as_user_id=BOB))
    assert app.secret is None
    assert refusal(world.identity.client_credentials("PlatformCLI", None)) == "oauth_invalid_client"
    token = run(world.identity.issue_refresh_token("PlatformCLI", ADA))
    assert run(world.identity.refresh(token, "PlatformCLI", None)).session.user.user_id == ADA
    assert refusal(world.identity.refresh(token, "PlatformCLI", "guessed")) == "oauth_invalid_client"


def test_the_sf_clis_own_app_is_made_with_its_first_token(world: People) -> None:
    identity = world.identity
    first, second = (run(identity.issue_cli_token(ADAS_NAME.upper())) for _ in range(2))
    assert re.fullmatch(r"[a-zA-Z0-9._-]+", first)  # what an auth URL of the CLI can hold
    for token in (first, second):
        grant = run(identity.refresh(token, "PlatformCLI", ""))
        assert (grant.session.user.user_id, grant.session.client_id) == (ADA, "PlatformCLI")
        assert grant.session.scopes == ("refresh_token", "api", "web", "id")
    assert len(world.stored("isthmus_apps")) == 1
    assert refusal(identity.issue_cli_token("nobody@example.com")) == "invalid_login"
    world.change_user(ADA, "IsActive", 0)
    assert refusal(identity.issue_cli_token(ADAS_NAME)) == "inactive_user"


def test_a_cli_app_that_is_there_is_left_as_it_is(world: People) -> None:
    run(world.identity.create_app("Mine", client_id="PlatformCLI", public=True, scopes=("api",)))
    token = run(world.identity.issue_cli_token(ADAS_NAME))
    grant = run(world.identity.refresh(token, "PlatformCLI", None))
    assert (grant.app.name, grant.session.scopes) == ("Mine", ("api",))


def test_an_app_without_a_user_to_run_as(world: People) -> None:
    app = run(world.identity.create_app("None"))
    assert refusal(world.identity.client_credentials(app.client_id, app.secret)) == "oauth_no_run_as_user"


def test_creating_an_app_again_replaces_it(world: People, app: App) -> None:
    run(world.identity.create_app("New", client_id=app.client_id, secret="mine", run_as_user_id=ADA))
    assert refusal(world.identity.client_credentials(app.client_id, app.secret)) == "oauth_invalid_client"
    assert run(world.identity.client_credentials(app.client_id, "mine")).session.user.user_id == ADA


def test_the_password_grant(world: People, app: App) -> None:
    run(world.identity.set_password(ADA, PASSWORD))
    grant = run(world.identity.password_grant(app.client_id, app.secret, ADAS_NAME, PASSWORD, "api"))
    assert grant.session.user.user_id == ADA
    assert grant.session.scopes == ("api", "id")
    assert (
        refusal(world.identity.password_grant(app.client_id, app.secret, ADAS_NAME, "wrong"))
        == "invalid_login"
    )


@pytest.mark.parametrize(
    ("scopes", "requested", "granted"),
    [
        (("api", "id"), None, ("api", "id")),
        (("api",), " ", ("api",)),
        (("api", "web"), "web", ("web", "id")),
        (("api", "refresh_token"), "offline_access api api", ("refresh_token", "api", "id")),
        (("full",), "api chatter_api", ("api", "chatter_api", "id")),
        (("api",), "web", None),
        (("full",), "everything", None),
    ],
)
def test_scopes(
    world: People, scopes: tuple[str, ...], requested: str | None, granted: tuple[str, ...] | None
) -> None:
    app = run(world.identity.create_app("A", scopes=scopes))
    if granted is None:
        with pytest.raises(Fault, match="the requested scope is not allowed") as refused:
            app.grant(requested)
        assert refused.value.entry.name == "oauth_invalid_scope"
    else:
        assert app.grant(requested) == granted


def test_a_refresh_token_gives_sessions(world: People, app: App) -> None:
    identity = world.identity
    token = run(identity.issue_refresh_token(app.client_id, ADA, "api web refresh_token"))
    assert token.startswith("5Aep861")
    assert token not in repr(world.stored("isthmus_refresh_tokens"))
    first = run(identity.refresh(token, app.client_id, app.secret)).session
    second = run(identity.refresh(token, app.client_id, app.secret, "api")).session
    assert run(identity.authenticate(first.token)).user_id == ADA
    assert first.scopes == ("api", "web", "refresh_token", "id")
    assert second.scopes == ("api",)
    assert (
        refusal(identity.refresh(token, app.client_id, app.secret, "api chatter_api"))
        == "oauth_invalid_scope"
    )


def test_revoking_a_refresh_token_ends_its_sessions_and_no_others(world: People, app: App) -> None:
    identity = world.identity
    token = run(identity.issue_refresh_token(app.client_id, ADA))
    session = run(identity.refresh(token, app.client_id, app.secret)).session
    other = run(identity.open_session(ADAS_NAME))
    assert run(identity.authenticate(session.token)).user_id == ADA
    assert run(identity.revoke(token))
    with pytest.raises(Fault, match="INVALID_SESSION_ID"):
        run(identity.authenticate(session.token))
    assert run(identity.authenticate(other.token)).user_id == ADA
    assert refusal(identity.refresh(token, app.client_id, app.secret)) == "oauth_expired_token"


def test_revoking_a_session_leaves_its_refresh_token(world: People, app: App) -> None:
    token = run(world.identity.issue_refresh_token(app.client_id, ADA))
    session = run(world.identity.refresh(token, app.client_id, app.secret)).session
    assert run(world.identity.revoke(session.token))
    assert run(world.identity.refresh(token, app.client_id, app.secret)).app == app


def test_the_sixth_refresh_token_takes_the_oldest_ones_place(world: People, app: App) -> None:
    identity = world.identity
    tokens = []
    for _ in range(5):
        tokens.append(run(identity.issue_refresh_token(app.client_id, ADA)))
        world.clock.advance(1)
    bobs = run(identity.issue_refresh_token(app.client_id, BOB))
    session = run(identity.refresh(tokens[0], app.client_id, app.secret)).session
    tokens.append(run(identity.issue_refresh_token(app.client_id, ADA)))
    assert refusal(identity.refresh(tokens[0], app.client_id, app.secret)) == "oauth_expired_token"
    with pytest.raises(Fault, match="INVALID_SESSION_ID"):
        run(identity.authenticate(session.token))
    for token in (*tokens[1:], bobs):
        assert run(identity.refresh(token, app.client_id, app.secret)).app == app


@pytest.mark.parametrize(
    ("policy", "period", "used_after", "works"),
    [
        (RefreshPolicy.UNTIL_REVOKED, 0, (1000 * DAY,), (True,)),
        (RefreshPolicy.AT_ONCE, 0, (0,), (False,)),
        (RefreshPolicy.IF_UNUSED, 2 * DAY, (DAY, DAY, DAY, 2 * DAY), (True, True, True, False)),
        (RefreshPolicy.AFTER, 2 * DAY, (DAY, DAY - 1, 1), (True, True, False)),
    ],
)
def test_refresh_policies_run_on_the_clock(
    world: People, policy: RefreshPolicy, period: int, used_after: tuple[int, ...], works: tuple[bool, ...]
) -> None:
    identity = world.identity
    app = run(identity.create_app("P", refresh_policy=policy, refresh_period=period))
    token = run(identity.issue_refresh_token(app.client_id, ADA))
    for wait, work in zip(used_after, works, strict=True):
        world.clock.advance(wait)
        if work:
            assert run(identity.refresh(token, app.client_id, app.secret)).app == app
        else:
            assert refusal(identity.refresh(token, app.client_id, app.secret)) == "oauth_expired_token"


def test_a_refresh_token_is_its_own_apps(world: People, app: App) -> None:
    other = run(world.identity.create_app("Other"))
    token = run(world.identity.issue_refresh_token(app.client_id, ADA))
    assert refusal(world.identity.refresh(token, other.client_id, other.secret)) == "oauth_expired_token"
    assert run(world.identity.introspect(other.client_id, other.secret, token)) is None


def test_an_inactive_users_refresh_token(world: People, app: App) -> None:
    token = run(world.identity.issue_refresh_token(app.client_id, ADA))
    world.change_user(ADA, "IsActive", 0)
    assert refusal(world.identity.refresh(token, app.client_id, app.secret)) == "oauth_inactive_user"
    assert run(world.identity.introspect(app.client_id, app.secret, token)) is None


def test_grants_count_as_logins(world: People, app: App) -> None:
    identity = make_identity(
        world.database, world.clock, IdentityOptions(door=DoorOptions(logins_per_hour=2))
    )
    token = run(identity.issue_refresh_token(app.client_id, BOB))
    assert run(identity.client_credentials(app.client_id, app.secret)).app == app
    assert run(identity.refresh(token, app.client_id, app.secret)).app == app
    assert refusal(identity.refresh(token, app.client_id, app.secret)) == "login_rate_exceeded"
    assert refusal(identity.client_credentials(app.client_id, app.secret)) == "login_rate_exceeded"
    identity.close()


def test_introspection(world: People, app: App) -> None:
    def introspect(token: str) -> TokenState | None:
        return run(world.identity.introspect(app.client_id, app.secret, token))

    now = world.clock.now()
    session = run(world.identity.client_credentials(app.client_id, app.secret)).session
    assert introspect(session.token) == TokenState(
        "access_token", session.user, session.scopes, now, now + 2 * HOUR
    )
    token = run(world.identity.issue_refresh_token(app.client_id, BOB))
    assert introspect(token) == TokenState("refresh_token", session.user, app.scopes, now, None)
    assert introspect(run(world.identity.open_session(ADAS_NAME)).token) is None
    assert introspect("nothing") is None
    world.clock.advance(2 * HOUR)
    assert introspect(session.token) is None


def test_introspection_does_not_prolong(world: People, app: App) -> None:
    session = run(world.identity.client_credentials(app.client_id, app.secret)).session
    world.clock.advance(2 * HOUR - 1)
    assert run(world.identity.introspect(app.client_id, app.secret, session.token))
    world.clock.advance(1)
    with pytest.raises(Fault, match="INVALID_SESSION_ID"):
        run(world.identity.authenticate(session.token))


def test_an_expired_refresh_token_is_not_active(world: People) -> None:
    app = run(world.identity.create_app("P", refresh_policy=RefreshPolicy.AFTER, refresh_period=DAY))
    token = run(world.identity.issue_refresh_token(app.client_id, ADA))
    state = run(world.identity.introspect(app.client_id, app.secret, token))
    assert state is not None
    assert state.expires_at == world.clock.now() + DAY
    world.clock.advance(DAY)
    assert run(world.identity.introspect(app.client_id, app.secret, token)) is None


def test_what_a_user_is_told_of_themselves(world: People) -> None:
    token = run(world.identity.open_session(ADAS_NAME)).token
    user = run(world.identity.authenticate(token))
    profile = run(world.identity.user_info(user))
    assert (profile.name, profile.email, profile.city) == ("Ada Lovelace", ADAS_NAME, "London")
    assert profile.modified_at == world.clock.now()
    world.change_user(ADA, "IsDeleted", 1)
    with pytest.raises(Fault, match="INVALID_SESSION_ID"):
        run(world.identity.user_info(user))


def test_the_organization(world: People) -> None:
    organization = run(world.identity.organization())
    assert (organization.name, organization.sandbox, organization.locale) == ("Acme", False, "en_US")
    world.database.write(lambda tx: tx.execute('DELETE FROM "Organization"')).result()
    assert run(world.identity.organization()).name == ""
