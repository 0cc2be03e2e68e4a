"""Do the docs keep up? Generated pages are as the code is now, and links lead somewhere."""

import re
from pathlib import Path

import pytest
from tests.tidy.reference import claims, evidence
from tests.tidy.reference.claims import Group, Line, Part
from tests.tidy.reference.pages import FOLDER, PAGES

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)")
WRITTEN = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("README.md")]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_as_the_code_is(name: str) -> None:
    file = FOLDER / name
    assert file.is_file(), "run `make docs`"
    assert file.read_text("utf-8") == PAGES[name](), "run `make docs`, and look at what differs"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = [each for each in LINK.findall(page.read_text("utf-8")) if "://" not in each]
    assert not [each for each in links if not (page.parent / each).exists()]


def test_what_a_decision_names_is_in_the_tree() -> None:
    files = [path for folder in ("src", "tests", "bench", "docs") for path in (ROOT / folder).rglob("*")]
    code = "\n".join(each.read_text("utf-8") for each in files if each.suffix in (".py", ".toml"))
    words = set(re.findall(r"\w+", code + (ROOT / "pyproject.toml").read_text("utf-8")))
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        for named in re.findall(r"`([^`\n]+)`", page.read_text("utf-8")):
            if re.fullmatch(r"[\w/]+\.(py|toml|txt|md)", named):
                assert any(str(each).endswith(f"/{named}") for each in files) or (ROOT / named).exists(), (
                    f"{page.name} names the file {named}, which is not there"
                )
            elif re.fullmatch(r"[A-Za-z_][\w.]*_\w+(\(\))?|([A-Z][a-z]+){2,}(\.\w+)*", named):
                last = named.removesuffix("()").rpartition(".")[2]
                assert last in words, f"{page.name} names {named}, which no code does"


def test_the_commands_that_contributing_names_are_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {target for page in WRITTEN for target in re.findall(r"`make ([a-z]+)", page.read_text("utf-8"))}
    assert named <= targets


SERVED = "GET sobjects/{sobject}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (Line("a", "yes", calls=(SERVED,)), None),
        (Line("a", "partly", "a part", calls=(SERVED, "GET nonesuch")), None),
        (Line("a", "no", calls=("GET nonesuch",)), None),
        (Line("a", "yes"), "gives no evidence"),
        (Line("a", "partly", calls=(SERVED,)), "does not say in what it is there"),
        (Line("a", "no", calls=(SERVED,)), "says no, and the code says partly or yes"),
        (Line("a", "yes", calls=("GET nonesuch",)), "says yes, and the code says no"),
        (Line("a", "yes", calls=(SERVED, "GET nonesuch")), "says yes, and the code says partly"),
        (Line("a", "no", calls=("GET /services/oauth2/authorize",)), None),
        (Line("a", "yes", cases=("rows: nonesuch",)), "names what there is not: no case 'rows: nonesuch'"),
        (
            Line("a", "no", query="SELECT FROM"),
            "gives a query that is wrong: unexpected token: 'SELECT FROM'",
        ),
    ],
)
def test_a_claim_that_the_code_does_not_bear_out_is_found(line: Line, told: str | None) -> None:
    assert line.problem() == told


def test_a_route_that_no_line_names_is_found() -> None:
    nothing = Part("a", "b", (Group("c", "d", ()),))
    assert f"no line names {evidence.form(SERVED)}" in claims.problems((nothing,))
