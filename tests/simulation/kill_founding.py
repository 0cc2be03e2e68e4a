"""The org killed while it is founded: at a crash point next to one of the first start's commits.

Started again, it must become an org like any other, opened by the logins that it has shown, or, where it died
just before it could show them, by those that `isthmus credentials` makes; and it must have one connected app,
not one for each attempt.
"""

import random
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.simulation.org_client import OrgClient, Refused
from tests.simulation.org_in_folder import CRASH_POINTS, OrgInFolder
from tests.simulation.outcome import Outcome

from isthmus.cli.control import ask
from isthmus.kernel.database.sqlite import SqliteDatabase

PASSES_MAX: Final = 18
"""More commits than there are until an org shows its logins."""


def run(folder: Path, seed: int) -> Outcome:
    """One run in the empty `folder`: killed once, or twice, at its start."""
    chance = random.Random(seed)
    org = OrgInFolder(folder)
    moments = []
    for _ in range(chance.choice((1, 1, 2))):
        point, passes = chance.choice(CRASH_POINTS), chance.randint(1, PASSES_MAX)
        ready = org.start(point, passes)
        moments.append(f"pass {passes} of {point}{' (not reached)' if ready else ''}")
        if ready:
            org.kill()
        org.wait()
    return Outcome("founding", seed, f"at {', then '.join(moments)}", 0, _problems(folder, org))


def _problems(folder: Path, org: OrgInFolder) -> list[str]:
    if not org.start():
        return [f"the org does not start again: {org.wait()}"]
    problems = []
    logins = org.credentials or ask(folder / "data", "POST", "credentials")
    with closing(OrgClient(org.url)) as client:
        try:
            client.log_in(logins)
            client.create("afterwards")
        except Refused as refused:
            problems.append(f"the logins that were shown do not open the org: {refused}")
    org.stop()
    database = SqliteDatabase(folder / "data" / "org.db")
    apps = database.read_now(lambda reader: reader.rows('SELECT "client_id" FROM "isthmus_apps"'))
    database.close()
    if [row[0] for row in apps] != [logins["client_id"]]:
        problems.append(f"the org has {len(apps)} connected apps")
    return problems
