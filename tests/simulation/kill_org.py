"""The org killed: clients create and update accounts over REST while the whole org is killed, over and
over.

The moment is either after so many acknowledgements, whatever the org does just then, or at a crash point
next to a commit, which may be one of the org's start. After each kill the org is started again on the same
data, and asked for everything that any client was ever told.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from typing import Final

from tests.simulation.org_client import OrgClient, Told, work
from tests.simulation.org_in_folder import CRASH_POINTS, OrgInFolder
from tests.simulation.outcome import Outcome

ACKNOWLEDGED_MAX: Final = 150
PASSES_MAX: Final = 100


def run(folder: Path, seeds: range) -> Iterator[Outcome]:
    """One kill a seed, all on one org in the empty `folder`."""
    org, told = OrgInFolder(folder), Told()
    assert org.start()
    org.stop()
    for seed in seeds:
        before = told.acknowledged
        moment = _run_and_kill(org, told, seed)
        if not org.start():
            yield Outcome("org", seed, moment, 0, [f"the org does not start again: {org.wait()}"])
            return
        with closing(OrgClient(org.url)) as client:
            client.log_in(org.credentials)
            problems = told.differences(client.accounts())
        org.stop()
        yield Outcome("org", seed, moment, told.acknowledged - before, problems)


def _run_and_kill(org: OrgInFolder, told: Told, seed: int) -> str:
    chance = random.Random(seed)
    point = chance.choice((None, *CRASH_POINTS))
    if point is not None:
        passes = chance.randint(1, PASSES_MAX)
        moment = f"at pass {passes} of {point}"
        if not org.start(point, passes):
            org.wait()
            return f"{moment}, starting"
        _drive(org, told, seed, chance.choice((1, 4, 16)), None)
        return moment
    count = chance.randint(1, ACKNOWLEDGED_MAX)
    assert org.start()
    _drive(org, told, seed, chance.choice((1, 4, 16)), told.acknowledged + count)
    return f"after {count} acknowledgements"


def _drive(org: OrgInFolder, told: Told, seed: int, clients: int, kill_at: int | None) -> None:
    """Let clients work until the org is dead."""
    with closing(OrgClient(org.url)) as client:
        try:
            client.log_in(org.credentials)
        except (OSError, HTTPException):
            org.wait()
            return
    told.at(kill_at, org.kill)
    threads = [
        threading.Thread(target=work, args=(org.url, client.token, told, f"{seed}.{n}", seed * 100 + n))
        for n in range(clients)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    org.wait()
