"""`isthmus login`: a token for scripts, and the exact lines for the sf CLI."""

from pathlib import Path
from urllib.parse import urlsplit

import click

from isthmus.cli.control import ask, where
from isthmus.cli.folder import data_option, settings_here


@click.command()
@click.option("--username", default=None, help="Whose token (default: the administrator's).")
@click.option("--token-only", is_flag=True, help="Print nothing but the token.")
@click.option(
    "--sfdx-url", is_flag=True, help="Print nothing but an auth URL for the sf CLI: its login lasts."
)
@data_option
def login(username: str | None, token_only: bool, sfdx_url: bool, data: Path | None) -> None:
    """Print an access token of the running org."""
    folder = settings_here(data).data
    if sfdx_url:
        click.echo(_auth_url(folder, username))
        return
    session = ask(folder, "POST", "login", {"username": username})
    if token_only:
        click.echo(session["access_token"])
        return
    click.echo(f"user          {session['username']}")
    click.echo(f"instance URL  {session['instance_url']}")
    click.echo(f"access token  {session['access_token']}")
    click.echo()
    click.echo("To log the sf CLI in:")
    click.echo(
        f"  SF_ACCESS_TOKEN='{session['access_token']}' sf org login access-token "
        f"--instance-url {session['instance_url']} --alias isthmus --set-default --no-prompt"
    )
    told = where(folder)
    if told["https"]:
        click.echo("Or, for a login that outlives the session:")
        click.echo(f"  export NODE_EXTRA_CA_CERTS='{told['certificate']}'")
        click.echo(
            f"  isthmus login --sfdx-url --data '{folder}' | "
            "sf org login sfdx-url --alias isthmus --set-default --sfdx-url-stdin"
        )


def _auth_url(folder: Path, username: str | None) -> str:
    """`force://PlatformCLI::TOKEN@localhost:8443`: the CLI goes there by https, whatever stands in it."""
    https = where(folder)["https"]
    if not https:
        raise click.ClickException("An auth URL leads to https, and this org runs without: see --https-port.")
    issued = ask(folder, "POST", "cli-login", {"username": username})
    return f"force://{issued['client_id']}::{issued['refresh_token']}@{urlsplit(https).netloc}"
