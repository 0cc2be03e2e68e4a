"""`isthmus ca path|install`: the certificate authority that makes our https believed on this machine."""

from pathlib import Path

import click

from isthmus.cli.folder import data_option, settings_here


@click.group()
def ca() -> None:
    """The local certificate authority of an org's data folder."""


@ca.command()
@click.option("--bundle", is_flag=True, help="The system's roots and ours, for REQUESTS_CA_BUNDLE.")
@data_option
def path(bundle: bool, data: Path | None) -> None:
    """Print where its certificate lies; it is made if there is none."""
    authority = _authority(data)
    click.echo(authority.bundle if bundle else authority.certificate)


@ca.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@data_option
def install(yes: bool, data: Path | None) -> None:
    """Put its certificate among those that this machine trusts."""
    from isthmus.kernel.trust_store import TrustStoreFailure, install_plan, may_run, run

    authority = _authority(data)
    try:
        plan = install_plan(authority.certificate)
        if not may_run(plan):
            raise click.ClickException(f"That needs more rights than you have. Run:\n{plan}")
        if not yes:
            click.confirm(f"This will run:\n{plan}\nGo on?", abort=True)
        run(plan)
    except TrustStoreFailure as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        "Installed. Programs with a store of their own (Python's certifi, Node) still need the bundle:"
    )
    click.echo(f"  REQUESTS_CA_BUNDLE={authority.bundle} NODE_EXTRA_CA_CERTS={authority.certificate}")


def _authority(data: Path | None):  # type: ignore[no-untyped-def]  # its class is imported when it is needed
    from isthmus.kernel.certificates import CertificateFailure, LocalAuthority
    from isthmus.kernel.clock import SystemClock

    authority = LocalAuthority(settings_here(data).data / "ca", SystemClock())
    try:
        authority.prepare()
    except CertificateFailure as error:
        raise click.ClickException(str(error)) from error
    return authority
