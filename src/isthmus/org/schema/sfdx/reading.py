"""Reading: the XML of every component, each file checked for what all metadata files have in common."""

from pathlib import Path
from typing import TypeAlias

from isthmus.org.schema.sfdx.document import METADATA, Node, read_document
from isthmus.org.schema.sfdx.findings import Findings
from isthmus.org.schema.sfdx.metadata_types import Shape, Standing
from isthmus.org.schema.sfdx.scan import META, Component, Scan

Documents: TypeAlias = list[tuple[Component, Node]]


def read_documents(root: Path, found: Scan, findings: Findings) -> Documents:
    """The root node of each component's document, where that is well-formed and of the right kind."""
    documents: Documents = []
    for component in found.components:
        _check_files(component, findings)
        if component.document is None:
            continue
        node = read_document(root, component.document, component.what, findings)
        if node is not None and _is_right(component, node):
            documents.append((component, node))
    return documents


def unique(documents: Documents) -> Documents:
    """The documents without those that declare a component of one type anew, which is an error."""
    first: dict[str, Node] = {}
    kept: Documents = []
    for component, node in documents:
        if component.name in first:
            node.error(f"{component.name} is declared in {first[component.name].source.file} too")
            continue
        first[component.name] = node
        kept.append((component, node))
    return kept


def _check_files(component: Component, findings: Findings) -> None:
    """Content and its `-meta.xml` belong together."""
    if component.type.shape is not Shape.CONTENT:
        return
    file = component.files[0]
    if component.document is None:
        findings.warning(
            file, 1, component.what, f"there is no {file.rpartition('/')[2]}{META} beside the file"
        )
    elif len(component.files) == 1:
        content = file.rpartition("/")[2].removesuffix(META)
        findings.warning(file, 1, component.what, f"there is no {content} beside the file")


def _is_right(component: Component, node: Node) -> bool:
    """Whether the root element is the type's. Types that no wire knows are let off with a warning."""
    say = node.warn if component.type.standing is Standing.ASIDE else node.error
    expected = component.type.name
    named = node.name == expected or (expected == "Settings" and node.name.endswith("Settings"))
    if not named:
        say(f"the root element is <{node.name}>, where <{expected}> is expected")
    elif not node.in_metadata:
        say(f'the root element needs xmlns="{METADATA}"')
        return False
    return named
