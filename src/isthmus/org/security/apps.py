"""Connected apps: who may ask for tokens, for what, and how long refresh tokens live.

Source: Salesforce Help, "Manage OAuth Access Policies for a Connected App" (refresh token policies), "OAuth
Tokens and Scopes".
"""

import hmac
from dataclasses import dataclass
from enum import Enum
from typing import Final

from isthmus.kernel.database import Connection, Transaction
from isthmus.kernel.errors import fault
from isthmus.kernel.ids import Ids
from isthmus.org.security.seal import Seal, SealBroken

_SCOPES: Final = (
    "api refresh_token offline_access full web id profile email address phone openid visualforce content "
    "lightning chatter_api custom_permissions wave_api eclair_api cdp_ingest_api cdp_query_api "
    "cdp_profile_api cdp_api pardot_api sfap_api interaction_api einstein_gpt_api chatbot_api mcp_api "
    "pwdless_login_api user_registration_api forgot_password scrt_api"
)
SCOPES: Final = frozenset(_SCOPES.split())
PLATFORM_CLI: Final = "PlatformCLI"
DEFAULT_SCOPES: Final = ("api", "web", "refresh_token", "id")
_CLIENT_ID_START: Final = "3MVG9"
_CLIENT_ID_LENGTH: Final = 85


class RefreshPolicy(Enum):
    """When a refresh token ends, by the clock."""

    UNTIL_REVOKED = "infinite"
    AT_ONCE = "zero"
    IF_UNUSED = "specific_inactivity"
    AFTER = "specific_lifetime"


@dataclass(frozen=True, slots=True)
class App:
    """A connected app. `secret` is None for a public client; `refresh_period` is in milliseconds."""

    client_id: str
    name: str
    secret: str | None
    scopes: tuple[str, ...]
    run_as_user_id: str | None
    refresh_policy: RefreshPolicy
    refresh_period: int
    created_at: int

    def check_secret(self, secret: str | None) -> None:
        """Fault `oauth_invalid_client`: not this app's secret. Compared in constant time."""
        if not hmac.compare_digest((self.secret or "").encode(), (secret or "").encode("utf-8", "replace")):
            raise fault("oauth_invalid_client")

    def grant(self, requested: str | None) -> tuple[str, ...]:
        """The scopes that a request gets: those it names, or all of the app's.

        Fault: `oauth_invalid_scope`.
        """
        if requested is None or not requested.split():
            return self.scopes
        allowed = SCOPES if "full" in self.scopes else {*self.scopes, "id"}
        wanted = tuple(dict.fromkeys(_ALIASES.get(each, each) for each in requested.split()))
        if not allowed.issuperset(wanted):
            raise fault("oauth_invalid_scope")
        return wanted if "id" in wanted else (*wanted, "id")

    def refresh_token_ends(self, issued_at: int, used_at: int) -> int | None:
        """When a refresh token of this app ends (milliseconds since the epoch); None: not by the clock."""
        match self.refresh_policy:
            case RefreshPolicy.UNTIL_REVOKED:
                return None
            case RefreshPolicy.AT_ONCE:
                return issued_at
            case RefreshPolicy.IF_UNUSED:
                return used_at + self.refresh_period
            case RefreshPolicy.AFTER:
                return issued_at + self.refresh_period


_ALIASES: Final = {"offline_access": "refresh_token"}
_REMEDY: Final = "put the old seal.key back, or let `isthmus credentials` make a new secret"


def new_client_id(ids: Ids) -> str:
    """A client id, in the form of the platform's consumer keys."""
    return _CLIENT_ID_START + ids.text(_CLIENT_ID_LENGTH - len(_CLIENT_ID_START))


def save_app(transaction: Transaction, app: App, seal: Seal) -> None:
    """Keep an app, in place of one with the same client id."""
    transaction.execute('DELETE FROM "isthmus_apps" WHERE "client_id" = ?', (app.client_id,))
    transaction.execute(
        """INSERT INTO "isthmus_apps" ("client_id", "name", "secret", "scopes", "run_as_user_id",
        "refresh_policy", "refresh_period", "created_at") VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            app.client_id,
            app.name,
            None if app.secret is None else seal.close(app.secret, app.client_id),
            " ".join(app.scopes),
            app.run_as_user_id,
            app.refresh_policy.value,
            app.refresh_period,
            app.created_at,
        ),
    )


def find_app(connection: Connection, client_id: str, seal: Seal) -> App:
    """The app of that client id.

    Faults: `oauth_invalid_client_id`; `server_unavailable` where its secret was sealed with another key.
    """
    app = find_app_if_any(connection, client_id, seal)
    if app is None:
        raise fault("oauth_invalid_client_id")
    return app


def find_app_if_any(connection: Connection, client_id: str, seal: Seal) -> App | None:
    """The same, or None where there is none."""
    row = connection.row(
        """SELECT "client_id", "name", "secret", "scopes", "run_as_user_id", "refresh_policy",
        "refresh_period", "created_at" FROM "isthmus_apps" WHERE "client_id" = ?""",
        (client_id,),
    )
    if row is None:
        return None
    found, name, sealed, scopes, run_as, policy, period, created_at = row
    try:
        secret = seal.open(sealed, str(found)) if isinstance(sealed, bytes) else None
    except SealBroken as error:
        raise fault("server_unavailable", reason=f"{error}: {_REMEDY}.") from None
    return App(
        client_id=str(found),
        name=str(name),
        secret=secret,
        scopes=tuple(str(scopes).split()),
        run_as_user_id=None if run_as is None else str(run_as),
        refresh_policy=RefreshPolicy(policy),
        refresh_period=int(period) if isinstance(period, int) else 0,
        created_at=int(created_at) if isinstance(created_at, int) else 0,
    )


def platform_cli(created_at: int) -> App:
    """The sf CLI's own connected app, which every org has: a public client of this fixed id.

    Source: `@salesforce/core`, its default client id and scopes.
    """
    return App(
        client_id=PLATFORM_CLI,
        name="Salesforce CLI",
        secret=None,
        scopes=("refresh_token", "api", "web", "id"),
        run_as_user_id=None,
        refresh_policy=RefreshPolicy.UNTIL_REVOKED,
        refresh_period=0,
        created_at=created_at,
    )


def find_unopenable(connection: Connection, seal: Seal) -> list[str]:
    """The client ids of the apps whose secret was sealed with another key: they can get no token."""
    rows = connection.rows(
        'SELECT "client_id", "secret" FROM "isthmus_apps" WHERE "secret" IS NOT NULL ORDER BY "created_at"'
    )
    return [str(owner) for owner, sealed in rows if not seal.opens(sealed, str(owner))]
