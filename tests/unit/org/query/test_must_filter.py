"""Which queries of links of documents name what they ask about?"""

import pytest
from tests.unit.org.query.asking import planned
from tests.unit.org.query.objects import SCHEMA

from isthmus.kernel.errors import Fault
from isthmus.org.schema.model import Schema
from isthmus.org.schema.standard import standard_objects

LINKS = Schema(
    (
        *SCHEMA,
        *(each for each in standard_objects() if each.name in ("ContentDocumentLink", "ContentDocument")),
    )
)
ONE, OTHER = "'069000000000001AAA'", "'069000000000002AAA'"


@pytest.mark.parametrize(
    "condition",
    [
        f"ContentDocumentId = {ONE}",
        f"LinkedEntityId IN ({ONE}, {OTHER}) AND ShareType = 'V'",
        f"Id = {ONE}",
        "LinkedEntityId IN (SELECT Id FROM Account)",
    ],
)
def test_a_query_that_names_them_is_asked(condition: str) -> None:
    plan, _ = planned(f"SELECT Id FROM ContentDocumentLink WHERE {condition}", schema=LINKS)
    assert "ContentDocumentLink" in plan.page.sql


@pytest.mark.parametrize(
    "condition",
    [
        "",
        " WHERE ShareType = 'V'",
        f" WHERE ContentDocumentId != {ONE}",
        f" WHERE ContentDocumentId > {ONE}",
        f" WHERE ContentDocumentId = {ONE} OR ShareType = 'V'",
        " WHERE LinkedEntityId NOT IN (SELECT Id FROM Account)",
        " WHERE LinkedEntityId = null",
    ],
)
def test_a_query_that_does_not_is_refused(condition: str) -> None:
    with pytest.raises(Fault) as refused:
        planned(f"SELECT Id FROM ContentDocumentLink{condition}", schema=LINKS)
    assert (refused.value.entry.code, refused.value.message) == (
        "MALFORMED_QUERY",
        "Implementation restriction: ContentDocumentLink requires a filter by a single Id on "
        "ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN "
        "operator.",
    )
