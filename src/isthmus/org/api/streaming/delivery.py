"""Delivery: events to the connects that wait for them.

What a commit has brought wakes one round for all: each client's cursors are read, and a page that several
clients are due is read and written once. A round costs no task and no queue per client. What comes during a
round starts the next; what could not be read, because the database refused, is tried again a second later.
Whatever else goes wrong ends the session of whom it befell, and nothing of the others'.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeAlias

import structlog

from isthmus.kernel.clock import SECOND
from isthmus.kernel.database import DatabaseError
from isthmus.kernel.errors import Fault, fault
from isthmus.kernel.tasks import Closing, Tasks
from isthmus.org.api.streaming.clients import Client, Clients, Poll, Subscription
from isthmus.org.api.streaming.problems import advice_of, text_of
from isthmus.org.org import Org
from isthmus.wire import bayeux
from isthmus.wire.bayeux import SUBSCRIBE, Advice, Message

EVENTS_MAX: Final = 200
"""Events of one channel in one answer."""
ANSWER_BYTES_MAX: Final = 1024 * 1024
"""When an answer has so many bytes, nothing more is put into it. One event may have as many by itself."""
_PAGES_MAX: Final = 64
"""So many pages are kept for the other clients of a round."""
_AT_ONCE: Final = 64
"""After so many clients, the event loop has its turn."""

_log = structlog.get_logger(__name__)


class _Page(NamedTuple):
    """`number` events as they go over the wire, and the position after the last of them."""

    events: bytes
    number: int
    position: int


_Key: TypeAlias = tuple[str, int, int, str]
"""Channel, position, API version and access shape: what a page depends on."""
_Pages: TypeAlias = dict[_Key, _Page | None]
"""The pages of a round. None: the database has refused it."""
_UNREADABLE: Final = _Page(b"", 0, 0)
"""Stands for a page that can't be made: what is wrong with it is in the log once, however many are due it."""


class _Unreadable(Exception):
    """A client is due such a page."""


class Delivery:
    """Gives the clients of an org their events, between `start` and `close`."""

    def __init__(self, org: Org, clients: Clients) -> None:
        self._org = org
        self._clients = clients
        self._tasks: Tasks | None = None
        self._round: asyncio.Task[None] | None = None
        self._again = False
        self._refused = False
        """Whether something could not be read, and has to be tried again."""
        self._closed = False
        self._end_watch: Callable[[], None] = lambda: None

    def start(self, tasks: Tasks) -> None:
        """Deliver what comes, and end what has waited for long enough, in `tasks`."""
        self._tasks = tasks
        self._end_watch = self._org.on_events(self._wake)
        tasks.start(self._keep_time(tasks), name="streaming")

    def close(self) -> None:
        """Answer every connect that waits; from now on none does."""
        self._closed = True
        self._end_watch()
        for client in self._clients.waiting():
            self.release(client)

    def hold(self, client: Client, poll: Poll, milliseconds: int) -> Coroutine[Any, Any, None] | None:
        """Answer a connect with what there is for it; without anything, let it wait for so long.

        Returns what is left to run, where there may be something for it, which has to be read.
        """
        self.release(client)
        self._clients.hold(client, poll, milliseconds)
        for each in client.subscriptions.values():
            if self._org.may_have_events(each.position):
                return self._look(client, poll, milliseconds)
        if not milliseconds or self._closed:
            self.release(client)
        return None

    async def _look(self, client: Client, poll: Poll, milliseconds: int) -> None:
        await self.deliver((client,))
        if client.poll is poll and (not milliseconds or self._closed):
            self.release(client)

    def release(self, client: Client) -> None:
        """Answer the client's connect, if one waits, with no event."""
        if client.poll is not None:
            self._answer(client, client.poll, ())

    def lose(self, client: Client, poll: Poll) -> None:
        """Whoever sent the connect is gone: nothing is sent there."""
        poll.give_back()
        if client.poll is poll:
            self._clients.release(client)
            poll.give(b"")

    async def deliver(self, clients: Iterable[Client]) -> None:
        """Answer the connects for which there is something, after a look at what has come.

        Where the database refuses, a client's connect goes on waiting, and the others have their turn. They
        have it, too, where a client's session ends because of what nobody foresaw.
        """
        pages: _Pages = {}
        for number, client in enumerate(clients, 1):
            if client.poll is not None:
                try:
                    await self._deliver(client, client.poll, pages)
                except DatabaseError as error:
                    self._try_again(error)
                except _Unreadable:
                    self._break_off(client)
                except Exception:  # noqa: BLE001 - whatever it is, the others have their turn
                    _log.exception("a client can't be given its events", client=client.id)
                    self._break_off(client)
            if number % _AT_ONCE == 0:
                await self._org.clock.sleep_until(0)

    def _try_again(self, error: DatabaseError) -> None:
        """Have another round in a second. In the log once until then, however many are refused."""
        if not self._refused:
            self._refused = True
            _log.warning("events can't be read; trying again", reason=str(error))

    def _break_off(self, client: Client) -> None:
        """End a client's session: it has to begin anew, after its last event."""
        self._clients.remove(client)
        if client.poll is not None:
            error = fault("cometd_server_busy")
            self._answer(client, client.poll, (), text_of(error), advice_of(error))

    async def _deliver(self, client: Client, poll: Poll, pages: _Pages) -> None:
        try:
            identity = self._org.identity
            client.principal = identity.recognise(client.token) or await identity.authenticate(client.token)
        except Fault:
            if client.poll is poll:
                error = fault("cometd_authentication_invalid")
                self._answer(client, poll, (), text_of(error), advice_of(error))
            return
        read: list[tuple[Subscription, int, _Page]] = []
        lost: list[tuple[Subscription, Fault]] = []
        size = 0
        for subscription in tuple(client.subscriptions.values()):
            before = subscription.position
            try:
                page = await self._page(client, subscription, pages)
            except Fault as error:
                lost.append((subscription, error))
                continue
            if page is None:
                continue
            read.append((subscription, before, page))
            size += len(page.events)
            if size >= ANSWER_BYTES_MAX:
                break
        if client.poll is poll:
            self._give(client, poll, read, lost)

    async def _page(self, client: Client, subscription: Subscription, pages: _Pages) -> _Page | None:
        """What follows a cursor, read once in a round; None, and another round, where the database refuses.

        Raises the Fault with which it may be read no more, and _Unreadable.
        """
        shape = client.principal.access.shape
        key = (subscription.channel.name, subscription.position, client.version, shape)
        if key not in pages:
            page = await self._try_to_read(client, subscription)
            if len(pages) >= _PAGES_MAX:
                pages.clear()
            pages[key] = page
        page = pages[key]
        if page is _UNREADABLE:
            raise _Unreadable
        return page

    async def _try_to_read(self, client: Client, subscription: Subscription) -> _Page | None:
        try:
            return await self._read(client, subscription)
        except Fault:
            raise
        except DatabaseError as error:
            self._try_again(error)
            return None
        except Exception:  # noqa: BLE001 - as in `deliver`
            channel, after = subscription.channel.name, subscription.position
            _log.exception("events can't be written for subscribers", channel=channel, after=after)
            return _UNREADABLE

    def _give(
        self,
        client: Client,
        poll: Poll,
        read: list[tuple[Subscription, int, _Page]],
        lost: list[tuple[Subscription, Fault]],
    ) -> None:
        """Move the client's cursors, but for those that have moved meanwhile, and send what they passed.

        Subscriptions that may be read no more end, and the client is told so. Where the org may deliver no
        more events today, the connect is refused.
        """
        events: list[bytes] = []
        for subscription, error in lost:
            if client.subscriptions.get(subscription.channel.name) is subscription:
                del client.subscriptions[subscription.channel.name]
                events.append(_end_of(client, subscription, error))
        taken: list[tuple[Subscription, int, int]] = []
        refusal: Fault | None = None
        for subscription, before, page in read:
            held = client.subscriptions.get(subscription.channel.name)
            if held is not subscription or subscription.position != before:
                continue
            if page.events:
                try:
                    self._org.count_delivery(subscription.channel, page.number)
                except Fault as error:
                    refusal = error
                    continue
                events.append(page.events)
                taken.append((subscription, before, page.position))
            subscription.position = page.position
        poll.taken = tuple(taken)
        if refusal is not None:
            self._answer(client, poll, events, text_of(refusal), advice_of(refusal))
        elif events:
            self._answer(client, poll, events)

    async def _read(self, client: Client, subscription: Subscription) -> _Page:
        """What follows a cursor. Raises Fault and DatabaseError, and whatever goes wrong with an event."""
        channel, after = subscription.channel, subscription.position
        page = await self._org.read_channel(client.principal, channel, after, EVENTS_MAX, client.version)
        written: list[bytes] = []
        size = 0
        for event in page.events:
            written.append(bayeux.write_event(channel.name, event.data))
            size += len(written[-1])
            if size >= ANSWER_BYTES_MAX:
                return _Page(b",".join(written), len(written), event.position)
        return _Page(b",".join(written), len(written), page.position)

    def _answer(
        self,
        client: Client,
        poll: Poll,
        events: Iterable[bytes],
        error: str | None = None,
        advice: Advice | None = None,
    ) -> None:
        self._clients.release(client)
        reply = bayeux.write_reply(
            poll.message, error=error, client_id=client.id, advice=advice or poll.advice
        )
        try:
            poll.give(b",".join((*events, reply)))
        except Exception:  # noqa: BLE001 - as in `deliver`
            _log.exception("an answer can't be given", client=client.id)

    def _wake(self) -> None:
        self._again = True
        if self._round is None and self._tasks is not None and not self._tasks.closing.is_set():
            self._round = self._tasks.start(self._go_round(), name="streaming: a round")

    async def _go_round(self) -> None:
        try:
            while self._again:
                self._again = False
                await self.deliver(self._clients.waiting())
        finally:
            self._round = None

    async def _keep_time(self, tasks: Tasks) -> None:
        """Every second of org time: answer who has waited for long enough, forget who is gone, try again what
        the database refused.
        """
        clock = self._org.clock
        with suppress(Closing):
            while True:
                await tasks.unless_closing(clock.sleep_until(clock.now() + SECOND))
                for client in self._clients.overdue():
                    self.release(client)
                if self._refused:
                    self._refused = False
                    self._wake()


def _end_of(client: Client, subscription: Subscription, error: Fault) -> bytes:
    """What tells a client that a subscription of its own has ended."""
    return bayeux.write_reply(
        Message(channel=SUBSCRIBE),
        error=text_of(error),
        client_id=client.id,
        subscription=subscription.channel.name,
    )
