"""Editions: what an org of an edition, with so many licences, is allowed.

Source: Salesforce Developer Limits and Allocations Quick Reference, "API Request Limits and Allocations";
Platform Events Developer Guide, "Platform Event Allocations"; Streaming API Developer Guide, "Limits".
"""

from collections.abc import Mapping
from typing import Final

from isthmus.org.limits.maxima import DEVELOPER_EDITION, LONG_REQUESTS, UNREPORTED

LICENSES: Final = 2
"""Those of a Developer Edition org."""
_DEVELOPER: Final[Mapping[str, int]] = {**DEVELOPER_EDITION, **UNREPORTED}
_ENTERPRISE: Final = {
    "DailyApiRequests": 100_000,
    "DailyDeliveredPlatformEvents": 25_000,
    "HourlyPublishedPlatformEvents": 250_000,
    "HourlyPublishedStandardVolumePlatformEvents": 100_000,
    "DurableStreamingApiConcurrentClients": 1_000,
    "StreamingApiConcurrentClients": 1_000,
    LONG_REQUESTS: 25,
}
_EDITIONS: Final[Mapping[str, Mapping[str, int]]] = {
    "Developer Edition": {},
    "Professional Edition": _ENTERPRISE,
    "Enterprise Edition": _ENTERPRISE,
    "Unlimited Edition": {
        **_ENTERPRISE,
        "DailyDeliveredPlatformEvents": 50_000,
        "DurableStreamingApiConcurrentClients": 2_000,
        "StreamingApiConcurrentClients": 2_000,
    },
}
_CALLS_PER_LICENSE: Final = {
    "Developer Edition": 0,
    "Professional Edition": 1_000,
    "Enterprise Edition": 1_000,
    "Unlimited Edition": 5_000,
}
_ASYNCHRONOUS_PER_LICENSE: Final = 200


def maxima(
    overrides: Mapping[str, int], edition: str = "Developer Edition", licenses: int = LICENSES
) -> dict[str, int]:
    """Every limit by its name: the edition's, but for `overrides`, which are the settings'."""
    allowed = {**_DEVELOPER, **_EDITIONS[edition]}
    allowed["DailyApiRequests"] += _CALLS_PER_LICENSE[edition] * licenses
    asynchronous = allowed["DailyAsyncApexExecutions"]
    allowed["DailyAsyncApexExecutions"] = max(asynchronous, _ASYNCHRONOUS_PER_LICENSE * licenses)
    return {**allowed, **overrides}
