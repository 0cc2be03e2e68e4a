"""Serving: an org on the network, with what has to be done while it runs."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final

import msgspec
import structlog

from isthmus.assembly import Opened, first_user, open_org
from isthmus.definition import base_objects
from isthmus.kernel.certificates import CertificateFailure, LocalAuthority
from isthmus.kernel.clock import HOUR, MINUTE, SECOND, Clock
from isthmus.kernel.database import DatabaseError
from isthmus.kernel.host_gateway import Address, HostGateway
from isthmus.kernel.http import HttpServer, Listener, ListenError
from isthmus.kernel.ids import Ids
from isthmus.kernel.observe import Metrics
from isthmus.kernel.private_files import PRIVATE, write_whole
from isthmus.kernel.tasks import Closing, Tasks
from isthmus.org.api import rest
from isthmus.org.api.control import control_adapter
from isthmus.org.api.gateway import Gateway
from isthmus.org.api.oauth.adapter import OAUTH
from isthmus.org.api.request_log import RequestLog
from isthmus.org.api.soap.adapter import SOAP
from isthmus.org.api.streaming.adapter import Streaming
from isthmus.org.limits.held import SHARED_EVERY
from isthmus.org.org import Org
from isthmus.org.schema.sfdx.watch import ProjectWatch, Stamp, take_stamp
from isthmus.reload import Reload
from isthmus.settings import Settings

CONTROL_FILE: Final = "control.json"
_SWITCH_SECONDS: Final = 0.001
"""Between threads: short, so that the writer does not keep the event loop from its requests."""
_log = structlog.get_logger(__name__)


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
        streaming = Streaming(opened.org)
        log = RequestLog(settings.data, opened.org.clock)
        stack.push_async_callback(_write_log, log)
        app = Gateway(
            opened.org,
            (
                rest.ADAPTER,
                OAUTH,
                SOAP,
                streaming.adapter,
                control_adapter(control_token, opened.founding, _exposition(opened), log),
            ),
            fallback=rest.ADAPTER,
            my_domain_host=f"{settings.org.name}.my.salesforce.com",
            allowed_hosts=settings.server.allowed_hosts,
            log=log,
        )
        listeners = _listeners(settings, authority)
        server = HttpServer(app, listeners, clock=opened.org.clock)
        ports = await server.start()
        stack.push_async_callback(server.stop)
        stack.callback(streaming.close)
        urls = {
            each.scheme: f"{each.scheme}://{_shown(each.host)}:{port}"
            for each, port in zip(listeners, ports, strict=True)
        }
        gateway = await _gateway(settings, listeners, ports, stack)
        tasks = await stack.enter_async_context(Tasks())
        streaming.start(tasks)
        _start_upkeep(opened, authority, log, tasks)
        if settings.project is not None:
            watch = _watch(settings, settings.project, loaded, opened)
            tasks.start(_run_watch(watch, tasks), name="reload")
        _write_control_file(settings.data, urls, authority, control_token, stack)
        yield Serving(
            opened=opened,
            http=urls.get("http"),
            https=urls.get("https"),
            gateway=gateway,
            authority=authority,
            new_authority=authority.certificate in made,
        )


def _start_upkeep(opened: Opened, authority: LocalAuthority, log: RequestLog, tasks: Tasks) -> None:
    tasks.start(opened.rotation.run(tasks), name="encryption")
    tasks.start(keep_up(opened.org, authority, tasks), name="upkeep")
    tasks.start(keep_sharing(opened.org, tasks), name="sharing")
    tasks.start(keep_search(opened.org, tasks), name="search")
    tasks.start(keep_counts(opened.org, tasks), name="counts")
    tasks.start(_keep_log(log, opened.org.clock, tasks), name="request log")


async def keep_up(org: Org, authority: LocalAuthority, tasks: Tasks) -> None:
    """Every hour of org time: remove what has had its time, renew a certificate that runs out."""
    with suppress(Closing):
        while True:
            await tasks.unless_closing(org.clock.sleep_until(org.clock.now() + HOUR))
            try:
                await org.housekeep()
                authority.prepare()
            except (DatabaseError, CertificateFailure):
                _log.exception("upkeep failed; it is tried again in an hour")


async def keep_counts(org: Org, tasks: Tasks) -> None:
    """Let the processes of one org know what each has used of its limits: every ten seconds of org time, and
    of events published, which are counted in the journal, every minute.
    """
    events_due = org.clock.now() + MINUTE
    with suppress(Closing):
        while org.is_shared:
            await tasks.unless_closing(org.clock.sleep_until(org.clock.now() + SHARED_EVERY))
            try:
                await org.share_counts()
                if org.clock.now() >= events_due:
                    events_due = org.clock.now() + MINUTE
                    await org.share_events()
            except DatabaseError as error:
                _log.warning("counts are not shared; that is tried again", reason=str(error))


async def _keep_log(log: RequestLog, clock: Clock, tasks: Tasks) -> None:
    """Write down, every second, which requests there were."""
    with suppress(Closing):
        while True:
            await tasks.unless_closing(clock.sleep_until(clock.now() + SECOND))
            await _write_log(log)


async def _write_log(log: RequestLog) -> None:
    if requests := log.take():
        try:
            await asyncio.to_thread(log.write, requests)
        except OSError as error:
            _log.warning("the request log can't be written", reason=str(error), lost=len(requests))


async def keep_sharing(org: Org, tasks: Tasks) -> None:
    """Recalculate, in the background, what changes that concern many records have left to be recalculated."""
    with suppress(Closing):
        while True:
            await tasks.unless_closing(org.clock.sleep_until(org.clock.now() + SECOND))
            try:
                await tasks.unless_closing(org.settle_sharing())
            except DatabaseError:
                _log.exception("sharing could not be recalculated; it is tried again")


async def keep_search(org: Org, tasks: Tasks) -> None:
    """Index, when there is a pause, what saves and changes of the schema have left to be indexed."""
    with suppress(Closing):
        while True:
            await tasks.unless_closing(org.clock.sleep_until(org.clock.now() + SECOND))
            try:
                await tasks.unless_closing(org.settle_search(patient=True))
            except DatabaseError:
                _log.exception("the search index could not be brought up to date; it is tried again")


def _exposition(opened: Opened) -> Callable[[], bytes]:
    """Tells what the org has done since it started. What that takes is made when it is asked for first."""

    @cache
    def metrics() -> Metrics:
        made = Metrics()
        made.watch("isthmus_database", "The writer's and readers' work", opened.org.storage_counts)
        made.watch(
            "isthmus_api_calls", "API calls in the last 24 hours of org time", partial(_calls, opened.org)
        )
        return made

    return lambda: metrics().exposition()


def _calls(org: Org) -> Mapping[str, int]:
    usage = org.usage()
    return {"used": usage.used, "maximum": usage.maximum}


def _watch(settings: Settings, project: Path, loaded: Stamp, opened: Opened) -> ProjectWatch:
    """What brings the org up to its project whenever that has changed; one with errors changes nothing."""
    reload = Reload(opened.org, opened.schemas, opened.founding, first_user(settings), opened.automation)
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


def _write_control_file(
    data: Path, urls: Mapping[str, str], authority: LocalAuthority, token: str, stack: AsyncExitStack
) -> None:
    """Tell the owner's commands where the org is, and what lets them in."""
    file = data / CONTROL_FILE
    url = urls.get("http") or urls["https"]
    told = {
        "url": url,
        "https": urls.get("https"),
        "token": token,
        "certificate": str(authority.certificate.absolute()),
    }
    write_whole(file, msgspec.json.encode(told), PRIVATE)
    stack.callback(file.unlink, missing_ok=True)


def _shown(host: str) -> str:
    """How an address is written in a URL."""
    if host in ("127.0.0.1", "::1", "0.0.0.0", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host else host
