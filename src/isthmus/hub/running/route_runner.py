"""Route runner: claims a route's messages, sends several at once, and settles what came of them.

One turn of its loop is one commit: it settles what has been sent since the last and claims what comes next,
while the senders go on with what was claimed before. A message is acknowledged to nobody before that.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from isthmus.hub.channel import LEASE, Claim, DurableChannel, Outcome, Standing
from isthmus.hub.channel.arrival import Arrival, encode
from isthmus.hub.channel.tables import State
from isthmus.hub.endpoint import OWN_MISTAKES, SinkFailed
from isthmus.hub.message import Message
from isthmus.hub.route import Route, StepFailed, reply_message, through
from isthmus.hub.running.alarm import Alarm
from isthmus.kernel.clock import MINUTE, SECOND, Clock
from isthmus.kernel.database import DatabaseClosed, DatabaseError
from isthmus.kernel.tasks import Tasks, being_cancelled

__all__ = ["RouteRunner"]

CLAIMED_AHEAD: Final = 4
"""So many messages for each sender are claimed at most, that none has to wait for the next commit."""
CLAIMED_MIN: Final = 64
CLAIMED_MAX: Final = 256
"""Where a sink settles many between two commits, four times as many are claimed, up to this: each commit then
serves more messages. A slow sink keeps no messages from other processes, nor in memory.
"""
POLL: Final = SECOND
"""How often a hub looks whether another process has left something for it to do (PostgreSQL)."""
PAUSE_AFTER_REFUSAL: Final = SECOND
TELL_EVERY: Final = MINUTE
_log: Final = structlog.get_logger(__name__)


class RouteRunner:
    """Runs one route between `open` and the end of `run`. `shared`: other processes may claim here too."""

    def __init__(
        self,
        route: Route,
        channel: DurableChannel,
        clock: Clock,
        tasks: Tasks,
        reply_to: "RouteRunner | None",
        *,
        shared: bool,
        on_settled: Callable[[int], None],
    ) -> None:
        self.route = route
        self.channel = channel
        self.waiting = 0
        """Messages that wait in the channel, those that are being sent included; where others change it, too,
        as it was a moment ago.
        """
        self.dead = 0
        self.settled = 0
        """Attempts whose outcome is on disk, since the start."""
        self._going = asyncio.Event()
        self._going.set()
        self._clock = clock
        self._tasks = tasks
        self._reply_to = reply_to
        self._shared = shared
        self._on_settled = on_settled
        self._claims_least = self._claims_max = max(CLAIMED_MIN, CLAIMED_AHEAD * route.concurrency)
        self._queue: asyncio.Queue[Claim] = asyncio.Queue(max(CLAIMED_MAX, self._claims_least))
        self._held: dict[int, Claim] = {}
        self._renewed = 0
        self._sending = 0
        self._outcomes: list[Outcome] = []
        self._keeping: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._told_of_room: list[Callable[[], None]] = []
        self._more = True
        """Whether there may be something to claim."""
        self._untold = 0
        """Failures since one was last told in the log."""
        self._tell_after = 0
        self._alarm = Alarm(clock, self._look)
        if reply_to is not None:
            reply_to._told_of_room.append(self._look)

    async def open(self) -> None:
        """Learn what the channel holds. Raises DatabaseError."""
        self._stand(await self.channel.open())

    async def deliver(self, messages: Sequence[Message], position: str) -> None:
        """What the route's source hands its messages over with (see `Delivery`)."""
        arrivals = [encode(each, self.route.name, self.route.order_by) for each in messages]
        await self._room.wait()
        keeping = asyncio.create_task(self._keep(arrivals, position))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        await asyncio.shield(keeping)  # whoever waits no longer: what comes to be on disk is known here

    async def _keep(self, arrivals: Sequence[Arrival], position: str) -> None:
        new = await self.channel.receive(arrivals, position)
        self.arrived(new.waiting, new.dead)

    def arrived(self, waiting: int, dead: int = 0) -> None:
        """So many messages more wait in the channel, and so many more (below 0: fewer) are dead letters."""
        self.dead += dead
        if waiting:
            self.waiting += waiting
            self._note_room()
            self._look()

    async def pause(self) -> None:
        """Send no more until `resume`, in no process and after no restart; what is being sent is finished.

        Raises DatabaseError.
        """
        await self.channel.pause(True)
        self._going.clear()

    async def resume(self) -> None:
        """Go on. Raises DatabaseError."""
        await self.channel.pause(False)
        self._going.set()
        self._look()

    @property
    def paused(self) -> bool:
        """Whether nothing is to be sent."""
        return not self._going.is_set()

    @property
    def busy(self) -> bool:
        """Whether messages are being sent, or what came of them is not on disk yet."""
        return bool(self._held)

    @property
    def full(self) -> bool:
        """Whether the channel takes no more for now."""
        return self.waiting >= self.route.capacity

    async def run(self) -> None:
        """Send until the program goes down; then finish what is being sent, and give the rest back."""
        senders = [
            asyncio.create_task(self._send(), name=f"{self.route.name} {number}")
            for number in range(self.route.concurrency)
        ]
        others = [asyncio.create_task(self._on_closing())]
        if self._shared:
            others.append(asyncio.create_task(self._keep_looking(), name=f"{self.route.name} of others"))
        try:
            await self._go_on()
        finally:
            self._alarm.stop()
            for each in (*senders, *others):
                each.cancel()
            await asyncio.gather(*senders, *others, return_exceptions=True)

    async def _on_closing(self) -> None:
        await self._tasks.closing.wait()
        self._news.set()

    async def _keep_looking(self) -> None:
        """See what other processes have done to the channel: brought, taken, buried, paused, left behind."""
        while True:
            await self._clock.sleep_until(self._clock.now() + POLL)
            try:
                self._stand(await self.channel.standing())
            except DatabaseClosed:
                return
            except DatabaseError as error:
                _log.warning("the hub's database does not answer", route=self.route.name, why=str(error))
            self._look()

    def _stand(self, standing: Standing) -> None:
        self.waiting, self.dead = standing.waiting, standing.dead
        self._going.clear() if standing.paused else self._going.set()
        self._note_room()

    def _look(self) -> None:
        self._more = True
        self._news.set()

    async def _go_on(self) -> None:
        while not self._tasks.closing.is_set():
            self._news.clear()
            if not await self._turn(self._wanted()):
                self._mind_the_leases()
                await self._news.wait()
        while not self._queue.empty():
            await self._give_back()
        while self._sending or self._outcomes:
            self._news.clear()
            if not await self._turn(0):
                await self._news.wait()

    def _wanted(self) -> int:
        """How many messages to claim now."""
        free = self._claims_max - len(self._held)
        blocked = self.paused or (self._reply_to is not None and self._reply_to.full)
        enough = free * 4 < self._claims_max  # few at a time would be many commits
        return 0 if blocked or enough or not self._more else free

    async def _turn(self, wanted: int) -> bool:
        """Settle and claim; False where there was nothing to do."""
        renew = self._to_renew()
        if not (self._outcomes or wanted or renew):
            return False
        outcomes, self._outcomes = self._outcomes, []
        if wanted:
            self._more = False  # what comes during the commit says so again
        try:
            turn = await self.channel.turn(outcomes, wanted, renew)
        except DatabaseClosed:
            raise
        except DatabaseError as error:
            _log.error("the hub's database refuses; it is asked again", route=self.route.name, why=str(error))
            self._outcomes = outcomes + self._outcomes
            self._more = self._more or wanted > 0
            await self._clock.sleep_until(self._clock.now() + PAUSE_AFTER_REFUSAL)
            return True
        self._note(outcomes)
        if self._reply_to is not None:
            self._reply_to.arrived(turn.replied.waiting, turn.replied.dead)
        if turn.claims and not self._held:
            self._renewed = self._clock.real_now()
        for claim in turn.claims:
            if claim.id not in self._held:  # else its lease was lost and has come back: it is being sent
                self._held[claim.id] = claim
                self._queue.put_nowait(claim)
        if turn.next_due is not None:
            self._alarm.at(turn.next_due)
        self._more = self._more or 0 < wanted <= len(turn.claims)
        return True

    def _note(self, outcomes: Sequence[Outcome]) -> None:
        """What is on disk now is no longer ours to send."""
        self.settled += len(outcomes)
        self._claims_max = max(self._claims_least, min(4 * len(outcomes), CLAIMED_MAX))
        for each in outcomes:
            self._held.pop(each.claim.id, None)
            if each.state is State.WAITING:
                self._alarm.at(each.due)
            else:
                self.waiting -= 1
        if outcomes:
            self._on_settled(len(outcomes))
            self._note_room()
            if self.route.order_by is not None:
                self._more = True  # whoever stood behind one of these in its lane

    def _mind_the_leases(self) -> None:
        """However long the sink takes, nobody else must think that we are gone."""
        if self._held:
            self._alarm.at(self._clock.now() + LEASE // 2)

    def _to_renew(self) -> list[Claim]:
        """The claims whose leases should be renewed now: all of them, once half their time is over."""
        now = self._clock.real_now()
        if not self._held or now < self._renewed + LEASE // 2:
            return []
        self._renewed = now
        return list(self._held.values())

    def _note_room(self) -> None:
        if self.full:
            self._room.clear()
        elif not self._room.is_set():
            self._room.set()
            for tell in self._told_of_room:
                tell()

    async def _give_back(self) -> None:
        claims = []
        while not self._queue.empty():
            claims.append(self._queue.get_nowait())
        for each in claims:
            del self._held[each.id]
        with contextlib.suppress(DatabaseError):  # their leases end by themselves
            await self.channel.release(claims)

    async def _send(self) -> None:
        """A sender: one message after the other, but those of a route that is paused."""
        while True:
            if self.paused:
                await self._going.wait()
            claim = self._queue.get_nowait() if self._queue.qsize() else await self._queue.get()
            if self.paused:
                self._queue.put_nowait(claim)
                continue
            self._sending += 1
            try:
                outcome = await self._attempt(claim)
            finally:
                self._sending -= 1
            self._outcomes.append(outcome)
            self._news.set()

    async def _attempt(self, claim: Claim) -> Outcome:
        route = self.route
        replies = []
        try:
            messages = await through(route.steps, claim.message) if route.steps else [claim.message]
            for each in messages:
                replies.append(await route.sink.send(each))
        except StepFailed as error:
            return self._failed(claim, str(error), retry=False)
        except SinkFailed as error:
            return self._failed(claim, error.reason, retry=error.retry, after=error.after)
        except (*OWN_MISTAKES, asyncio.CancelledError) as error:  # must not stop the route's other messages
            if isinstance(error, asyncio.CancelledError) and being_cancelled():
                raise
            _log.exception(
                "the sink failed in a way it does not know", route=route.name, key=claim.message.key
            )
            return self._failed(claim, f"{type(error).__name__}: {error}", retry=True)
        if not messages:
            return Outcome(claim, State.FILTERED)
        return Outcome(claim, State.DELIVERED, self._replies(claim, replies))

    def _replies(self, claim: Claim, replies: Sequence[object]) -> tuple[Arrival, ...]:
        if self._reply_to is None:
            return ()
        target = self._reply_to.route
        return (encode(reply_message(claim.message, replies), target.name, target.order_by),)

    def _failed(self, claim: Claim, cause: str, *, retry: bool, after: int | None = None) -> Outcome:
        policy, now = self.route.redelivery, self._clock.now()
        key, failures = claim.message.key, claim.failures + 1
        due = policy.due(key, failures, now, claim.since, after) if retry else None
        if due is None and self.dead >= self.route.dead_letters_max:
            due = now + policy.longest
            cause += f" (kept waiting: there are {self.dead} dead letters of this route already)"
        dead = due is None
        self.dead += dead  # before it is on disk: the next ones must know
        self._tell(key, cause, failures, dead=dead)
        return Outcome(claim, State.DEAD if dead else State.WAITING, due=due or 0, cause=cause)

    def _tell(self, key: str, why: str, failures: int, *, dead: bool) -> None:
        """Tell of every dead letter; of failures that are tried again once a minute, with their number."""
        if dead:
            _log.error("a dead letter", route=self.route.name, key=key, failures=failures, why=why)
            return
        self._untold += 1
        now = self._clock.real_now()
        if now >= self._tell_after:
            _log.warning(
                "not delivered, sent again later",
                route=self.route.name,
                messages=self._untold,
                key=key,
                why=why,
            )
            self._untold, self._tell_after = 0, now + TELL_EVERY
