"""Report: what a run was made of, in lines."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.fuzz.data import ANCHORS, is_filled
from tests.fuzz.org import Org
from tests.fuzz.run import Kind, Tally


def data_lines(org: Org) -> Iterator[str]:
    """What the records are like."""
    values = [
        record[field.name]
        for name, records in org.tables.records.items()
        for field in org.schema[name].fields
        if is_filled(org.schema[name], field)
        for record in records.values()
    ]
    texts = [each for each in values if isinstance(each, str)]
    nulls = sum(each is None for each in values)
    foreign = sum(not each.isascii() for each in texts)
    count = sum(map(len, org.tables.records.values()))
    yield (
        f"data: {count} records, {len(values):,} values, of which {_share(nulls, len(values))} are null; "
        f"{_share(foreign, len(texts))} of the texts are not ASCII"
    )
    for who in org.users:
        moves = "with offset changes" if _moves(who.zone) else "without"
        yield f"user: {who.name} in {who.zone} ({moves}), who does not see {len(who.hidden)} of them"


def summary(kind: Kind, tally: Tally) -> str:
    """What came of the cases of a kind."""
    filled = _share(tally.filled, tally.queries)
    return f"fuzz {kind}: {tally.queries:,} queries, {filled} with rows, {len(tally.problems)} disagreements"


def hit_lines(tally: Tally) -> Iterator[str]:
    """How often each part of the language came, and each refusal."""
    for name, count in sorted(tally.hits.items()):
        yield f"{count:7,}  {name}"
    yield (
        f"fuzz: {tally.queries:,} queries, {len(tally.hits)} productions and outcomes, "
        f"{len(tally.problems)} disagreements"
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.0f} %"


def _moves(zone: str) -> bool:
    """Whether a zone's offset changes in the years that the data is of."""
    start = min(ANCHORS)
    days = (start + timedelta(days=number) for number in range(1_000))
    return len({_offset(each, zone) for each in days}) > 1


def _offset(instant: datetime, zone: str) -> timedelta | None:
    return instant.astimezone(ZoneInfo(zone)).utcoffset()
