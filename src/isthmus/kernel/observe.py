"""Observing: structured logs and counters. What they are made with is imported only where they are used.

A log entry is an event with fields: for people a line, for machines a JSON object. Entries of libraries
that use Python's own logging take the same way. Counters are read when they are asked for: what is counted
anyway costs nothing more.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

from isthmus.kernel.clock import SECOND, Clock

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram
    from prometheus_client.metrics_core import Metric

LEVELS: Final = ("debug", "info", "warning", "error")


def configure_logs(
    clock: Clock,
    *,
    level: str = "info",
    as_json: bool | None = None,
    stream: TextIO | None = None,
    now: Callable[[], int] | None = None,
) -> None:
    """Write entries of `level` and above to `stream` (standard error).

    `as_json` None: JSON unless a person is looking on. Times are real time, or those of `now`. Raises
    ValueError for a level that is none of LEVELS.
    """
    if level not in LEVELS:
        raise ValueError(f"the log level {level!r} is none of {', '.join(LEVELS)}")
    import structlog

    stream = stream or sys.stderr
    as_json = not stream.isatty() if as_json is None else as_json
    at_least: int = getattr(logging, level.upper())

    def stamp(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        instant = datetime.fromtimestamp((now or clock.real_now)() / SECOND, UTC)
        entry["time"] = instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return entry

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        stamp,
    ]
    shown: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=stream.isatty(),
                timestamp_key="time",
                exception_formatter=structlog.dev.plain_traceback,  # others show variables, secrets included
            )
        ]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
        )
    )
    logging.basicConfig(level=at_least, handlers=[handler], force=True)


class Metrics:
    """Counters under names such as `isthmus_requests`, in the text format that Prometheus reads."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry

        self._registry = CollectorRegistry()

    def counter(self, name: str, about: str, labels: Sequence[str] = ()) -> "Counter":
        """A counter of its own. Raises ValueError where the name is taken."""
        from prometheus_client import Counter

        return Counter(name, about, labels, registry=self._registry)

    def histogram(self, name: str, about: str, labels: Sequence[str] = ()) -> "Histogram":
        """A distribution, of seconds or bytes. Raises ValueError where the name is taken."""
        from prometheus_client import Histogram

        return Histogram(name, about, labels, registry=self._registry)

    def watch(self, name: str, about: str, counts: Callable[[], Mapping[str, int]]) -> None:
        """Show, under the label `what`, numbers that are kept elsewhere, such as `Database.counts`."""
        self._registry.register(_Watched(name, about, counts))

    def exposition(self) -> bytes:
        """All of them, now."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)


class _Watched:
    def __init__(self, name: str, about: str, counts: Callable[[], Mapping[str, int]]) -> None:
        self._name = name
        self._about = about
        self._counts = counts

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.metrics_core import GaugeMetricFamily

        family = GaugeMetricFamily(self._name, self._about, labels=["what"])
        for what, count in self._counts().items():
            family.add_metric([what], count)
        yield family
