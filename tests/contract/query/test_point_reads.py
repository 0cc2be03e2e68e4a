"""Point reads: records by their ids."""

import pytest
from tests.contract.query.world import A1, A2, A5, C1, USER, World, drawn

from isthmus.kernel.errors import Fault
from isthmus.kernel.ids import record_id
from isthmus.org.query.result import QueryResult


def read(world: World, sobject: str, record: str, fields: list[str] | None = None) -> QueryResult:
    return world.database.read(
        lambda connection: world.engine.retrieve(connection, world.schema, USER, sobject, record, fields)
    ).result()


def refused(world: World, sobject: str, record: str, fields: list[str] | None = None) -> str:
    with pytest.raises(Fault) as caught:
        read(world, sobject, record, fields)
    return caught.value.entry.name


def test_a_record_with_every_field(world: World) -> None:
    result = read(world, "contact", C1[:15])
    assert (result.total_size, result.locator is None) == (1, True)
    assert [item.key for item in result.shape.items] == [
        field.name for field in world.schema["Contact"].fields
    ]
    assert drawn(result)[0].startswith(
        f"{C1} | False | Ann | Alpha | Ann Alpha | ann@x.org | 2000-01-09 | True"
    )


def test_a_record_with_some_fields(world: World) -> None:
    assert drawn(read(world, "Account", A1, ["name", "BillingCity"])) == [f"Acme | Zürich | {A1}"]


def test_what_there_is_not(world: World) -> None:
    assert refused(world, "Nothing", A1) == "resource_not_found"
    assert refused(world, "Signal__e", A1) == "resource_not_found"
    assert refused(world, "Account", record_id("001", "7Ab", 99)) == "resource_not_found"
    assert refused(world, "Account", C1) == "resource_not_found"
    assert refused(world, "Account", A5) == "entity_is_deleted"
    assert refused(world, "Account", "abc") == "malformed_record_id"
    assert refused(world, "Account", A1, ["Nothing"]) == "no_such_column"


def test_many_records_by_their_ids(world: World) -> None:
    wanted = [A2, "abc", A5, A1[:15], record_id("001", "7Ab", 99), A2]
    result, places = world.database.read(
        lambda connection: world.engine.retrieve_many(
            connection, world.schema, USER, "Account", wanted, ["Name"]
        )
    ).result()
    names = drawn(result)
    assert [None if place is None else names[place] for place in places] == [
        f"ACME Labs | {A2}", None, None, f"Acme | {A1}", None, f"ACME Labs | {A2}",
    ]  # fmt: skip
