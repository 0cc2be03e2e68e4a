"""First records: what a new org has before anyone has done anything.

Its organization, a licence, profiles, an administrator, a price book.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from isthmus.org.org import Running
from isthmus.org.provision.accept import accept
from isthmus.org.provision.founding import Founding
from isthmus.org.provision.security import SecuritySettings
from isthmus.org.security.principal import Principal
from isthmus.org.security.standard_profiles import ADMINISTRATOR, standard_profiles

_LICENSE: Final = {
    "Name": "Salesforce",
    "MasterLabel": "Salesforce",
    "LicenseDefinitionKey": "SFDC",
    "Status": "Active",
    "TotalLicenses": 2,
    "UsedLicenses": 1,
}


@dataclass(frozen=True, slots=True)
class FirstUser:
    """What the first records are filled with, and what settings say of the org's security."""

    organization: str
    edition: str
    username: str
    time_zone: str
    locale: str
    security: SecuritySettings = field(default_factory=SecuritySettings)


def administrator(founding: Founding, first: FirstUser) -> Principal:
    """The principal in whose name an org is provisioned."""
    return Principal(
        user_id=founding.user_id,
        username=first.username,
        organization_id=founding.organization_id,
        profile_id=founding.profile_id,
        time_zone=first.time_zone,
        locale=first.locale,
    )


def create(running: Running, founding: Founding, first: FirstUser) -> None:
    """Give a new org its first records; an org that has them keeps them. Raises ProvisionFailed."""
    if running.query("SELECT Id FROM Organization").rows:
        _complete_logins(running)
        return
    [license_id] = accept("UserLicense", running.insert("UserLicense", [_LICENSE], all_or_none=True))
    for sobject, records in _first_records(founding, first, license_id):
        accept(sobject, running.insert(sobject, records, all_or_none=True))


def _complete_logins(running: Running) -> None:
    """Give each user a UserLogin: those of a database from before there were any have none."""
    missing = "SELECT Id FROM User WHERE Id NOT IN (SELECT UserId FROM UserLogin) LIMIT 2000"
    while rows := running.query(missing).rows:
        records = [{"UserId": str(row[0]), "IsFrozen": False, "IsPasswordLocked": False} for row in rows]
        accept("UserLogin", running.insert("UserLogin", records, all_or_none=True))


def _first_records(
    founding: Founding, first: FirstUser, license_id: str
) -> list[tuple[str, Sequence[Mapping[str, object]]]]:
    company, _, _ = first.username.partition("@")
    return [
        (
            "Organization",
            [
                {
                    "Id": founding.organization_id,
                    "Name": first.organization,
                    "OrganizationType": first.edition,
                    "InstanceName": "LOCAL",
                    "IsSandbox": False,
                    "DefaultLocaleSidKey": first.locale,
                    "LanguageLocaleKey": "en_US",
                    "TimeZoneSidKey": first.time_zone,
                    "FiscalYearStartMonth": 1,
                    "PrimaryContact": company,
                }
            ],
        ),
        ("Profile", [_profile(founding, name, license_id) for name in standard_profiles()]),
        ("User", [_user(founding, first)]),
        ("Pricebook2", [{"Name": "Standard Price Book", "IsStandard": True, "IsActive": True}]),
    ]


def _profile(founding: Founding, name: str, license_id: str) -> Mapping[str, object]:
    profile: dict[str, object] = {"Name": name, "UserType": "Standard", "UserLicenseId": license_id}
    if name == ADMINISTRATOR:
        profile["Id"] = founding.profile_id
    return profile


def _user(founding: Founding, first: FirstUser) -> Mapping[str, object]:
    return {
        "Id": founding.user_id,
        "Username": first.username,
        "FirstName": "Admin",
        "LastName": "User",
        "Alias": "admin",
        "Email": first.username,
        "CommunityNickname": "admin",
        "UserType": "Standard",
        "IsActive": True,
        "ProfileId": founding.profile_id,
        "TimeZoneSidKey": first.time_zone,
        "LocaleSidKey": first.locale,
        "LanguageLocaleKey": "en_US",
        "EmailEncodingKey": "UTF-8",
    }
