"""Security metadata: what an SFDX project says of rights, principals and sharing, as frozen values."""
