"""Peer: the least that a server of long polls can do. uvicorn holds each request until one to `/publish`
comes, and answers all of them with the same bytes: as many as an event of ours has with its connect's reply.
"""

import asyncio

from bench.peers.bare import HEADERS, serve
from starlette.types import Receive, Scope, Send

BODY = b"[" + b"x" * 700 + b"]"
_waiting: list[asyncio.Future[None]] = []


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    if scope["path"] == "/publish":
        for each in _waiting:
            each.set_result(None)
        _waiting.clear()
    else:
        waiting = asyncio.get_running_loop().create_future()
        _waiting.append(waiting)
        await waiting
    headers = [HEADERS[0], (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    serve(app)
