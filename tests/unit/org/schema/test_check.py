"""`isthmus check`: what it says of the solar project, and of a broken one."""

import re
from collections import Counter
from pathlib import Path

from isthmus.definition import load_to_check
from isthmus.org.schema.check import Verdict, check_project, render
from isthmus.org.schema.model import ObjectKind

SOLAR = Path(__file__).parents[4] / "examples" / "solar"


def test_the_solar_project_is_a_real_one() -> None:
    report = check_project(SOLAR)
    kinds = Counter(each.type.name for each in report.project.components)
    documents = [each for each in report.project.components if each.document]
    assert len(documents) >= 40
    assert len(kinds) >= 12
    assert report.ok


def test_what_of_the_solar_project_runs() -> None:
    report = check_project(SOLAR, load=load_to_check)
    assert {verdict.name: report.count(verdict) for verdict in Verdict} == {
        "RUNS": 68,
        "PARTLY": 10,
        "READ": 31,
        "HANDLER": 3,
        "UNKNOWN": 1,
        "BROKEN": 0,
    }
    lines = {each.path.rpartition("default/")[2]: each for each in report.lines}
    assert lines["classes/OrderSync.cls"].says == (
        "Apex class: not run; a Python handler in handlers/ will stand in its place",
    )
    assert lines["lwc/solarOutput/"].files == 4
    assert lines["objects/Installation__c/fields/Panel_Count__c.field-meta.xml"].verdict is Verdict.PARTLY
    assert lines["flows/Installation_Scheduled.flow-meta.xml"].verdict is Verdict.RUNS
    assert lines["flows/Reorder_Panels.flow-meta.xml"].says == (
        "line 8: not run: a flow without a trigger: nothing here starts it",
    )
    assert lines["objects/NOTES.txt"].verdict is Verdict.UNKNOWN
    assert lines["workflows/Installation__c.workflow-meta.xml"].says == ("read, not run yet",)


def test_the_solar_projects_objects() -> None:
    project = check_project(SOLAR).project
    kinds = {each.name: each.kind for each in project.objects if each.name in project.declared}
    assert kinds == {
        "Account": ObjectKind.STANDARD,
        "Event": ObjectKind.STANDARD,
        "Opportunity": ObjectKind.STANDARD,
        "Task": ObjectKind.STANDARD,
        "Erp_Order__x": ObjectKind.EXTERNAL,
        "Installation__c": ObjectKind.CUSTOM,
        "Order_Request__e": ObjectKind.PLATFORM_EVENT,
        "Panel__c": ObjectKind.CUSTOM,
        "Region__mdt": ObjectKind.CUSTOM_METADATA,
        "Site_Survey__c": ObjectKind.CUSTOM,
        "Solar_Settings__c": ObjectKind.CUSTOM_SETTING,
    }
    assert [each["DeveloperName"] for each in project.metadata_records["Region__mdt"]] == [
        "Islands",
        "North",
        "South",
    ]


def test_the_report_as_text() -> None:
    text = render(check_project(SOLAR, load=load_to_check))
    assert "Handler gaps (3)\n  force-app/main/default/classes/OrderSync.cls — Apex class: not run;" in text
    assert "Order_Request__e.object-meta.xml — platform event: published over REST and by flows" in text
    assert re.search(r"\n\nWarnings \(\d+\)\n  \S+:\d+: warning: ", text)
    assert text.endswith(
        "124 files, 113 components of 42 types, 2 left out\n"
        "68 run, 10 run in part, 31 read but not run, 3 handler gaps, 1 not known, 0 broken\n"
        "0 errors, 9 warnings\n"
    )


def test_a_broken_project(tmp_path: Path) -> None:
    (tmp_path / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "."}]}')
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "F.flow-meta.xml").write_text("<Flow>")
    (tmp_path / "handlers").mkdir()
    report = check_project(tmp_path)
    assert not report.ok
    text = render(report)
    assert "Broken (1)\n  flows/F.flow-meta.xml — flow: 1 error, below" in text
    assert "Errors (1)\n  flows/F.flow-meta.xml:1: error: Flow F: not well-formed XML" in text
    assert text.endswith("1 error, 0 warnings: the project is not loaded\n")


def test_handlers_are_counted_where_there_are_gaps(tmp_path: Path) -> None:
    (tmp_path / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "src"}]}')
    for path, text in (("src/classes/A.cls", ""), ("handlers/orders.py", "")):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text)
    assert "(handlers/ holds 1 file; handlers don't run yet)" in render(check_project(tmp_path))


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    text = render(check_project(tmp_path))
    assert "Errors (1)\n  sfdx-project.json:1: error: project: there is no sfdx-project.json" in text


def test_what_is_not_part_of_the_schema_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "."}]}')
    folder = tmp_path / "objects" / "WorkOrder" / "fields"
    folder.mkdir(parents=True)
    (folder / "X__c.field-meta.xml").write_text(
        '<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">'
        "<fullName>X__c</fullName><label>X</label><type>Date</type></CustomField>"
    )
    [line] = check_project(tmp_path).of(Verdict.UNKNOWN)
    assert line.says == ("the standard object WorkOrder is not known here: what is said of it is left out",)
