"""What `columns=true` tells of a query whose parents are of several objects."""

from isthmus.org.api.rest.query_columns import columns
from isthmus.org.org import Column, Shape, Typeof
from isthmus.org.schema.model import Field, FieldType, SObjectType


def test_all_that_any_of_them_has_is_joined() -> None:
    phone = Column("Phone", Field("Phone", "Phone", FieldType.PHONE), 3)
    amount = Column("Amount", Field("Amount", "Amount", FieldType.CURRENCY), 4)
    name, account, deal = (
        SObjectType(each, each, each, None, ()) for each in ("Name", "Account", "Opportunity")
    )
    branches = (("Account", Shape(account, (phone,), 1)), ("Opportunity", Shape(deal, (amount,), 1)))
    what = Typeof("What", Shape(name, (phone, amount), 1), branches, None, 1, 2)
    [told] = columns(Shape(SObjectType("Task", "Task", "Tasks", "00T", ()), (what,), 0))["columnMetadata"]
    assert (told["columnName"], told["apexType"], told["aggregate"]) == ("What", "Name", False)
    assert [each["columnName"] for each in told["joinColumns"]] == ["Phone", "Amount"]
