"""The spine: the whole way of the example, from a won opportunity to the order's number on it, while its
three processes are killed.

Org, hub and ERP system run as `make demo` runs them: the example's project, hub file and ERP system. Each is
killed once or twice and started again on its data; the ERP system is down for a while besides, and loses
answers after it has acted. Then all may come to rest, and what the demo counts must be equal, and hold every
win that a seller was told of. One more win is carried through at the end: events are read in order, so
whatever an earlier kill may have left to be read is read by then.
"""

import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import click
from tests.simulation import spine_figures
from tests.simulation.org_client import OrgClient, Refused
from tests.simulation.outcome import Outcome
from tests.simulation.spine_example import TELECOM
from tests.simulation.spine_parts import End, Part, ends
from tests.simulation.spine_sales import Sales

from isthmus.cli.hub_control import ask_hub

SELLERS: Final = 2
WINS_EACH: Final = 6
TOGETHER: Final = 2 * (os.cpu_count() or 1)
"""Runs side by side: much of each is waiting."""
STALLED_SECONDS: Final = 40.0
"""Where nothing has moved for so long, nothing will: longer than any pause between two attempts."""
_LOOK_SECONDS: Final = 0.015
_ASK_SECONDS: Final = 0.1
_PORTS: Final = range(20_000, 32_000)
"""Below those from which systems take the ports of outgoing connections: a port stays free between lives."""
_SETTINGS: Final = (
    "[limits]\nDailyApiRequests = 10000000\n"
    "HourlyPublishedPlatformEvents = 10000000\nDailyDeliveredPlatformEvents = 10000000\n"
)
_WON: Final = "SELECT Order_Number__c FROM Opportunity WHERE StageName = 'Closed Won'"
_UNANSWERED: Final = (OSError, HTTPException, click.ClickException)
_ISTHMUS: Final = "tests.simulation.org_process"


@dataclass(frozen=True)
class Plant:
    """Where the parts come from: a founded org to be copied, and the faults that are planted in them."""

    founded: Path
    credentials: dict[str, str]
    hub_module: str = _ISTHMUS
    hub_ends: tuple[End, ...] = ()
    """How the hub's lives end; default: by the seed."""
    erp_options: tuple[str, ...] = ()
    stalled_seconds: float = STALLED_SECONDS


def run(folder: Path, seeds: range, **faults: Any) -> Iterator[Outcome]:
    """One run a seed, several side by side, in the empty `folder`."""
    plant = found(folder / "founded", **faults)
    with ThreadPoolExecutor(TOGETHER) as together:
        yield from together.map(lambda seed: _run(folder / str(seed), seed, plant), seeds)


def found(folder: Path, **faults: Any) -> Plant:
    """Found an org with the example's project in `folder`, which is not there yet."""
    folder.mkdir()
    command = [sys.executable, "-m", *_org_command(0, "-", 0, data=folder / "data")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE) as org:
        assert org.stdout is not None
        credentials: dict[str, str] = json.loads(org.stdout.readline())
        org.send_signal(signal.SIGTERM)
    return Plant(folder / "data", credentials, **faults)


def _run(folder: Path, seed: int, plant: Plant) -> Outcome:
    folder.mkdir()
    (folder / "isthmus.toml").write_text(_SETTINGS, "utf-8")
    shutil.copytree(plant.founded, folder / "org")
    spine = Spine(folder, seed, plant)
    try:
        problems = spine.run()
    finally:
        spine.stop()
        shutil.rmtree(folder)
    kills = ", ".join(f"{each.name} {each.kills}" for each in spine.parts)
    return Outcome("spine", seed, f"kills: {kills}", spine.sales.ledger.acknowledged, problems)


@dataclass
class Spine:
    """One run."""

    folder: Path
    seed: int
    plant: Plant
    parts: list[Part] = field(default_factory=list)
    _requests: int = 0

    def __post_init__(self) -> None:
        chance = random.Random(f"spine {self.seed}")
        wins = SELLERS * WINS_EACH
        org, hub, erp = _free_ports(3)
        self.url = f"http://localhost:{org}"
        self._client = OrgClient(self.url)
        self.sales = Sales(self.url, self.plant.credentials, self.seed)
        environment = {
            "ORG_URL": self.url,
            "ORG_CLIENT_ID": self.plant.credentials["client_id"],
            "ORG_CLIENT_SECRET": self.plant.credentials["client_secret"],
            "ERP_URL": f"http://127.0.0.1:{erp}",
        }
        steps, later = range(1, 2 * wins), range(wins * 2 // 3, 2 * wins)  # then there is something to lose
        for name, command, when, passes_max in (
            ("org", partial(_org_command, org), steps, 5 * wins),
            ("hub", partial(_hub_command, self.plant.hub_module, hub), later, 3 * wins),
            ("erp", partial(_erp_command, erp, self.seed, wins, self.plant.erp_options), later, 0),
        ):
            made = ends(chance, when, passes_max)
            if name == "hub" and self.plant.hub_ends:
                made = list(self.plant.hub_ends)
            self.parts.append(Part(name, self.folder, command, environment, made))

    def run(self) -> list[str]:
        """What is wrong when all has come to rest; nothing, where all is well."""
        self.sales.begin(SELLERS, WINS_EACH)
        self._go_on_until_rest()
        self.sales.win_one_more("the last")
        self._go_on_until_rest()
        problems = [part.problem for part in self.parts if part.problem] + self.sales.refusals
        return problems + self._differences()

    def stop(self) -> None:
        """End whatever still runs."""
        self.sales.give_up()
        for part in self.parts:
            part.stop()
        self._client.close()

    def _go_on_until_rest(self) -> None:
        """Let the parts live and die until all is done and quiet, or nothing moves any more."""
        at_rest, asked, before, moved = False, 0.0, None, time.monotonic()
        while True:
            steps = self._steps()
            for part in self.parts:
                part.tick(steps, at_rest)
                if part.problem is not None:
                    return
            if time.monotonic() > asked + _ASK_SECONDS:
                asked = time.monotonic()
                seen = self._look() if self.sales.done else None
                at_rest = seen is not None and len(set(seen[:3])) == 1 and seen[3] == 0
                if at_rest and all(part.settled for part in self.parts):
                    return
                if seen is not None and seen[1] > seen[0]:
                    return  # an order too many goes away no more
                now = (steps, seen, sum(part.kills for part in self.parts))
                before, moved = now, moved if now == before else asked
                if asked > moved + self.plant.stalled_seconds:
                    return
            time.sleep(_LOOK_SECONDS)

    def _steps(self) -> int:
        """How much has been done: wins that were acknowledged, requests that the ERP system has noted."""
        with suppress(sqlite3.Error), closing(self._erp()) as database:
            self._requests = database.execute("SELECT COUNT(*) FROM requests").fetchone()[0]
        return self.sales.ledger.acknowledged + self._requests

    def _look(self) -> tuple[int, int, int, int] | None:
        """How many are won, ordered, called back, and wait in the hub; None where a part does not answer."""
        try:
            records = self._ask(lambda: self._client.query(_WON))
            with closing(self._erp()) as database:
                [orders] = database.execute("SELECT COUNT(*) FROM orders").fetchone()
            hub = ask_hub(self.folder / "hub", "GET", "status")
        except (*_UNANSWERED, sqlite3.Error):
            return None
        called_back = sum(each["Order_Number__c"] is not None for each in records)
        waiting = sum(each["messages"].get("waiting", 0) for each in hub["routes"])
        return len(records), orders, called_back, waiting

    def _differences(self) -> list[str]:
        try:
            hub = ask_hub(self.folder / "hub", "GET", "status")
            self._ask(lambda: self._client.query(_WON))
            return spine_figures.differences(
                self._client, self.url, self.folder / "erp.db", hub, self.sales.ledger
            )
        except (*_UNANSWERED, Refused, RuntimeError, sqlite3.Error) as error:
            return [f"it can't be counted: {type(error).__name__}: {error}"]

    def _ask(self, ask: Callable[[], Any]) -> Any:
        """What the org answers, logged in. Raises Refused, and those of a connection that breaks."""
        try:
            if not self._client.token:
                self._client.log_in(self.plant.credentials)
            return ask()
        except (OSError, HTTPException):
            self._client.close()
            raise

    def _erp(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.folder / 'erp.db'}?mode=ro", uri=True)


def _org_command(port: int, point: str, passes: int, *, data: Path = Path("org")) -> list[str]:
    listeners = ["--port", str(port), "--https-port", "-1", "--gateway-port", "-1"]
    place = ["--data", str(data), "--project", str(TELECOM), "--json"]
    return [_ISTHMUS, point, str(passes), "org", *listeners, *place]


def _hub_command(module: str, port: int, point: str, passes: int) -> list[str]:
    place = ["--port", str(port), "--data", "hub", "--json"]
    return [module, point, str(passes), "hub", "run", str(TELECOM / "hub.py"), *place]


def _erp_command(port: int, seed: int, orders: int, options: tuple[str, ...], *_: object) -> list[str]:
    faults = ["--seed", str(seed), "--orders", str(orders), *options]
    return ["tests.simulation.spine_erp", "--port", str(port), "--database", "erp.db", *faults]


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found.append(port)
    return found
