"""Pollers: as many clients as a figure wants, each with a long poll that waits on a connection of its own.

Against our org they shake hands, subscribe and connect as CometD has it; against the peer they only ask. Raw
sockets, and nothing is parsed but where an answer ends, so that the driver is not what is measured.

    python -m bench.pollers SIDE PORT TOKEN COUNT EVENTS PROCESS

prints {"latency": seconds from publishing to the last answer, the median of all events; "cpu": the server's
seconds for one delivery; "bytes": the server's memory for one poll that waits}; without EVENTS only that.
"""

import json
import os
import selectors
import socket
import statistics
import sys
import time
from pathlib import Path
from typing import Final

from bench.driver import request

CHANNEL: Final = "/event/Ping__e"
_CONNECT_AT: Final = "/cometd/65.0/connect"
_SETTLE_SECONDS: Final = 0.5
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_TICK: Final = os.sysconf("SC_CLK_TCK")


class Poller:
    """One connection, and the request by which it waits."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting = b""
        self._came = b""

    def ask(self, asked: bytes) -> tuple[bytes, bytes]:
        """Head and body of the answer."""
        self.socket.sendall(asked)
        while not self.receive():
            pass
        head, _, body = self._came.partition(b"\r\n\r\n")
        return head, body

    def wait(self) -> None:
        """Send the request that waits."""
        self._came = b""
        self.socket.sendall(self.waiting)

    def receive(self) -> bool:
        """Read what is there; whether the answer is whole."""
        if self._is_whole():
            self._came = b""
        self._came += self.socket.recv(1 << 16)
        return self._is_whole()

    def _is_whole(self) -> bool:
        head, blank, body = self._came.partition(b"\r\n\r\n")
        at = head.find(b"content-length: ")
        return bool(blank) and len(body) >= int(head[at + 16 :].split(b"\r", 1)[0])


def subscribe(poller: Poller, token: str) -> None:
    """Have a poller wait for events of our org."""

    def post(cookie: str, **message: object) -> bytes:
        asked = request("POST", _CONNECT_AT, token, json.dumps([message]).encode())
        return asked.replace(b"Accept:", f"Cookie: {cookie}\r\nAccept:".encode(), 1)

    head, body = poller.ask(post("", channel="/meta/handshake", version="1.0"))
    cookie = head.split(b"set-cookie: ", 1)[1].split(b";", 1)[0].decode()
    client = json.loads(body)[0]["clientId"]
    connect = post(cookie, channel="/meta/connect", clientId=client, connectionType="long-polling")
    poller.ask(connect)
    _, body = poller.ask(post(cookie, channel="/meta/subscribe", clientId=client, subscription=CHANNEL))
    assert json.loads(body)[0]["successful"], body
    poller.waiting = connect


def measure(side: str, port: int, token: str, count: int, events: int, process: int) -> dict[str, float]:
    """Have `count` pollers wait, and publish `events` times."""
    before = _resident(process)
    pollers = [Poller(port) for _ in range(count)]
    publisher = Poller(port)
    if side == "ours":
        body = json.dumps({"Text__c": "x" * 200}).encode()
        publishing = request("POST", "/services/data/v65.0/sobjects/Ping__e", token, body)
    else:
        publishing = request("POST", "/publish", "", b"{}")
    for poller in pollers:
        if side == "ours":
            subscribe(poller, token)
        else:
            poller.waiting = request("POST", "/connect", "", b"{}")
    _wait(pollers)
    held = (_resident(process) - before) / count
    times: list[float] = []
    cpu = 0.0
    with selectors.DefaultSelector() as selector:
        for poller in pollers:
            selector.register(poller.socket, selectors.EVENT_READ, poller)
        for event in range(events):
            if event:
                _wait(pollers)
            spent, started = _cpu(process), time.perf_counter()
            publisher.ask(publishing)
            missing = set(pollers)
            while missing:
                for key, _mask in selector.select(timeout=10):
                    if key.data.receive():
                        missing.discard(key.data)
            times.append(time.perf_counter() - started)
            cpu += _cpu(process) - spent
    if not events:
        return {"bytes": held}
    return {"latency": statistics.median(times), "cpu": cpu / (events * count), "bytes": held}


def _wait(pollers: list[Poller]) -> None:
    """Have all of them wait, and give the server time to see to it."""
    for poller in pollers:
        poller.wait()
    time.sleep(_SETTLE_SECONDS)


def _resident(process: int) -> int:
    """The memory of a process, in bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE


def _cpu(process: int) -> float:
    """What a process has used of its core, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


if __name__ == "__main__":
    side, port, token, *numbers = sys.argv[1:]
    count, events, process = map(int, numbers)
    json.dump(measure(side, int(port), token, count, events, process), sys.stdout)
