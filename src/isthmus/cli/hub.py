"""`isthmus hub run|show|check|status|dead-letters|ledger|pause|resume`: run a hub, and look after it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from isthmus.cli.control import ORG
from isthmus.cli.folder import data_option, settings_here
from isthmus.cli.hub_control import ask_hub
from isthmus.cli.serve import loop_factory

if TYPE_CHECKING:
    from isthmus.hub.hub import Hub
    from isthmus.kernel.clock import Clock
    from isthmus.settings import Settings

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_json_option = click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
_route_option = click.option("--route", help="Of this route alone.")


@click.group()
def hub() -> None:
    """Run a hub: routes that carry messages from one system to another, and lose none."""


@hub.command()
@_file
@click.option("--port", type=int, help="Port of the control routes (8090); 0: any free port.")
@_json_option
@data_option
def run(file: Path, port: int | None, as_json: bool, data: Path | None) -> None:
    """Run the hub of FILE until Ctrl-C. What it has not finished goes on at the next start."""
    settings = settings_here(data, hub_port=port)
    made = _load(file)
    from isthmus.kernel.database import DatabaseError
    from isthmus.kernel.http import ListenError

    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_until_stopped(made, settings, as_json))
    except (DatabaseError, ListenError) as error:
        raise click.ClickException(str(error)) from error


async def _until_stopped(made: "Hub", settings: "Settings", as_json: bool) -> None:
    from isthmus.hub.serving import HubPlace, serve_hub
    from isthmus.kernel.clock import SystemClock
    from isthmus.kernel.garbage import collect_seldom
    from isthmus.kernel.http import stop_signals
    from isthmus.kernel.observe import configure_logs

    configure_logs(SystemClock())

    def tell_its_time(clock: "Clock") -> None:
        configure_logs(clock, now=clock.now)

    storage = settings.hub.storage
    if storage is not None and "://" not in storage:
        storage = str(settings.root / storage)
    place = HubPlace(settings.data, storage, port=settings.hub.port)
    with stop_signals() as stopping:
        async with serve_hub(made, place, told=tell_its_time) as served:
            await _keep_up_with_the_org(served.running.clock, settings.data)
            if as_json:
                click.echo(json.dumps({"control": served.control, "hub": made.name}))
            else:
                routes = _many(len(made.routes), "route")
                click.echo(f"hub {made.name}: {routes}, control at {served.control}. Ready.")
            collect_seldom()
            await stopping.wait()
            if not as_json:
                click.echo("Stopping.")


async def _keep_up_with_the_org(clock: "Clock", data: Path) -> None:
    """Org and hub live in one time: a hub that starts takes on what the org here has been advanced by."""
    if not ORG.runs_on(data):
        return
    try:
        org = await asyncio.to_thread(ORG.ask, data, "GET", "clock")
    except click.ClickException:
        return  # it was killed, and will go on where it was
    behind = org["offset"] - (clock.now() - clock.real_now())
    if behind > 0:
        await asyncio.to_thread(clock.advance, behind)


@hub.command()
@_file
def show(file: Path) -> None:
    """Print what the hub of FILE does, route by route."""
    from isthmus.hub.printed import printed

    click.echo(printed(_load(file)))


@hub.command()
@_file
def check(file: Path) -> None:
    """Say what each route of FILE guarantees; fails where the file makes no hub."""
    from isthmus.hub.printed import guarantees

    for each in guarantees(_load(file)):
        click.echo(f"{each.route}: {each}")


@hub.command()
@_json_option
@data_option
def status(as_json: bool, data: Path | None) -> None:
    """What the running hub's routes are at."""
    answer = ask_hub(settings_here(data).data, "GET", "status")
    if as_json:
        click.echo(json.dumps(answer))
        return
    ahead = f", {_span(answer['offset'])} ahead of real time" if answer["offset"] else ""
    click.echo(f"hub {answer['hub']} at {_time(answer['now'])} by its clock{ahead}")
    for each in answer["routes"]:
        paused = " (paused)" if each["paused"] else ""
        click.echo(f"{each['route']}{paused}: {_counted(each['messages']) or 'no message yet'}")
        again, brought = _many(each["redeliveries"], "time"), _many(each["copies"], "time")
        click.echo(f"  sent again {again}; brought again {brought}")
        if each["source"] is not None:
            click.echo(f"  source {_source(each)}")
    for each in answer["orphans"]:
        click.echo(f"{each['route']} (not in the hub file): {_counted(each['messages'])}")


@hub.group("dead-letters")
def dead_letters() -> None:
    """Messages that could not be delivered."""


@dead_letters.command("list")
@_route_option
@click.option("--after", type=int, default=0, help="Behind the one with this number.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@_json_option
@data_option
def list_(route: str | None, after: int, limit: int, as_json: bool, data: Path | None) -> None:
    """Each with its cause, attempts and payload, the oldest first."""
    path = _query("dead-letters", route=route, after=after, limit=limit)
    found = ask_hub(settings_here(data).data, "GET", path)
    if as_json:
        click.echo(json.dumps(found))
        return
    for each in found:
        click.echo(f"{each['id']}  {each['route']}  {each['key']}  died {_time(each['died'])}")
        click.echo(f"  cause     {each['cause']}")
        click.echo(f"  attempts  {each['attempts']}, since {_time(each['received'])}")
        click.echo(f"  payload   {json.dumps(each['body'], ensure_ascii=False)}")
    if not found:
        click.echo("No dead letters.")


@dead_letters.command()
@click.argument("ids", nargs=-1, type=int)
@_route_option
@click.option("--all", "everything", is_flag=True, help="All of them, or all of the route.")
@data_option
def replay(ids: tuple[int, ...], route: str | None, everything: bool, data: Path | None) -> None:
    """Send the dead letters with the numbers IDS once more, as if they had just come."""
    _decide("replay", ("is sent again", "are sent again"), ids, route, everything, data)


@dead_letters.command()
@click.argument("ids", nargs=-1, type=int)
@_route_option
@click.option("--all", "everything", is_flag=True, help="All of them, or all of the route.")
@data_option
def discard(ids: tuple[int, ...], route: str | None, everything: bool, data: Path | None) -> None:
    """Give the dead letters with the numbers IDS up, for good."""
    _decide("discard", ("is given up", "are given up"), ids, route, everything, data)


@hub.command()
@click.argument("key", required=False)
@_route_option
@click.option("--state", type=click.Choice(["waiting", "delivered", "filtered", "dead", "discarded"]))
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@_json_option
@data_option
def ledger(
    key: str | None, route: str | None, state: str | None, limit: int, as_json: bool, data: Path | None
) -> None:
    """What became of the messages, the youngest first; of those with KEY alone."""
    path = _query("ledger", route=route, key=key, state=state, limit=limit)
    found = ask_hub(settings_here(data).data, "GET", path)
    if as_json:
        click.echo(json.dumps(found))
        return
    for each in found:
        end = f"{each['state']} {_time(each['finished'])}" if each["finished"] else _waits(each)
        click.echo(f"{_time(each['received'])}  {each['route']}  {each['key']}  {end}")
        click.echo(f"  sent {_many(each['attempts'], 'time')}, brought {_many(each['copies'], 'time')}")
        if each["cause"]:
            click.echo(f"  {each['cause']}")
    if key is not None and not found:
        raise click.ClickException(f"The ledger knows no such message: {key!r}.")
    if not found:
        click.echo("No messages.")


@hub.command()
@click.argument("route")
@data_option
def pause(route: str, data: Path | None) -> None:
    """Send nothing of ROUTE until it is resumed, not after a restart either. What comes waits on disk."""
    _steer("pause", route, data)


@hub.command()
@click.argument("route")
@data_option
def resume(route: str, data: Path | None) -> None:
    """Let ROUTE go on; its source too, where that has stopped."""
    _steer("resume", route, data)


def _load(file: Path) -> "Hub":
    from isthmus.hub.hub_file import HubFileBroken, load_hub

    try:
        return load_hub(file)
    except HubFileBroken as error:
        raise click.ClickException(str(error)) from error


def _steer(do: str, route: str, data: Path | None) -> None:
    answer = ask_hub(settings_here(data).data, "POST", "routes", {"do": do, "route": route})
    waiting = _many(answer["waiting"], "message")
    click.echo(
        f"{route} is paused: nothing is sent until `isthmus hub resume {route}`, {waiting} waiting."
        if answer["paused"]
        else f"{route} goes on, {waiting} waiting."
    )
    if answer["others_paused"]:
        click.echo(f"Paused as well: {', '.join(answer['others_paused'])}.")


def _decide(
    do: str,
    done: tuple[str, str],
    ids: tuple[int, ...],
    route: str | None,
    everything: bool,
    data: Path | None,
) -> None:
    if bool(ids) == everything:
        raise click.UsageError("Name dead letters by their numbers, or say --all.")
    asked = {"do": do, "route": route, "ids": None if everything else list(ids)}
    answer = ask_hub(settings_here(data).data, "POST", "dead-letters", asked)
    count = answer["messages"]
    click.echo(f"{_many(count, 'message')} {done[count != 1]}.")
    if missing := answer["missing"]:
        named = ", ".join(str(each) for each in missing)
        raise click.ClickException(f"No such dead letter{'s' if len(missing) > 1 else ''}: {named}.")


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _counted(messages: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in messages.items())


def _query(path: str, **values: object) -> str:
    given = {name: value for name, value in values.items() if value is not None}
    return f"{path}?{urlencode(given)}"


def _source(route: dict[str, Any]) -> str:
    """What the route's source is at, since when, and why."""
    state = route["source"]
    if state == "waiting":
        state = f"waiting to try again in {-(-route['source_retry_in'] // 1_000)} s"
    said = f": {route['source_says']}" if route["source_says"] else ""
    return f"{state}, since {_time(route['source_since'])}{said}"


def _waits(entry: dict[str, Any]) -> str:
    if entry["behind"]:
        return "waiting behind an earlier one of its order"
    return f"waiting, due {_time(entry['due'])}"


def _span(milliseconds: int) -> str:
    from isthmus.hub.redelivery import span

    return span(milliseconds // 1_000 * 1_000)


def _time(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
