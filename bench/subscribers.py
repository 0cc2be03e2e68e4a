"""Subscribers: clients of CometD on raw sockets, so that who drives them is not what is measured.

Of the answers nothing is parsed but where they end, and who one is after a handshake.
"""

import json
import os
import socket
from pathlib import Path
from typing import Final

from bench.driver import request

CHANNEL: Final = "/event/Ping__e"
_AT: Final = "/cometd/65.0"
_COOKIE: Final = "set-cookie: bayeux_browser"
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_TICK: Final = os.sysconf("SC_CLK_TCK")


class Connection:
    """One connection to a server, on which a request is answered before the next is sent."""

    def __init__(self, port: int, token: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = b""
        """What is sent again and again."""
        self.missing = 0
        """How many events, or answers, are still to come."""
        self.client_id = ""
        self._token = token
        self._cookie = ""
        self._came = b""

    def send(self) -> None:
        """Ask, once more."""
        self._came = b""
        self.socket.sendall(self.request)

    def receive(self) -> bytes | None:
        """The answer's body, as soon as it is whole."""
        self._came += self.socket.recv(1 << 18)
        head, blank, body = self._came.partition(b"\r\n\r\n")
        if not blank:
            return None
        at = head.lower().find(b"content-length: ")
        if at < 0:
            return body if body.endswith(b"0\r\n\r\n") else None
        return body if len(body) >= int(head[at + 16 :].split(b"\r", 1)[0]) else None

    def message(self, **message: object) -> bytes:
        """A request with one message of this client."""
        if self.client_id:
            message["clientId"] = self.client_id
        written = request("POST", _AT, self._token, json.dumps([message]).encode())
        cookie = f"Cookie: {self._cookie}\r\n".encode() if self._cookie else b""
        return written.replace(b"Accept:", cookie + b"Accept:", 1)

    def say(self, asked: bytes) -> bytes:
        """The body of the answer."""
        self._came = b""
        self.socket.sendall(asked)
        while (body := self.receive()) is None:
            pass
        return body

    def shake_hands(self) -> None:
        """Become a client."""
        said = self.say(
            self.message(
                channel="/meta/handshake",
                version="1.0",
                minimumVersion="1.0",
                supportedConnectionTypes=["long-polling"],
            )
        )
        head = self._came.partition(b"\r\n\r\n")[0].decode()
        cookie = next((line for line in head.split("\r\n") if line.lower().startswith(_COOKIE)), "")
        self._cookie = cookie.partition(": ")[2].partition(";")[0]
        at = said.index(b'"clientId":"') + 12
        self.client_id = said[at : said.index(b'"', at)].decode()

    def subscribe(self) -> None:
        """Become a subscriber whose connect waits."""
        self.shake_hands()
        connect = {"channel": "/meta/connect", "connectionType": "long-polling"}
        self.say(self.message(**connect, advice={"timeout": 0}))
        said = self.say(self.message(channel="/meta/subscribe", subscription=CHANNEL))
        assert b'"successful":true' in said, said
        self.request = self.message(**connect)
        self.send()


def cpu_of(process: int) -> float:
    """What a process has used of its core, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory_of(process: int) -> int:
    """The memory of a process, in bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
