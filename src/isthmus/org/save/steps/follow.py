"""Follow: fields that show what the record behind a lookup says. See `isthmus.org.save.following`."""

from isthmus.org.save.batch import Save
from isthmus.org.save.encrypted import codec_of
from isthmus.org.save.following import Followers, Following
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Row
from isthmus.org.save.statements import in_parts, run_each
from isthmus.org.save.step import step
from isthmus.org.schema.tables import quoted
from isthmus.org.schema.values import Stored


def _follows(plan: Plan) -> bool:
    return bool(plan.follows)


@step(Operation.INSERT, Operation.UPDATE, needed=_follows)
def follow_lookups(save: Save) -> None:
    """Take over what the records behind changed lookups say: one query for each such lookup."""
    for following in save.plan.follows:
        moved = [row for row in save.live() if row.changed(following.lookup)]
        if moved:
            leaders = _leaders(save, following, moved)
            for row in moved:
                _take(following, row, leaders.get(row.values.get(following.lookup)))


def _leaders(save: Save, following: Following, rows: list[Row]) -> dict[Stored, dict[str, Stored]]:
    """The leaders' fields by their ids."""
    names = ("Id", *following.leading)
    ids = {each for row in rows if isinstance(each := row.values.get(following.lookup), str)}
    columns = ", ".join(map(quoted, names))
    sql = f'SELECT {columns} FROM {quoted(following.leader)} WHERE "Id" IN ({{}})'
    read: list[dict[str, Stored]] = [
        dict(zip(names, row, strict=True))  # type: ignore[arg-type] # no column holds bytes
        for row in in_parts(save.unit.tx, sql, ids)
    ]
    leader = save.unit.schema[following.leader]
    codec = codec_of(each for each in leader.fields if each.name in names)
    if codec is not None:
        codec.open(read)
    return {each["Id"]: each for each in read}


def _take(following: Following, row: Row, leader: dict[str, Stored] | None) -> None:
    values = row.values
    for field, of_leader in following.shown:
        values[field] = None if leader is None else leader[of_leader]
    for field, of_leader in following.taken:
        if leader is not None and values.get(field) is None:
            values[field] = leader[of_leader]


def _leads(plan: Plan) -> bool:
    return bool(plan.followers)


@step(Operation.UPDATE, needed=_leads, lasting=True, sure=True)
def tell_followers(save: Save) -> None:
    """Show the batch's changed fields in the records that show them: one statement for all of a leader's.

    That is no change of those records: they keep their stamps, and nothing runs for them.
    """
    for followers in save.plan.followers:
        _tell(save, followers)


def _tell(save: Save, followers: Followers) -> None:
    following = followers.following
    changed = [row for row in save.live() if any(row.changed(each) for _, each in following.shown)]
    if changed:
        fields = frozenset(field for field, _ in following.shown)
        sql, bind = followers.statements.update(fields, following.lookup)
        run_each(save.unit.tx, sql, [bind(_shown(following, row)) for row in changed])


def _shown(following: Following, leader: Row) -> dict[str, Stored]:
    shown = {field: leader.values.get(of_leader) for field, of_leader in following.shown}
    return {**shown, "Id": leader.id}
