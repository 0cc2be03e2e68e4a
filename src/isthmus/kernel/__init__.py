"""Kernel: time, storage, the journal, ids, errors. It knows nothing of Salesforce's objects or of routes."""
