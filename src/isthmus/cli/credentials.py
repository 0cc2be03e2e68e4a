"""`isthmus credentials`: new logins for an org whose first ones were lost."""

from collections.abc import Mapping
from pathlib import Path

import click

from isthmus.cli.control import ask
from isthmus.cli.folder import data_option, settings_here


@click.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@data_option
def credentials(yes: bool, data: Path | None) -> None:
    """Give the running org's administrator a new password, and its app a new secret; print all logins."""
    folder = settings_here(data).data
    if not yes:
        click.confirm("The old password and client secret end with this. Go on?", abort=True)
    show(ask(folder, "POST", "credentials"))


def show(logins: Mapping[str, object]) -> None:
    """Print what there is to log in with, a line each."""
    for name, value in logins.items():
        click.echo(f"  {name.replace('_', ' '):<16}{value}")
