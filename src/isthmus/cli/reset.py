"""`isthmus reset`: an empty org again, without a restart."""

from pathlib import Path

import click

from isthmus.cli.control import ask
from isthmus.cli.folder import data_option, settings_here


@click.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@data_option
def reset(yes: bool, data: Path | None) -> None:
    """Delete every record of the running org; schema, users and logins stay."""
    folder = settings_here(data).data
    if not yes:
        click.confirm("Delete every record of this org? (--yes: don't ask)", abort=True)
    ask(folder, "POST", "reset")
    click.echo("The org is empty again.")
