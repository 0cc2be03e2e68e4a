"""Do a project's records come, change and go with it?"""

import asyncio
from pathlib import Path

from tests.unit.test_assembly import settings_in

from isthmus.assembly import open_org
from isthmus.org.org import Column

HEAD = '<?xml version="1.0"?>\n'
XMLNS = (
    'xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)


class Project:
    """An SFDX project in the making."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "sfdx-project.json").write_text('{"packageDirectories": [{"path": "app"}]}')

    def write(self, path: str, kind: str, body: str) -> None:
        file = self.root / "app" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{HEAD}<{kind} {XMLNS}>{body}</{kind}>")

    def area(self, name: str, parent: str | None = None) -> None:
        value = f'<value xsi:type="xsd:string">{parent}</value>' if parent else '<value xsi:nil="true"/>'
        self.write(
            f"customMetadata/Area.{name}.md-meta.xml",
            "CustomMetadata",
            f"<label>{name}</label><protected>false</protected>"
            f"<values><field>Parent__c</field>{value}</values>",
        )

    def query(self, soql: str) -> list[dict[str, object]]:
        """What the org that the project defines, started anew, answers."""
        settings = settings_in(self.root)

        async def ask() -> list[dict[str, object]]:
            async with open_org(settings) as opened:
                who = (await opened.org.identity.open_session(settings.org.username)).user
                result = await opened.org.query(who, soql)
                columns = [each for each in result.shape.items if isinstance(each, Column)]
                return [{each.key: row[each.index] for each in columns} for row in result.rows]

        return asyncio.run(ask())


def areas(root: Path) -> Project:
    """A project with a custom metadata type whose records may refer to each other."""
    project = Project(root)
    project.write(
        "objects/Area__mdt/Area__mdt.object-meta.xml",
        "CustomObject",
        "<label>Area</label><pluralLabel>Areas</pluralLabel><visibility>Public</visibility>",
    )
    project.write(
        "objects/Area__mdt/fields/Parent__c.field-meta.xml",
        "CustomField",
        "<fullName>Parent__c</fullName><label>Parent</label><type>MetadataRelationship</type>"
        "<referenceTo>Area__mdt</referenceTo><relationshipName>Areas</relationshipName>",
    )
    return project


def test_custom_metadata_records_refer_to_each_other_whatever_their_order(tmp_path: Path) -> None:
    project = areas(tmp_path)
    project.area("Alps", parent="World")
    project.area("World")
    rows = project.query("SELECT DeveloperName, Parent__c, Id FROM Area__mdt ORDER BY DeveloperName")
    assert [row["DeveloperName"] for row in rows] == ["Alps", "World"]
    assert rows[0]["Parent__c"] == rows[1]["Id"]
    assert rows[1]["Parent__c"] is None


def test_records_that_are_declared_as_before_are_not_touched(tmp_path: Path) -> None:
    project = areas(tmp_path)
    project.area("Alps", parent="World")
    project.area("World")
    soql = "SELECT Id, SystemModstamp FROM Area__mdt ORDER BY DeveloperName"
    assert project.query(soql) == project.query(soql)


def test_a_record_goes_with_its_file_and_keeps_its_id_over_an_edit(tmp_path: Path) -> None:
    project = areas(tmp_path)
    project.area("Alps", parent="World")
    project.area("World")
    before = {
        row["DeveloperName"]: row["Id"] for row in project.query("SELECT DeveloperName, Id FROM Area__mdt")
    }
    project.area("Alps")
    project.area("Andes")
    (tmp_path / "app/customMetadata/Area.World.md-meta.xml").unlink()
    rows = project.query("SELECT DeveloperName, Id, Parent__c FROM Area__mdt ORDER BY DeveloperName")
    for name in ("Alps", "Andes"):
        (tmp_path / f"app/customMetadata/Area.{name}.md-meta.xml").unlink()
    assert project.query("SELECT Id FROM Area__mdt") == []
    assert [row["DeveloperName"] for row in rows] == ["Alps", "Andes"]
    assert rows[0]["Id"] == before["Alps"]
    assert rows[0]["Parent__c"] is None


def test_a_standard_value_set_replaces_the_stages(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        "standardValueSets/OpportunityStage.standardValueSet-meta.xml",
        "StandardValueSet",
        "<sorted>false</sorted>"
        "<standardValue><fullName>Open</fullName><default>false</default><label>Open</label>"
        "<closed>false</closed><forecastCategory>Pipeline</forecastCategory><probability>30</probability>"
        "<won>false</won></standardValue>"
        "<standardValue><fullName>Won</fullName><default>false</default><label>Won</label>"
        "<closed>true</closed><forecastCategory>Closed</forecastCategory><probability>100</probability>"
        "<won>true</won></standardValue>",
    )
    rows = project.query("SELECT ApiName, IsWon, DefaultProbability FROM OpportunityStage ORDER BY SortOrder")
    assert [tuple(row.values()) for row in rows] == [("Open", 0, 30), ("Won", 1, 100)]
    assert len(project.query("SELECT Id FROM CaseStatus")) == 4


def test_more_records_than_a_page_are_matched_too(tmp_path: Path) -> None:
    project = areas(tmp_path)
    for place in range(2_001):
        project.area(f"Area{place}")
    assert len(project.query("SELECT Id FROM Area__mdt LIMIT 5")) == 5
    again = project.query("SELECT DeveloperName FROM Area__mdt WHERE DeveloperName = 'Area2000'")
    assert len(again) == 1
