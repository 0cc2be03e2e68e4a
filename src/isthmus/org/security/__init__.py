"""Security: who asks (principals, sessions, credentials) and what they may (permissions, sharing)."""
