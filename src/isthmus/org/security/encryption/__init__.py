"""Encryption at rest: tenant secrets, the keys that are derived from them, and the ciphers of fields."""
