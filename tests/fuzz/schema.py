"""Schema: standard objects of sales and service, and two custom ones that have a field of every type."""

from tests.contract.sharing.world import objects

from isthmus.org.schema.model import Field, FieldType, ObjectKind, PicklistValue, SObjectType
from isthmus.org.schema.schemes import Encryption
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.system_fields import custom_object_fields, name_field

DEFAULTS = {
    "Account": "Private",
    "Contact": "Private",
    "Opportunity": "Private",
    "Case": "Private",
    "Lead": "Private",
    "Gem__c": "Private",
    "Facet__c": "ControlledByParent",
}
SHADES = ("Rosé", "amber", "Blue", "Zircon", "ÉMERAUDE")
"""Of a picklist, in an order that is no alphabet's."""
CUTS = ("Round", "oval", "Pear", "Größe", "Marquise")


def objects_of_all_types() -> list[SObjectType]:
    more = [each for each in standard_objects() if each.name in ("Organization", "RecentlyViewed")]
    return objects(DEFAULTS, _gem(), _facet(), *more)


def _field(name: str, kind: FieldType, **more: object) -> Field:
    return Field(f"{name}__c", name, kind, custom=True, **more)  # type: ignore[arg-type] # Field's own keywords


def _lookup(name: str, target: str, children: str, **more: object) -> Field:
    return _field(
        name,
        FieldType.REFERENCE,
        length=18,
        reference_to=(target,),
        relationship_name=f"{name}__r",
        child_relationship_name=children,
        **more,
    )


def _picklist(name: str, values: tuple[str, ...], kind: FieldType = FieldType.PICKLIST) -> Field:
    chosen = tuple(PicklistValue(each, f"{each} (label)") for each in values)
    return _field(name, kind, length=255, picklist=chosen)


def _gem() -> SObjectType:
    place = _field("Place", FieldType.LOCATION, createable=False, updateable=False)
    part = {"precision": 18, "scale": 6, "compound": "Place__c", "custom": True}
    own = (
        _field("Note", FieldType.STRING, length=80),
        _field("Code", FieldType.STRING, length=40, unique=True, case_sensitive=True, external_id=True),
        _field("Legend", FieldType.TEXTAREA, length=255),
        _field("Story", FieldType.TEXTAREA, length=32000),
        _picklist("Shade", SHADES),
        _picklist("Cuts", CUTS, FieldType.MULTIPICKLIST),
        _field("Sold", FieldType.BOOLEAN, nillable=False, default_value="false"),
        _field("Weight", FieldType.DOUBLE, precision=16, scale=3),
        _field("Price", FieldType.CURRENCY, precision=18, scale=2),
        _field("Purity", FieldType.PERCENT, precision=5, scale=1),
        _field("Found", FieldType.DATE),
        _field("Seen", FieldType.DATETIME),
        _field("Opens", FieldType.TIME),
        _field("Mail", FieldType.EMAIL, length=80),
        _field("Phone", FieldType.PHONE, length=40),
        _field("Site", FieldType.URL, length=255),
        place,
        Field("Place__Latitude__s", "Place (Latitude)", FieldType.DOUBLE, **part),  # type: ignore[arg-type] # Field's own keywords
        Field("Place__Longitude__s", "Place (Longitude)", FieldType.DOUBLE, **part),  # type: ignore[arg-type] # as above
        _field(
            "Secret",
            FieldType.ENCRYPTED,
            length=40,
            mask="asterisk",
            mask_type="lastFour",
            encryption=Encryption.PROBABILISTIC,
            encrypted=True,
        ),
        _field("Hidden", FieldType.STRING, length=40, encryption=Encryption.CASE_INSENSITIVE, encrypted=True),
        _field("Exact", FieldType.STRING, length=40, encryption=Encryption.CASE_SENSITIVE, encrypted=True),
        _lookup("Account", "Account", "Gems__r"),
        _lookup("Whole", "Gem__c", "Parts__r"),
    )
    system = custom_object_fields()
    return SObjectType(
        "Gem__c", "Gem", "Gems", None, (*system, *own), kind=ObjectKind.CUSTOM, sharing_model="Private"
    )


def _facet() -> SObjectType:
    own = (
        _lookup("Gem", "Gem__c", "Facets__r", nillable=False, master_detail=True, relationship_order=0),
        _field("Side", FieldType.STRING, length=20),
        _field("Angle", FieldType.DOUBLE, precision=6, scale=1),
        _field("Polished", FieldType.DATETIME),
        _field("Bright", FieldType.BOOLEAN, nillable=False, default_value="false"),
    )
    system = custom_object_fields(name_field(display_format="F-{0000}"), owned=False)
    return SObjectType(
        "Facet__c",
        "Facet",
        "Facets",
        None,
        (*system, *own),
        kind=ObjectKind.CUSTOM,
        sharing_model="ControlledByParent",
    )
