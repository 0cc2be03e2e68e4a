"""Provision: the records that make an empty database an org, and those that its definition declares."""

from isthmus.org.provision.accept import ProvisionFailed
from isthmus.org.provision.credentials import Credentials, administrator_name, renew_credentials
from isthmus.org.provision.declared import Declared, follow
from isthmus.org.provision.first_records import FirstUser, administrator, provision
from isthmus.org.provision.founding import COMPONENT, MIGRATIONS, Founding, found, mark_provisioned

__all__ = [
    "COMPONENT",
    "MIGRATIONS",
    "Credentials",
    "Declared",
    "FirstUser",
    "Founding",
    "ProvisionFailed",
    "administrator",
    "administrator_name",
    "follow",
    "found",
    "mark_provisioned",
    "provision",
    "renew_credentials",
]
