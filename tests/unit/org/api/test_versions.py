"""Are versions named, retired and refused as the platform does it?"""

import pytest

from isthmus.org.api import versions


@pytest.mark.parametrize(
    ("version", "label"),  # source: REST API Developer Guide, Versions
    [(31, "Summer '14"), (32, "Winter '15"), (45, "Spring '19"), (60, "Spring '24"), (65, "Winter '26")],
)
def test_a_version_is_called_by_its_release(version: int, label: str) -> None:
    assert versions.label(version) == label


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        (30, 410, "UNSUPPORTED_API_VERSION"),
        (7, 410, "UNSUPPORTED_API_VERSION"),
        (66, 404, "NOT_FOUND"),
        (6, 404, "NOT_FOUND"),
        (99, 404, "NOT_FOUND"),
    ],
)
def test_a_version_that_is_not_spoken_is_refused(version: int, status: int, code: str) -> None:
    refusal = versions.refusal(version)
    assert refusal is not None
    assert (refusal.status, refusal.code) == (status, code)


def test_the_versions_from_31_to_65_are_spoken() -> None:
    assert [version for version in range(1, 100) if versions.refusal(version) is None] == list(range(31, 66))
