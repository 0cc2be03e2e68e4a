"""Following: fields that show what the record behind a lookup says, as data.

They are stored with the record that shows them, so that queries, automation and events read them as any other
field. They are written in two places: when the record's lookup changes (`steps/follow.py`, before the write),
and when the other record changes (after it). See docs/decisions/0054-fields-that-follow.md.
"""

from dataclasses import dataclass
from typing import Final

from isthmus.org.save.statements import Statements
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.tables import is_stored


@dataclass(frozen=True, slots=True)
class Following:
    """What `follower` takes from the `leader` record that its `lookup` refers to: (its own field, the
    leader's).

    `shown` is always as the leader has it. `taken` is taken once, where the record has no value of its own.
    """

    follower: str
    lookup: str
    leader: str
    shown: tuple[tuple[str, str], ...]
    taken: tuple[tuple[str, str], ...] = ()

    @property
    def leading(self) -> tuple[str, ...]:
        """The leader's fields, each once."""
        return tuple(dict.fromkeys(field for _, field in (*self.shown, *self.taken)))


FOLLOWINGS: Final = (
    Following(
        "Case",
        "ContactId",
        "Contact",
        shown=(
            ("ContactEmail", "Email"),
            ("ContactFax", "Fax"),
            ("ContactMobile", "MobilePhone"),
            ("ContactPhone", "Phone"),
        ),
        taken=(("AccountId", "AccountId"),),
    ),
)
"""Source: Object Reference, Case: ContactEmail, and "Separating Accounts from Contacts in Cases"."""


def followed_by(schema: Schema, sobject: SObjectType) -> tuple[Following, ...]:
    """What records of `sobject` take from others, as far as the schema has the fields."""
    return tuple(_known(schema, each) for each in FOLLOWINGS if each.follower == sobject.name)


@dataclass(frozen=True, slots=True)
class Followers:
    """The records that show a leader's fields, and the statements that write these."""

    following: Following
    statements: Statements


def followers_of(schema: Schema, sobject: SObjectType) -> tuple[Followers, ...]:
    """Who shows fields of records of `sobject`."""
    found = []
    for each in FOLLOWINGS:
        follower = schema.find(each.follower) if each.leader == sobject.name else None
        if follower is not None and (known := _known(schema, each)).shown:
            found.append(Followers(known, Statements(follower)))
    return tuple(found)


def _known(schema: Schema, following: Following) -> Following:
    """As much of it as there is in this schema."""
    follower, leader = schema.find(following.follower), schema.find(following.leader)

    def has(pair: tuple[str, str]) -> bool:
        mine, theirs = pair
        return _stores(follower, mine) and _stores(leader, theirs)

    there = _stores(follower, following.lookup)
    return Following(
        following.follower,
        following.lookup,
        following.leader,
        tuple(filter(has, following.shown)) if there else (),
        tuple(filter(has, following.taken)) if there else (),
    )


def _stores(sobject: SObjectType | None, name: str) -> bool:
    field = None if sobject is None else sobject.field(name)
    return field is not None and is_stored(field)
