"""Routing: what an adapter offers, and what its handlers are given.

An adapter is a tuple of routes and a way to render a fault. The gateway (`gateway.py`) puts all adapters
behind one trie, runs its request chain, and calls the handler; a `Fault` that escapes is rendered by the
adapter it came from.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from isthmus.kernel.errors import Fault, fault
from isthmus.kernel.http import Later
from isthmus.org.security.principal import Principal

if TYPE_CHECKING:
    from isthmus.org.org import Org

T = TypeVar("T")


class Auth(Enum):
    """Who may call a route."""

    SESSION = "a valid session or access token"
    NONE = "anyone"


@dataclass(slots=True)
class Call:
    """One request on its way through the chain. `body` is whole, decompressed and within the route's limit.

    `base_url` names the host by which the client came (`https://acme.my.salesforce.com`,
    `http://localhost:8080`), without a slash at the end: every URL in an answer begins with it. `path`
    holds the route's named segments, decoded. `headers` are the request's, names in lower case.
    `on_login_host`: the client came by a host that only logs in (`login.salesforce.com`).
    """

    org: "Org"
    scope: Scope
    receive: Receive
    headers: Mapping[bytes, bytes]
    base_url: str = ""
    on_login_host: bool = False
    path: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    user: Principal | None = None
    token: str | None = None
    api_version: int = 0
    """The version in the URL, 65 for `v65.0`; 0 where the route has none."""
    username: str | None = None
    """Who asks, as far as the request log is concerned: set where a session is not in a header."""

    @property
    def request(self) -> Request:
        """The request as Starlette has it; without its body, which has been read."""
        return Request(self.scope, self.receive)

    @property
    def principal(self) -> Principal:
        """Who calls; only routes with `Auth.NONE` can be without. Raises the session fault."""
        if self.user is None:
            raise fault("session_invalid")
        return self.user

    async def waited_for(self, answer: Awaitable[T]) -> T:
        """What `answer` gives. It counts among the org's long requests, as long as the client is there; all
        that it asks of the org has the time of one request.
        """
        requests = self.org.long_requests
        number = requests.begin()
        self.scope.setdefault("state", {})["on_lost"] = partial(requests.end, number)
        try:
            with self.org.request_time.request():
                return await answer
        finally:
            requests.end(number)

    def header(self, name: bytes) -> str | None:
        """A request header by its lower-case name."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")


Handler: TypeAlias = Callable[[Call], Response | Awaitable[Response] | Later[Response]]
"""Most handlers are coroutine functions; one that need not wait may be a plain function. One that waits for
nothing but its answer may give a `Later`, on a route that anyone may call: it counts as no long request.
"""


@dataclass(frozen=True, slots=True)
class Route:
    """`path` has literal segments and `{name}` segments; `{name:rest}`, last, takes what is left, with
    slashes.

    `v{version}` stands for the API version. Literal segments match in any case, and a trailing slash does
    not matter.
    """

    method: str
    path: str
    handler: Handler
    auth: Auth = Auth.SESSION
    body_limit: int = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Adapter:
    """One wire: `render_fault` gives the answer for a fault in this wire's own form."""

    name: str
    routes: tuple[Route, ...]
    render_fault: Callable[[Call, Fault], Response]
