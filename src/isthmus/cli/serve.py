"""`isthmus up` and `isthmus org`: serve until told to stop."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from isthmus.cli.credentials import show
from isthmus.cli.folder import data_option, settings_here

if TYPE_CHECKING:
    from isthmus.serving import Serving
    from isthmus.settings import Settings


def _serving_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--port", type=int, help="Port of http (8080); 0: any free port, -1: no http."),
        click.option("--https-port", type=int, help="Port of https (8443); 0: any free port, -1: no https."),
        click.option("--gateway-port", type=int, help="Port of the hostname gateway (8089); likewise."),
        click.option("--project", default=None, help="Folder of the SFDX project that defines the org."),
        click.option(
            "--confirm-drop",
            multiple=True,
            metavar="NAME",
            help="An object or Object.Field whose data may be lost by a change of the project.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Say where the org is as one line of JSON."),
        data_option,
    ):
        command = option(command)
    return command


@click.command()
@_serving_options
def up(**options: Any) -> None:
    """Start everything that this folder configures, until Ctrl-C: today, the org."""
    _serve(**options)


@click.command()
@_serving_options
def org(**options: Any) -> None:
    """Start the org alone, until Ctrl-C."""
    _serve(**options)


def _serve(
    port: int | None,
    https_port: int | None,
    gateway_port: int | None,
    project: str | None,
    confirm_drop: tuple[str, ...],
    as_json: bool,
    data: Path | None,
) -> None:
    settings = settings_here(
        data,
        server_http=port,
        server_https=https_port,
        server_gateway=gateway_port,
        org_project=project,
    )
    from isthmus.assembly import OrgRefused
    from isthmus.kernel.certificates import CertificateFailure
    from isthmus.kernel.database import DatabaseError
    from isthmus.kernel.http import ListenError
    from isthmus.org.provision import ProvisionFailed
    from isthmus.org.schema.overlay import OverlayBroken
    from isthmus.org.schema.sfdx.project import ProjectBroken

    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_until_stopped(settings, frozenset(confirm_drop), as_json))
    except (
        CertificateFailure,
        DatabaseError,
        ListenError,
        OrgRefused,
        OverlayBroken,
        ProjectBroken,
        ProvisionFailed,
    ) as error:
        raise click.ClickException(str(error)) from error


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop's, where it is installed (it is not on Windows)."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _until_stopped(settings: "Settings", confirmed: frozenset[str], as_json: bool) -> None:
    from isthmus.kernel.clock import SystemClock
    from isthmus.kernel.garbage import collect_seldom
    from isthmus.kernel.http import stop_signals
    from isthmus.kernel.observe import configure_logs
    from isthmus.serving import serve_org

    configure_logs(SystemClock())
    with stop_signals() as told:
        async with serve_org(settings, confirmed=confirmed) as serving:
            _announce_as_json(serving) if as_json else _announce(serving)
            collect_seldom()
            await told.wait()
            if not as_json:
                click.echo("Stopping.")


def _announce(serving: "Serving") -> None:
    for name, url in (("http", serving.http), ("https", serving.https), ("gateway", serving.gateway)):
        if url:
            click.echo(f"{name:<14}{url}")
    click.echo(f"{'CA bundle':<14}{serving.authority.bundle}")
    if serving.opened.credentials is None:
        click.echo("Ready. `isthmus login` prints an access token.")
        return
    click.echo("\nA new org. Its logins are shown once; `isthmus credentials` makes new ones.")
    show(asdict(serving.opened.credentials))
    click.echo("Ready.")


def _announce_as_json(serving: "Serving") -> None:
    credentials = serving.opened.credentials
    told = {
        "http": serving.http,
        "https": serving.https,
        "gateway": serving.gateway,
        "ca_bundle": str(serving.authority.bundle),
        "organization_id": serving.opened.founding.organization_id,
        **(asdict(credentials) if credentials is not None else {}),
    }
    click.echo(json.dumps(told))
