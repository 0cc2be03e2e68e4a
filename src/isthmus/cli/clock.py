"""`isthmus clock show|advance`: org time, and how to move it forward."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from isthmus.cli.control import ask, runs_on
from isthmus.cli.folder import data_option, settings_here
from isthmus.cli.hub_control import ask_hub, hub_runs_on

_UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


class Span(click.ParamType[int]):
    """A length of time: `90s`, `15m`, `24h`, `3d`, `1d12h`; in milliseconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        parts = _SPAN.findall(text)
        if not parts or "".join(f"{count}{unit}" for count, unit in parts) != text:
            self.fail(f"{text!r} is no length of time; write 90s, 15m, 24h, 3d or 1d12h", param, ctx)
        return round(sum(float(count) * _UNITS[unit] for count, unit in parts))


@click.group()
def clock() -> None:
    """Show org time, or move it forward. Org time never goes back."""


@clock.command()
@data_option
def show(data: Path | None) -> None:
    """Print org time, and how far it is ahead of real time."""
    folder = settings_here(data).data
    alone = hub_runs_on(folder) and not runs_on(folder)
    _print(ask_hub(folder, "GET", "clock") if alone else ask(folder, "GET", "clock"))


@clock.command()
@click.argument("by", type=Span())
@data_option
def advance(by: int, data: Path | None) -> None:
    """Move org time forward by BY (24h, 3d, …), for org and hub; whatever falls due then happens."""
    folder = settings_here(data).data
    if not hub_runs_on(folder):
        _print(ask(folder, "POST", "clock", {"advance": by}))
    elif not runs_on(folder):
        _print(ask_hub(folder, "POST", "clock", {"advance": by}))
    else:
        answer = ask(folder, "POST", "clock", {"advance": by})
        try:
            ask_hub(folder, "POST", "clock", {"advance": by})
        except click.ClickException as error:
            click.echo(f"{error.message} It takes org time on when it starts.", err=True)
        _print(answer)


def _print(answer: dict[str, int]) -> None:
    now = datetime.fromtimestamp(answer["now"] / 1_000, UTC)
    ahead = answer["offset"]
    days, rest = divmod(ahead // 1_000, 86_400)
    click.echo(
        f"org time {now:%Y-%m-%dT%H:%M:%SZ}"
        + (f", {days} d {rest // 3_600} h {rest % 3_600 // 60} min ahead of real time" if ahead else "")
    )
