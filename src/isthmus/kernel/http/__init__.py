"""HTTP/1.1 for an ASGI application, bounded in what a client may send, keep open, and leave untaken.

`server` listens and stops; `connection` is a client's, `head` what its requests begin with, `exchange` one
request and its answer, `asking` how an application is asked that has answers at once. Parsing is httptools'.
Socket timeouts run on real time.
"""

from isthmus.kernel.http.connection import Refusal
from isthmus.kernel.http.exchange import Later
from isthmus.kernel.http.head import HEAD_BYTES_MAX
from isthmus.kernel.http.listener import Listener, ListenError
from isthmus.kernel.http.server import HttpServer
from isthmus.kernel.http.signals import stop_signals

__all__ = ["HEAD_BYTES_MAX", "HttpServer", "Later", "ListenError", "Listener", "Refusal", "stop_signals"]
