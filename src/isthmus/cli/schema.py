"""`isthmus schema pull`: how another org's standard objects differ from ours, written down as an overlay."""

import asyncio
from pathlib import Path

import click


@click.group()
def schema() -> None:
    """Compare standard objects with another org's."""


@schema.command()
@click.option("--url", required=True, help="The other org: https://acme.my.salesforce.com")
@click.option(
    "--token", envvar="SF_ACCESS_TOKEN", required=True, help="An access token of it (or SF_ACCESS_TOKEN)."
)
@click.option(
    "--object", "names", multiple=True, metavar="NAME", help="Only these objects; may be given many times."
)
@click.option("--proxy", envvar="HTTPS_PROXY", default=None, help="An HTTP proxy (or HTTPS_PROXY).")
@click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    default=None,
    help="Write what differs to this .toml file, or to a folder of them.",
)
def pull(url: str, token: str, names: tuple[str, ...], proxy: str | None, overlay: Path | None) -> None:
    """Read describes from any org and show how its standard objects differ from ours.

    With --overlay what differs is written down; name it as `org.overlay` in isthmus.toml, and the org has it.
    """
    from isthmus.org.schema.described import NoDescribe, read_describes
    from isthmus.org.schema.model import Schema
    from isthmus.org.schema.overlay import overlay_of, write_overlay
    from isthmus.org.schema.pull import compare_objects, render
    from isthmus.org.schema.pull_client import PullFailed, fetch_describes
    from isthmus.org.schema.standard import standard_objects

    ours = Schema(standard_objects())
    only = [each.name for each in ours]
    try:
        pulled = asyncio.run(fetch_describes(url, token, names or None, only=only, proxy=proxy))
        theirs = read_describes(pulled.describes)
    except (PullFailed, NoDescribe) as error:
        raise click.ClickException(str(error)) from error
    click.echo(render(compare_objects(ours, theirs, complete=pulled.complete)))
    if overlay is None:
        return
    try:
        written = write_overlay(overlay, overlay_of(ours, theirs), f"{pulled.url} ({pulled.version})")
    except OSError as error:
        raise click.ClickException(f"{overlay}: {error.strerror}") from error
    click.echo(f"\n{len(written)} file{'' if len(written) == 1 else 's'} written; use it with")
    click.echo(f'  [org]\n  overlay = "{overlay}"')
