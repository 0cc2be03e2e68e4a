"""Identity: who somebody is. Logins, access tokens, connected apps; everything that adapters ask about them.

`recognise` is synchronous and answers most requests; what may have to read, write or hash is asynchronous.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Connection, Database, Transaction
from isthmus.kernel.database.short_reads import short_read
from isthmus.kernel.errors import fault
from isthmus.kernel.ids import Ids
from isthmus.org.security import refresh_tokens
from isthmus.org.security.apps import (
    DEFAULT_SCOPES,
    PLATFORM_CLI,
    App,
    RefreshPolicy,
    find_app,
    find_app_if_any,
    find_unopenable,
    new_client_id,
    platform_cli,
    save_app,
)
from isthmus.org.security.credentials import (
    SECURITY_TOKEN_LENGTH,
    has_credentials,
    save_credentials,
)
from isthmus.org.security.door import Door
from isthmus.org.security.hashing import PasswordHasher, token_digest
from isthmus.org.security.issued import Grant, TokenState
from isthmus.org.security.login_attempts import OWNER, Visit
from isthmus.org.security.metadata.rights import Profile as RestrictedProfile
from isthmus.org.security.options import DEFAULT_OPTIONS, IdentityOptions
from isthmus.org.security.principal import Principal
from isthmus.org.security.refresh_tokens import RefreshToken
from isthmus.org.security.seal import Seal
from isthmus.org.security.sessions import OpenedSession, Session, Sessions
from isthmus.org.security.users import (
    AccessOf,
    Account,
    Organization,
    Profile,
    Users,
    find_organization,
    find_profile,
)

T = TypeVar("T")
Then: TypeAlias = Callable[[Transaction], None]
"""What is done in the same transaction."""

_SECRET_LENGTH: Final = 64


class Identity:
    """The identities of one org. `rights` finds what a user may do; `seal_key` (32 bytes) is kept outside of
    the database.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        ids: Ids,
        organization_id: str,
        rights: AccessOf,
        seal_key: bytes,
        options: IdentityOptions = DEFAULT_OPTIONS,
    ) -> None:
        self.organization_id = organization_id
        self.options = options
        self._database = database
        self._clock = clock
        self._ids = ids
        self._seal = Seal(seal_key)
        self._hasher = PasswordHasher(ids)
        self._users = Users(organization_id, rights)
        self.door = Door(database, clock, self._hasher, self._users, options.door)
        self._sessions = Sessions(database, clock, ids, self._users, self.door.restrictions)

    def close(self) -> None:
        """Write down what is to be written, and end the threads that hash."""
        self._sessions.settle()
        self.door.settle()
        self._hasher.close()

    # Sessions

    def recognise(self, token: str) -> Principal | None:
        """Whose token this is, where that is known without a read; None: ask `authenticate`."""
        session = self._sessions.known(token)
        return None if session is None else session.user

    async def authenticate(self, token: str) -> Principal:
        """Whose token this is. Fault: `session_invalid`."""
        return (await self._sessions.find(token)).user

    async def session(self, token: str) -> Session:
        """The session of a token. Fault: `session_invalid`."""
        return await self._sessions.find(token)

    def forget_user(self, user_id: str) -> None:
        """Notice at once that a user's record has changed (else it is noticed within ten seconds)."""
        self._sessions.forget_user(user_id)

    def forget_rights(self) -> None:
        """Notice at once that what users may do has changed (else it is noticed within ten seconds)."""
        self._sessions.forget_all()

    def restrict(self, profiles: Iterable[RestrictedProfile]) -> None:
        """Put into force from where, and when, profiles let their users log in."""
        self.door.restrictions.replace(profiles)
        self._sessions.forget_all()

    async def login_with_password(self, username: str, password: str, visit: Visit = OWNER) -> OpenedSession:
        """A session without a connected app. `password` may end with the security token.

        Faults: those of `Door.check_password`; `api_disabled`, for who may not use the API: there is no other
        use of such a session.
        """
        user = await self.door.check_password(username, password, visit)
        if not user.access.has("ApiEnabled"):
            raise fault("api_disabled")
        return await self._write(lambda transaction: self._open(transaction, user, visit))

    async def open_session(self, username: str) -> OpenedSession:
        """A session for who need not show a password: the owner of the machine, at the command line.

        Faults: `invalid_login`, `inactive_user`.
        """
        account = await self._read(lambda connection: self._account(connection, username))
        user = _active(account).principal
        return await self._write(lambda transaction: self._open(transaction, user, OWNER))

    async def revoke(self, token: str) -> bool:
        """End a session, or take a refresh token away with all of its sessions; False where it is neither."""
        digest = token_digest(token)

        def end(transaction: Transaction) -> bool:
            if self._sessions.end(transaction, (digest,)):
                return True
            sessions = refresh_tokens.revoke(transaction, digest)
            self._sessions.end(transaction, sessions or ())
            return sessions is not None

        return await self._write(end)

    # OAuth

    async def password_grant(
        self,
        client_id: str,
        secret: str | None,
        username: str,
        password: str,
        scope: str | None = None,
        visit: Visit = OWNER,
    ) -> Grant:
        """The username-password flow. Faults: as `login_with_password`, and those of the app."""
        app = await self._app(client_id, secret)
        scopes, visit = app.grant(scope), replace(visit, application=app.name)
        user = await self.door.check_password(username, password, visit)
        return await self._grant(app, user, scopes, visit)

    async def client_credentials(
        self, client_id: str, secret: str | None, scope: str | None = None, visit: Visit = OWNER
    ) -> Grant:
        """The client credentials flow: a session for the user that the app runs as.

        Faults: those of the app, `oauth_no_run_as_user`, and those of `Door.admit`.
        """
        app = await self._app(client_id, secret)
        run_as = app.run_as_user_id
        if app.secret is None:
            raise fault("oauth_invalid_client")
        scopes = app.grant(scope)
        account = await self._read(lambda connection: self._account_of(connection, run_as))
        if account is None:
            raise fault("oauth_no_run_as_user")
        visit = replace(visit, application=app.name)
        await self.door.admit(account, visit, otherwise="oauth_no_run_as_user")
        return await self._grant(app, account.principal, scopes, visit)

    async def refresh(
        self,
        refresh_token: str,
        client_id: str,
        secret: str | None,
        scope: str | None = None,
        visit: Visit = OWNER,
    ) -> Grant:
        """A new session from a refresh token. A public client need not give a secret.

        Faults: those of the app, `oauth_expired_token`, `oauth_inactive_user`, and those of `Door.admit`.
        """
        app = await self._app(client_id, secret)
        digest = token_digest(refresh_token)
        now = self._clock.now()

        held, account = await self._read(lambda connection: self._refresh_token(connection, digest))
        if held is None or account is None or not held.is_alive(app, now):
            raise fault("oauth_expired_token")
        user, scopes = account.principal, held.narrowed(scope)
        visit = replace(visit, application=app.name)
        await self.door.admit(account, visit, otherwise="oauth_inactive_user")

        def open_again(transaction: Transaction) -> OpenedSession:
            if not refresh_tokens.mark_used(transaction, digest, now):
                raise fault("oauth_expired_token")
            return self._open(transaction, user, visit, app, scopes, digest)

        return Grant(app, await self._write(open_again))

    async def issue_refresh_token(self, client_id: str, user_id: str, scope: str | None = None) -> str:
        """A refresh token for a user of an app; the sixth takes the oldest's place.

        Faults: `oauth_invalid_client_id`, `oauth_invalid_scope`.
        """
        app = await self._read(lambda connection: find_app(connection, client_id, self._seal))
        scopes = app.grant(scope)
        return await self._write(lambda transaction: self._issue(transaction, app, user_id, scopes))

    async def issue_cli_token(self, username: str) -> str:
        """A refresh token of the sf CLI's own app for a user: what stands in its `force://PlatformCLI::…@host`.

        For who need not show a password. The app is made with its first token. Faults: `invalid_login`,
        `inactive_user`.
        """
        account = await self._read(lambda connection: self._account(connection, username))
        user_id = _active(account).principal.user_id

        def issue(transaction: Transaction) -> str:
            app = find_app_if_any(transaction, PLATFORM_CLI, self._seal)
            if app is None:
                app = platform_cli(self._clock.now())
                save_app(transaction, app, self._seal)
            return self._issue(transaction, app, user_id, app.scopes)

        return await self._write(issue)

    async def introspect(self, client_id: str, secret: str | None, token: str) -> TokenState | None:
        """What an app may know of one of its own tokens; None where it is not active, or not the app's.

        Faults: those of the app.
        """
        app = await self._app(client_id, secret)
        session = await self._sessions.peek(token)
        if session is not None and session.client_id == app.client_id:
            return TokenState(
                "access_token", session.user, session.scopes, session.issued_at, session.expires_at
            )
        digest = token_digest(token)
        held, account = await self._read(lambda connection: self._refresh_token(connection, digest))
        if held is None or account is None or not account.active:
            return None
        if not held.is_alive(app, self._clock.now()):
            return None
        ends = app.refresh_token_ends(held.issued_at, held.used_at)
        return TokenState("refresh_token", account.principal, held.scopes, held.issued_at, ends)

    # Users and apps

    async def user_info(self, user: Principal) -> Profile:
        """What a user may be told about themselves. Fault: `session_invalid`, where the user is gone."""
        profile = await self._read(lambda connection: find_profile(connection, user))
        if profile is None:
            raise fault("session_invalid")
        return profile

    async def organization(self) -> Organization:
        """The org's own record."""
        return await self._read(lambda connection: find_organization(connection, self.organization_id))

    async def set_password(self, user_id: str, password: str, then: Then | None = None) -> str:
        """Give a user a password, and do `then` with it; returns the user's new security token, which is not
        shown again.
        """
        digest = await self._hasher.digest(password)
        security_token = self._ids.text(SECURITY_TOKEN_LENGTH)
        now = self._clock.now()
        await self._write(
            lambda transaction: save_credentials(transaction, user_id, digest, security_token, now), then
        )
        return security_token

    async def has_password(self, user_id: str) -> bool:
        """Whether the user can log in with a password."""
        return await self._read(lambda connection: has_credentials(connection, user_id))

    async def create_app(
        self,
        name: str,
        *,
        client_id: str | None = None,
        secret: str | None = None,
        public: bool = False,
        scopes: tuple[str, ...] = DEFAULT_SCOPES,
        run_as_user_id: str | None = None,
        refresh_policy: RefreshPolicy = RefreshPolicy.UNTIL_REVOKED,
        refresh_period: int = 0,
        then: Then | None = None,
    ) -> App:
        """Create a connected app, or replace the one of that client id, and do `then` with it. A `public` one
        has no secret.
        """
        app = App(
            client_id=client_id or new_client_id(self._ids),
            name=name,
            secret=None if public else secret or self._ids.text(_SECRET_LENGTH),
            scopes=scopes,
            run_as_user_id=run_as_user_id,
            refresh_policy=refresh_policy,
            refresh_period=refresh_period,
            created_at=self._clock.now(),
        )
        await self._write(lambda transaction: save_app(transaction, app, self._seal), then)
        return app

    async def find_unopenable_apps(self) -> list[str]:
        """The client ids of the apps whose secret was sealed with a key that is gone: said at the start.

        They get no token until their secret is made anew, or the old key is back.
        """
        return await self._read(lambda connection: find_unopenable(connection, self._seal))

    # Steps

    async def _app(self, client_id: str, secret: str | None) -> App:
        app = await self._read(lambda connection: find_app(connection, client_id, self._seal))
        app.check_secret(secret)
        return app

    async def _grant(self, app: App, user: Principal, scopes: tuple[str, ...], visit: Visit) -> Grant:
        session = await self._write(lambda transaction: self._open(transaction, user, visit, app, scopes))
        return Grant(app, session)

    def _open(
        self,
        transaction: Transaction,
        user: Principal,
        visit: Visit,
        app: App | None = None,
        scopes: tuple[str, ...] = (),
        refresh_token_digest: str | None = None,
    ) -> OpenedSession:
        self.door.entered(transaction, user, visit)
        return self._sessions.open(
            transaction,
            user,
            self.options.session_period,
            client_id=None if app is None else app.client_id,
            scopes=scopes,
            refresh_token_digest=refresh_token_digest,
        )

    def _issue(self, transaction: Transaction, app: App, user_id: str, scopes: tuple[str, ...]) -> str:
        now = self._clock.now()
        token, ended = refresh_tokens.issue(transaction, self._ids, now, app.client_id, user_id, scopes)
        self._sessions.end(transaction, ended)
        return token

    def _account(self, connection: Connection, username: str) -> Account | None:
        return self._users.named(connection, username)

    def _account_of(self, connection: Connection, user_id: str | None) -> Account | None:
        return None if user_id is None else self._users.with_id(connection, user_id)

    def _refresh_token(
        self, connection: Connection, digest: str
    ) -> tuple[RefreshToken | None, Account | None]:
        """A refresh token, and whose it is."""
        held = refresh_tokens.find(connection, digest)
        return held, None if held is None else self._account_of(connection, held.user_id)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await short_read(self._database, work)

    async def _write(self, work: Callable[[Transaction], T], then: Then | None = None) -> T:
        def unit(transaction: Transaction) -> T:
            result = work(transaction)
            if then is not None:
                then(transaction)
            return result

        return await self._database.writing(unit)


def _active(account: Account | None) -> Account:
    if account is None:
        raise fault("invalid_login")
    if not account.active:
        raise fault("inactive_user")
    return account
