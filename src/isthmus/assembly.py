"""Assembly: the composition root, the only module that constructs collaborators.

`open_org` puts an org together over its database; `Serving` puts the org on the network.
"""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from isthmus.definition import base_objects, read_definition
from isthmus.kernel import clock_offset
from isthmus.kernel.certificates import LocalAuthority
from isthmus.kernel.clock import HOUR, MINUTE, Clock
from isthmus.kernel.clock_offset import kept_clock
from isthmus.kernel.database import Database
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.database.postgresql import PostgresqlDatabase
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.host_gateway import Address, HostGateway
from isthmus.kernel.http import HttpServer, Listener, ListenError
from isthmus.kernel.ids import Ids
from isthmus.kernel.journal import Journal
from isthmus.kernel.private_files import PRIVATE, secret_key, write_whole
from isthmus.kernel.tasks import Closing, Tasks
from isthmus.org import provision
from isthmus.org.api import rest
from isthmus.org.api.control import control_adapter
from isthmus.org.api.gateway import Gateway
from isthmus.org.api.oauth.adapter import OAUTH
from isthmus.org.api.soap.adapter import SOAP
from isthmus.org.limits import usage
from isthmus.org.org import Org, recent
from isthmus.org.provision import Declared, FirstUser, Founding
from isthmus.org.query import cursor
from isthmus.org.query.engine import QueryEngine
from isthmus.org.save import tables as save_tables
from isthmus.org.schema import recorded
from isthmus.org.schema.sfdx.watch import ProjectWatch, Stamp, take_stamp
from isthmus.org.schema.store import SchemaStore
from isthmus.org.security import tables as security_tables
from isthmus.org.security.identity import Identity, IdentityOptions
from isthmus.reload import Reload
from isthmus.settings import Settings

COMPONENTS: Final = (
    ("clock", clock_offset.MIGRATIONS),
    ("org", provision.MIGRATIONS),
    ("schema", recorded.MIGRATIONS),
    ("save", save_tables.MIGRATIONS),
    ("query", cursor.MIGRATIONS),
    ("recent", recent.MIGRATIONS),
    ("limits", usage.MIGRATIONS),
    ("security", security_tables.MIGRATIONS),
)
"""Whose own tables lie in the org's database. The journal sees to its own, in both of its files."""

CONTROL_FILE: Final = "control.json"
_SWITCH_SECONDS: Final = 0.001
"""Between threads: short, so that the writer does not keep the event loop from its requests."""


class SchemaRefused(Exception):
    """The project asks for a change that would lose data; the message names what confirms it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An org that can be asked, and what it began with. `credentials` are there once: at its foundation."""

    org: Org
    schemas: SchemaStore
    founding: Founding
    credentials: "Credentials | None"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a new org's first user and connected app log in with."""

    username: str
    password: str
    security_token: str
    client_id: str
    client_secret: str | None


@asynccontextmanager
async def open_org(
    settings: Settings, *, clock: Clock | None = None, confirmed: frozenset[str] = frozenset()
) -> AsyncIterator[Opened]:
    """The org of `settings`, founded where its database is new. Closed, with all it holds, at the end.

    Raises DatabaseError, ProjectBroken, SchemaRefused, ProvisionFailed; each says what to do.
    """
    definition = read_definition(settings)
    with ExitStack() as closing:
        database, immediate = _databases(settings, closing)
        for component, migrations in COMPONENTS:
            migrate(database, component, migrations)
        ids = Ids(settings.org.seed)
        founding = provision.found(database, ids)
        schemas = SchemaStore(database)
        change = schemas.apply(definition.objects, definition.metadata_records, confirmed)
        if change.refused:
            raise SchemaRefused("\n".join(each.message for each in change.refused))
        clock = clock or kept_clock(database)
        identity = Identity(
            database=database,
            clock=clock,
            ids=ids,
            organization_id=founding.organization_id,
            seal_key=secret_key(settings.data / "seal.key"),
            options=IdentityOptions(
                session_period=settings.org.session_minutes * MINUTE,
                soap_login_from_65=settings.org.soap_login_from_65,
            ),
        )
        closing.callback(identity.close)
        org = Org(
            organization_id=founding.organization_id,
            database=database,
            journal=Journal(database, immediate),
            schemas=schemas,
            queries=QueryEngine(clock, ids, limit_cursors=settings.org.limit_query_cursors),
            identity=identity,
            clock=clock,
            ids=ids,
            limits=settings.limits,
        )
        credentials = await _begin(org, founding, settings, definition.declared)
        await org.start()
        try:
            yield Opened(org, schemas, founding, credentials)
        finally:
            await org.stop()


def _databases(settings: Settings, closing: ExitStack) -> tuple[Database, Database]:
    """The org's database, and the one to which immediate events go."""
    storage = settings.org.storage
    settings.data.mkdir(parents=True, exist_ok=True)

    def kept(database: Database) -> Database:
        closing.callback(database.close)
        return database

    if storage and storage.startswith(("postgresql://", "postgres://")):
        return kept(PostgresqlDatabase(storage)), kept(PostgresqlDatabase(storage, writers=1, readers=1))
    file = settings.root / storage if storage else settings.data / "org.db"
    return kept(SqliteDatabase(file)), kept(SqliteDatabase(file.with_suffix(".events.db"), readers=1))


def first_user(settings: Settings) -> FirstUser:
    """Whom a new org of these settings begins with."""
    return FirstUser(
        organization=settings.org.organization,
        edition=settings.org.edition,
        username=settings.org.username,
        time_zone=settings.org.time_zone,
        locale=settings.org.locale,
    )


async def _begin(org: Org, founding: Founding, settings: Settings, declared: Declared) -> Credentials | None:
    first = first_user(settings)
    if not founding.provisioned:
        await provision.provision(org, founding, first)
    await provision.follow(org, provision.administrator(founding, first), declared)
    if founding.provisioned:
        return None
    password = settings.org.password or org.ids.text(16)
    security_token = await org.identity.set_password(founding.user_id, password)
    app = await org.identity.create_app("Isthmus", run_as_user_id=founding.user_id)
    provision.mark_provisioned(org.database)
    return Credentials(first.username, password, security_token, app.client_id, app.secret)


@dataclass(frozen=True, slots=True)
class Serving:
    """Where a served org can be reached; None: that listener is left out."""

    opened: Opened
    http: str | None
    https: str | None
    gateway: str | None
    authority: LocalAuthority
    new_authority: bool


@asynccontextmanager
async def serve_org(settings: Settings, *, confirmed: frozenset[str] = frozenset()) -> AsyncIterator[Serving]:
    """The org of `settings` on the network, until the block ends.

    Raises what `open_org` raises, and ListenError where a port is taken.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    async with AsyncExitStack() as stack:
        loaded = take_stamp(settings.project) if settings.project else {}
        opened = await stack.enter_async_context(open_org(settings, confirmed=confirmed))
        authority = LocalAuthority(settings.data / "ca", opened.org.clock)
        made = authority.prepare()
        control_token = Ids().text(40)
        app = Gateway(
            opened.org,
            (rest.ADAPTER, OAUTH, SOAP, control_adapter(control_token, settings.org.username)),
            fallback=rest.ADAPTER,
            my_domain_host=f"{settings.org.name}.my.salesforce.com",
            allowed_hosts=settings.server.allowed_hosts,
        )
        listeners = _listeners(settings, authority)
        server = HttpServer(app, listeners, clock=opened.org.clock)
        ports = await server.start()
        stack.push_async_callback(server.stop)
        urls = {
            each.scheme: f"{each.scheme}://{_shown(each.host)}:{port}"
            for each, port in zip(listeners, ports, strict=True)
        }
        gateway = await _gateway(settings, listeners, ports, stack)
        tasks = await stack.enter_async_context(Tasks())
        tasks.start(_keep_up(opened.org, authority, tasks), name="upkeep")
        if settings.project is not None:
            watch = _watch(settings, settings.project, loaded, opened)
            tasks.start(_run_watch(watch, tasks), name="reload")
        _write_control_file(settings.data, urls, control_token, stack)
        yield Serving(
            opened=opened,
            http=urls.get("http"),
            https=urls.get("https"),
            gateway=gateway,
            authority=authority,
            new_authority=authority.certificate in made,
        )


async def _keep_up(org: Org, authority: LocalAuthority, tasks: Tasks) -> None:
    """Every hour of org time: remove what has had its time, renew a certificate that runs out."""
    with suppress(Closing):
        while True:
            await tasks.unless_closing(org.clock.sleep_until(org.clock.now() + HOUR))
            await org.housekeep()
            authority.prepare()


def _watch(settings: Settings, project: Path, loaded: Stamp, opened: Opened) -> ProjectWatch:
    """What brings the org up to its project whenever that has changed; one with errors changes nothing."""
    who = provision.administrator(opened.founding, first_user(settings))
    reload = Reload(opened.org, opened.schemas, who)
    return ProjectWatch(
        project,
        base_objects(settings),
        opened.org.clock,
        changed=reload.changed,
        broken=reload.broken,
        loaded=loaded,
    )


async def _run_watch(watch: ProjectWatch, tasks: Tasks) -> None:
    with suppress(Closing):
        await tasks.unless_closing(watch.run())


def _listeners(settings: Settings, authority: LocalAuthority) -> tuple[Listener, ...]:
    server = settings.server
    wanted = (
        Listener(server.host, server.http, setting="server.http"),
        Listener(server.host, server.https, authority.server_context(), setting="server.https"),
    )
    return tuple(each for each in wanted if each.port >= 0)


async def _gateway(
    settings: Settings, listeners: tuple[Listener, ...], ports: tuple[int, ...], stack: AsyncExitStack
) -> str | None:
    tls = [port for each, port in zip(listeners, ports, strict=True) if each.tls]
    if settings.server.gateway < 0 or not tls:
        return None
    gateway = HostGateway(Address("127.0.0.1", tls[0]), port=settings.server.gateway)
    try:
        await gateway.start()
    except OSError as error:
        raise ListenError(
            f"The hostname gateway can't listen on port {settings.server.gateway}: {error.strerror}. "
            "Choose another with server.gateway in isthmus.toml, or --gateway-port."
        ) from error
    stack.push_async_callback(gateway.stop)
    return f"http://{gateway.address.host}:{gateway.address.port}"


def _write_control_file(data: Path, urls: Mapping[str, str], token: str, stack: AsyncExitStack) -> None:
    if "http" not in urls:
        return
    file = data / CONTROL_FILE
    write_whole(file, msgspec.json.encode({"url": urls["http"], "token": token}), PRIVATE)
    stack.callback(file.unlink, missing_ok=True)


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host
