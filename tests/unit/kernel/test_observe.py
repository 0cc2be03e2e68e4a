"""Logs and counters: what is written, and that nothing is imported before it is used."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from isthmus.kernel.clock import ManualClock
from isthmus.kernel.observe import Metrics, configure_logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_entry_is_a_json_object_where_nobody_looks_on() -> None:
    stream = io.StringIO()
    configure_logs(ManualClock(), stream=stream)
    structlog.get_logger("isthmus.test").info("request", path="/services", status=200)
    structlog.get_logger("isthmus.test").debug("not shown")
    logging.getLogger("isthmus.database").warning("%s goes on", "it")
    entries = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert entries == [
        {
            "event": "request",
            "path": "/services",
            "status": 200,
            "level": "info",
            "logger": "isthmus.test",
            "time": "2026-01-01T00:00:00.000Z",
        },
        {
            "event": "it goes on",
            "level": "warning",
            "logger": "isthmus.database",
            "time": "2026-01-01T00:00:00.000Z",
        },
    ]


def test_an_error_is_written_with_its_trace() -> None:
    stream = io.StringIO()
    configure_logs(ManualClock(), stream=stream, as_json=True)
    try:
        raise LookupError("lost")
    except LookupError:
        structlog.get_logger("isthmus.test").exception("failed")
    assert "LookupError: lost" in json.loads(stream.getvalue())["exception"]


def test_a_person_gets_lines() -> None:
    stream = io.StringIO()
    configure_logs(ManualClock(), stream=stream, as_json=False, level="warning")
    structlog.get_logger("isthmus.test").info("not shown")
    structlog.get_logger("isthmus.test").warning("disk is slow", milliseconds=70)
    assert "disk is slow" in stream.getvalue()
    assert "milliseconds=70" in stream.getvalue()
    assert "not shown" not in stream.getvalue()


def test_a_person_gets_traces_without_the_values_in_them() -> None:
    stream = io.StringIO()
    configure_logs(ManualClock(), stream=stream, as_json=False)

    def fail(token: str) -> None:
        raise ValueError(len(token))

    try:
        fail("".join(("s3", "cr3t")))
    except ValueError:
        structlog.get_logger("isthmus.test").exception("it failed")
    assert "ValueError: 6" in stream.getvalue()
    assert "s3cr3t" not in stream.getvalue()


def test_an_unknown_level_is_named() -> None:
    with pytest.raises(ValueError, match="'loud' is none of debug, info"):
        configure_logs(ManualClock(), level="loud")


def test_counters_are_shown() -> None:
    metrics = Metrics()
    metrics.counter("isthmus_requests", "Requests.", ["status"]).labels("200").inc(3)
    metrics.histogram("isthmus_seconds", "Time.").observe(0.3)
    counts = {"units": 7, "waiting": 0}
    metrics.watch("isthmus_database", "The org's database.", lambda: counts)
    counts["units"] += 1
    shown = metrics.exposition().decode()
    assert 'isthmus_requests_total{status="200"} 3.0' in shown
    assert "isthmus_seconds_count 1.0" in shown
    assert 'isthmus_database{what="units"} 8.0' in shown


def test_nothing_is_imported_before_it_is_used() -> None:
    check = (
        "import sys, isthmus.kernel.observe; "
        "print([name for name in ('structlog', 'prometheus_client', 'rich') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
