"""`.forceignore`: each kind of pattern, with what it takes and what it leaves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.org.schema.sfdx.ignore import IgnoreRules

# pattern · a path that is left out (a folder ends with a slash) · one that is not
# source: gitignore(5), "PATTERN FORMAT"
CASES = [
    ("*.log", "a.log", "a.log.txt"),
    ("*.log", "deep/er/a.log", "deep/er/alog"),
    ("/top.txt", "top.txt", "deep/top.txt"),
    ("a/b.txt", "a/b.txt", "x/a/b.txt"),
    ("build/", "build/", "build"),
    ("build/", "deep/build/any.txt", "deep/builder/any.txt"),
    ("**/gen", "a/b/gen", "a/b/gent"),
    ("**/gen", "gen", "again"),
    ("gen/**", "gen/a/b", "gen"),
    ("a/**/z", "a/z", "az"),
    ("a/**/z", "a/b/c/z", "b/a/z"),
    ("a/*/z", "a/b/z", "a/b/c/z"),
    ("f?o", "fxo", "f/o"),
    ("v[0-9].xml", "v7.xml", "vx.xml"),
    ("v[!0-9].xml", "vx.xml", "v7.xml"),
    ("v[z-a]", "v[z-a]", "vz"),
    ("v[a", "v[a", "va"),
    ("\\#hash", "#hash", "hash"),
    ("\\!bang", "!bang", "bang"),
    ("force-app\\main\\x.cls", "force-app/main/x.cls", "x.cls"),
    ("a.b", "a.b", "axb"),
    ("space   ", "space", "space   "),
    ("**/profiles/Admin.profile-meta.xml", "f/main/profiles/Admin.profile-meta.xml", "f/profiles/Admin2.xml"),
]


@pytest.mark.parametrize(("pattern", "left_out", "kept"), CASES)
def test_a_pattern(pattern: str, left_out: str, kept: str) -> None:
    rules = IgnoreRules.parse(pattern + "\n")
    assert rules.matches(left_out.rstrip("/"), folder=left_out.endswith("/"))
    assert not rules.matches(kept, folder=False)


def test_the_last_pattern_that_matches_decides() -> None:
    rules = IgnoreRules.parse("\ufeff# first\n\n*.xml\r\n!keep.xml\nold/\n!old/keep.xml\n")
    assert rules.matches("a.xml", folder=False)
    assert not rules.matches("keep.xml", folder=False)
    assert rules.matches("old/keep.xml", folder=False), "a folder that is left out stays out"


@pytest.mark.parametrize(
    "path",
    [".gitignore", "lwc/jsconfig.json", "lwc/a/__tests__/a.test.js", "x/.eslintrc.json", "m/package.xml"],
)
def test_what_is_never_a_component(path: str) -> None:
    assert IgnoreRules.parse("").matches(path, folder=False)


@given(
    st.text(alphabet="ab*?[]!-\\/#~&|^. \n", max_size=20), st.text(alphabet="ab/.-", min_size=1, max_size=10)
)
def test_any_text_is_a_list_of_patterns(text: str, path: str) -> None:
    IgnoreRules.parse(text).matches(path, folder=False)
