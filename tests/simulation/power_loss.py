"""Power loss: writers at work on a disk that loses power at a seeded moment; then the storage is opened
again.
"""

import random
import shutil
import threading
from pathlib import Path
from typing import Final

from tests.simulation.ledger import Ledger
from tests.simulation.outcome import Outcome
from tests.simulation.power import Power
from tests.simulation.power_loss_vfs import PowerLossVFS
from tests.simulation.workload import Storage, differences, work

from isthmus.kernel.database import DatabaseError

OPERATIONS_MAX: Final = 10_000
"""Writes and syncs after which the power has gone at the latest."""
CHECKPOINT_OPERATIONS_MAX: Final = 300
"""The same where only those on the databases themselves count: the power goes in a checkpoint, mostly."""
_UNITS: Final = 500


def run(folder: Path, seed: int, synchronous: str = "FULL") -> Outcome:
    """One run in the empty `folder`."""
    chance = random.Random(seed)
    ledger = Ledger()
    if chance.random() < 0.3:
        power = Power(seed, chance.randint(1, CHECKPOINT_OPERATIONS_MAX))
        vfs = PowerLossVFS(power, of=".sqlite")
    else:
        power = Power(seed, int(OPERATIONS_MAX ** chance.uniform(0.4, 1.0)))
        vfs = PowerLossVFS(power)
    before, after = folder / "before", folder / "after"
    before.mkdir()
    after.mkdir()
    try:
        storage = Storage.open(before, vfs.name, synchronous)
    except DatabaseError:
        power.cut()  # the power went while the files were made
    else:
        _work_until_the_end(storage, ledger, chance)
        power.cut()
        storage.close()
    vfs.salvage(after)
    problems = differences(after, ledger)
    shutil.rmtree(before)
    shutil.rmtree(after)
    return Outcome("power", seed, f"cut at operation {power.operations}", ledger.acknowledged, problems)


def _work_until_the_end(storage: Storage, ledger: Ledger, chance: random.Random) -> None:
    try:
        storage.create()
    except DatabaseError:
        return
    writers = [
        threading.Thread(target=work, args=(storage, ledger, f"{n}", chance.randrange(2**32), _UNITS))
        for n in range(chance.choice((1, 2, 4, 8)))
    ]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
