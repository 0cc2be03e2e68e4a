"""SFDX: an org's definition as a project in source format, read into the schema."""
