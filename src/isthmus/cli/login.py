"""`isthmus login`: a token for scripts, and the exact line for the sf CLI."""

from pathlib import Path

import click

from isthmus.cli.control import ask
from isthmus.cli.folder import data_option, settings_here


@click.command()
@click.option("--username", default=None, help="Whose token (default: the administrator's).")
@click.option("--token-only", is_flag=True, help="Print nothing but the token.")
@data_option
def login(username: str | None, token_only: bool, data: Path | None) -> None:
    """Print an access token of the running org."""
    session = ask(settings_here(data).data, "POST", "login", {"username": username})
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
