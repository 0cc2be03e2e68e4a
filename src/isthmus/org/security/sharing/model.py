"""Model: by which ways the records of an object are reached, as the organization-wide defaults say.

A record is open to everybody up to some level; beyond that it is reached through its shares, as its owner, or
through a parent that controls it. Source: Salesforce Help, "Organization-Wide Default Access Settings",
"Default Organization-Wide Sharing Settings"; Record-Level Access: Under the Hood.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from weakref import WeakKeyDictionary

from isthmus.org.schema.model import Field, ObjectKind, Schema, SObjectType
from isthmus.org.schema.share_objects import RESTRICTED, is_share, share_name
from isthmus.org.security.sharing import defaults
from isthmus.org.security.sharing.defaults import Controlled


class Level(IntEnum):
    """How far somebody may go with a record; `ALL` is what its owner may."""

    NONE = 0
    READ = 1
    EDIT = 2
    TRANSFER = 3
    ALL = 4


Gives = Mapping[Level, Level]
"""What has to be had of the parent, for each level that it gives of the child."""

SAME: Final[Gives] = {each: each for each in Level if each}
DETAIL: Final[Gives] = {each: min(each, Level.EDIT) for each in Level if each}
LENIENT_DETAIL: Final[Gives] = {each: Level.READ for each in Level if each}
VIEW: Final[Gives] = {Level.READ: Level.READ}
SHARES: Final[Gives] = {each: Level.READ if each is Level.READ else Level.ALL for each in Level if each}
"""Who sees a record sees its shares; who has all of it may change them."""

_OPEN: Final = {
    "Private": Level.NONE,
    "Read": Level.READ,
    "ReadSelect": Level.READ,
    "ReadWrite": Level.EDIT,
    "ReadWriteTransfer": Level.TRANSFER,
    "FullAccess": Level.ALL,
}
_WITHOUT_DEFAULT: Final = "ReadWrite"
_OF_ACCOUNTS: Final = ("Contact", "Opportunity", "Case")


@dataclass(frozen=True, slots=True)
class ShareTable:
    """Where the shares of an object lie, and in which fields: the record, its level and, of an account, the
    levels of what belongs to it, by object.
    """

    sobject: str
    name: str
    record: str
    level: str
    below: tuple[tuple[str, str], ...] = ()

    @property
    def levels(self) -> tuple[str, ...]:
        """Every field that holds a level, the record's own first."""
        return (self.level, *(field for _, field in self.below))


@dataclass(frozen=True, slots=True)
class ParentLink:
    """A lookup through which a record is reached. `orphans`: everybody may reach those without a parent.

    `only_themselves`: the targets that reach the record if they are the user.
    """

    field: str
    targets: tuple[str, ...]
    gives: Gives
    nillable: bool = False
    orphans: bool = False
    only_themselves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChildLink:
    """A lookup, of `sobject`, through which what it refers to is reached: who sees the child sees that."""

    sobject: str
    field: str


@dataclass(frozen=True, slots=True)
class RecordModel:
    """By which ways the records of one object are reached.

    `open` is what everybody may. `shares` is where shares are kept, if they are. `owned`: the owner, and who
    stands above them, may do all. `orphans_owned`: so may the owner alone with records without a parent.
    `every_parent`: all of the `parents` have to be reached, not one of them. `links`: who reaches one of
    these. `alone`: the field of the user who may do all, and nobody above them. `private`: the field that
    leaves a record to its owner.
    """

    sobject: str
    open: Level = Level.ALL
    shares: ShareTable | None = None
    owned: bool = False
    parents: tuple[ParentLink, ...] = ()
    every_parent: bool = False
    orphans_owned: bool = False
    links: ChildLink | None = None
    alone: str | None = None
    private: str | None = None


class SharingModel:
    """The models of a schema's objects."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._models: dict[str, RecordModel] = {}
        self.kept: Mapping[str, ShareTable] = {
            table.sobject: table for each in schema if (table := self._kept(each)) is not None
        }
        """Where shares are kept, by object."""
        self.below_accounts = tuple(each for each in _OF_ACCOUNTS if each in self.kept)
        """The objects whose records are shared with who has the account, and the other way about."""
        self.tables: Mapping[str, ShareTable] = {each.name: each for each in self.kept.values()}
        """The same by share object."""

    def of(self, sobject: SObjectType) -> RecordModel:
        """The model of an object."""
        known = self._models.get(sobject.name)
        if known is None:
            known = self._models[sobject.name] = self._model(sobject)
        return known

    def default(self, sobject: SObjectType) -> str:
        """The organization-wide default, as metadata writes it; '' for what has none."""
        if sobject.sharing_model is not None:
            return sobject.sharing_model
        if sobject.kind is ObjectKind.CUSTOM:
            return _WITHOUT_DEFAULT
        if sobject.name == "Contract" and self._is_restricted("Account"):
            return "ControlledByParent"
        return defaults.MODELS.get(sobject.name, "")

    def has_setting(self, sobject: SObjectType) -> bool:
        """Whether the Sharing Settings page lists the object. Here that lacks users and price books."""
        return bool(self.default(sobject)) or sobject.name in defaults.ACTIVITIES

    def _model(self, sobject: SObjectType) -> RecordModel:
        name, default = sobject.name, self.default(sobject)
        owned = sobject.field("OwnerId") is not None
        if is_share(sobject):
            return RecordModel(name, Level.NONE, parents=tuple(_share_link(sobject)))
        if masters := tuple(_masters(sobject)):
            return RecordModel(name, Level.NONE, parents=masters, every_parent=True)
        if name in defaults.DETAILS:
            return _detail(sobject, owned)
        if name in defaults.LINKED:
            return self._linked(sobject)
        if name in defaults.ABOUT:
            return RecordModel(name, Level.NONE, alone=defaults.ABOUT[name])
        if name in defaults.ACTIVITIES:
            gives = SAME if default == "ControlledByParent" else VIEW
            links = tuple(_links(sobject, defaults.ACTIVITIES[name], gives))
            return RecordModel(name, Level.NONE, owned=owned, parents=links)
        if default in defaults.CONTROLLED:
            controlled: Controlled = defaults.CONTROLLED_BY.get(name, ())
            links = tuple(_links(sobject, controlled, SAME))
            return RecordModel(name, Level.NONE, parents=links, orphans_owned=owned) if links else _open(name)
        if not default or not owned:
            return _open(name)
        shares = self.kept.get(name)
        return RecordModel(name, _OPEN[default], shares=shares, owned=shares is None)

    def _linked(self, sobject: SObjectType) -> RecordModel:
        """The model of what is reached through links to it."""
        link = ChildLink(*defaults.LINKED[sobject.name])
        if self._schema.find(link.sobject) is None:
            return _open(sobject.name)
        return RecordModel(sobject.name, Level.NONE, links=link, alone=defaults.ALONE.get(sobject.name))

    def _is_restricted(self, name: str) -> bool:
        sobject = self._schema.find(name)
        return sobject is not None and self.default(sobject) in RESTRICTED

    def _kept(self, sobject: SObjectType) -> ShareTable | None:
        """Where shares of the object are kept: those of accounts also for what belongs to them."""
        restricted = self._is_restricted(sobject.name)
        if sobject.name == "Account":
            restricted = restricted or any(map(self._is_restricted, _OF_ACCOUNTS))
        if not restricted or sobject.field("OwnerId") is None:
            return None
        custom = sobject.kind is ObjectKind.CUSTOM
        table = self._schema.find(share_name(sobject.name) if custom else f"{sobject.name}Share")
        if table is None or self._schema.find("Group") is None:
            return None
        if custom:
            return ShareTable(sobject.name, table.name, "ParentId", "AccessLevel")
        below = tuple((each, f"{each}AccessLevel") for each in _OF_ACCOUNTS)
        return ShareTable(
            sobject.name,
            table.name,
            f"{sobject.name}Id",
            f"{sobject.name}AccessLevel",
            below if sobject.name == "Account" else (),
        )


_MODELS: Final[WeakKeyDictionary[Schema, SharingModel]] = WeakKeyDictionary()


def sharing_model(schema: Schema) -> SharingModel:
    """The models of a schema, made once for it."""
    known = _MODELS.get(schema)
    if known is None:
        known = _MODELS[schema] = SharingModel(schema)
    return known


def _open(name: str) -> RecordModel:
    return RecordModel(name)


def _detail(sobject: SObjectType, owned: bool) -> RecordModel:
    name = sobject.name
    gives = DETAIL
    if name in defaults.AS_THE_PARENT:
        gives = SAME
    elif name in defaults.SEEN_WITH_THE_PARENT:
        gives = VIEW
    links = tuple(_links(sobject, defaults.DETAILS[name], gives, orphans=not owned))
    if not links:
        return _open(name)
    private, alone = defaults.PRIVATE.get(name), defaults.ALONE.get(name)
    return RecordModel(
        name,
        Level.NONE,
        parents=links,
        every_parent=len(links) > 1,
        orphans_owned=owned and alone is None,
        alone=alone if alone is not None and sobject.field(alone) else None,
        private=private if private is not None and sobject.field(private) else None,
    )


def _share_link(sobject: SObjectType) -> Iterator[ParentLink]:
    parent = sobject.associate_parent or ""
    for each in sobject.fields:
        if each.reference_to == (parent,):
            yield ParentLink(each.name, (parent,), SHARES)
            return


def _masters(sobject: SObjectType) -> Iterator[ParentLink]:
    """Through all of its masters a detail is reached; one with two masters needs both."""
    for each in sobject.fields:
        if each.master_detail:
            gives = LENIENT_DETAIL if each.write_requires_master_read else DETAIL
            yield ParentLink(each.name, each.reference_to, gives, each.nillable)


def _links(
    sobject: SObjectType, fields: Controlled, gives: Gives, *, orphans: bool = False
) -> Iterator[ParentLink]:
    for name in fields:
        field: Field | None = sobject.field(name)
        if field is not None and field.reference_to:
            nillable = field.nillable
            themselves = defaults.ONLY_THEMSELVES.get(sobject.name, ())
            yield ParentLink(
                name, field.reference_to, gives, nillable, orphans and nillable, only_themselves=themselves
            )
