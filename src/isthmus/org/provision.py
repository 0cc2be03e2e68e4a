"""Provision: the records that make an empty database an org, and those that the schema declares.

A new org gets its organization, a licence, profiles, an administrator, a price book, and the tables behind
the standard picklists. Record types and custom metadata follow the project at every change of the schema.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.database import Connection, Database, Dialect, Migration, Transaction
from isthmus.kernel.ids import Ids, record_id
from isthmus.org.org import Org, Running, SaveResult
from isthmus.org.schema.model import Schema
from isthmus.org.schema.standard import standard_records
from isthmus.org.security.principal import Principal

ORGANIZATION_PREFIX: Final = "00D"
USER_PREFIX: Final = "005"
PROFILE_PREFIX: Final = "00e"
_LICENSE: Final = {
    "Name": "Salesforce",
    "MasterLabel": "Salesforce",
    "LicenseDefinitionKey": "SFDC",
    "Status": "Active",
    "TotalLicenses": 2,
    "UsedLicenses": 1,
}
_PROFILES: Final = ("System Administrator", "Standard User", "Read Only", "Minimum Access - Salesforce")


def _identity_table(d: Dialect) -> Sequence[str]:
    return (
        f'CREATE TABLE "isthmus_org" ("organization_id" {d.text} PRIMARY KEY, "user_id" {d.text} NOT NULL, '
        f'"profile_id" {d.text} NOT NULL, "provisioned" {d.flag} NOT NULL)',
    )


MIGRATIONS: Final = (Migration(1, "which org this is", _identity_table),)


@dataclass(frozen=True, slots=True)
class Founding:
    """Who the org is, decided before its first record: 18-character ids."""

    organization_id: str
    user_id: str
    profile_id: str
    provisioned: bool


@dataclass(frozen=True, slots=True)
class FirstUser:
    """What the first records are filled with."""

    organization: str
    edition: str
    username: str
    time_zone: str
    locale: str


class ProvisionFailed(Exception):
    """A record that the org needs was refused; the message says which, and why."""


def found(database: Database, ids: Ids) -> Founding:
    """Who this org is; a new database becomes an org of its own now. Blocks until that is on disk."""

    def unit(transaction: Transaction) -> Founding:
        if known := _founding(transaction):
            return known
        tag = ids.instance_tag()
        new = Founding(
            organization_id=_first(transaction, ORGANIZATION_PREFIX, tag),
            user_id=_first(transaction, USER_PREFIX, tag),
            profile_id=_first(transaction, PROFILE_PREFIX, tag),
            provisioned=False,
        )
        transaction.execute(
            'INSERT INTO "isthmus_org" VALUES (?, ?, ?, 0)',
            (new.organization_id, new.user_id, new.profile_id),
        )
        return new

    return database.write(unit, alone=True).result()


def _founding(connection: Connection) -> Founding | None:
    row = connection.row(
        'SELECT "organization_id", "user_id", "profile_id", "provisioned" FROM "isthmus_org"'
    )
    if row is None:
        return None
    organization_id, user_id, profile_id, provisioned = row
    return Founding(str(organization_id), str(user_id), str(profile_id), bool(provisioned))


def _first(transaction: Transaction, prefix: str, tag: str) -> str:
    return record_id(prefix, tag, transaction.next_in_sequence(f"id:{prefix}"))


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


async def provision(org: Org, founding: Founding, first: FirstUser) -> None:
    """Give a new org its first records: all of them, or none. Raises ProvisionFailed.

    An org that has them already, because it was interrupted before `mark_provisioned`, keeps them.
    """

    def work(running: Running) -> None:
        if running.query("SELECT Id FROM Organization").rows:
            return
        [license_id] = _accept("UserLicense", running.insert("UserLicense", [_LICENSE], all_or_none=True))
        for sobject, records in _first_records(founding, first, license_id):
            _accept(sobject, running.insert(sobject, records, all_or_none=True))

    who = administrator(founding, first)
    await org.transaction(who, work, system=True)
    await follow_schema(org, who)


def mark_provisioned(database: Database) -> None:
    """Note that the org is complete, its first logins included. Blocks until that is on disk."""

    def mark(transaction: Transaction) -> None:
        transaction.execute('UPDATE "isthmus_org" SET "provisioned" = 1')

    database.write(mark).result()


async def follow_schema(org: Org, who: Principal) -> None:
    """Bring the records that the schema declares (record types, custom metadata) up to it."""
    await org.transaction(who, lambda running: _follow(running, org.schema), system=True)


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
        ("Profile", [_profile(founding, name, license_id) for name in _PROFILES]),
        ("User", [_user(founding, first)]),
        ("Pricebook2", [{"Name": "Standard Price Book", "IsStandard": True, "IsActive": True}]),
        *standard_records().items(),
    ]


def _profile(founding: Founding, name: str, license_id: str) -> Mapping[str, object]:
    profile: dict[str, object] = {"Name": name, "UserType": "Standard", "UserLicenseId": license_id}
    if name == _PROFILES[0]:
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


def _follow(running: Running, schema: Schema) -> None:
    _match(running, "RecordType", _RECORD_TYPE_KEY, _record_types(schema))
    for sobject, records in schema.metadata_records.items():
        _match(running, sobject, ("DeveloperName",), records)


_RECORD_TYPE_KEY: Final = ("SobjectType", "DeveloperName")


def _record_types(schema: Schema) -> list[Mapping[str, object]]:
    return [
        {
            "SobjectType": sobject.name,
            "DeveloperName": each.developer_name,
            "Name": each.label,
            "IsActive": each.active,
            "Description": each.description,
        }
        for sobject in schema
        for each in sobject.record_types
    ]


def _match(
    running: Running, sobject: str, key: tuple[str, ...], declared: Sequence[Mapping[str, object]]
) -> None:
    """Make the records of `sobject` those that are declared, told apart by the fields of `key`."""
    existing = {
        tuple(map(str, row[:-1])): str(row[-1])
        for row in running.query(f"SELECT {', '.join(key)}, Id FROM {sobject}").rows
    }
    wanted = {tuple(str(record[each]) for each in key): record for record in declared}
    new = [record for name, record in wanted.items() if name not in existing]
    known = [{**record, "Id": existing[name]} for name, record in wanted.items() if name in existing]
    gone = [record_id for name, record_id in existing.items() if name not in wanted]
    if new:
        _accept(sobject, running.insert(sobject, new, all_or_none=True))
    if known:
        _accept(sobject, running.update(sobject, known, all_or_none=True))
    if gone:
        _accept(sobject, running.delete(sobject, gone, all_or_none=True))


def _accept(sobject: str, results: Sequence[SaveResult]) -> list[str]:
    """The ids of records that were all saved. Raises ProvisionFailed."""
    for place, result in enumerate(results, start=1):
        if result.errors:
            reasons = "; ".join(f"{error.code}: {error.message}" for error in result.errors)
            raise ProvisionFailed(f"{sobject}, record {place}: {reasons}")
    return [result.id for result in results if result.id]
