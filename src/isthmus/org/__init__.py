"""Org: a local Salesforce org. Adapters (`api`) ask the façade (`org.Org`); it saves and queries."""
