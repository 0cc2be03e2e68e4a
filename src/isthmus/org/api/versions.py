"""API versions: which ones this org speaks, how a URL names them, and which release brought each.

Source: REST API Developer Guide, "Versions" (labels) and "API End-of-Life Policy" (retired versions).
"""

from typing import Final

from isthmus.kernel.errors import Fault, fault

OLDEST: Final = 31
NEWEST: Final = 65
SUPPORTED: Final = range(OLDEST, NEWEST + 1)
RETIRED: Final = range(7, OLDEST)

_SEASONS: Final = ("Summer", "Winter", "Spring")


def label(version: int) -> str:
    """The release that brought a version.

    >>> label(31), label(32), label(33), label(65)
    ("Summer '14", "Winter '15", "Spring '15", "Winter '26")
    """
    since = version - OLDEST
    return f"{_SEASONS[since % 3]} '{14 + (since + 2) // 3}"


SEGMENTS: Final = {f"v{version}.0": version for version in range(1, 200)}
"""`v65.0` → 65, as a segment of a path: whether it exists or not is another question (`check`)."""


def refusal(version: int) -> Fault | None:
    """Why a call under this version is refused, or None: 410 where it is retired, 404 where it never was."""
    if version in SUPPORTED:
        return None
    if version in RETIRED:
        return fault("api_version_retired", version=version, oldest=OLDEST)
    return fault("resource_not_found")
