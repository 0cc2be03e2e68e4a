"""Reload: a project changes while the org runs. All of it is put into force, or nothing and a message."""

import asyncio

import structlog

from isthmus.definition import of_project
from isthmus.org.org import Org
from isthmus.org.provision import ProvisionFailed, follow
from isthmus.org.schema.examine import refusal_text
from isthmus.org.schema.sfdx.findings import Finding
from isthmus.org.schema.sfdx.project import Project
from isthmus.org.schema.store import SchemaStore
from isthmus.org.security.principal import Principal

_log = structlog.get_logger(__name__)


class Reload:
    """What a change of the project's files does to the org that runs: all of it, or nothing and a message."""

    def __init__(self, org: Org, schemas: SchemaStore, who: Principal) -> None:
        self._org = org
        self._schemas = schemas
        self._who = who

    async def changed(self, project: Project) -> None:
        """Put a project that loads into force."""
        definition = of_project(project)
        change = await asyncio.to_thread(self._schemas.apply, definition.objects, definition.metadata_records)
        if change.refused:
            _log.warning("the project is not reloaded", reason=refusal_text(change.refused))
            return
        try:
            await follow(self._org, self._who, definition.declared)
        except ProvisionFailed as error:
            _log.warning("the project's records are not reloaded", reason=str(error))
            return
        _log.info("the project is reloaded", schema_version=change.version)

    async def broken(self, findings: tuple[Finding, ...]) -> None:
        """Say what keeps a project from being loaded; the one before stays in force."""
        for each in findings:
            _log.warning("the project is not reloaded", problem=str(each))
