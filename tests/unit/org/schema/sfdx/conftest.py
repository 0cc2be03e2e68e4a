"""A project to write into, file by file, and to load."""

from collections.abc import Callable
from pathlib import Path

import pytest

from isthmus.org.schema.model import Field, SObjectType
from isthmus.org.schema.sfdx.project import Project, load_project
from isthmus.org.schema.standard import standard_objects

SOURCE = "force-app/main/default"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
METADATA = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
OBJECT = """<label>Thing</label>
<nameField><label>Thing Name</label><type>Text</type></nameField>
<pluralLabel>Things</pluralLabel>
<sharingModel>ReadWrite</sharingModel>"""


class ProjectFolder:
    """An SFDX project in a folder of the test's own. Paths are relative to the default source folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / SOURCE).mkdir(parents=True)
        self.put("/sfdx-project.json", '{"packageDirectories": [{"path": "force-app", "default": true}]}')

    def put(self, path: str, text: str | bytes) -> str:
        """Write a file as it is; returns its path from the project."""
        file = path[1:] if path.startswith("/") else f"{SOURCE}/{path}"
        place = self.root / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def xml(self, path: str, root: str, body: str) -> str:
        """Write a metadata file; the body's first line is line 3."""
        return self.put(path, f"{HEAD}<{root} {METADATA}>\n{body}\n</{root}>\n")

    def object(self, name: str, body: str = OBJECT) -> str:
        return self.xml(f"objects/{name}/{name}.object-meta.xml", "CustomObject", body)

    def field(self, owner: str, name: str, body: str) -> str:
        """Write a custom field's file: its full name is on line 3, the body begins on line 4."""
        path = f"objects/{owner}/fields/{name}.field-meta.xml"
        return self.xml(path, "CustomField", f"<fullName>{name}</fullName>\n{body}")

    def load(self) -> Project:
        return load_project(self.root, standard_objects())

    def loaded(self, name: str) -> SObjectType:
        """The object of that name, of a project in which nothing is wrong."""
        project = self.load()
        assert not project.errors, "\n".join(map(str, project.errors))
        return next(each for each in project.objects if each.name == name)

    def loaded_field(self, owner: str, name: str) -> Field:
        found = self.loaded(owner).field(name)
        assert found is not None
        return found

    def errors(self) -> list[str]:
        """What is wrong, as `file:line: message`, by file and line."""
        return [f"{each.file}:{each.line}: {each.message}" for each in self.load().errors]

    def warnings(self) -> list[str]:
        return [str(each) for each in self.load().findings if each.severity.value == "warning"]


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path)


@pytest.fixture
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], ProjectFolder]:
    """New projects, for tests that need several."""
    return lambda: ProjectFolder(tmp_path_factory.mktemp("project"))
