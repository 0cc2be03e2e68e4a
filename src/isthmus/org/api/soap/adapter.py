"""The SOAP adapter: an envelope leads to its operation; a fault becomes a SOAP fault, with HTTP 500."""

from typing import Final

from starlette.responses import Response

from isthmus.kernel.errors import Fault, fault
from isthmus.org.api.routing import Adapter, Auth, Call, Handler, Route
from isthmus.org.api.soap.endpoints import ENTERPRISE_API, PARTNER_API, Api, read_version
from isthmus.org.api.soap.operations import SoapRequest, answer
from isthmus.wire.soap import CONTENT_TYPE, MalformedEnvelope, SoapFault, parse_envelope, write_fault
from isthmus.wire.xml import MalformedXml

REQUEST_BYTES_MAX: Final = 256 * 1024
"""What one request may hold. It is parsed before its session is known, for the session is inside, and in the
event loop: operations that take more have to find the session first, and to parse beside the loop.
"""
_FAULT_STATUS: Final = 500
_KINDS: Final = {
    "invalid_login": "LoginFault",
    "login_from_restricted_address": "LoginFault",
    "login_at_restricted_time": "LoginFault",
    "login_needs_security_token": "LoginFault",
    "login_rate_exceeded": "LoginFault",
    "soap_login_unavailable": "LoginFault",
    "soap_login_too_large": "LoginFault",
}
_KIND: Final = "UnexpectedErrorFault"
_BARE_CODES: Final = frozenset({"soap_malformed"})
"""Faults whose code has no prefix on the wire (recorded)."""


def _serve(api: Api) -> Handler:
    async def serve(call: Call) -> Response:
        version = read_version(call.path["version"])
        try:
            envelope = parse_envelope(call.body, REQUEST_BYTES_MAX)
        except MalformedXml as error:
            raise fault("soap_malformed", reason=error.message) from None
        except MalformedEnvelope as error:
            raise fault("soap_malformed", reason=error) from None
        reply = await answer(SoapRequest(call, api, version, envelope))
        return Response(reply, media_type=CONTENT_TYPE)

    return serve


def render_fault(call: Call, error: Fault) -> Response:
    """A SOAP fault: `CODE: message`, and the exception in the namespace of the API that was asked."""
    api = ENTERPRISE_API if call.request.url.path.lower().startswith("/services/soap/c/") else PARTNER_API
    if error.entry.name == "soap_unknown_operation":
        answer = SoapFault("soapenv:Client", error.message)
    else:
        prefix = "" if error.entry.name in _BARE_CODES else "sf:"
        answer = SoapFault(
            faultcode=prefix + error.code,
            faultstring=f"{error.code}: {error.message}",
            kind=_KINDS.get(error.entry.name, _KIND),
            code=error.code,
            message=error.message,
            position=error.position,
        )
    return Response(write_fault(answer, api.fault_namespace), _FAULT_STATUS, media_type=CONTENT_TYPE)


_PATHS: Final = tuple(
    (f"/services/Soap/{api.letter}/{{version}}{place}", api)
    for api in (PARTNER_API, ENTERPRISE_API)
    for place in ("", "/{place:rest}")
)

SOAP: Final = Adapter(
    "soap",
    tuple(Route("POST", path, _serve(api), Auth.NONE, REQUEST_BYTES_MAX) for path, api in _PATHS),
    render_fault,
)
