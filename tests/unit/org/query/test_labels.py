"""toLabel(): what values are called, and which values are called so."""

import json

import pytest
from tests.unit.org.query.asking import planned
from tests.unit.org.query.objects import CREATED_DATE, picklist, reference, sobject, text
from tests.unit.org.query.test_shape import drawn

from isthmus.kernel.errors import Fault
from isthmus.org.query.labels import Bearers, labelled
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import FieldType, Schema

RECORD_TYPE = sobject("RecordType", "012", text("Name", name_field=True), text("DeveloperName"))
ORDER = sobject(
    "Order__c",
    "a02",
    text("Name", name_field=True),
    picklist("State__c", "new=Open", "open=Done", "old=open"),
    reference("RecordTypeId", "RecordType"),
    CREATED_DATE,
)
SCHEMA = Schema((RECORD_TYPE, ORDER))
STATE = ORDER.field("State__c")


def test_a_name_of_a_record_type_is_its_label() -> None:
    plan, _ = planned("SELECT toLabel(RecordType.Name) FROM Order__c", schema=SCHEMA)
    assert drawn(plan.shape.items) == [["RecordType?1", "Name@2"]]


@pytest.mark.parametrize(
    ("soql", "problem"),
    [
        ("SELECT toLabel(RecordType.DeveloperName) FROM Order__c", "function_misused"),
        ("SELECT Id FROM Order__c WHERE toLabel(RecordType.Name) = 'x'", "field_not_filterable"),
    ],
)
def test_nothing_else_of_a_record_type_has_one(soql: str, problem: str) -> None:
    with pytest.raises(Fault) as caught:
        planned(soql, schema=SCHEMA)
    assert caught.value.entry.name == problem


def test_a_label_that_is_also_a_value_is_of_those_that_bear_it() -> None:
    assert STATE is not None
    bearers = Bearers(STATE)
    assert list(bearers.called("open")) == ["new", "old"]
    assert list(bearers.called("new")) == []


def test_a_value_that_is_not_defined_is_its_own_label() -> None:
    assert STATE is not None
    assert list(Bearers(STATE).called("done")) == ["open", "done"]
    assert labelled(STATE)("done") == "done"


def test_labels_of_several_values_are_each_choice_of_one_for_each() -> None:
    several = picklist("All__c", "a=X", "b=Y", "c=X", kind=FieldType.MULTIPICKLIST)
    assert list(Bearers(several).called("y;x;own")) == ["a;b;own", "b;c;own"]
    assert labelled(several)("b;own;a") == "Y;own;X"
    assert labelled(several)(None) is None


def test_labels_that_many_values_share_stand_for_too_many_sets() -> None:
    values = [f"{label}{n}={label}" for label in "abcd" for n in range(6)]
    several = picklist("All__c", *values, kind=FieldType.MULTIPICKLIST)
    assert len(list(Bearers(several).called("a;b;c"))) == 216
    with pytest.raises(SoqlProblem) as caught:
        list(Bearers(several).called("a;b;c;d"))
    assert caught.value.name == "query_too_complicated"


def test_a_list_of_labels_is_one_parameter_however_long() -> None:
    many = ", ".join(f"'label {n}'" for n in range(40))
    _, parameters = planned(f"SELECT Id FROM Order__c WHERE toLabel(State__c) IN ({many})", schema=SCHEMA)
    assert json.loads(str(parameters[0])) == [f"label {n}" for n in range(40)]
