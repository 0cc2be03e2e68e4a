"""Defaults: how standard objects share their records where a project says nothing of it.

Source: Salesforce Help, "Default Organization-Wide Sharing Settings", "Organization-Wide Default Access
Settings" (the tables of objects); Object Reference, "Special Access Rules" of each object. What is not named
here is open: set-up, and what everyone may see whose rights let them.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

Controlled: TypeAlias = tuple[str, ...]
"""The lookups through which a record is reached."""

MODELS: Final[Mapping[str, str]] = {
    "Account": "ReadWrite",
    "Asset": "ControlledByParent",
    "Campaign": "FullAccess",
    "CampaignMember": "ControlledByLeadOrContact",
    "Case": "ReadWriteTransfer",
    "Contact": "ControlledByParent",
    "Contract": "ReadWrite",
    "Individual": "ReadWrite",
    "Lead": "ReadWriteTransfer",
    "Opportunity": "ReadWrite",
    "Order": "ControlledByParent",
}

CONTROLLED: Final = frozenset({"ControlledByParent", "ControlledByLeadOrContact", "ControlledByCampaign"})

CONTROLLED_BY: Final[Mapping[str, Controlled]] = {
    "Asset": ("AccountId",),
    "CampaignMember": ("LeadId", "ContactId"),
    "Contact": ("AccountId",),
    "Contract": ("AccountId",),
    "Order": ("AccountId",),
}

ACTIVITIES: Final[Mapping[str, Controlled]] = {
    "Event": ("WhoId", "WhatId"),
    "Task": ("WhoId", "WhatId"),
}
"""An activity is its owner's; who sees what it is about sees it too."""

DETAILS: Final[Mapping[str, Controlled]] = {
    "AccountContactRole": ("AccountId",),
    "AccountHistory": ("AccountId",),
    "AccountTeamMember": ("AccountId",),
    "Attachment": ("ParentId",),
    "CampaignMemberStatus": ("CampaignId",),
    "CaseComment": ("ParentId",),
    "CaseContactRole": ("CasesId",),
    "CaseHistory": ("CaseId",),
    "CaseTeamMember": ("ParentId",),
    "ContactHistory": ("ContactId",),
    "ContentDocumentLink": ("LinkedEntityId",),
    "ContentVersion": ("ContentDocumentId",),
    "ContractContactRole": ("ContractId",),
    "EmailMessage": ("ParentId", "RelatedToId"),
    "EntitySubscription": ("ParentId",),
    "FeedItem": ("ParentId",),
    "FeedComment": ("ParentId",),
    "LeadHistory": ("LeadId",),
    "Note": ("ParentId",),
    "OpportunityCompetitor": ("OpportunityId",),
    "OpportunityContactRole": ("OpportunityId",),
    "OpportunityFieldHistory": ("OpportunityId",),
    "OpportunityHistory": ("OpportunityId",),
    "OpportunityLineItem": ("OpportunityId",),
    "OpportunityPartner": ("OpportunityId",),
    "OpportunityTeamMember": ("OpportunityId",),
    "OrderItem": ("OrderId",),
    "Partner": ("AccountFromId",),
    "Quote": ("OpportunityId",),
    "QuoteLineItem": ("QuoteId",),
    "TopicAssignment": ("EntityId",),
}
"""What always goes with its parent: who may edit that may write these. Of several parents all are needed."""

AS_THE_PARENT: Final = frozenset({"ContentVersion"})
"""Details that are edited and deleted by who may do the same with their parent."""
SEEN_WITH_THE_PARENT: Final = frozenset({"EntitySubscription"})
"""Details that who sees their parent sees, and no more."""

ALONE: Final[Mapping[str, str]] = {
    "ContentDocument": "OwnerId",
    "ContentVersion": "OwnerId",
    "EntitySubscription": "SubscriberId",
}
"""The field that names the user who may do all with a record, unlike those who stand above them.

Source: Object Reference, ContentVersion, EntitySubscription, special access rules.
"""

ABOUT: Final[Mapping[str, str]] = {"LoginHistory": "UserId"}
"""The field that names the user whom alone a record is about, of objects without an owner.

Source: Object Reference, LoginHistory, special access rules.
"""

PRIVATE: Final[Mapping[str, str]] = {"Attachment": "IsPrivate", "Note": "IsPrivate"}
"""The field that leaves a record to its owner, and to who may modify all data.

Source: Object Reference, Attachment and Note, IsPrivate.
"""

LINKED: Final[Mapping[str, tuple[str, str]]] = {
    "ContentDocument": ("ContentDocumentLink", "ContentDocumentId")
}
"""What is seen by who sees a link to it: the links' object, and their field that names it."""
ONLY_THEMSELVES: Final[Mapping[str, Controlled]] = {"ContentDocumentLink": ("User",)}
"""The objects among a detail's parents that only stand for themselves: a file that is linked to a user has
been shared with that user alone, however many see the user. Source: Object Reference, ContentDocumentLink.
"""
