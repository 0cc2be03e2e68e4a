"""`isthmus up` and `isthmus org`: serve until told to stop."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from isthmus.cli.folder import data_option, settings_here


def _serving_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--port", type=int, default=None, help="Port for http; 0 takes any free port."),
        click.option("--https-port", type=int, default=None, help="Port for https; -1 leaves it out."),
        click.option("--gateway-port", type=int, default=None, help="Port for the hostname gateway; or -1."),
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
    """Start everything that this folder configures, until Ctrl-C."""
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
    from isthmus.assembly import SchemaRefused
    from isthmus.kernel.certificates import CertificateFailure
    from isthmus.kernel.database import DatabaseError
    from isthmus.kernel.http import ListenError
    from isthmus.org.provision import ProvisionFailed
    from isthmus.org.schema.sfdx.project import ProjectBroken

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_until_stopped(settings, frozenset(confirm_drop), as_json))
    except (
        CertificateFailure,
        DatabaseError,
        ListenError,
        OSError,
        ProjectBroken,
        ProvisionFailed,
        SchemaRefused,
        ValueError,
    ) as error:
        raise click.ClickException(str(error)) from error


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop's, where it is installed (it is not on Windows)."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _until_stopped(settings: Any, confirmed: frozenset[str], as_json: bool) -> None:
    from isthmus.assembly import serve_org
    from isthmus.kernel.clock import SystemClock
    from isthmus.kernel.http import stop_signals
    from isthmus.kernel.observe import configure_logs

    configure_logs(SystemClock())
    with stop_signals() as told:
        async with serve_org(settings, confirmed=confirmed) as serving:
            _announce_as_json(serving) if as_json else _announce(serving)
            await told.wait()
            if not as_json:
                click.echo("Stopping.")


def _announce(serving: Any) -> None:
    credentials = serving.opened.credentials
    for name, url in (("http", serving.http), ("https", serving.https), ("gateway", serving.gateway)):
        if url:
            click.echo(f"{name:<14}{url}")
    click.echo(f"{'CA bundle':<14}{serving.authority.bundle}")
    if credentials is None:
        click.echo("Ready. `isthmus login` prints an access token.")
        return
    click.echo()
    click.echo("A new org. This is shown once:")
    for name, value in (
        ("username", credentials.username),
        ("password", credentials.password),
        ("security token", credentials.security_token),
        ("client id", credentials.client_id),
        ("client secret", credentials.client_secret),
    ):
        click.echo(f"  {name:<16}{value}")
    click.echo("Ready.")


def _announce_as_json(serving: Any) -> None:
    credentials = serving.opened.credentials
    told = {
        "http": serving.http,
        "https": serving.https,
        "gateway": serving.gateway,
        "ca_bundle": str(serving.authority.bundle),
        "organization_id": serving.opened.founding.organization_id,
    }
    if credentials is not None:
        told |= {
            "username": credentials.username,
            "password": credentials.password,
            "security_token": credentials.security_token,
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }
    click.echo(json.dumps(told))
