"""Reset: every record of data goes, what sets the org up stays.

Users, profiles, permissions, groups, record types, status values, custom metadata and the like are set-up: an
org without them could not be logged in to. What was recorded of logins and of set-up changes stays too.
Id sequences and auto-numbers go on, so no id is ever used twice.
"""

from typing import Final

from isthmus.kernel.database import Transaction
from isthmus.org.save.names import REGISTRY
from isthmus.org.schema.model import ObjectKind, Schema, SObjectType
from isthmus.org.schema.tables import quoted, table
from isthmus.org.search.upkeep import start_over

SET_UP: Final = frozenset(
    {
        "BusinessHours",
        "CaseStatus",
        "ContractStatus",
        "CurrencyType",
        "CustomPermission",
        "FieldPermissions",
        "FiscalYearSettings",
        "Group",
        "GroupMember",
        "LeadStatus",
        "MutingPermissionSet",
        "ObjectPermissions",
        "LoginHistory",
        "OpportunityStage",
        "OrderStatus",
        "Organization",
        "Period",
        "PermissionSet",
        "PermissionSetAssignment",
        "PermissionSetGroup",
        "PermissionSetGroupComponent",
        "Profile",
        "QueueSobject",
        "RecordType",
        "SetupEntityAccess",
        "SetupAuditTrail",
        "TaskPriority",
        "TaskStatus",
        "User",
        "UserLicense",
        "UserLogin",
        "UserRole",
    }
)


_STANDARD_PRICES: Final = "Pricebook2"
"""Its standard book is set-up, the others are data."""


def is_data(sobject: SObjectType) -> bool:
    """Whether a reset removes the object's records."""
    kept = sobject.name in SET_UP or sobject.name == REGISTRY or sobject.kind is ObjectKind.CUSTOM_METADATA
    return sobject.stored and not kept


def reset(tx: Transaction, schema: Schema) -> None:
    """Remove every record of data, and the recycle bin with it."""
    data = [each for each in schema if is_data(each)]
    for sobject in data:
        rest = ' WHERE "IsStandard" = 0' if sobject.name == _STANDARD_PRICES else ""
        tx.execute(f"DELETE FROM {table(sobject)}{rest}")
    if schema.find(REGISTRY) is not None:
        names = [each.name for each in data]
        marks = ", ".join("?" * len(names))
        kept = f'SELECT "Id" FROM {quoted(_STANDARD_PRICES)}' if _STANDARD_PRICES in names else "''"
        tx.execute(
            f'DELETE FROM {quoted(REGISTRY)} WHERE "Type" IN ({marks}) AND "Id" NOT IN ({kept})', names
        )
    start_over(tx, (each for each in schema if not is_data(each) or each.name == _STANDARD_PRICES))
    tx.execute('DELETE FROM "isthmus_recycle_bin"')
    tx.execute('DELETE FROM "isthmus_cleared_lookup"')
