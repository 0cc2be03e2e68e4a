"""Whatever a metadata file holds, loading it says so: findings, never an exception."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus.org.schema.check import check_project, render
from isthmus.org.schema.sfdx.project import load_project
from isthmus.org.schema.standard import standard_objects

SOLAR = Path(__file__).parents[5] / "examples" / "solar"
FILES = sorted(
    path.relative_to(SOLAR).as_posix()
    for pattern in (
        "**/objects/*__*/**/*.xml",
        "**/customMetadata/*.xml",
        "**/*ValueSets/*.xml",
        "**/Opportunity/**/*.xml",
        "sfdx-project.json",
    )
    for path in SOLAR.glob(pattern)
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mangled") / "solar"
    shutil.copytree(SOLAR, root)
    return root


@st.composite
def mangled(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of the project, and what it holds after pieces were cut, doubled, swapped or made up."""
    file = draw(st.sampled_from(FILES))
    content = (SOLAR / file).read_bytes()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        end = min(len(content), at + draw(st.integers(0, 60)))
        piece = content[at:end]
        new = draw(
            st.one_of(
                st.just(b""),
                st.just(piece * 2),
                st.just(piece[::-1]),
                st.binary(max_size=8),
                st.sampled_from(
                    [b"<", b"&", b"</", b"<a/>", b"-1", b"true", b"__c", b"<fullName>Q__c</fullName>"]
                ),
            )
        )
        content = content[:at] + new + content[end:]
    return file, content


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mangled())
def test_a_mangled_file_gives_findings(project: Path, change: tuple[str, bytes]) -> None:
    file, content = change
    place = project / file
    try:
        place.write_bytes(content)
        loaded = load_project(project, standard_objects())
    finally:
        place.write_bytes((SOLAR / file).read_bytes())
    assert all(each.line >= 1 and each.message for each in loaded.findings)


TEXTS = [
    "true",
    "-5",
    "999999999999999999",
    "Text",
    "Summary",
    "Picklist",
    "X__c",
    "Installation__c",
    "",
    "é" * 300,
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([file for file in FILES if file.endswith(".xml")]), st.data())
def test_a_file_that_says_something_else_gives_findings(
    project: Path, file: str, data: st.DataObject
) -> None:
    """The XML stays well-formed, so that what reads it goes all the way."""
    original = (SOLAR / file).read_text("utf-8")
    lines = original.split("\n")
    at = data.draw(st.integers(2, len(lines) - 1))
    head, opened, rest = lines[at].partition(">")
    _, closing, tail = rest.partition("</")
    action = data.draw(st.sampled_from(["value", "drop", "double"]))
    if not closing:
        return
    if action == "value":
        lines[at] = head + opened + data.draw(st.sampled_from(TEXTS)) + closing + tail
    else:
        lines[at : at + 1] = [] if action == "drop" else [lines[at], lines[at]]
    place = project / file
    try:
        place.write_text("\n".join(lines), "utf-8")
        report = check_project(project)
    finally:
        place.write_text(original, "utf-8")
    assert render(report)
