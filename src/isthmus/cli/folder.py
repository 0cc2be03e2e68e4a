"""The options that every command takes: which folder, which data."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from isthmus.settings import Settings, SettingsError, load

F = TypeVar("F", bound=Callable[..., object])


def data_option(command: F) -> F:
    """`--data DIR`: the data folder; default `.isthmus` in the current folder, or ISTHMUS_DATA."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=None,
        help="The org's data folder (default: .isthmus).",
    )(command)


def settings_here(data: Path | None, **overrides: object) -> Settings:
    """The settings of the current folder. Raises ClickException where they are wrong."""
    import msgspec

    try:
        settings = load(Path.cwd(), overrides=overrides)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    return settings if data is None else msgspec.structs.replace(settings, data=data)
