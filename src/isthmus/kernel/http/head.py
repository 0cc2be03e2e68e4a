"""Head: the URI and the headers of a request, as far as they have come.

Counting each header would cost every request a measurable share. A head is measured by the parts in which it
arrives, and exactly only where those exceed the limit.
"""

from typing import Final
from urllib.parse import unquote

import httptools
from starlette.types import Scope

HEAD_BYTES_MAX: Final = 16_384
"""URI and headers together: 414 where the URI alone is longer, 431 otherwise (REST API Developer Guide,
"Status Codes and Error Responses").
"""
_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}


class Head:
    """`came` bytes have come since the part of the input in which it began; `earlier` of them may belong to
    what was before it. `since`: when it began.
    """

    __slots__ = ("awaits_continue", "came", "earlier", "headers", "since", "url")

    def __init__(self, since: int, came: int = 0, *, alone: bool = True) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.awaits_continue = False
        self.came = came
        self.earlier = 0 if alone else came
        self.since = since

    def add(self, name: bytes, value: bytes) -> None:
        """One header more."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.awaits_continue = True
        self.headers.append((name, value))

    def grows_too_long(self) -> bool:
        """Whether so much has come that it can't be within the limit any more."""
        return self.came - self.earlier > HEAD_BYTES_MAX

    def is_too_long(self) -> bool:
        """Whether what is known of it is beyond the limit."""
        if self.came <= HEAD_BYTES_MAX:
            return False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        return size > HEAD_BYTES_MAX

    @property
    def blame(self) -> int:
        """The status for a head that is too long: which part of it is to blame."""
        return 414 if len(self.url) > HEAD_BYTES_MAX else 431

    def scope(self, method: str, version: str) -> Scope:
        """ASGI's scope, as far as the head tells it. Raises ValueError or HttpParserError for a bad URI."""
        url = self.url
        if url.startswith(b"/") and b"#" not in url:
            path, _, query = url.partition(b"?")
        elif url == b"*":
            path, query = url, b""
        else:
            parsed = httptools.parse_url(url)
            path, query = parsed.path or b"/", parsed.query or b""
        text = path.decode("ascii")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": method,
            "path": unquote(text) if "%" in text else text,
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": self.headers,
        }

    def without_upgrade(self, method: bytes) -> bytes:
        """The head as it would be had the client not asked for another protocol."""
        lines = [b"%b %b HTTP/1.1" % (method, self.url)]
        lines += [b"%b: %b" % each for each in self.headers if each[0] not in (b"connection", b"upgrade")]
        if any(name == b"connection" and b"close" in value.lower() for name, value in self.headers):
            lines.append(b"connection: close")
        return b"\r\n".join((*lines, b"", b""))
