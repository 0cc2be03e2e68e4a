"""Provision: the records that make an empty database an org, and those that its definition declares."""

from collections.abc import Callable

from isthmus.kernel.database import Transaction
from isthmus.org.org import Org, Running
from isthmus.org.org.founder import Founder
from isthmus.org.provision.accept import ProvisionFailed
from isthmus.org.provision.credentials import (
    Credentials,
    administrator_name,
    give_first_passwords,
    key_recorder,
    renew_credentials,
)
from isthmus.org.provision.declared import Declared, DeclaredFlow, match_records
from isthmus.org.provision.declared_users import DeclaredUser
from isthmus.org.provision.first_records import FirstUser, administrator, create
from isthmus.org.provision.founding import COMPONENT, MIGRATIONS, Founding, found, mark_provisioned
from isthmus.org.provision.organization import match_organization
from isthmus.org.provision.security import SecuritySettings, match_security
from isthmus.org.provision.setup_changes import tell_changes
from isthmus.org.provision.setup_facts import setup_facts
from isthmus.org.schema.model import Schema
from isthmus.org.security.sharing.declared import declare_rules

__all__ = [
    "COMPONENT",
    "MIGRATIONS",
    "Credentials",
    "Declared",
    "DeclaredFlow",
    "DeclaredUser",
    "FirstUser",
    "Founding",
    "ProvisionFailed",
    "SecuritySettings",
    "administrator",
    "administrator_name",
    "found",
    "give_first_passwords",
    "mark_provisioned",
    "provision",
    "renew_credentials",
]


def provision(
    org: Org, founding: Founding, first: FirstUser, declared: Declared
) -> Callable[[Transaction, Schema], None]:
    """What gives an org its records, in the unit that puts a schema into force: the first ones where it has
    none, and those that the schema and `declared` say. Raises ProvisionFailed there, which undoes the schema.
    """

    founder = Founder(org, administrator(founding, first))
    if org.rotation is not None:
        org.rotation.recorder = key_recorder(org, founding)

    def unit(tx: Transaction, schema: Schema) -> None:
        def work(running: Running, schema: Schema) -> None:
            create(running, founding, first)
            match_records(running, schema, declared)
            match_organization(running, tx, schema, declared.organization)
            match_security(running, tx, schema, declared.security, first.security)
            declare_rules(tx, declared.security.sharing_rules)
            tell_changes(running, tx, setup_facts(schema, declared))

        founder.within(work)(tx, schema)

    return unit
