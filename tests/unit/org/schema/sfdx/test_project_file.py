"""`sfdx-project.json`: what is read of it, and what is wrong with it."""

import pytest
from tests.unit.org.schema.sfdx.conftest import ProjectFolder

BROKEN = [
    ("{", 1, "not JSON"),
    ('{\n "packageDirectories":\n oops}', 3, "not JSON"),
    ("[]", 1, "the file must hold a JSON object"),
    ('{\n"packageDirectories": []}', 2, '"packageDirectories" must list at least one folder'),
    ('{\n"packageDirectories": [{}]}', 2, 'a package directory needs a "path"'),
    ('{"packageDirectories": [\n{"path": "src"}]}', 2, "the package directory src does not exist"),
    ('{"packageDirectories": [{"path": "../x"}]}', 1, "the package directory ../x lies outside the project"),
    ('{"packageDirectories": [{"path": "/etc"}]}', 1, "the package directory /etc lies outside the project"),
    ('{"packageDirectories": [{"path": "C:\\\\x"}]}', 1, "lies outside the project"),
    (
        '{"packageDirectories": [{"path": "force-app"}, {"path": "./force-app/"}]}',
        1,
        "the package directory force-app is listed twice",
    ),
    (
        '{"packageDirectories": [{"path": "force-app"}],\n"sourceApiVersion": 65}',
        2,
        '"sourceApiVersion" must be like "65.0", not 65',
    ),
]


@pytest.mark.parametrize(("text", "line", "message"), BROKEN)
def test_a_broken_project_file(folder: ProjectFolder, text: str, line: int, message: str) -> None:
    folder.put("/sfdx-project.json", text)
    [error] = folder.load().errors
    assert (error.file, error.line) == ("sfdx-project.json", line)
    assert message in error.message


def test_a_folder_that_is_no_project(folder: ProjectFolder) -> None:
    (folder.root / "sfdx-project.json").unlink()
    [error] = folder.load().errors
    assert "not an SFDX project" in error.message


def test_every_package_directory_is_read(folder: ProjectFolder) -> None:
    folder.put(
        "/sfdx-project.json",
        '{"packageDirectories": [{"path": "force-app"}, {"path": "force-app/inner"}, '
        '{"path": "b", "default": true}], "name": "two", "namespace": "acme", "sourceApiVersion": "60.0"}',
    )
    folder.put("/force-app/inner/README", "")
    folder.object("Thing__c")
    body = "<fullName>X__c</fullName><label>X</label><type>Date</type>"
    folder.xml("/b/objects/Thing__c/fields/X__c.field-meta.xml", "CustomField", body)
    project = folder.load()
    assert project.file is not None
    assert project.file.directories == ("force-app", "force-app/inner", "b")
    assert (project.file.default_directory, project.file.source_api_version) == ("b", "60.0")
    assert folder.loaded("Thing__c").field("X__c")
    assert project.unknown_files == ("force-app/inner/README",)
    assert [each.message for each in project.findings] == ["the namespace acme is not put before names here"]


def test_the_project_folder_itself_can_be_the_package(folder: ProjectFolder) -> None:
    folder.put("/sfdx-project.json", '{"packageDirectories": [{"path": "."}]}')
    folder.object("Thing__c")
    assert folder.loaded("Thing__c").label == "Thing"


def test_a_forceignore_that_is_no_text(folder: ProjectFolder) -> None:
    folder.put("/.forceignore", b"\xff\xfe")
    assert folder.load().errors[0].file == ".forceignore"


def test_what_is_left_out(folder: ProjectFolder) -> None:
    folder.put("/.forceignore", "# no drafts\n**/drafts/\nforce-app/main/default/objects/Old__c/**\n")
    folder.object("Thing__c")
    folder.put("drafts/objects/Bad__c/Bad__c.object-meta.xml", "<broken")
    folder.put("objects/Old__c/Old__c.object-meta.xml", "<broken")
    folder.put("lwc/x/.eslintrc.json", "{}")
    project = folder.load()
    assert not project.errors
    assert [each.name for each in project.components] == ["Thing__c"]
    assert project.ignored == 3
