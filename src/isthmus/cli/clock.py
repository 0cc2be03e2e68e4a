"""`isthmus clock show|advance`: the time of org and hub, and how to move it forward."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from isthmus.cli.control import ORG, Program
from isthmus.cli.folder import data_option, settings_here
from isthmus.cli.hub_control import HUB

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
    """Show the time in which org and hub live, or move it forward. It never goes back.

    Org and hub keep one clock each. They are moved together where they have one data folder; else move each
    by itself, with --data.
    """


@clock.command()
@data_option
def show(data: Path | None) -> None:
    """Print the time of the org and the hub that run here, and how far it is ahead of real time."""
    folder = settings_here(data).data
    running = [each for each in (ORG, HUB) if each.runs_on(folder)] or [ORG]
    for each in running:
        _print(each, each.ask(folder, "GET", "clock"))


@clock.command()
@click.argument("by", type=Span())
@data_option
def advance(by: int, data: Path | None) -> None:
    """Move time forward by BY (24h, 3d, …); whatever falls due then happens.

    It reaches the org and the hub whose data folder this is (--data, or .isthmus here): both at once where
    they have the same one. A hub elsewhere is not reached; call this once more with its folder.
    """
    folder = settings_here(data).data
    both = ORG.runs_on(folder) and HUB.runs_on(folder)
    first = ORG if ORG.runs_on(folder) or not HUB.runs_on(folder) else HUB
    _print(first, first.ask(folder, "POST", "clock", {"advance": by}))
    if both:
        try:
            _print(HUB, HUB.ask(folder, "POST", "clock", {"advance": by}))
        except click.ClickException as error:
            click.echo(f"{error.message} It takes the org's time on when it starts.", err=True)


def _print(program: Program, answer: dict[str, int]) -> None:
    now = datetime.fromtimestamp(answer["now"] / 1_000, UTC)
    ahead = answer["offset"]
    days, rest = divmod(ahead // 1_000, 86_400)
    click.echo(
        f"{program.name} time {now:%Y-%m-%dT%H:%M:%SZ}"
        + (f", {days} d {rest // 3_600} h {rest % 3_600 // 60} min ahead of real time" if ahead else "")
    )
