"""Listener: an address to listen on, and what is wrong where that can't be done."""

import asyncio
import errno
import socket
import ssl
import sys
from dataclasses import dataclass
from typing import Final

BACKLOG: Final = 2048


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen. Port 0 takes any free port. `setting` is what a user changes to choose another."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    setting: str = "server.http"

    @property
    def scheme(self) -> str:
        return "http" if self.tls is None else "https"


class ListenError(Exception):
    """A listener could not be opened. The message says why and what to change."""


async def bind(listener: Listener) -> socket.socket:
    """A socket that listens there. Raises ListenError."""
    where = f"{listener.host}:{listener.port}"
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(
            listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ListenError(f"{listener.host} is no address to listen on ({error.strerror}).") from error
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there, the option would let two programs share the port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise ListenError(f"Can't listen on {where}: {_advice(error, listener)}") from error
    return bound


def _advice(error: OSError, listener: Listener) -> str:
    variable = "ISTHMUS_" + listener.setting.replace(".", "_").upper()
    choose = (
        f"choose another with {listener.setting} in isthmus.toml or {variable} in the environment "
        "(0 takes any free port)."
    )
    if error.errno == errno.EADDRINUSE:
        return f"port {listener.port} is in use. Stop the program that holds it, or {choose}"
    if error.errno == errno.EACCES:
        return f"port {listener.port} is not for ordinary users; {choose}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{listener.host} is not an address of this machine."
    return f"{error.strerror}."
