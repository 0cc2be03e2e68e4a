"""Route: from a source, through steps, into a sink; a value that can be printed.

    Route(
        "orders-to-erp",
        source=CometdSource(org, "/event/Order_Request__e"),
        steps=[order_of],
        sink=HttpSink("http://localhost:9000/orders"),
        reply_to="numbers-to-opportunities",
    )

A step is a function of a message: it gives the message that goes on, several (a splitter), or None (a
filter). While one runs, nothing else of the hub does; one that has to wait for others is an `async def`, and
what only blocks goes into `asyncio.to_thread` there. What it raises makes the message a dead letter; it may
raise SinkFailed, to be tried again.

A route without a source takes the replies of others: messages with the same key and headers, whose body is
`{"request": the body as it came to the route before, "reply": what its sink answered}`.
"""

import inspect
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from isthmus.hub.endpoint import OWN_MISTAKES, SINK, SOURCE, Sink, SinkFailed, Source
from isthmus.hub.message import Message
from isthmus.hub.options import Options
from isthmus.hub.redelivery import RedeliveryPolicy

__all__ = ["Route", "Step", "StepFailed", "reply_message", "step_name", "through"]

StepResult: TypeAlias = Message | Sequence[Message] | None
Step: TypeAlias = Callable[[Message], StepResult | Awaitable[StepResult]]
CAPACITY: Final = 100_000
DEAD_LETTERS_MAX: Final = 10_000
CONCURRENCY: Final = 16
CONCURRENCY_MAX: Final = 1_000
NAME_MAX: Final = 80


class StepFailed(Exception):
    """A step could not do with this message; doing it again would not help. The message says where."""


@dataclass(frozen=True, slots=True, init=False)
class Route:
    """`concurrency` messages are with the sink at once, in any order; those with one `order_by` go one after
    the other, and one that fails holds up those behind it. Beyond `capacity` waiting messages the source has
    to wait. Beyond `dead_letters_max` dead letters the route keeps trying, for then something is wrong with
    more than a message.
    """

    name: str
    sink: Sink
    source: Source | None
    steps: tuple[Step, ...]
    reply_to: str | None
    redelivery: RedeliveryPolicy
    concurrency: int
    order_by: Callable[[Message], str] | None
    capacity: int
    dead_letters_max: int

    def __init__(
        self,
        name: str,
        *,
        sink: Sink,
        source: Source | None = None,
        steps: Sequence[Step] = (),
        reply_to: str | None = None,
        redelivery: RedeliveryPolicy | None = None,
        concurrency: int = CONCURRENCY,
        order_by: Callable[[Message], str] | None = None,
        capacity: int = CAPACITY,
        dead_letters_max: int = DEAD_LETTERS_MAX,
    ) -> None:
        """Raises OptionWrong."""
        given = Options(f"route {name}")
        given.text("name", name, NAME_MAX)
        given.made("sink", sink, SINK, "a sink")
        if not inspect.iscoroutinefunction(sink.send):
            given.refuse("sink", sink, "a sink whose `send` is an `async def`")
        if source is not None:
            given.made("source", source, SOURCE, "a source, or None")
        if not isinstance(steps, list | tuple):
            given.refuse("steps", steps, "a list of functions of a message")
        for number, step in enumerate(steps):
            given.function(f"steps[{number}]", step, "a message")
        if reply_to is not None:
            given.text("reply_to", reply_to, NAME_MAX)
        if redelivery is not None and not isinstance(redelivery, RedeliveryPolicy):
            given.refuse("redelivery", redelivery, "a RedeliveryPolicy, or None for the default one")
        given.whole("concurrency", concurrency, 1, CONCURRENCY_MAX)
        if order_by is not None:
            given.function("order_by", order_by, "a message that gives text")
        given.whole("capacity", capacity, 1, unit="messages")
        given.whole("dead_letters_max", dead_letters_max, 0, unit="messages")
        fields: Mapping[str, Any] = {
            "name": name,
            "sink": sink,
            "source": source,
            "steps": tuple(steps),
            "reply_to": reply_to,
            "redelivery": redelivery or RedeliveryPolicy(),
            "concurrency": concurrency,
            "order_by": order_by,
            "capacity": capacity,
            "dead_letters_max": dead_letters_max,
        }
        for field, value in fields.items():
            object.__setattr__(self, field, value)


async def through(steps: Sequence[Step], message: Message) -> list[Message]:
    """What comes out of the steps: nothing where one filters it out. Raises StepFailed, SinkFailed."""
    messages = [message]
    for step in steps:
        messages = [after for before in messages for after in await _results(step, before)]
    if len(messages) > 1 and len({each.key for each in messages}) < len(messages):
        raise StepFailed("messages that a step makes of one must have keys of their own")
    return messages


def reply_message(request: Message, replies: Sequence[Any]) -> Message:
    """What a route that takes the replies is given: one reply, or the list of those of a split message."""
    reply = replies[0] if len(replies) == 1 else list(replies)
    return Message(request.key, {"request": request.body, "reply": reply}, request.headers)


def step_name(step: Callable[..., Any]) -> str:
    """What people call a step: its function's name."""
    return str(getattr(step, "__name__", None) or type(step).__name__)


async def _results(step: Step, message: Message) -> Sequence[Message]:
    try:
        result = step(message)
        if isinstance(result, Awaitable):
            result = await result
    except SinkFailed:  # it asks others, and says itself whether doing it again can help
        raise
    except OWN_MISTAKES as error:
        raise StepFailed(f"step {step_name(step)}: {type(error).__name__}: {error}{_where(error)}") from error
    if result is None:
        return ()
    results: Any = [result] if isinstance(result, Message) else result
    if not isinstance(results, Sequence) or not all(isinstance(each, Message) for each in results):
        raise StepFailed(f"step {step_name(step)} gave a {type(result).__name__}, where a Message was due")
    return list(results)


def _where(error: BaseException) -> str:
    """File and line at which the step's own code was."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename != __file__]
    return f" ({Path(frames[0].filename).name}, line {frames[0].lineno})" if frames else ""
