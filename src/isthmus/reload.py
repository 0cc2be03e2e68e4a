"""Reload: a project changes while the org runs. All of it is put into force, or nothing and a message."""

import asyncio

import structlog

from isthmus.definition import of_project
from isthmus.kernel.database import DatabaseError
from isthmus.kernel.errors import Fault
from isthmus.org.automation.flows import FlowAutomation
from isthmus.org.org import Org
from isthmus.org.provision import FirstUser, Founding, ProvisionFailed, provision
from isthmus.org.schema.examine import refusal_text
from isthmus.org.schema.sfdx.findings import Finding
from isthmus.org.schema.sfdx.project import Project, ProjectBroken
from isthmus.org.schema.store import SchemaStore
from isthmus.org.security.encryption.tenant_secrets import SecretsUnreadable

_log = structlog.get_logger(__name__)


class Reload:
    """What a change of the project's files does to the org that runs: all of it, or nothing and a message."""

    def __init__(
        self,
        org: Org,
        schemas: SchemaStore,
        founding: Founding,
        first: FirstUser,
        automation: FlowAutomation,
    ) -> None:
        self._org = org
        self._automation = automation
        self._schemas = schemas
        self._founding = founding
        self._first = first

    async def changed(self, project: Project) -> None:
        """Put a project that loads into force."""
        try:
            definition = await asyncio.to_thread(of_project, project)
        except ProjectBroken as problem:
            await self.broken(problem.findings)
            return
        then = provision(self._org, self._founding, self._first, definition.declared)
        try:
            change = await asyncio.to_thread(
                self._schemas.apply, definition.objects, definition.metadata_records, then=then
            )
        except (DatabaseError, Fault, ProvisionFailed, SecretsUnreadable) as error:
            _log.warning("the project is not reloaded", reason=str(error))
            return
        if change.refused:
            _log.warning("the project is not reloaded", reason=refusal_text(change.refused))
            return
        self._org.identity.forget_rights()
        self._automation.replace(definition.flows.flows)
        self._org.identity.restrict(definition.security.profiles)
        definition.flows.tell_gaps()
        _log.info("the project is reloaded", schema_version=change.version)

    async def broken(self, findings: tuple[Finding, ...]) -> None:
        """Say what keeps a project from being loaded; the one before stays in force."""
        for each in findings:
            _log.warning("the project is not reloaded", problem=str(each))
