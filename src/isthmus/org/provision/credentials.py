"""Credentials: what the administrator and the org's own connected app log in with, and their renewal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Transaction
from isthmus.org.org import Column, Org
from isthmus.org.org.audit_lines import label, line
from isthmus.org.org.founder import Founder
from isthmus.org.provision.founding import Founding, is_provisioned
from isthmus.org.security.principal import Principal

APP: Final = "Isthmus"
_PASSWORD_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Credentials:
    """All that there is to log in with. Shown once: an org keeps only what recognises them."""

    username: str
    password: str
    security_token: str
    client_id: str
    client_secret: str | None


async def renew_credentials(org: Org, founding: Founding, password: str | None = None) -> Credentials:
    """Give the administrator a new password (default: a random one) and the org's app a new secret.

    Both are told in the setup audit trail, unless they are an org's first. May be interrupted and called
    again: nothing is left over.
    """
    founder = Founder(org, _administrator(founding))

    def tell_password(tx: Transaction) -> None:
        if is_provisioned(tx):
            founder.tell(tx, line("password_reset", user=label(tx, "User", "Name", founding.user_id)))

    def tell_secret(tx: Transaction) -> None:
        if is_provisioned(tx):
            founder.tell(tx, line("app_secret", app=APP))

    password = password or org.ids.text(_PASSWORD_LENGTH)
    security_token = await org.identity.set_password(founding.user_id, password, tell_password)
    app = await org.identity.create_app(
        APP, client_id=founding.client_id, run_as_user_id=founding.user_id, then=tell_secret
    )
    username = await administrator_name(org, founding)
    return Credentials(username, password, security_token, app.client_id, app.secret)


def key_recorder(org: Org, founding: Founding) -> Callable[[Transaction, int], None]:
    """What tells, in the setup audit trail, of new versions of the keys of encrypted fields."""
    founder = Founder(org, _administrator(founding))
    return lambda tx, version: founder.tell(tx, line("tenant_secret", version=version))


def _administrator(founding: Founding) -> Principal:
    return Principal(founding.user_id, "", founding.organization_id, founding.profile_id)


async def give_first_passwords(org: Org, founding: Founding, passwords: Mapping[str, str]) -> None:
    """Give users the passwords they begin with, by username; who has one keeps it."""
    who = _administrator(founding)
    for username, password in passwords.items():
        result = await org.query(who, f"SELECT Id FROM User WHERE Username = '{username}'")
        for row in result.rows:
            user_id = str(row[result.shape.id_index or 0])
            if not await org.identity.has_password(user_id):
                await org.identity.set_password(user_id, password)


async def administrator_name(org: Org, founding: Founding) -> str:
    """What the administrator is called now: a user may be renamed."""
    who = _administrator(founding)
    result = await org.retrieve(who, "User", founding.user_id, ("Username",))
    columns = {each.key: each.index for each in result.shape.items if isinstance(each, Column)}
    return str(result.rows[0][columns["Username"]])
