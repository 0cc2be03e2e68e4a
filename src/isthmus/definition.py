"""Definition: what an org is made of, from the standard objects, an overlay and an SFDX project.

It is read at the start, and again whenever the project's files have changed while the org runs.
"""

from dataclasses import dataclass, field

from isthmus.org.provision import Declared
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.overlay import load_overlay
from isthmus.org.schema.sfdx.project import Project, load_whole
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.store import MetadataRecords
from isthmus.settings import Settings


@dataclass(frozen=True, slots=True)
class Definition:
    """The objects of an org, and the records that come with them."""

    objects: tuple[SObjectType, ...]
    metadata_records: MetadataRecords = field(default_factory=dict)
    declared: Declared = field(default_factory=Declared)


def base_objects(settings: Settings) -> tuple[SObjectType, ...]:
    """The standard objects, with the overlay that the settings name. Raises OverlayBroken."""
    standard = standard_objects()
    if settings.org.overlay is None:
        return standard
    return load_overlay(settings.root / settings.org.overlay, standard)


def read_definition(settings: Settings) -> Definition:
    """What `settings` define. Raises OverlayBroken, ProjectBroken: every error, by file and line."""
    base = base_objects(settings)
    if settings.project is None:
        return Definition(base)
    return of_project(load_whole(settings.project, base))


def of_project(project: Project) -> Definition:
    """What a project without errors defines."""
    return Definition(
        objects=project.objects,
        metadata_records=project.metadata_records,
        declared=Declared(statuses=project.status_records, references=project.metadata_references),
    )
