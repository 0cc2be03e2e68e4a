"""What a caller may not read does not exist for them."""

from dataclasses import dataclass

import pytest
from tests.unit.org.query.asking import planned
from tests.unit.org.query.objects import SCHEMA

from isthmus.kernel.database import SQLITE
from isthmus.kernel.errors import Fault
from isthmus.org.query.authorize import authorize_selected
from isthmus.org.query.bind import bind
from isthmus.org.query.parser import parse
from isthmus.org.query.point_read import ReadPlans
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.result import Children, Shape


@dataclass(frozen=True)
class Without:
    """The rights to everything but the named objects and fields (`Account.Name`)."""

    hidden: frozenset[str]

    @property
    def shape(self) -> str:
        return f"without {sorted(self.hidden)}"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return sobject not in self.hidden and f"{sobject}.{field}" not in self.hidden

    may_create = may_edit = may_read

    def may_delete(self, sobject: str) -> bool:
        return sobject not in self.hidden

    may_view_all = may_modify_all = may_delete

    def has(self, permission: str) -> bool:
        return True


@pytest.mark.parametrize(
    ("hidden", "soql", "error"),
    [
        ("Account", "SELECT Id FROM Account", "no_such_object"),
        ("Account.Name", "SELECT Name FROM Account", "no_such_column"),
        ("Account.Name", "SELECT Id FROM Account WHERE Name = 'x'", "no_such_column"),
        ("Account.Name", "SELECT Id FROM Account ORDER BY Name", "no_such_column"),
        ("Account.Name", "SELECT Account.Name FROM Contact", "no_such_column"),
        ("Account", "SELECT Account.Name FROM Contact", "no_such_relationship"),
        ("Contact.AccountId", "SELECT Account.Name FROM Contact", "no_such_relationship"),
        ("Contact", "SELECT Id, (SELECT Id FROM Contacts) FROM Account", "no_such_child_relationship"),
        ("Contact.Email", "SELECT Id, (SELECT Email FROM Contacts) FROM Account", "no_such_column"),
        ("Contact.Email", "SELECT Id FROM Account WHERE Name = 'x' AND Id IN (SELECT AccountId FROM Contact"
         " WHERE Email = 'x')", "no_such_column"),
        ("Account.AnnualRevenue", "SELECT SUM(AnnualRevenue) FROM Account", "no_such_column"),
        ("Account.Name", "SELECT Industry FROM Account GROUP BY Industry, Name", "no_such_column"),
        ("Account.Name", "SELECT Industry FROM Account GROUP BY Industry HAVING MAX(Name) > 'x'",
         "no_such_column"),
        ("Account", "SELECT a.Name FROM Contact c, c.Account a", "no_such_relationship"),
        ("Account.Industry", "SELECT toLabel(Industry) FROM Account", "no_such_column"),
        ("Account.Industry", "SELECT Id FROM Account WHERE toLabel(Industry) = 'x'", "no_such_column"),
        ("Account.AnnualRevenue", "SELECT FORMAT(MAX(AnnualRevenue)) FROM Account", "no_such_column"),
        ("Account", "SELECT TYPEOF What WHEN Account THEN Id END FROM Task", "no_such_object"),
        ("Account.Name", "SELECT TYPEOF What WHEN Account THEN Name END FROM Task", "no_such_column"),
        ("Task.WhatId", "SELECT TYPEOF What WHEN Account THEN Id END FROM Task", "no_such_relationship"),
        ("Contact.Email", "SELECT Who.Email FROM Task", "no_such_column"),
        ("Contact.Email", "SELECT Id FROM Task WHERE Who.Email LIKE 'a%'", "no_such_column"),
        ("Contact.Email", "SELECT Who.Email, COUNT(Id) FROM Task GROUP BY Who.Email", "no_such_column"),
        ("Account.Name", "SELECT What.Name FROM Task ORDER BY What.Name", "no_such_column"),
        ("Contact.Email", "SELECT TYPEOF Who WHEN Lead THEN Id ELSE Email END FROM Task", "no_such_column"),
        ("User.Name", "SELECT TYPEOF What WHEN Account THEN Owner.Name END FROM Task", "no_such_column"),
    ],
)  # fmt: skip
def test_names_that_may_not_be_read_are_unknown(hidden: str, soql: str, error: str) -> None:
    planned(soql)
    with pytest.raises(Fault) as caught:
        planned(soql, access=Without(frozenset({hidden})))
    assert caught.value.entry.name == error
    assert caught.value.position is not None


@pytest.mark.parametrize(
    ("soql", "hidden"),
    [
        ("SELECT toLabel(Industry) FROM Account", "Account.Industry"),
        ("SELECT FORMAT(AVG(AnnualRevenue)) FROM Account", "Account.AnnualRevenue"),
        ("SELECT TYPEOF What WHEN Account THEN Name END FROM Task", "Account.Name"),
        ("SELECT TYPEOF What WHEN Account THEN Id ELSE Id END FROM Task", "Account"),
        ("SELECT Who.Email FROM Task", "Contact.Email"),
    ],
)
def test_what_a_function_is_of_is_selected(soql: str, hidden: str) -> None:
    bound = bind(parse(soql), SCHEMA, 5)
    authorize_selected(bound, Without(frozenset()), SCHEMA)
    with pytest.raises(SoqlProblem) as caught:
        authorize_selected(bound, Without(frozenset({hidden})), SCHEMA)
    assert caught.value.name == "secure_query_refused"


@pytest.mark.parametrize("group", ["ALL", "STANDARD"])
def test_a_group_of_fields_stands_for_those_that_may_be_read(group: str) -> None:
    access = Without(frozenset({"Account.Industry", "Contact.Email"}))
    soql = f"SELECT FIELDS({group}), (SELECT FIELDS({group}) FROM Contacts LIMIT 1) FROM Account LIMIT 1"
    whole, left = planned(soql)[0].shape, planned(soql, access=access)[0].shape
    assert {"Industry"} == _keys(whole) - _keys(left)
    assert {"Email"} == _keys(_contacts(whole)) - _keys(_contacts(left))
    with pytest.raises(Fault) as caught:
        planned("SELECT FIELDS(ALL) FROM Account WHERE Industry = 'x' LIMIT 1", access=access)
    assert caught.value.entry.name == "no_such_column"


def _keys(shape: Shape) -> set[str]:
    return {item.key for item in shape.items}


def _contacts(shape: Shape) -> Shape:
    [children] = [item for item in shape.items if isinstance(item, Children)]
    return children.shape


def test_the_name_object_is_nobodys_to_hide() -> None:
    planned("SELECT What.Name FROM Task", access=Without(frozenset({"Name", "Name.Name"})))


def test_a_point_read_leaves_out_what_may_not_be_read() -> None:
    access = Without(frozenset({"User.Username"}))
    plan = ReadPlans().read_plan(SCHEMA, "User", None, access, SQLITE)
    assert [item.key for item in plan.shape.items] == ["Id", "IsDeleted", "Name", "IsActive", "ManagerId"]
    with pytest.raises(Fault) as caught:
        ReadPlans().read_plan(SCHEMA, "User", ["Username"], access, SQLITE)
    assert caught.value.entry.name == "no_such_column"
