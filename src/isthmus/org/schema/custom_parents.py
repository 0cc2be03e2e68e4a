"""Custom parents: what of the standard objects can belong to a custom object, and so can refer to it.

Source: Object Reference, Task, Event, Attachment, Note, ContentDocumentLink, FeedItem, EntitySubscription.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from isthmus.org.schema.model import Field, ObjectKind, SObjectType

Test = Callable[[SObjectType], bool]


def _any(_: SObjectType) -> bool:
    return True


def _with_activities(sobject: SObjectType) -> bool:
    return sobject.field("LastActivityDate") is not None


def _with_feed(sobject: SObjectType) -> bool:
    return sobject.feed_enabled


_LOOKUPS: Final[Mapping[tuple[str, str], Test]] = {
    ("Task", "WhatId"): _with_activities,
    ("Event", "WhatId"): _with_activities,
    ("Attachment", "ParentId"): _any,
    ("Note", "ParentId"): _any,
    ("ContentDocumentLink", "LinkedEntityId"): _any,
    ("ContentVersion", "FirstPublishLocationId"): _any,
    ("FeedItem", "ParentId"): _with_feed,
    ("FeedComment", "ParentId"): _with_feed,
    ("EntitySubscription", "ParentId"): _with_feed,
    ("TopicAssignment", "EntityId"): _with_feed,
}


def with_custom_parents(objects: Iterable[SObjectType]) -> tuple[SObjectType, ...]:
    """The objects, in their order; the standard ones' lookups name the custom ones that they can refer to."""
    objects = tuple(objects)
    customs = [each for each in objects if each.kind is ObjectKind.CUSTOM]
    if not customs:
        return objects
    touched = {sobject for sobject, _ in _LOOKUPS}
    return tuple(_widened(each, customs) if each.name in touched else each for each in objects)


def _widened(sobject: SObjectType, customs: list[SObjectType]) -> SObjectType:
    def field(each: Field) -> Field:
        test = _LOOKUPS.get((sobject.name, each.name))
        if test is None:
            return each
        added = sorted(
            custom.name for custom in customs if test(custom) and custom.name not in each.reference_to
        )
        return replace(each, reference_to=each.reference_to + tuple(added)) if added else each

    return replace(sobject, fields=tuple(map(field, sobject.fields)))
