"""Layout: are the keys of a record resolved as the platform resolves them?"""

from dataclasses import dataclass

from tests.contract.save.world import ORDER, SCHEMA

from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.security.access import EVERYTHING, Access, FullAccess


@dataclass(frozen=True, slots=True)
class NoAmounts(FullAccess):
    """Sees amounts, doesn't write them, and knows nothing of codes."""

    shape: str = "no amounts"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return field != "Code__c"

    def may_create(self, sobject: str, field: str | None = None) -> bool:
        return field != "Amount__c"


def errors(*keys: str, operation: Operation = Operation.INSERT, access: Access = EVERYTHING) -> list[str]:
    plan = Plan(SCHEMA, ORDER, operation, access)
    return [f"{each.code} {each.message}" for each in plan.layout(keys).errors]


def test_names_come_in_any_case_and_attributes_are_no_field() -> None:
    layout = Plan(SCHEMA, ORDER, Operation.INSERT, EVERYTHING).layout(("NAME", "ext__C", "attributes"))
    assert [(key, column.name) for key, column in layout.fields] == [("NAME", "Name"), ("ext__C", "Ext__c")]
    assert not layout.errors


def test_a_relationship_names_a_parent() -> None:
    layout = Plan(SCHEMA, ORDER, Operation.INSERT, EVERYTHING).layout(("parent__R",))
    assert [(key, column.name) for key, column in layout.parents] == [("parent__R", "Parent__c")]


def test_an_unknown_key_is_no_column() -> None:
    assert errors("Foo__c") == ["INVALID_FIELD No such column 'Foo__c' on sobject of type Order__c"]


def test_all_fields_that_nobody_may_write_are_one_error() -> None:
    [error] = errors("Name", "CreatedDate", "Total__c", "Number__c")
    assert error == (
        "INVALID_FIELD_FOR_INSERT_UPDATE Unable to create/update fields: CreatedDate, Total__c, Number__c. "
        "Please check the security settings of this field and verify that it is read/write for your profile "
        "or permission set."
    )


def test_an_insert_has_no_id() -> None:
    assert errors("Id") == ["INVALID_FIELD_FOR_INSERT_UPDATE cannot specify Id in an insert call"]
    assert errors("Id", operation=Operation.UPDATE) == []


def test_field_rights_decide_what_exists_and_what_may_be_written() -> None:
    assert errors("Code__c", access=NoAmounts()) == [
        "INVALID_FIELD No such column 'Code__c' on sobject of type Order__c"
    ]
    assert errors("Amount__c", access=NoAmounts())[0].startswith("INVALID_FIELD_FOR_INSERT_UPDATE")
    assert errors("Amount__c", access=NoAmounts(), operation=Operation.UPDATE) == []


def test_the_platform_itself_writes_what_it_likes() -> None:
    layout = Plan(SCHEMA, ORDER, Operation.INSERT, NoAmounts(), system=True).layout(
        ("CreatedDate", "Amount__c")
    )
    assert not layout.errors
