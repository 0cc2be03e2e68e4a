"""Problems: faults in the words of Bayeux, and what its client should do about each.

Source: Streaming API Developer Guide, "Streaming API Error Codes".
"""

from typing import Final

from isthmus.kernel.clock import SECOND
from isthmus.kernel.errors import Fault
from isthmus.wire.bayeux import Advice

_ARGUMENTS: Final = {"cometd_publish_denied": "denied_by_security_policy"}
"""What stands between the colons; nothing, but for what the security policy of the server forbids."""
_HANDSHAKE: Final = Advice(reconnect="handshake", interval=0)
_NONE: Final = Advice(reconnect="none")
_HANDSHAKE_LATER: Final = Advice(reconnect="handshake", interval=10 * SECOND)
"""What went wrong once may do so again: a client that begins anew at once would keep us busy with it."""
_ADVICE: Final = {
    "cometd_client_unknown": _HANDSHAKE,
    "cometd_handshake_missing": _HANDSHAKE,
    "cometd_authentication_invalid": _NONE,
    "cometd_authentication_missing": _NONE,
    "cometd_cookie_missing": _NONE,
    "event_delivery_limit_exceeded": _NONE,
    "cometd_server_busy": _HANDSHAKE_LATER,
    "cometd_user_differs": _NONE,
    "cometd_user_not_enabled": _NONE,
    "cometd_version_missing": _NONE,
    "cometd_version_unknown": _NONE,
    "cometd_version_unsupported": _NONE,
}


def text_of(error: Fault) -> str:
    """A fault as the text of `error`: `403::Unknown client`."""
    return f"{error.status}:{_ARGUMENTS.get(error.entry.name, '')}:{error.message}"


def advice_of(error: Fault) -> Advice | None:
    """What a client whose message was refused should do; None: what it would have done anyway."""
    return _ADVICE.get(error.entry.name)
