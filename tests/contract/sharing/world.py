"""World: an org in which sharing decides, on a database: users, roles, groups, objects of every default."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from isthmus.assembly import COMPONENTS
from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import Connection, Database, Transaction, Value
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.ids import Ids, record_id
from isthmus.kernel.journal import Journal
from isthmus.org.events.publishing import Publishing
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.result import QueryResult
from isthmus.org.save import requests
from isthmus.org.save.engine import SaveEngine
from isthmus.org.save.result import SaveResult
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.model import Field, FieldType, ObjectKind, Schema, SObjectType
from isthmus.org.schema.schemes import Ciphers
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.store import SchemaStore
from isthmus.org.schema.system_fields import custom_object_fields
from isthmus.org.security.access import EVERYTHING, Access, FullAccess
from isthmus.org.security.principal import Principal
from isthmus.org.security.sharing import work
from isthmus.org.security.sharing.rules import SharingRule
from isthmus.org.security.sharing.upkeep import Upkeep, advance

T = TypeVar("T")
INSTANCE = "7Ab"
ADMIN_ID = record_id("005", INSTANCE, 1)
STANDARD = frozenset(
    {"Account", "Contact", "Opportunity", "Case", "Lead", "Task", "Contract", "CaseComment", "Name", "User"}
    | {"UserRole", "Group", "GroupMember", "QueueSobject", "OpportunityLineItem", "UserRecordAccess"}
    | {"AccountShare", "ContactShare", "OpportunityShare", "CaseShare", "LeadShare"}
)


@dataclass(frozen=True, slots=True)
class Limited(FullAccess):
    """Every right to objects and fields, and none to all records; `permissions` are system permissions."""

    shape: str = "limited"
    permissions: frozenset[str] = field(default_factory=frozenset)

    def may_view_all(self, sobject: str) -> bool:
        return False

    def may_modify_all(self, sobject: str) -> bool:
        return False

    def has(self, permission: str) -> bool:
        return permission in self.permissions


LIMITED: Access = Limited()


def custom(name: str, model: str, *masters: tuple[str, bool]) -> SObjectType:
    """A custom object; `masters` are the objects it is a detail of, and whether reading them is enough."""
    label = name.removesuffix("__c")
    fields = [
        Field(
            f"{target.removesuffix('__c')}__c",
            target,
            FieldType.REFERENCE,
            length=18,
            nillable=False,
            reference_to=(target,),
            relationship_name=f"{target.removesuffix('__c')}__r",
            child_relationship_name=f"{label}s__r",
            master_detail=True,
            relationship_order=place,
            write_requires_master_read=lenient,
            custom=True,
        )
        for place, (target, lenient) in enumerate(masters)
    ]
    system = custom_object_fields(owned=not masters)
    own = (
        Field("Level__c", "Level", FieldType.DOUBLE, precision=18, scale=0, custom=True),
        Field("Colour__c", "Colour", FieldType.STRING, length=40, custom=True),
        Field("Ext__c", "External", FieldType.STRING, length=20, external_id=True, custom=True),
    )
    return SObjectType(
        name, label, f"{label}s", None, (*system, *fields, *own), kind=ObjectKind.CUSTOM, sharing_model=model
    )


def objects(models: Mapping[str, str], *more: SObjectType) -> list[SObjectType]:
    """The standard objects of this world with these organization-wide defaults, and more."""
    return [
        *(
            replace(each, sharing_model=models.get(each.name))
            for each in standard_objects()
            if each.name in STANDARD
        ),
        *more,
    ]


class World:
    """One org. What is asked without a user is asked by the platform itself."""

    def __init__(
        self,
        database: Database,
        immediate: Database,
        wanted: Iterable[SObjectType],
        ciphers: Ciphers | None = None,
    ) -> None:
        for component, migrations in COMPONENTS:
            migrate(database, component, migrations)
        self.database = database
        self.clock = ManualClock()
        self.store = SchemaStore(database, ciphers)
        self.rights: dict[str, Access | None] = {}
        """Those of users whom not `LIMITED` is right for, where others ask about them."""
        self.queries = QueryEngine(
            self.clock, Ids(seed=1), rights=lambda _, user: self.rights.get(user, LIMITED)
        )
        publishing = Publishing(Journal(database, immediate), Ids(seed=1), {})
        self.engine = SaveEngine(self.clock, INSTANCE, publishing)
        self.define(wanted)
        self.user("admin")

    @property
    def schema(self) -> Schema:
        return self.store.current

    def define(self, wanted: Iterable[SObjectType], rules: Iterable[SharingRule] | None = None) -> None:
        """Put a schema into force, and rules with it."""

        def then(tx: Transaction, schema: Schema) -> None:
            self._upkeep(tx, schema).reconcile(rules)

        change = self.store.apply(wanted, then=then)
        assert not change.refused, change.refused

    def share_by(self, *rules: SharingRule) -> None:
        """Let these be the sharing rules."""
        self.database.write(lambda tx: self._upkeep(tx, self.schema).reconcile(rules)).result()

    def share_by_those_declared(self) -> None:
        """Follow the rules that there are."""
        self.database.write(lambda tx: self._upkeep(tx, self.schema).reconcile()).result()

    def _upkeep(self, tx: Transaction, schema: Schema) -> Upkeep:
        return Upkeep(tx, schema, instance=INSTANCE, now=self.clock.now(), user_id=ADMIN_ID)

    def settle(self) -> int:
        """Do what was left to do; returns in how many parts."""
        parts = 0
        while self.advance():
            parts += 1
        return parts

    def advance(self) -> bool:
        """Do one part of what was left to do."""
        now = self.clock.now()
        return self.database.write(lambda tx: advance(tx, self.schema, instance=INSTANCE, now=now)).result()

    def waiting(self) -> int:
        return self.database.read(work.waiting).result()

    def principal(self, user: str, access: Access = LIMITED) -> Principal:
        return Principal(user, "ada@example.com", record_id("00D", INSTANCE, 1), "", access=access)

    def run(self, work: Callable[[UnitOfWork], T], user: str | None = None, access: Access = LIMITED) -> T:
        """One transaction, of a user or of the platform itself."""
        who = self.principal(ADMIN_ID, EVERYTHING) if user is None else self.principal(user, access)
        return self.database.write(
            lambda tx: self.engine.transaction(tx, self.schema, who, work, system=user is None)
        ).result()

    def insert(self, sobject: str, *records: Mapping[str, object], by: str | None = None) -> list[SaveResult]:
        return self.run(lambda unit: requests.insert(unit, sobject, records), by)

    def new(self, sobject: str, *, by: str | None = None, **values: object) -> str:
        """The id of a record that is made now."""
        return self._made(sobject, values, by)

    def _made(self, sobject: str, values: Mapping[str, object], by: str | None = None) -> str:
        [result] = self.insert(sobject, values, by=by)
        assert result.success, result.errors
        return str(result.id)

    def change(self, record: str, *, by: str | None = None, **values: object) -> SaveResult:
        sobject = self.schema.with_prefix(record)[0].name
        [result] = self.run(lambda unit: requests.update(unit, sobject, [{"Id": record, **values}]), by)
        return result

    def delete(self, record: str, *, by: str | None = None) -> SaveResult:
        sobject = self.schema.with_prefix(record)[0].name
        [result] = self.run(lambda unit: requests.delete(unit, sobject, [record]), by)
        return result

    def user(self, name: str, role: str | None = None) -> str:
        return self._made("User", {"LastName": name, "UserRoleId": role, **_user(name)})

    def role(self, name: str, parent: str | None = None, **values: object) -> str:
        return self._made("UserRole", {"Name": name, "ParentRoleId": parent, **values})

    def group(self, name: str, *members: str, bosses: bool = True, kind: str = "Regular") -> str:
        group = self.new("Group", Name=name, Type=kind, DoesIncludeBosses=bosses)
        for each in members:
            self.new("GroupMember", GroupId=group, UserOrGroupId=each)
        return group

    def group_of(self, role: str, kind: str = "Role") -> str:
        """A role's group."""
        [[found]] = self.rows('SELECT "Id" FROM "Group" WHERE "RelatedId" = ? AND "Type" = ?', role, kind)
        return str(found)

    def ask(self, user: str, soql: str, access: Access = LIMITED) -> QueryResult:
        """A query's first page, as a user sees it."""

        def question(connection: Connection) -> QueryResult:
            return self.queries.run(connection, self.schema, self.principal(user, access), soql)

        return self.database.read(question).result()

    def seen(self, user: str, sobject: str) -> set[str]:
        """The ids of the records of an object that a user sees."""
        soql = f"SELECT Id FROM {sobject}"
        if sobject == "ContentDocumentLink":  # its records have to be named
            ids = [f"'{each!s}'" for [each] in self.rows(f'SELECT "Id" FROM "{sobject}"')]
            soql += f" WHERE Id IN ({', '.join(ids)})"
        result = self.ask(user, soql)
        assert result.locator is None
        return {str(row[0]) for row in result.rows}

    def shares(self, table: str, record: str) -> Sequence[tuple[Value, ...]]:
        """Whom a record is shared with, how far, and why."""
        shared = self.schema[table].fields
        parent = next(
            each.name for each in shared if each.reference_to == (self.schema[table].associate_parent,)
        )
        level = next(each.name for each in shared if each.name.endswith("AccessLevel"))
        return self.rows(
            f'SELECT "UserOrGroupId", "{level}", "RowCause" FROM "{table}" WHERE "{parent}" = ? '
            "ORDER BY 1, 3",
            record,
        )

    def rows(self, sql: str, *parameters: Value) -> Sequence[tuple[Value, ...]]:
        return self.database.read(lambda connection: connection.rows(sql, parameters)).result()


def _user(name: str) -> dict[str, object]:
    return {
        "Username": f"{name}@example.com",
        "Email": f"{name}@example.com",
        "Alias": name[:8],
        "ProfileId": record_id("00e", INSTANCE, 1),
        "TimeZoneSidKey": "UTC",
        "LocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "CommunityNickname": name,
    }


def codes(result: SaveResult) -> list[str]:
    return [each.code for each in result.errors]
