"""The driver: as many requests as a server answers, over connections that stay open.

A closed loop on raw sockets: each connection sends a prepared request, reads the whole answer, and sends the
next. Nothing is parsed but where the answer ends, so that one core of driver is more than one core of server
can use. `busy` is the share of its core that the driver used: near 1, the driver was the bottleneck, and the
figure is void.

    python -m bench.load PORT SECONDS CONNECTIONS < requests     # one request a line, as a JSON text
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice

_CHUNK = 1 << 20


class WrongAnswer(Exception):
    """The server answered with something else than success; the message is the answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. `busy` is between 0 and 1; `median` and `p99` are latencies in seconds."""

    count: int
    seconds: float
    busy: float
    median: float
    p99: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds


class _Connection:
    """One connection, with its own place in the requests."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._missing = -1
        self._head = b""
        self.sent_at = 0.0

    def send(self) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(next(self._requests))

    def receive(self) -> bool:
        """Read what is there; whether the answer is whole."""
        data = self.socket.recv(_CHUNK)
        if not data:
            raise WrongAnswer("the server closed the connection")
        if self._missing < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._missing = self._body_length(self._head[:end]) - (len(self._head) - end - 4)
            self._head = b""
        else:
            self._missing -= len(data)
        if self._missing > 0:
            return False
        self._missing = -1
        return True

    @staticmethod
    def _body_length(head: bytes) -> int:
        if head[9:10] != b"2":
            raise WrongAnswer(head.decode("latin-1"))
        at = head.lower().find(b"content-length:")
        if at < 0:
            raise WrongAnswer("the answer doesn't say how long it is")
        return int(head[at + 15 :].split(b"\r", 1)[0])


def run(port: int, requests: Sequence[bytes], seconds: float, connections: int) -> Load:
    """Drive the server on `port` for `seconds` with `connections`. Raises WrongAnswer."""
    with ExitStack() as closing:
        selector = closing.enter_context(selectors.DefaultSelector())
        for lane in range(connections):
            step = islice(cycle(requests), lane * len(requests) // connections, None)
            connection = _Connection(port, step)
            closing.callback(connection.socket.close)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        latencies: list[float] = []
        started, cpu = time.perf_counter(), time.process_time()
        for key in selector.get_map().values():
            key.data.send()
        while (elapsed := time.perf_counter() - started) < seconds:
            for key, _ in selector.select(timeout=1.0):
                connection = key.data
                if connection.receive():
                    latencies.append(time.perf_counter() - connection.sent_at)
                    connection.send()
        busy = (time.process_time() - cpu) / elapsed
    if not latencies:
        raise WrongAnswer("the server answered nothing in time")
    latencies.sort()
    middle, late = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
    return Load(len(latencies), elapsed, busy, middle, late)


def main() -> None:
    port, seconds, connections = sys.argv[1:]
    requests = [json.loads(line).encode("latin-1") for line in sys.stdin]
    load = run(int(port), requests, float(seconds), int(connections))
    json.dump(
        {
            "count": load.count,
            "seconds": load.seconds,
            "busy": load.busy,
            "median": load.median,
            "p99": load.p99,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
