"""Settings: `isthmus.toml` and the environment become frozen values, once. No configuration works too.

    [org]
    name = "acme"                      # the org's own host is acme.my.salesforce.com
    project = "."                      # an SFDX project: the org's definition
    storage = "postgresql://…"         # default: a SQLite file in the data folder

    [server]
    http = 8080                        # 0: any free port
    https = 8443
    gateway = 8089

    [hub]
    port = 8090                        # of its control routes

    [logins]
    lockout_attempts = 10

    [limits]
    DailyApiRequests = 15000

    [[users]]                          # beside the administrator, as many as there are
    username = "ada@acme.example"
    profile = "Standard User"
    permission_sets = ["Solar_Sales"]

Every key of one table can be set by the environment, as `ISTHMUS_<SECTION>_<KEY>`: `ISTHMUS_SERVER_HTTP=0`.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta

from isthmus.org.limits.editions import LICENSES
from isthmus.org.limits.maxima import DEVELOPER_EDITION, UNREPORTED
from isthmus.org.schema.time_zones import find_zone

FILE_NAME: Final = "isthmus.toml"
DATA_FOLDER: Final = ".isthmus"
_ENVIRONMENT_PREFIX: Final = "ISTHMUS_"
_LIMITS: Final = {name.lower(): name for name in (*DEVELOPER_EDITION, *UNREPORTED)}


_HOST_LABEL: Final = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_LOCALE: Final = "^[a-z]{2,3}(_[A-Z]{2})?$"
_USERNAME: Final = "^[^@ ]+@[^@ ]+[.][^@ ]+$"
_FORMS: Final = {
    _HOST_LABEL: "a part of a host name: small letters, digits and hyphens",
    _LOCALE: "a locale, like en_US",
    _USERNAME: "a username, which has the form of an e-mail address: ada@example.com",
}
HostLabel: TypeAlias = Annotated[str, Meta(pattern=_HOST_LABEL)]
Locale: TypeAlias = Annotated[str, Meta(pattern=_LOCALE)]
Username: TypeAlias = Annotated[str, Meta(pattern=_USERNAME, max_length=80)]
Password: TypeAlias = Annotated[str, Meta(min_length=1)]
Port: TypeAlias = Annotated[int, Meta(ge=-1, le=65_535)]
Edition: TypeAlias = Literal[
    "Developer Edition", "Professional Edition", "Enterprise Edition", "Unlimited Edition"
]
_MEANT: Final = {f"{pattern!r}": meant for pattern, meant in _FORMS.items()} | {
    "Invalid enum value": f"one of: {', '.join(get_args(Edition))}",
    "Expected `array`, got `object`": "a list: users stand each under a heading of their own, [[users]]",
}
"""What is said of what doesn't match, by what the decoder says of it."""


class SettingsError(Exception):
    """A setting is wrong. The message names the file or variable, the key, and what is expected."""


class OrgSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the org is. Paths are relative to the folder of `isthmus.toml`."""

    name: HostLabel = "isthmus-dev-ed"
    """My Domain: the org answers as https://NAME.my.salesforce.com through the hostname gateway."""
    organization: str = "Isthmus"
    """The name of a new org's organization."""
    edition: Edition = "Developer Edition"
    """What `Organization.OrganizationType` says of a new org; the limits are those of the edition."""
    licenses: Annotated[int, Meta(ge=1, le=1_000_000)] = LICENSES
    """How many user licences the org has: the editions that are paid for have more calls with each."""
    project: str | None = None
    """Folder of an SFDX project; default: the folder itself where it holds a `sfdx-project.json`."""
    storage: str | None = None
    """`postgresql://…`, or a SQLite file; default: `org.db` in the data folder."""
    username: Username = "admin@isthmus.example"
    """The administrator that a new org begins with."""
    password: Password | None = None
    """The administrator's first password; default: a random one, printed once."""
    time_zone: str = "America/Los_Angeles"
    """That of a new org and its administrator, by its IANA name: date literals of queries follow it."""
    locale: Locale = "en_US"
    """That of a new org and its administrator: it says on which day a week begins."""
    session_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 120
    """How long a session lasts without use, in org time."""
    soap_login_from_65: bool = False
    """Allow SOAP login() at API 65.0 and later, where the platform refuses it."""
    limit_query_cursors: bool = False
    """Ten open query cursors for each user, the oldest given up, as the platform had it before API 56.0."""
    overlay: str | None = None
    """What `isthmus schema pull` wrote: how another org's standard objects differ from ours."""
    strict_field_security: bool = False
    """The project's own fields take a permission, the administrator's too, as where they are deployed to."""
    seed: int | None = None
    """Makes ids, tokens and passwords repeatable. For tests only: seeded tokens can be guessed."""


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the org listens. Port 0 takes any free port; -1 leaves the listener out."""

    host: str = "127.0.0.1"
    """The address of the network interface; `0.0.0.0`: all of them."""
    http: Port = 8080
    """Port of the API."""
    https: Port = 8443
    """Port of the API under a local certificate authority."""
    gateway: Port = 8089
    """Port of the hostname gateway, always on 127.0.0.1; it leads to the https port."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names, beside localhost and the platform's own, under which clients may call."""


class HubSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the hub keeps its messages, and where it is steered."""

    port: Annotated[int, Meta(ge=0, le=65_535)] = 8090
    """Port of its control routes, always on 127.0.0.1; 0 takes any free port."""
    storage: str | None = None
    """`postgresql://…`, or a SQLite file; default: `hub.db` in the data folder."""


class UserSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user that the org has beside its administrator, kept up to but for the password."""

    username: Username
    """What the user logs in as; the e-mail address too."""
    profile: str = "Standard User"
    """The profile's name."""
    role: str | None = None
    """The role, by its developer name."""
    permission_sets: tuple[str, ...] = ()
    """Permission sets that are assigned, by their names."""
    permission_set_groups: tuple[str, ...] = ()
    """Permission set groups that are assigned, by their developer names."""
    groups: tuple[str, ...] = ()
    """Public groups and queues that the user is in, by their developer names."""
    first_name: str | None = None
    """The first name."""
    last_name: str | None = None
    """The last name; default: what stands before the @ of the username."""
    password: Password | None = None
    """The first password; default: none."""


class LoginSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is kept out at the door. From where and when users may log in, their profiles say."""

    per_hour: Annotated[int, Meta(ge=0)] = 3_600
    """Attempts of one user in an hour of org time; what is more is refused."""
    lockout_attempts: Annotated[int, Meta(ge=0, le=1_000)] = 10
    """Wrong passwords in a row after which a user is locked out; 0: never."""
    lockout_minutes: Annotated[int, Meta(ge=0, le=525_600)] = 15
    """How long, in org time; 0: until an administrator sets `UserLogin.IsPasswordLocked` to false."""
    security_token: bool = False
    """Ask for the security token behind the password, where the address is not a trusted one."""
    trusted_networks: tuple[str, ...] = ()
    """From where no security token is asked for: networks like 10.0.0.0/8, or addresses."""
    soap_bytes: Annotated[int, Meta(ge=1, le=262_144)] = 10_240
    """What the request of a SOAP login() may hold."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set. `limits` overrides maxima by name: most are in `/limits`."""

    org: OrgSettings = msgspec.field(default_factory=OrgSettings)
    server: ServerSettings = msgspec.field(default_factory=ServerSettings)
    hub: HubSettings = msgspec.field(default_factory=HubSettings)
    logins: LoginSettings = msgspec.field(default_factory=LoginSettings)
    limits: Mapping[str, int] = msgspec.field(default_factory=dict)
    users: tuple[UserSettings, ...] = ()
    root: Path = Path()
    """The folder that relative paths begin at."""
    data: Path = Path(DATA_FOLDER)
    """Where the org's files lie."""

    @property
    def project(self) -> Path | None:
        """The SFDX project that defines the org, if there is one."""
        if self.org.project is not None:
            return self.root / self.org.project
        return self.root if (self.root / "sfdx-project.json").is_file() else None


_SECTIONS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "org": OrgSettings,
    "server": ServerSettings,
    "hub": HubSettings,
    "logins": LoginSettings,
}
_LISTS: Final = frozenset({"allowed_hosts", "trusted_networks"})


def load(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """The settings that hold in `folder`. `overrides` (`{"server_http": 0}`) win over environment and file.

    Raises SettingsError for a file that does not parse, an unknown key, or a value of the wrong type.
    """
    file = folder / FILE_NAME
    sections = _read(file)
    for section in ("root", "data"):
        if section in sections:
            raise SettingsError(f"{file}: {section} can't be set there; use --data for the data folder")
    source = os.environ if environment is None else environment
    origins: dict[str, str] = {}
    data = Path(source.get("ISTHMUS_DATA", folder / DATA_FOLDER))
    for name, value in source.items():
        if name.startswith(_ENVIRONMENT_PREFIX) and name != "ISTHMUS_DATA":
            key = _set(sections, name.removeprefix(_ENVIRONMENT_PREFIX), value, where=name)
            origins[key] = name
    for option, setting in (overrides or {}).items():
        if setting is not None:
            origins[_set(sections, option, setting, where=option)] = "the command line"
    settings = _convert(sections, str(file) if file.is_file() else "settings", origins)
    return msgspec.structs.replace(settings, root=folder, data=data)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from error
    except OSError as error:
        raise SettingsError(f"{file}: can't be read: {error.strerror}") from error


def _set(sections: dict[str, Any], name: str, value: object, where: str) -> str:
    """Set what a variable or an option says; names in any case, lists with commas. Returns the key."""
    section, _, key = name.lower().partition("_")
    known = _SECTIONS.get(section)
    if section == "limits" and key in _LIMITS:
        key = _LIMITS[key]
        sections.setdefault("limits", {})[key] = value
    elif known is None or key not in known.__struct_fields__:
        raise SettingsError(f"{where}: there is no such setting")
    else:
        many = key in _LISTS and isinstance(value, str)
        sections.setdefault(section, {})[key] = str(value).split(",") if many else value
    return f"{section}.{key}"


def _convert(sections: dict[str, Any], where: str, origins: Mapping[str, str]) -> Settings:
    try:
        settings = msgspec.convert(sections, Settings, strict=False)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        for said, meant in _MEANT.items():
            if said in message:
                message = f"Expected {meant}"
        key = place.strip("`.") or "the file"
        raise SettingsError(f"{origins.get(key, where)}: {key}: {message}") from error
    _check(settings, where)
    return settings


def _check(settings: Settings, where: str) -> None:
    """What types can't say. Raises SettingsError."""
    if find_zone(settings.org.time_zone) is None:
        raise SettingsError(f"{where}: org.time_zone: no time zone {settings.org.time_zone!r}")
    for key, storage in (("org.storage", settings.org.storage), ("hub.storage", settings.hub.storage)):
        scheme, separator, _ = (storage or "").partition("://")
        if separator and scheme not in ("postgresql", "postgres"):
            raise SettingsError(
                f"{where}: {key}: {scheme}:// is no storage; postgresql:// is, or a file's path"
            )
    administrator = settings.org.username.lower()
    names = [each.username.lower() for each in settings.users]
    if administrator in names:
        raise SettingsError(f"{where}: users: {administrator} is the administrator's, of org.username")
    if twice := next((each for each in names if names.count(each) > 1), None):
        raise SettingsError(f"{where}: users: {twice} is declared twice")
    if settings.server.http < 0 and settings.server.https < 0:
        raise SettingsError(f"{where}: server: with neither http nor https, nobody could reach the org")
    for network in settings.logins.trusted_networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise SettingsError(f"{where}: logins.trusted_networks: {error}") from error
    for name, value in settings.limits.items():
        if name.lower() not in _LIMITS:
            raise SettingsError(f"{where}: limits.{name}: there is no such limit")
        if value < 0:
            raise SettingsError(f"{where}: limits.{name}: a limit is 0 or more")
