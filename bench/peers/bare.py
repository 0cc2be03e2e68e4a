"""Peer: the least that an HTTP server can do. uvicorn answers every request with the same few bytes of JSON.

It reads the body, as any server must, and runs on the same uvicorn, uvloop and httptools as ours.
"""

import socket

import uvicorn
from starlette.types import Receive, Scope, Send

BODY = b'{"ok":true}'
HEADERS = [(b"content-type", b"application/json;charset=UTF-8"), (b"content-length", str(len(BODY)).encode())]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def serve(asgi_app: object) -> None:
    """Serve `asgi_app` on a free port, and say which."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(asgi_app, access_log=False, log_level="warning", lifespan="off")  # type: ignore[arg-type]  # an ASGI app
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    serve(app)
