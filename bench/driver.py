"""Driving: the load in processes of its own, one for each core that the driver has."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

from bench.cores import ROOT, driver_cores
from bench.load import Load


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """One HTTP request, as it goes over the wire."""
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: application/json"]
    if token:
        head.append(f"Authorization: Bearer {token}")
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join((*head, "", "")).encode("latin-1") + body


def drive(port: int, requests: Sequence[bytes], seconds: float, connections: int) -> Load:
    """Drive the server on `port` from the driver's cores, and add up what came of it."""
    cores: list[int | None] = [*sorted(driver_cores())] or [None]
    cores = cores[:connections]
    share = [connections // len(cores) + (at < connections % len(cores)) for at in range(len(cores))]
    lines = "\n".join(json.dumps(each.decode("latin-1")) for each in requests)
    processes = [
        _start(core, port, seconds, count) for core, count in zip(cores, share, strict=True) if count
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(lines)
        process.stdin.close()
    loads = [_load(process) for process in processes]
    return Load(
        count=sum(each.count for each in loads),
        seconds=max(each.seconds for each in loads),
        busy=max(each.busy for each in loads),
        median=sorted(each.median for each in loads)[len(loads) // 2],
        p99=max(each.p99 for each in loads),
    )


def _start(core: int | None, port: int, seconds: float, connections: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.load", str(port), str(seconds), str(connections)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if core is not None and sys.platform == "linux":
        import os

        os.sched_setaffinity(process.pid, {core})
    return process


def _load(process: subprocess.Popen[str]) -> Load:
    assert process.stdout is not None
    assert process.stderr is not None
    said, complaints = process.stdout.read(), process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    if process.wait():
        raise RuntimeError(f"the driver failed: {complaints}")
    told: Mapping[str, float] = json.loads(said)
    return Load(int(told["count"]), told["seconds"], told["busy"], told["median"], told["p99"])


def busiest(loads: Sequence[Load]) -> str:
    """How busy the driver was at most: what a reader must know to trust the figure."""
    share = max(each.busy for each in loads)
    return f"driver {share:.0%} busy" + (" (the driver was the bottleneck)" if share > 0.95 else "")
