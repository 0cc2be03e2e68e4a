"""The demo: an org, an ERP system and a hub, each a process of its own. Opportunities are won, things go
wrong, and in the end every won opportunity has its one order.

    make demo [N=200] [SEED=1] [KEEP=1]

The seed says when the ERP system is down, which answers are lost, and when the hub is killed. Exit status 0:
everything arrived, once.
"""

import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from figures import Count, count_published, count_up, table
from win import log_in

HERE = Path(__file__).parent
STALLED_SECONDS = 60
"""The demo gives up where nothing has moved for so long."""
ASK_EVERY_SECONDS = 0.25
ORDERS_MIN = 10
"""With fewer there is no room for what is to go wrong."""
CALLED_BACK = "SELECT COUNT() FROM Opportunity WHERE StageName = 'Closed Won' AND Order_Number__c != null"
CLEAR_LINE = "\r\033[K"


class Stopped(Exception):
    """The demo can't go on; the message says why."""


@dataclass
class Programs:
    """What runs: each with a log of its own, until the end, or beyond it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> subprocess.Popen[str]:
        with (self.folder / f"{name}.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.running[name] = process
        return process

    def first_line(self, name: str, *command: str) -> str:
        """Start it, and return what it says first. Raises Stopped."""
        process = self.start(name, *command)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise Stopped(f"{name} did not start; see {self.folder / name}.log")
        return line.strip()

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.communicate()


class Demo:
    """One run."""

    def __init__(self, folder: Path, count: int, seed: int, programs: Programs) -> None:
        chance = random.Random(f"kills {seed}")
        self.folder = folder
        self.count = count
        self.seed = seed
        self.programs = programs
        self.won = 0
        self.kill_at = [round(count * chance.uniform(*part)) for part in ((0.1, 0.35), (0.65, 0.9))]
        self.kills = 0
        self.erp_url = self.org_url = ""
        self.status: dict[str, Any] = {"orders": 0, "in_work": 0, "down": False}
        self.was_down = False
        self.called_back = 0
        self.sf: Any = None
        self._asked = 0.0

    def start_org(self) -> None:
        command = ["-m", "isthmus", "org", "--json", "--data", str(self.folder / "org")]
        command += ["--project", str(HERE), "--port", "0", "--https-port", "0", "--gateway-port", "0"]
        told = json.loads(self.programs.first_line("org", *command))
        self.org_url = told["http"]
        environment = {
            "ORG_URL": told["http"],
            "ORG_USERNAME": told["username"],
            "ORG_PASSWORD": told["password"],
            "ORG_SECURITY_TOKEN": told["security_token"],
            "ORG_CLIENT_ID": told["client_id"],
            "ORG_CLIENT_SECRET": told["client_secret"],
            "HTTPS_PROXY": told["gateway"],
            "REQUESTS_CA_BUNDLE": told["ca_bundle"],
        }
        self.programs.environment |= environment
        os.environ |= environment
        say(f"org   {told['http']}   (gateway {told['gateway']})")

    def start_erp(self) -> None:
        faults = ["--seed", str(self.seed), "--orders", str(self.count)]
        place = ["--port", "0", "--database", str(self.folder / "erp.db")]
        self.erp_url = self.programs.first_line("erp", str(HERE / "erp.py"), *place, *faults)
        self.programs.environment["ERP_URL"] = self.erp_url
        say(f"ERP   {self.erp_url}")

    def start_hub(self) -> str:
        data = str(self.folder / "hub")
        told = self.programs.first_line(
            "hub",
            "-m",
            "isthmus",
            "hub",
            "run",
            str(HERE / "hub.py"),
            "--json",
            "--port",
            "0",
            "--data",
            data,
        )
        return str(json.loads(told)["control"])

    def run(self) -> list[Count]:
        """Win, disturb, wait until all is called back, and count. Raises Stopped."""
        self.start_org()
        self.start_erp()
        say(f"hub   {self.start_hub()}   (control)")
        self.sf = log_in()
        seller = self.programs.start("win", str(HERE / "win.py"), str(self.count))
        threading.Thread(target=self.listen, args=(seller,), daemon=True).start()
        moved, before = time.monotonic(), (0, 0, 0)
        while (at := self.look(seller)) != (self.count, self.count, self.count):
            if at != before:
                moved, before = time.monotonic(), at
            if time.monotonic() - moved > STALLED_SECONDS:
                raise Stopped(f"nothing has moved for {STALLED_SECONDS} s; see the logs in {self.folder}")
            self.disturb()
            progress(self.count, at)
            time.sleep(0.01)
        progress(self.count, at, last=True)
        self.programs.running.pop("win").communicate()
        return self.counts()

    def listen(self, seller: subprocess.Popen[str]) -> None:
        """Count what the seller says: a line for each opportunity that is won."""
        assert seller.stdout is not None
        for _ in seller.stdout:
            self.won += 1

    def look(self, seller: subprocess.Popen[str]) -> tuple[int, int, int]:
        """How many are won, ordered and called back."""
        if self.won < self.count and seller.poll() not in (None, 0):
            raise Stopped(f"winning failed; see {self.folder / 'win.log'}")
        if self.programs.running["hub"].poll() is not None:
            raise Stopped(f"the hub has ended; see {self.folder / 'hub.log'}")
        self.look_at_the_erp()
        if self.status["down"] != self.was_down:
            self.was_down = self.status["down"]
            say(f"the ERP system is {'down' if self.was_down else 'up again'}")
        if time.monotonic() - self._asked > ASK_EVERY_SECONDS:  # each question is one of the org's API calls
            self._asked = time.monotonic()
            self.called_back = int(self.sf.query(CALLED_BACK)["totalSize"])
        return self.won, int(self.status["orders"]), self.called_back

    def look_at_the_erp(self) -> None:
        with urlopen(f"{self.erp_url}/status", timeout=10) as answer:
            self.status = json.load(answer)

    def disturb(self) -> None:
        """Kill the hub when its time has come, while the ERP system works on what the hub has sent."""
        if not self.kill_at or self.won < self.kill_at[0]:
            return
        until = time.monotonic() + ASK_EVERY_SECONDS
        while not self.status["in_work"] and time.monotonic() < until:
            self.look_at_the_erp()
        if not self.status["in_work"]:
            return
        self.kill_at.pop(0)
        self.programs.kill("hub")
        self.kills += 1
        say(f"the hub is killed (SIGKILL), {self.status['in_work']} orders are under way; it starts again")
        self.start_hub()

    def counts(self) -> list[Count]:
        status = json.loads(
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "isthmus",
                    "hub",
                    "status",
                    "--json",
                    "--data",
                    str(self.folder / "hub"),
                ],
                check=True,
                capture_output=True,
                text=True,
                env=self.programs.environment,
            ).stdout
        )
        published = count_published(self.org_url, self.sf.session_id, "/event/Order_Request__e")
        return count_up(self.sf, self.folder / "erp.db", status, published, self.kills)


def say(text: str) -> None:
    print(f"{CLEAR_LINE if sys.stdout.isatty() else ''}{text}", flush=True)


_told = 0.0


def progress(count: int, at: tuple[int, int, int], last: bool = False) -> None:
    """One line that is written over, or one a second where it can't be."""
    global _told
    now = time.monotonic()
    terminal = sys.stdout.isatty()
    if not last and now - _told < (0.1 if terminal else 1.0):
        return
    _told = now
    shown = "   ".join(
        f"{name} {'█' * (12 * done // count):·<12} {done:>{len(str(count))}}"
        for name, done in zip(("won", "ERP orders", "called back"), at, strict=True)
    )
    over = CLEAR_LINE if terminal else ""
    print(f"{over}{shown}", end="" if terminal and not last else "\n", flush=True)


def look_around(demo: Demo, kept: bool) -> str:
    isthmus = shlex.quote(str(Path(sys.executable).parent / "isthmus"))
    hub = f"--data {shlex.quote(str(demo.folder / 'hub'))}"
    if not kept:
        return "Look around: `make demo KEEP=1` leaves everything running and says where."
    pids = " ".join(str(each.pid) for each in demo.programs.running.values())
    return "\n".join(
        (
            "Everything still runs. Look around:",
            f"  {isthmus} hub status {hub}",
            f"  {isthmus} hub ledger {hub} --limit 5",
            f"  {isthmus} hub dead-letters list {hub}",
            f"  {isthmus} login --data {shlex.quote(str(demo.folder / 'org'))}",
            f"  curl {demo.erp_url}/orders",
            f"  less {demo.folder}/hub.log",
            f"Stop it: kill {pids}; its folder: {demo.folder}",
        )
    )


def main() -> int:
    try:
        count, seed = int(os.environ.get("N") or 200), int(os.environ.get("SEED") or 1)
    except ValueError as error:
        print(f"N and SEED are whole numbers: {error}")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is stopped then, too
    keep = os.environ.get("KEEP", "") not in ("", "0")
    if count < ORDERS_MIN:
        print(f"N is {ORDERS_MIN} or more: with fewer there is no room for what is to go wrong")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="isthmus-demo-"))
    programs = Programs(folder)
    demo = Demo(folder, count, seed, programs)
    good = False
    say(f"{count} opportunities, SEED={seed}, in {folder}")
    try:
        with ExitStack() as stack:
            if not keep:
                stack.callback(programs.stop)
            began = time.monotonic()
            counts = demo.run()
            print(f"\n{table(counts)}\n({time.monotonic() - began:.0f} s)\n\n{look_around(demo, keep)}")
            good = all(each.good for each in counts)
    except Stopped as stopped:
        print(f"\n{stopped}")
    except KeyboardInterrupt:
        print("\nstopped")
    if not good:
        print(f"Not everything is as it should be. Data and logs: {folder}")
    elif not keep:
        shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
