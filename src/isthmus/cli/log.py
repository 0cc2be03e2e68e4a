"""`isthmus log`: what clients have asked the running org lately, and how it went."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click

from isthmus.cli.control import ask
from isthmus.cli.folder import data_option, settings_here
from isthmus.kernel.clock import SystemClock

_ASK_AGAIN_AFTER: Final = 500  # milliseconds


@click.command()
@click.option("-n", "--lines", type=click.IntRange(1, 10_000), default=50, help="How many (default: 50).")
@click.option("--follow", "-f", is_flag=True, help="Go on, until interrupted, with those that come.")
@click.option("--user", default=None, help="Of one user alone, by username.")
@click.option("--status", default=None, help="With one status alone: 404, or 4xx.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@data_option
def log(
    lines: int, follow: bool, user: str | None, status: str | None, as_json: bool, data: Path | None
) -> None:
    """Print the last requests: when, by whom, what, how it went, how long it took, and by which client.

    Times are org time. Neither bodies nor queries nor tokens are kept.
    """
    folder = settings_here(data).data
    chosen = {name: value for name, value in (("user", user), ("status", status)) if value}
    after = 0
    while True:
        query = urlencode({**chosen, "after": after, "limit": lines if not after else 10_000})
        found = ask(folder, "GET", f"requests?{query}")
        for each in found:
            click.echo(json.dumps(each) if as_json else _line(each))
            after = each["number"]
        if not follow:
            if not found:
                click.echo(f"No request{_of(user, status)} is kept.", err=True)
            return
        clock = SystemClock()
        asyncio.run(clock.sleep_until(clock.now() + _ASK_AGAIN_AFTER))


def _of(user: str | None, status: str | None) -> str:
    return (f" of {user}" if user else "") + (f" with the status {status}" if status else "")


def _line(each: dict[str, Any]) -> str:
    when = datetime.fromtimestamp(each["time"] / 1_000, UTC)
    return " ".join(
        (
            f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1_000:03}Z",
            str(each["status"]),
            f"{each['microseconds'] / 1_000:8.1f} ms",
            f"{each.get('bytes', 0):9,} B",
            f"{each['method']:6} {each['path']}",
            f"[{each.get('user') or '-'}]",
            each.get("error", ""),
            f"({each['client']})" if "client" in each else "",
        )
    ).rstrip()
