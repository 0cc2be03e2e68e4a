"""What hangs on records: files, notes, e-mails and subscriptions are seen by who sees what they hang on."""

from dataclasses import replace

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import STANDARD, World, codes

from isthmus.kernel.database import Database
from isthmus.org.schema.standard import standard_objects

HANGING = frozenset(
    {"Attachment", "ContentDocument", "ContentDocumentLink", "ContentVersion", "EmailMessage", "Note"}
    | {"ContentWorkspace", "EntitySubscription", "Organization"}
)


@pytest.fixture
def world(database: Database, place: Place) -> World:
    models = {"Account": "Private", "Case": "Private", "Contact": "ControlledByParent"}
    wanted = [
        replace(each, sharing_model=models.get(each.name))
        for each in standard_objects()
        if each.name in STANDARD | HANGING
    ]
    return World(database, place.open_immediate(), wanted)


def file(world: World, owner: str, *linked: str, share: str = "V") -> tuple[str, str]:
    """A document and its version, linked to these records and users."""
    document = world.new("ContentDocument", OwnerId=owner, Title="plan")
    version = world.new(
        "ContentVersion",
        ContentDocumentId=document,
        OwnerId=owner,
        Title="plan",
        ContentUrl="https://example.com/plan",
    )
    for each in linked:
        world.new("ContentDocumentLink", ContentDocumentId=document, LinkedEntityId=each, ShareType=share)
    return document, version


def test_a_file_is_its_owners_and_of_who_sees_what_it_is_linked_to(world: World) -> None:
    top = world.role("Top")
    below = world.role("Below", top)
    boss, owner, seller, other = (
        world.user("boss", top),
        world.user("owner", below),
        world.user("seller", below),
        world.user("other"),
    )
    account = world.new("Account", by=seller, Name="Acme")
    alone = file(world, owner)
    linked = file(world, owner, account)
    for user, documents in ((owner, {alone, linked}), (seller, {linked}), (boss, {linked}), (other, set())):
        assert world.seen(user, "ContentDocument") == {each for each, _ in documents}
        assert world.seen(user, "ContentVersion") == {each for _, each in documents}
    assert world.seen(other, "ContentDocumentLink") == set()
    world.new("AccountShare", AccountId=account, UserOrGroupId=other, **LEVELS)
    assert world.seen(other, "ContentVersion") == {linked[1]}


LEVELS = {"AccountAccessLevel": "Read", "OpportunityAccessLevel": "Edit", "CaseAccessLevel": "None"}


def test_a_file_that_is_linked_to_a_user_is_that_users(world: World) -> None:
    owner, friend, other = (world.user(each) for each in ("owner", "friend", "other"))
    document, version = file(world, owner, friend)
    assert world.seen(friend, "ContentDocument") == {document}
    assert world.seen(friend, "ContentVersion") == {version}
    assert world.seen(other, "ContentDocument") == world.seen(other, "ContentDocumentLink") == set()


def test_a_link_says_whether_a_file_may_be_changed(world: World) -> None:
    owner, reader, writer = (world.user(each) for each in ("owner", "reader", "writer"))
    account = world.new("Account", OwnerId=writer, Name="Acme")
    world.new("AccountShare", AccountId=account, UserOrGroupId=reader, **LEVELS)
    outcomes = {}
    for share in ("V", "I", "C"):
        _, version = file(world, owner, account, share=share)
        outcomes[share] = [world.change(version, by=user, Title="new").success for user in (reader, writer)]
    assert outcomes == {"V": [False, False], "I": [False, True], "C": [True, True]}


def test_only_who_may_change_a_file_lets_others_change_it(world: World) -> None:
    owner, reader, other = (world.user(each) for each in ("owner", "reader", "other"))
    document, version = file(world, owner, reader)
    link = str(world.rows('SELECT "Id" FROM "ContentDocumentLink"')[0][0])
    mine = world.new("Account", OwnerId=reader, Name="Acme")

    def linked(to: str, share: str | None, by: str) -> list[str]:
        values = {} if share is None else {"ShareType": share}
        link = {"ContentDocumentId": document, "LinkedEntityId": to, **values}
        [result] = world.insert("ContentDocumentLink", link, by=by)
        return codes(result)

    refused = ["INSUFFICIENT_ACCESS_OR_READONLY"]
    assert codes(world.change(link, by=reader, ShareType="C")) == refused
    assert linked(mine, "C", reader) == linked(mine, "I", reader) == linked(other, "C", reader) == refused
    assert codes(world.change(version, by=reader, Title="new")) == refused
    assert linked(mine, None, reader) == []
    assert codes(world.change(link, by=reader, Visibility="InternalUsers")) == []
    assert linked(other, "C", owner) == []
    assert codes(world.change(link, by=other, ShareType="C")) != []
    assert codes(world.change(version, by=other, Title="new")) == []


def test_a_private_note_is_its_owners(world: World) -> None:
    owner, other = world.user("owner"), world.user("other")
    account = world.new("Account", OwnerId=owner, Name="Acme")
    contact = world.new("Contact", LastName="Ada", AccountId=account)
    world.new("AccountShare", AccountId=account, UserOrGroupId=other, **LEVELS)
    shown = world.new("Note", ParentId=account, Title="shown", OwnerId=owner)
    hidden = world.new("Note", ParentId=contact, Title="hidden", OwnerId=owner, IsPrivate=True)
    assert world.seen(owner, "Note") == {shown, hidden}
    assert world.seen(other, "Note") == {shown}
    assert world.ask(other, "SELECT (SELECT Id FROM Notes) FROM Contact").rows[0][-1] is None


def test_who_subscribes_to_a_record_is_known_to_who_sees_it(world: World) -> None:
    owner, other = world.user("owner"), world.user("other")
    account = world.new("Account", OwnerId=owner, Name="Acme")
    [refused] = world.insert("EntitySubscription", {"ParentId": account, "SubscriberId": other}, by=other)
    assert codes(refused) == ["INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"]
    mine = world.new("EntitySubscription", ParentId=account, SubscriberId=owner, by=owner)
    assert world.seen(owner, "EntitySubscription") == {mine}
    assert world.seen(other, "EntitySubscription") == set()
    world.new("AccountShare", AccountId=account, UserOrGroupId=other, **LEVELS)
    assert world.seen(other, "EntitySubscription") == {mine}
    assert not world.delete(mine, by=other).success
    theirs = world.new("EntitySubscription", ParentId=account, SubscriberId=other, by=other)
    assert world.delete(theirs, by=other).success


def test_a_mail_is_seen_with_what_it_is_about(world: World) -> None:
    owner, other = world.user("owner"), world.user("other")
    account = world.new("Account", OwnerId=owner, Name="Acme")
    about = world.new("EmailMessage", RelatedToId=account, Subject="about", Status="1")
    free = world.new("EmailMessage", Subject="free", Status="1")
    assert world.seen(owner, "EmailMessage") == {about, free}
    assert world.seen(other, "EmailMessage") == {free}
