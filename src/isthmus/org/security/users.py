"""Users and the organization, as a login needs them: read from the records that the save path keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.kernel.database import Connection, Value
from isthmus.org.schema.values import fold
from isthmus.org.security.access import Access
from isthmus.org.security.principal import Principal

PRINCIPAL_COLUMNS: Final = (
    'u."Id", u."Username", u."ProfileId", u."TimeZoneSidKey", u."LocaleSidKey", u."LanguageLocaleKey"'
)
"""What `Users.principal` reads, of the table "User" under the name u."""

AccessOf: TypeAlias = Callable[[Connection, str, str], Access]
"""The rights of a user, by the ids of the user and of their profile."""

_ACCOUNTS: Final = f"""
    SELECT {PRINCIPAL_COLUMNS}, u."IsActive", c."password_hash", c."security_token_hash", l."IsFrozen"
    FROM "User" u LEFT JOIN "isthmus_credentials" c ON c."user_id" = u."Id"
    LEFT JOIN "UserLogin" l ON l."UserId" = u."Id" """
_PROFILE_COLUMNS: Final = (
    "Email",
    "FirstName",
    "LastName",
    "CommunityNickname",
    "UserRoleId",
    "UserType",
    "Phone",
    "MobilePhone",
    "Street",
    "City",
    "State",
    "PostalCode",
    "Country",
    "LastModifiedDate",
)


@dataclass(frozen=True, slots=True)
class Account:
    """What stands behind a username at the door."""

    principal: Principal
    active: bool
    password_digest: str | None
    security_token_digest: str | None
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What a user may be told about themselves. `modified_at` in milliseconds since the epoch."""

    principal: Principal
    email: str | None
    first_name: str | None
    last_name: str | None
    nickname: str | None
    role_id: str | None
    user_type: str
    phone: str | None
    mobile_phone: str | None
    street: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    modified_at: int

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True, slots=True)
class Organization:
    """The org's own record."""

    id: str
    name: str
    sandbox: bool
    locale: str


@dataclass(frozen=True, slots=True)
class Users:
    """The users of one org, each with their rights."""

    organization_id: str
    access_of: AccessOf

    def principal(self, connection: Connection, row: tuple[Value, ...]) -> Principal:
        """The principal in a row that begins with `PRINCIPAL_COLUMNS`."""
        user_id, username, profile_id, time_zone, locale, language = row[:6]
        profile_id = _text(profile_id) or ""
        return Principal(
            user_id=str(user_id),
            username=str(username),
            organization_id=self.organization_id,
            profile_id=profile_id,
            time_zone=_text(time_zone) or "America/Los_Angeles",
            locale=_text(locale) or "en_US",
            language=_text(language) or "en_US",
            access=self.access_of(connection, str(user_id), profile_id),
        )

    def named(self, connection: Connection, username: str) -> Account | None:
        """Who logs in as `username`, in any case; None where there is no such user."""
        row = connection.row(
            f"""{_ACCOUNTS} WHERE u."Username~" = ? AND u."IsDeleted" = 0
            ORDER BY u."IsActive" DESC, u."Id" """,
            (fold(username),),
        )
        return None if row is None else self._account(connection, row)

    def with_id(self, connection: Connection, user_id: str) -> Account | None:
        """The same, by the user's id."""
        row = connection.row(f'{_ACCOUNTS} WHERE u."Id" = ? AND u."IsDeleted" = 0', (user_id,))
        return None if row is None else self._account(connection, row)

    def _account(self, connection: Connection, row: tuple[Value, ...]) -> Account:
        return Account(
            principal=self.principal(connection, row),
            active=bool(row[6]),
            password_digest=_text(row[7]),
            security_token_digest=_text(row[8]),
            frozen=bool(row[9]),
        )


def find_profile(connection: Connection, who: Principal) -> Profile | None:
    """What the user's record says; None where it is gone."""
    columns = ", ".join(f'"{name}"' for name in _PROFILE_COLUMNS)
    row = connection.row(f'SELECT {columns} FROM "User" WHERE "Id" = ? AND "IsDeleted" = 0', (who.user_id,))
    if row is None:
        return None
    value = dict(zip(_PROFILE_COLUMNS, row, strict=True))
    return Profile(
        principal=who,
        email=_text(value["Email"]),
        first_name=_text(value["FirstName"]),
        last_name=_text(value["LastName"]),
        nickname=_text(value["CommunityNickname"]),
        role_id=_text(value["UserRoleId"]),
        user_type=_text(value["UserType"]) or "Standard",
        phone=_text(value["Phone"]),
        mobile_phone=_text(value["MobilePhone"]),
        street=_text(value["Street"]),
        city=_text(value["City"]),
        state=_text(value["State"]),
        postal_code=_text(value["PostalCode"]),
        country=_text(value["Country"]),
        modified_at=_integer(value["LastModifiedDate"]),
    )


def find_organization(connection: Connection, organization_id: str) -> Organization:
    """The org's own record; where it has none yet, what can be said without one."""
    row = connection.row(
        'SELECT "Name", "IsSandbox", "DefaultLocaleSidKey" FROM "Organization" WHERE "Id" = ?',
        (organization_id,),
    )
    name, sandbox, locale = row or (None, None, None)
    return Organization(organization_id, _text(name) or "", bool(sandbox), _text(locale) or "en_US")


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _integer(value: Value) -> int:
    return value if isinstance(value, int) else 0
