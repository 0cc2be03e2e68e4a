"""Own user: what users may change of the record that stands for themselves, without the right to edit users.

Personal settings, never what decides over rights, logins or licences. A real org lets a Standard User update
the Title of their own record, and no other user's (observed: github.com/octoberswimmer/aer-dist issue 362);
which fields those are is documented nowhere, so this is the list of the settings page. See
docs/decisions/0141-users-and-themselves.md.
"""

from typing import Final

from isthmus.org.save.operation import Operation
from isthmus.org.schema.model import Field, SObjectType
from isthmus.org.security.access import Access

_USER: Final = "User"
_PREFERENCES: Final = "UserPreferences"
_FIELDS: Final = frozenset(
    {
        *("FirstName", "LastName", "MiddleName", "Suffix", "Alias", "CommunityNickname"),
        *("Title", "CompanyName", "Department", "Division", "AboutMe"),
        *("Street", "City", "State", "StateCode", "PostalCode", "Country", "CountryCode"),
        *("Latitude", "Longitude", "GeocodeAccuracy"),
        *("Email", "SenderEmail", "SenderName", "Signature", "EmailPreferencesAutoBcc"),
        *("Phone", "Fax", "MobilePhone", "Extension"),
        *("TimeZoneSidKey", "LocaleSidKey", "LanguageLocaleKey", "EmailEncodingKey"),
        *("StartDay", "EndDay", "ReceivesInfoEmails", "DigestFrequency", "DefaultGroupNotificationFrequency"),
    }
)


def is_of_own_user_alone(sobject: SObjectType, operation: Operation, access: Access) -> bool:
    """Whether such a save may change the principal's own record, and no other."""
    update = sobject.name == _USER and operation is Operation.UPDATE and sobject.updateable
    return update and access.may_read(_USER) and not access.may_edit(_USER)


def is_own_to_change(field: Field) -> bool:
    """Whether users may change the field of their own record."""
    return field.name in _FIELDS or field.name.startswith(_PREFERENCES)
