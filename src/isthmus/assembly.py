"""Assembly: an org is put together over its database. The only place where its collaborators are made."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from isthmus.definition import Definition, read_definition
from isthmus.kernel import clock_offset
from isthmus.kernel.clock import MINUTE, Clock
from isthmus.kernel.clock_offset import kept_clock
from isthmus.kernel.database import Database, Transaction
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.ids import Ids
from isthmus.kernel.journal import Journal
from isthmus.kernel.private_files import secret_key
from isthmus.org import provision
from isthmus.org.automation.flows import FlowAutomation
from isthmus.org.limits import usage
from isthmus.org.limits.editions import maxima
from isthmus.org.org import Org, recent
from isthmus.org.org.rotation import KeyRotation
from isthmus.org.provision import Credentials, FirstUser, Founding
from isthmus.org.query import cursor
from isthmus.org.query.engine import QueryEngine
from isthmus.org.save import tables as save_tables
from isthmus.org.schema import recorded
from isthmus.org.schema.examine import refusal_text
from isthmus.org.schema.model import Schema
from isthmus.org.schema.store import SchemaStore
from isthmus.org.search import tables as search_tables
from isthmus.org.security import tables as security_tables
from isthmus.org.security.encryption import register
from isthmus.org.security.encryption.tenant_secrets import SecretsUnreadable
from isthmus.org.security.encryption.vault import FILE_NAME, Vault
from isthmus.org.security.identity import Identity
from isthmus.org.security.options import DoorOptions, IdentityOptions
from isthmus.org.security.rights import directory as rights
from isthmus.org.security.sharing import tables as sharing_tables
from isthmus.settings import Settings

COMPONENTS: Final = (
    ("clock", clock_offset.MIGRATIONS),
    ("org", provision.MIGRATIONS),
    ("schema", recorded.MIGRATIONS),
    ("save", save_tables.MIGRATIONS),
    (search_tables.COMPONENT, search_tables.MIGRATIONS),
    ("query", cursor.MIGRATIONS),
    ("recent", recent.MIGRATIONS),
    ("limits", usage.MIGRATIONS),
    ("security", security_tables.MIGRATIONS),
    (sharing_tables.COMPONENT, sharing_tables.MIGRATIONS),
    (rights.COMPONENT, rights.MIGRATIONS),
    (register.COMPONENT, register.MIGRATIONS),
)
"""Whose own tables lie in the org's database. The journal sees to its own, in both of its files."""


class OrgRefused(Exception):
    """The org can't be opened as its settings and project ask. The message says why, and what to do."""


_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """An org that can be asked, and what it began with. `credentials` are there once: at its foundation."""

    org: Org
    schemas: SchemaStore
    founding: Founding
    credentials: Credentials | None
    automation: FlowAutomation
    rotation: KeyRotation


@asynccontextmanager
async def open_org(
    settings: Settings, *, clock: Clock | None = None, confirmed: frozenset[str] = frozenset()
) -> AsyncIterator[Opened]:
    """The org of `settings`, founded where its database is new. Closed, with all it holds, at the end.

    Raises DatabaseError, ProjectBroken, OrgRefused, ProvisionFailed; each says what to do.
    """
    definition = read_definition(settings)
    with ExitStack() as closing:
        database, immediate = _databases(settings, closing)
        for component, migrations in COMPONENTS:
            migrate(database, component, migrations)
        ids = Ids(settings.org.seed)
        founding = provision.found(database, ids)
        vault = Vault(settings.data / FILE_NAME, founding.organization_id)
        schemas = SchemaStore(database, vault)
        rotation = KeyRotation(database, schemas, vault)
        clock = clock or kept_clock(database)
        directory = rights.RightsDirectory(lambda: schemas.current)
        identity = Identity(
            database=database,
            clock=clock,
            ids=ids,
            organization_id=founding.organization_id,
            rights=directory.access_of,
            seal_key=_seal_key(settings.data / "seal.key"),
            options=_identity_options(settings),
        )
        closing.callback(identity.close)
        identity.restrict(definition.security.profiles)
        automation = FlowAutomation(definition.flows.flows)
        org = Org(
            organization_id=founding.organization_id,
            database=database,
            journal=Journal(database, immediate),
            schemas=schemas,
            queries=_queries(clock, ids, directory, settings),
            identity=identity,
            clock=clock,
            ids=ids,
            automation=automation,
            limits=maxima(settings.limits, settings.org.edition, settings.org.licenses),
            rotation=rotation,
        )
        then = provision.provision(org, founding, first_user(settings), definition.declared)
        await asyncio.to_thread(_put_into_force, schemas, definition, confirmed, then)
        credentials = await _first_logins(org, database, founding, settings)
        definition.flows.tell_gaps()
        await _warn_of_lost_key(identity)
        await org.start()
        try:
            yield Opened(org, schemas, founding, credentials, automation, rotation)
        finally:
            await org.stop()


def _queries(clock: Clock, ids: Ids, directory: rights.RightsDirectory, settings: Settings) -> QueryEngine:
    limited = settings.org.limit_query_cursors
    return QueryEngine(clock, ids, rights=directory.access_of_user, limit_cursors=limited)


def _put_into_force(
    schemas: SchemaStore,
    definition: Definition,
    confirmed: frozenset[str],
    then: Callable[[Transaction, Schema], None],
) -> None:
    """Make the definition's objects the schema, and do what follows. Raises OrgRefused."""
    try:
        change = schemas.apply(definition.objects, definition.metadata_records, confirmed, then)
    except SecretsUnreadable as error:
        raise OrgRefused(str(error)) from error
    if change.refused:
        raise OrgRefused(refusal_text(change.refused))


def _identity_options(settings: Settings) -> IdentityOptions:
    return IdentityOptions(
        session_period=settings.org.session_minutes * MINUTE,
        soap_login_from_65=settings.org.soap_login_from_65,
        soap_login_bytes=settings.logins.soap_bytes,
        door=DoorOptions(
            logins_per_hour=settings.logins.per_hour,
            lockout_attempts=settings.logins.lockout_attempts,
            lockout_period=settings.logins.lockout_minutes * MINUTE,
            needs_security_token=settings.logins.security_token,
            trusted=settings.logins.trusted_networks,
        ),
    )


def _databases(settings: Settings, closing: ExitStack) -> tuple[Database, Database]:
    """The org's database, and the one to which immediate events go."""
    storage = settings.org.storage
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def kept(database: Database) -> Database:
        closing.callback(database.close)
        return database

    if storage and storage.startswith(("postgresql://", "postgres://")):
        # Its driver takes a fifth of the time in which an org starts: only who stores there waits for it.
        from isthmus.kernel.database.postgresql import PostgresqlDatabase

        return kept(PostgresqlDatabase(storage)), kept(PostgresqlDatabase(storage, writers=1, readers=1))
    file = settings.root / storage if storage else settings.data / "org.db"
    return kept(SqliteDatabase(file)), kept(SqliteDatabase(file.with_suffix(".events.db"), readers=1))


async def _first_logins(
    org: Org, database: Database, founding: Founding, settings: Settings
) -> Credentials | None:
    """Let those log in who can't yet: in a new org its administrator, whose credentials these are."""
    credentials = None
    if not founding.provisioned:
        credentials = await provision.renew_credentials(org, founding, settings.org.password)
        await asyncio.to_thread(provision.mark_provisioned, database)
    passwords = {each.username: each.password for each in settings.users if each.password}
    await provision.give_first_passwords(org, founding, passwords)
    return credentials


async def _warn_of_lost_key(identity: Identity) -> None:
    for client_id in await identity.find_unopenable_apps():
        _log.warning(
            "a connected app gets no token: its secret was sealed with another seal.key. Put the old key "
            "back, or let `isthmus credentials` make a new secret.",
            client_id=client_id,
        )


def _seal_key(file: Path) -> bytes:
    try:
        return secret_key(file)
    except (OSError, ValueError) as error:
        raise OrgRefused(f"{file}: the key that seals the secrets of apps can't be read: {error}") from error


def first_user(settings: Settings) -> FirstUser:
    """Whom a new org of these settings begins with."""
    return FirstUser(
        organization=settings.org.organization,
        edition=settings.org.edition,
        username=settings.org.username,
        time_zone=settings.org.time_zone,
        locale=settings.org.locale,
        security=_security(settings),
    )


def _security(settings: Settings) -> provision.SecuritySettings:
    """What these settings say of who may do what, beside the project."""
    users = tuple(
        provision.DeclaredUser(
            username=each.username,
            profile=each.profile,
            role=each.role,
            permission_sets=each.permission_sets,
            permission_set_groups=each.permission_set_groups,
            groups=each.groups,
            first_name=each.first_name,
            last_name=each.last_name,
            time_zone=settings.org.time_zone,
            locale=settings.org.locale,
        )
        for each in settings.users
    )
    return provision.SecuritySettings(settings.org.strict_field_security, users)
