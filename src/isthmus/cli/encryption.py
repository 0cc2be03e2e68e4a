"""`isthmus encryption status|rotate`: the keys of encrypted fields."""

from pathlib import Path

import click

from isthmus.cli.control import ask
from isthmus.cli.folder import data_option, settings_here


@click.group()
def encryption() -> None:
    """The keys with which fields are encrypted at rest."""


@encryption.command()
@data_option
def status(data: Path | None) -> None:
    """Print the key versions, and how many values are under each."""
    told = ask(settings_here(data).data, "GET", "encryption")
    if not told["versions"]:
        click.echo("Nothing is encrypted in this org.")
    for each in told["versions"]:
        in_use = ", in use" if each["version"] == told["active"] else ""
        click.echo(f"version {each['version']}: {each['values']} values{in_use}")
    for problem in told["problems"]:
        click.echo(problem, err=True)


@encryption.command()
@data_option
def rotate(data: Path | None) -> None:
    """Make a new key version. What is written from now on is under it; the rest follows in the background."""
    version = ask(settings_here(data).data, "POST", "encryption/rotate")["version"]
    click.echo(f"Version {version} is in use. `isthmus encryption status` says how far older values are.")
