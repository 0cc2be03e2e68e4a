"""A commit at the worst moment: the tail has been read, and is about to be called complete."""

import sys
import threading

import pytest
from tests.contract.events.world import EventOrg, texts

from isthmus.org.events import feed


def test_what_is_committed_while_the_tail_is_read_is_seen(
    events: EventOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.publish("Ping__e", "before")
    read = events.page().position
    events.publish("Ping__e", "first")
    published: list[str] = []

    class Moment(int):
        """A number with which something happens when it is compared."""

        __hash__ = int.__hash__

        def __eq__(self, other: object) -> bool:
            if not published and sys._getframe(1).f_code.co_name == "_caught_up":
                writing = threading.Thread(
                    target=lambda: published.extend(events.publish("Ping__e", "second"))
                )
                writing.start()
                writing.join()
            return int(self) == other

    monkeypatch.setattr(feed, "ENTRIES_MAX", Moment(feed.ENTRIES_MAX))
    first = events.page(after=read)
    rest = events.page(after=first.position)
    assert published
    assert texts(first) + texts(rest) == ["first", "second"]
