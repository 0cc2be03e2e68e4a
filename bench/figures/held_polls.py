"""Clients that wait for events in long polls: what one of them costs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.cores import driver_cores, start
from bench.figure import Measured, Size, against_limit
from bench.servers import OurOrg, our_org

POLLS: Final = 3_000
MEGABYTES_MAX: Final = 100.0
_METADATA: Final = "http://soap.sforce.com/2006/04/metadata"
_FILES: Final = {
    "sfdx-project.json": '{"packageDirectories": [{"path": "app"}]}',
    "app/objects/Ping__e/Ping__e.object-meta.xml": f"""<CustomObject xmlns="{_METADATA}">
        <label>Ping</label><pluralLabel>Pings</pluralLabel><deploymentStatus>Deployed</deploymentStatus>
        <eventType>HighVolume</eventType><publishBehavior>PublishAfterCommit</publishBehavior>
    </CustomObject>""",
    "app/objects/Ping__e/fields/Text__c.field-meta.xml": f"""<CustomField xmlns="{_METADATA}">
        <fullName>Text__c</fullName><label>Text</label><type>Text</type><length>255</length>
    </CustomField>""",
}


def memory(size: Size) -> Measured:
    """By how much the org grows while 3,000 clients wait."""

    def grown() -> float:
        with tempfile.TemporaryDirectory() as folder, events_org(Path(folder)) as org:
            arguments = ["-m", "bench.pollers", org.port, org.token, POLLS, org.process_id]
            driver = start(list(map(str, arguments)), driver_cores())
            said, _ = driver.communicate()
        if driver.returncode:
            raise RuntimeError("the pollers failed")
        return float(said) * POLLS / 1e6

    ours, limit = against_limit(size, MEGABYTES_MAX, grown)
    return Measured("MB", False, ours, limit, (f"{POLLS:,} polls", "http"))


@contextmanager
def events_org(folder: Path) -> Iterator[OurOrg]:
    """An org with the event `Ping__e`, whose project is put into `folder`."""
    for name, text in _FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with our_org(folder) as org:
        yield org
