"""`isthmus check PROJECT`: what of an SFDX project runs here, what is read but not run, what is not known."""

from pathlib import Path

import click


@click.command()
@click.argument(
    "project", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), required=False
)
def check(project: Path) -> None:
    """Say, by file, what of the SFDX project in the folder PROJECT (default: this one) runs here.

    Ends with 1 where the project has errors, so that an org would not load it.
    """
    from isthmus.definition import load_to_check
    from isthmus.org.schema.check import check_project, render

    report = check_project(project, load=load_to_check)
    click.echo(render(report))
    if not report.ok:
        raise SystemExit(1)
