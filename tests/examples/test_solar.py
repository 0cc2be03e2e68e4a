"""Does the solar project make an org? Its objects, records and relationships, from file to query."""

from pathlib import Path

import pytest

from isthmus.assembly import open_org
from isthmus.kernel.clock import DAY, ManualClock
from isthmus.org.security.principal import Principal
from isthmus.settings import OrgSettings, Settings

SOLAR = Path(__file__).parents[2] / "examples" / "solar"
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_the_solar_project_makes_an_org(tmp_path: Path) -> None:
    settings = Settings(org=OrgSettings(project=str(SOLAR), seed=1), data=tmp_path)
    clock = ManualClock()
    clock.advance(30 * DAY)
    async with open_org(settings, clock=clock) as opened:
        org, founding = opened.org, opened.founding
        admin = Principal(founding.user_id, "admin", founding.organization_id, founding.profile_id)

        async def insert(sobject: str, **values: object) -> str:
            [result] = await org.insert(admin, sobject, [values])
            assert not result.errors
            assert result.id is not None
            return result.id

        await insert(
            "Account", Name="Ada", Customer_Number__c="C-1", Industry="Energy", Sales_Region__c="North"
        )
        installation = await insert(
            "Installation__c", Account__r={"Customer_Number__c": "c-1"}, Status__c="Planned", Price__c=12.345
        )
        await insert(
            "Panel__c",
            Name="P1",
            Installation__c=installation,
            Output_W__c=400,
            Manufacturer__c="Sunfold",
            Model__c="SF-400",
        )
        found = await org.query(
            admin,
            "SELECT Name, Job_Number__c, Price__c, Account__r.Name, (SELECT Name FROM Panels__r) "
            "FROM Installation__c WHERE Account__r.Sales_Region__c = 'North'",
        )
        [row] = found.rows
        assert {"INS-01000", "J-2026-0001", 12.35, "Ada"} <= {
            each for each in row if isinstance(each, str | float)
        }
        regions = await org.query(
            admin, "SELECT DeveloperName, Sun_Hours__c FROM Region__mdt WHERE Active__c = true"
        )
        assert sorted(row[1:3] if len(row) > 2 else row for row in regions.rows) == [
            ("North", 1450.5),
            ("South", 1810.0),
        ]
        [refused] = await org.insert(
            admin, "Installation__c", [{"Account__r": {"Customer_Number__c": "C-1"}, "Status__c": "Lost"}]
        )
        assert [each.code for each in refused.errors] == ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
