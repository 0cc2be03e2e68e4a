"""Does the org's fiscal year follow the project's company settings?"""

import asyncio
from pathlib import Path

import pytest
from tests.unit.org.provision.test_declared import Project
from tests.unit.test_assembly import settings_in

from isthmus.assembly import open_org
from isthmus.definition import load_to_check, read_definition
from isthmus.org.schema.check import Verdict, check_project
from isthmus.org.schema.sfdx.project import ProjectBroken

SETTINGS = "settings/Company.settings-meta.xml"


def says(root: Path, inside: str) -> Project:
    project = Project(root)
    project.write(SETTINGS, "CompanySettings", inside)
    return project


def fiscal_year(month: str, named: str = "endingMonth") -> str:
    return (
        f"<fiscalYear><fiscalYearNameBasedOn>{named}</fiscalYearNameBasedOn>"
        f"<startMonth>{month}</startMonth></fiscalYear>"
    )


def own_record(project: Project) -> dict[str, object]:
    [row] = project.query("SELECT FiscalYearStartMonth, UsesStartDateAsFiscalYearName FROM Organization")
    return row


def periods(project: Project) -> list[object]:
    rows = project.query("SELECT FiscalYear, FiscalQuarter, Fiscal FROM Opportunity ORDER BY CloseDate")
    return [tuple(row.values()) for row in rows]


def close_deals(project: Project, *dates: str) -> None:
    settings = settings_in(project.root)

    async def create() -> None:
        async with open_org(settings) as opened:
            who = (await opened.org.identity.open_session(settings.org.username)).user
            deals = [{"Name": each, "StageName": "Prospecting", "CloseDate": each} for each in dates]
            results = await opened.org.insert(who, "Opportunity", deals)
            assert all(each.success for each in results)

    asyncio.run(create())


def test_an_orgs_fiscal_year_is_the_calendar_year_until_settings_say_another(tmp_path: Path) -> None:
    project = says(tmp_path, "")
    calendar = {"FiscalYearStartMonth": 1, "UsesStartDateAsFiscalYearName": 0}
    assert own_record(project) == calendar
    project.write(SETTINGS, "CompanySettings", fiscal_year("April", "startingMonth"))
    april = {"FiscalYearStartMonth": 4, "UsesStartDateAsFiscalYearName": 1}
    assert own_record(project) == april
    project.write(SETTINGS, "CompanySettings", "")
    assert own_record(project) == april  # as on the platform, nothing is undone by leaving it out


def test_opportunities_have_the_periods_of_the_orgs_fiscal_year(tmp_path: Path) -> None:
    project = says(tmp_path, fiscal_year("April"))
    close_deals(project, "2026-03-31", "2026-04-01")
    assert periods(project) == [(2026, 4, "2026 4"), (2027, 1, "2027 1")]
    project.write(SETTINGS, "CompanySettings", fiscal_year("July", "startingMonth"))
    assert periods(project) == [(2025, 3, "2025 3"), (2025, 4, "2025 4")]
    assert project.query("SELECT Name FROM Opportunity WHERE Fiscal = '2025 4'") == [{"Name": "2026-04-01"}]


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (
            "<enableCustomFiscalYear>true</enableCustomFiscalYear>",
            "custom fiscal years are not supported here",
        ),
        (fiscal_year("Smarch"), "<startMonth> must be one of April, August, December, February"),
        (fiscal_year("May", "middleMonth"), "<fiscalYearNameBasedOn> must be one of endingMonth"),
    ],
)
def test_what_is_wrong_with_them_is_said(tmp_path: Path, inside: str, message: str) -> None:
    says(tmp_path, inside)
    with pytest.raises(ProjectBroken) as broken:
        read_definition(settings_in(tmp_path))
    assert message in str(broken.value)
    assert "Company.settings-meta.xml" in str(broken.value)


def test_of_all_settings_those_of_the_company_run(tmp_path: Path) -> None:
    project = says(tmp_path, fiscal_year("May"))
    project.write("settings/Case.settings-meta.xml", "CaseSettings", "")
    report = check_project(tmp_path, load=load_to_check)
    verdicts = {each.path: each.verdict for each in report.lines}
    assert verdicts == {
        f"app/{SETTINGS}": Verdict.RUNS,
        "app/settings/Case.settings-meta.xml": Verdict.READ,
    }
