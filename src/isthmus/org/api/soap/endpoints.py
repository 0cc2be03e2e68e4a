"""Endpoints: the SOAP APIs, their namespaces, and how their URLs are written.

Source: Partner WSDL and Enterprise WSDL (targetNamespace, soap:address).
"""

import re
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.errors import fault
from isthmus.org.api.versions import SUPPORTED
from isthmus.wire.login import ENTERPRISE, ENTERPRISE_FAULT, PARTNER, PARTNER_FAULT

_VERSION: Final = re.compile(r"([1-9]\d{0,2})(?:\.0)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Api:
    """One SOAP API. `letter` is its place in the URL: `/services/Soap/u/64.0`; `kind` is what LoginHistory
    calls it.
    """

    letter: str
    namespace: str
    fault_namespace: str
    kind: str


PARTNER_API: Final = Api("u", PARTNER, PARTNER_FAULT, "SOAP Partner")
ENTERPRISE_API: Final = Api("c", ENTERPRISE, ENTERPRISE_FAULT, "SOAP Enterprise")
METADATA_LETTER: Final = "m"


def read_version(text: str) -> int:
    """The version in a URL: 64 for `64.0`. Fault: `soap_version_invalid`, where this org does not have it."""
    match = _VERSION.fullmatch(text)
    if match is None or int(match[1]) not in SUPPORTED:
        raise fault("soap_version_invalid")
    return int(match[1])


def endpoint_url(base_url: str, letter: str, version: int, organization_id: str) -> str:
    """Where an API is served to an organization."""
    return f"{base_url}/services/Soap/{letter}/{version}.0/{organization_id[:15]}"
