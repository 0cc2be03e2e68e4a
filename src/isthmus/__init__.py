"""Isthmus: a local Salesforce org, an integration runtime, and the wire between them."""
